from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.errors import BadSettings, Interrupted, PanelUnavailable, ServiceBusy
from provisioner.services import State
from provisioner.sql_store import _METADATA, SqlStore
from provisioner.store import ActionRow, ClientRow, MemoryStore, ServiceRow, StepRow, Store
from simulator.kernel import LoopClock, run
from tests.provisioner.support.dcimanager6 import Panel
from tests.provisioner.support.interruption import Fate, Killed, MortalStore, mortal_transport
from tests.provisioner.support.whmcs6 import EMAIL, Shop


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    kept = SqlStore(f"sqlite:///{tmp_path / 'billing.db'}")
    yield kept
    kept.close()


def test_a_row_with_the_same_key_is_replaced_and_keeps_its_place(store: Store):
    store.write(ActionRow("web1", 1, "Create", 0.5), ActionRow("web2", 1, "Create", 1.0))
    store.write(ActionRow("web1", 1, "Create", 0.5, 2.5, "no luck"))
    assert store.read(ActionRow) == [
        ActionRow("web1", 1, "Create", 0.5, 2.5, "no luck"),
        ActionRow("web2", 1, "Create", 1.0),
    ]
    assert store.read(ActionRow, "web2") == [ActionRow("web2", 1, "Create", 1.0)]


def test_a_server_is_reserved_for_one_service(store: Store):
    assert store.reserve(5, "web1")
    assert store.reserve(5, "web1")
    assert not store.reserve(5, "web2")
    store.release("web2")
    assert not store.reserve(5, "web2")
    store.release("web1")
    assert store.reserve(5, "web2")


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.builds(
            StepRow,
            service=st.sampled_from(["a", "b"]),
            action=st.integers(1, 2),
            step=st.sampled_from(["A1", "A8/ipv4"]),
            name=st.text(max_size=5),
            phase=st.sampled_from(["begun", "done"]),
            began=st.floats(0, 1e9),
            ended=st.none() | st.floats(0, 1e9),
            before=st.none() | st.lists(st.integers(0, 9), max_size=3),
            result=st.none() | st.integers() | st.text(max_size=5),
        ),
        max_size=8,
    )
)
def test_both_stores_give_back_the_same(rows: list[StepRow]):
    memory, database = MemoryStore(), SqlStore("sqlite://")
    for row in rows:
        for each in (memory, database):
            each.write(row, ClientRow(row.name, "", True, ""))
    assert database.read(StepRow) == memory.read(StepRow)
    assert database.read(StepRow, "a") == memory.read(StepRow, "a")
    assert database.read(ClientRow) == memory.read(ClientRow)
    database.close()


def test_what_a_process_kept_the_next_one_knows(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'billing.db'}"

    async def main() -> None:
        panel, first = Panel(LoopClock()), SqlStore(url)
        it = Shop({}, panel=panel, store=first)
        it.billing.register(EMAIL, full_name="Alice Smith", phone="+1 555 0100")
        service = await it.billing.order("web1", EMAIL, options={"ip": 2})
        first.close()
        second = SqlStore(url)
        again = Shop({}, panel=panel, store=second)
        assert again.billing.clients == it.billing.clients
        assert again.billing.service("web1") == service
        await again.billing.terminate("web1")
        assert second.read(ServiceRow)[0].state == "closed"
        second.close()
        await it.client.close()
        await again.client.close()

    run(main())


def test_an_interrupted_action_has_to_be_resumed_before_another_one():
    async def main() -> None:
        store, panel = MemoryStore(), Panel(LoopClock())
        fate = Fate(60)
        it = Shop({}, panel=panel, store=MortalStore(store, fate), transport=mortal_transport(panel, fate))
        with pytest.raises(Killed):
            await it.billing.order("web1", EMAIL)
        after = Shop({}, panel=panel, store=store)
        assert after.billing.interrupted() == ["web1"]
        assert after.billing.service("web1").state is State.PROCESSING
        with pytest.raises(Interrupted, match="Create was interrupted and has to be resumed first"):
            await after.billing.terminate("web1")
        assert await after.billing.resume_interrupted() == {"web1": None}
        assert after.billing.service("web1").state is State.ACTIVE
        assert after.billing.interrupted() == []
        await it.client.close()
        await after.client.close()

    run(main())


def test_an_action_resumed_while_the_panel_is_away_fails_and_says_so():
    async def main() -> None:
        store, panel = MemoryStore(), Panel(LoopClock())
        fate = Fate(60)
        it = Shop({}, panel=panel, store=MortalStore(store, fate), transport=mortal_transport(panel, fate))
        with pytest.raises(Killed):
            await it.billing.order("web1", EMAIL)
        after = Shop({}, panel=panel, store=store)
        panel.bends[:] = [_away]
        results = await after.billing.resume_interrupted()
        assert isinstance(results["web1"], PanelUnavailable)
        assert after.billing.service("web1").state is State.FAILED
        panel.bends.clear()
        await after.billing.create("web1")
        assert [box.id for box in panel.boxes.values() if box.owner] == [1]
        assert len(panel.boxes[1].ips) == 1
        await it.client.close()
        await after.client.close()

    run(main())


async def _away(request: object) -> None:
    import httpx

    raise httpx.ConnectError("away")


def test_one_process_at_a_time_works_on_a_service(tmp_path: Path):
    import subprocess
    import sys

    store = SqlStore(f"sqlite:///{tmp_path / 'billing.db'}")
    code = (
        "import sys; from provisioner.sql_store import _METADATA, SqlStore\n"
        "with SqlStore(sys.argv[1]).hold(sys.argv[2]): print('mine')"
    )
    url = f"sqlite:///{tmp_path / 'billing.db'}"

    def other(service: str) -> str:
        words = [sys.executable, "-c", code, url, service]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    with store.hold("web1"):
        assert ServiceBusy.__name__ in other("web1")
        assert other("web2") == "mine\n"
    assert other("web1") == "mine\n"
    store.close()


def test_a_store_belongs_to_one_panel(tmp_path: Path):
    store = SqlStore(f"sqlite:///{tmp_path / 'billing.db'}")
    assert store.panel("http://one") == "http://one"
    assert store.panel("http://two") == "http://one"
    store.close()


def test_two_processes_may_make_the_tables_at_the_same_moment(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'billing.db'}"
    quicker: list[SqlStore] = []

    def another(*_: object, **__: object) -> None:
        if not quicker:
            quicker.append(SqlStore.__new__(SqlStore))
            quicker[0].__init__(url)  # type: ignore[misc]

    sa.event.listen(_METADATA, "before_create", another)
    try:
        store = SqlStore(url)
    finally:
        sa.event.remove(_METADATA, "before_create", another)
    store.write(ClientRow("alice@example.com", "Alice", True, ""))
    assert quicker[0].read(ClientRow) == [ClientRow("alice@example.com", "Alice", True, "")]
    store.close()
    quicker[0].close()


def test_a_store_that_cannot_be_used_is_named(tmp_path: Path):
    for url in (f"sqlite:///{tmp_path}/nowhere/x.db", "nonsense", "postgresql+nodriver://x/y"):
        with pytest.raises(BadSettings, match=r"the store .* cannot be used"):
            SqlStore(url)
