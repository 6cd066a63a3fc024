"""The store is locked or away for a while: what it cannot keep leaves the action open, and is gone on with when it is back."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from provisioner.cli.app import app
from provisioner.errors import ProvisioningError, StoreUnavailable
from provisioner.services import State
from provisioner.sql_store import SqlStore
from provisioner.store import ActionRow, MemoryStore, R, Row, StepRow, Store
from simulator.kernel import LoopClock, run
from tests.provisioner.support.dcimanager6 import Panel
from tests.provisioner.support.whmcs6 import EMAIL, Shop
from tests.provisioner.test_crash import CASES, POLL, Case, order, seen


class AwayStore:
    """Somebody's store, which goes away at a point: before something is done to it, or after, so that only its answer is lost."""

    def __init__(self, store: Store, at: int | None) -> None:
        self._store = store
        self.at = at
        self.points = 0
        self.away = False

    def _point(self) -> None:
        self.away = self.away or self.points == self.at
        self.points += 1
        if self.away:
            raise StoreUnavailable("the store cannot be used now")

    def _around(self, work: Callable[[], Any]) -> Any:
        self._point()
        result = work()
        self._point()
        return result

    def write(self, *rows: Row) -> None:
        self._around(lambda: self._store.write(*rows))

    def read(self, kind: type[R], service: str = "") -> list[R]:
        if self.away:
            raise StoreUnavailable("the store cannot be used now")
        return self._store.read(kind, service)

    def reserve(self, server: int, service: str, panel: str = "") -> bool:
        return bool(self._around(lambda: self._store.reserve(server, service, panel)))

    def release(self, service: str) -> None:
        self._around(lambda: self._store.release(service))

    def hold(self, service: str) -> Any:
        return self._store.hold(service)


async def end(case: Case, at: int | None) -> tuple[dict[str, Any], int]:
    """What there is in the end, in the same process, when the store goes away at a point and comes back."""
    panel, kept = Panel(LoopClock(), 3), MemoryStore()
    panel.install_takes, panel.diagnostic_takes = 1000.0, 1000.0
    panel.boxes[1].ips = [(50, "192.0.2.250")] if case.settings.get("do_not_manage_ips") else [(51, "192.0.2.251")]
    before = Shop(case.settings, panel=panel, store=kept, poll=POLL)
    for act in case.before:
        if act is case.act:
            case.bend(panel)
        with contextlib.suppress(ProvisioningError):
            await act(before)
    case.bend(panel)
    ops = len(panel.ops)
    store = AwayStore(kept, at)
    it = Shop(case.settings, panel=panel, store=store, poll=POLL)
    with contextlib.suppress(ProvisioningError, StoreUnavailable):
        await case.act(it)
    if store.away:
        store.away, store.at = False, None
        await it.billing.resume_interrupted()
        if not any(each.number > len(case.before) for each in kept.read(ActionRow, "web1")):
            with contextlib.suppress(ProvisioningError):
                await case.act(it)
        elif it.billing.service("web1").state in (
            State.ORDERED,
            State.PROCESSING,
        ):  # the first write had only lost its answer
            again = Shop(case.settings, panel=panel, store=kept, poll=POLL)
            await again.billing.resume_interrupted()
            await again.client.close()
    assert it.billing.interrupted() == []
    after = Shop(case.settings, panel=panel, store=kept, poll=POLL)
    await after.billing.resume_interrupted()
    for each in (before, it, after):
        await each.client.close()
    return seen(panel, kept, after, ops), store.points


def away_everywhere(case: Case) -> int:
    whole, points = run(end(case, None))
    for at in range(points):
        found, _ = run(end(case, at))
        assert found == whole, f"{case.name}: away at point {at} of {points}"
    return points


def test_an_order_whose_store_goes_away_at_any_point_is_resumed_in_the_same_process_and_installs_once():
    assert away_everywhere(next(case for case in CASES if case.name == "create")) > 40


@pytest.mark.slow
def test_so_is_every_other_action():
    tried = {case.name: away_everywhere(case) for case in CASES}
    assert min(tried.values()) > 10


def test_what_the_store_cannot_keep_is_no_failure_of_the_order():
    async def main() -> None:
        kept = MemoryStore()
        store = AwayStore(kept, 20)
        it = Shop({}, store=store)
        with pytest.raises(StoreUnavailable):
            await order(it)
        service = it.billing.service("web1")
        assert (service.state, service.busy, service.error) == (State.PROCESSING, "", "")
        assert it.billing.interrupted() == ["web1"]
        store.away, store.at = False, None
        await it.billing.resume("web1")
        assert it.billing.service("web1").state is State.ACTIVE
        assert [row.phase for row in kept.read(StepRow)] == ["done"] * len(kept.read(StepRow))
        await it.client.close()

    run(main())


@pytest.fixture
def locked(tmp_path: Path) -> Any:
    """A database file and somebody who locks it: a backup, a shell that was left in a transaction."""
    file = tmp_path / "billing.db"
    SqlStore(f"sqlite:///{file}").close()
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    yield file, other
    other.close()


def test_a_lock_of_somebody_else_is_waited_for(locked: Any):
    file, other = locked
    store = SqlStore(f"sqlite:///{file}")
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.2, lambda: other.execute("COMMIT")).start()
    store.write(ActionRow("web1", 1, "Create", 0.5))
    assert store.read(ActionRow) == [ActionRow("web1", 1, "Create", 0.5)]
    store.close()


def test_what_stays_locked_is_told_in_a_line_without_the_statement(locked: Any, monkeypatch: pytest.MonkeyPatch):
    file, other = locked
    monkeypatch.setattr("provisioner.sql_store._BUSY_MS", 0)
    store = SqlStore(f"sqlite:///{file}", patience=0)
    other.execute("BEGIN IMMEDIATE")
    for work in (
        lambda: store.write(ActionRow("web1", 1, "Create", 0.5)),
        lambda: store.reserve(1, "web1"),
        lambda: store.release("web1"),
        lambda: store.panel("http://panel"),
    ):
        with pytest.raises(StoreUnavailable, match=r"^the store cannot be used now: database is locked$"):
            work()
    assert store.read(ActionRow) == []
    store.close()


def test_the_command_says_it_in_a_line_and_the_order_is_open(locked: Any, monkeypatch: pytest.MonkeyPatch):
    file, other = locked
    monkeypatch.setattr("provisioner.sql_store._BUSY_MS", 0)
    monkeypatch.setattr("provisioner.sql_store.PATIENCE", 0)
    other.execute("BEGIN IMMEDIATE")
    words = ["order", "web1", "--client", EMAIL, "--store", f"sqlite:///{file}", "--panel", "http://127.0.0.1:9"]
    done = CliRunner().invoke(app, [*words, "--email", "admin@example.com", "--password", "secret"])
    assert done.exit_code == 3
    assert "the store cannot be used now: database is locked" in done.output
    assert "Traceback" not in done.output
    assert len(done.output.splitlines()) == 1
