"""The process is stopped at every single point of every action and started again: nothing may be lost or doubled."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from provisioner.errors import ProvisioningError
from provisioner.services import State
from provisioner.sql_store import SqlStore
from provisioner.store import ActionRow, CallRow, MemoryStore, StepRow, Store
from simulator.kernel import LoopClock, run
from tests.provisioner.support.dcimanager6 import Panel
from tests.provisioner.support.interruption import Fate, Killed, MortalStore, mortal_transport
from tests.provisioner.support.whmcs6 import EMAIL, Shop

pytestmark = pytest.mark.slow

POLL = 900.0
Act = Callable[[Shop], Awaitable[object]]


async def order(it: Shop) -> None:
    if "web1" not in it.billing.services:
        it.billing.place("web1", EMAIL, options={"ip": 2} if it.module.settings.pool else {})
    await it.billing.create("web1")


async def six(it: Shop) -> None:
    if "web1" not in it.billing.services:
        it.billing.place("web1", EMAIL, options={"ip6": 2, "ip6_prefix": 64})
    await it.billing.create("web1")


def do(verb: str) -> Act:
    return lambda it: getattr(it.billing, verb)("web1")


@dataclass
class Case:
    """An action, what was done before it, and the tariff."""

    name: str
    act: Act
    before: list[Act] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    bend: Callable[[Panel], object] = lambda panel: None


ALL = {
    "shutdown_after_termination": True,
    "suspend_on_termination": True,
    "owner_after_termination": "stock@example.com",
}
CASES = [
    Case("create", order),
    Case("create, IPv6, temporary IPv4", six, settings={"ipv6_pool": "public6", "temporary_ipv4": True, "remove_temporary_ips": True}),
    Case("create, addresses not managed, not waited for", order, settings={"do_not_manage_ips": True, "dont_wait": True}),
    Case("create, too slow", order, settings={"install_timeout": 1600}, bend=lambda panel: setattr(panel, "install_takes", math.inf)),
    Case("create, failed", order, bend=lambda panel: setattr(panel, "outcome", "failed")),
    Case("create again", order, [order], bend=lambda panel: setattr(panel, "outcome", "failed")),
    Case("suspend", do("suspend"), [order]),
    Case("unsuspend", do("unsuspend"), [order, do("suspend")]),
    Case("terminate", do("terminate"), [order]),
    Case("terminate, all options", do("terminate"), [order, do("suspend")], ALL),
    Case("terminate, too slow", do("terminate"), [order], ALL, lambda panel: setattr(panel, "diagnostic_takes", math.inf)),
    Case("terminate, failed", do("terminate"), [six], {"ipv6_pool": "public6"}, lambda panel: setattr(panel, "outcome", "failed")),
]  # fmt: skip


async def _do(act: Act, it: Shop) -> None:
    with contextlib.suppress(ProvisioningError):  # the service says it
        await act(it)


async def _end(case: Case, at: int | None, store: Store) -> tuple[dict[str, Any], int]:
    """What there is in the end when the process is stopped at point `at` (never when None), and how many there were."""
    panel = Panel(LoopClock(), 3)
    panel.install_takes, panel.diagnostic_takes = 1000.0, 1000.0
    panel.boxes[1].ips = [(50, "192.0.2.250")] if case.settings.get("do_not_manage_ips") else [(51, "192.0.2.251")]
    before = Shop(case.settings, panel=panel, store=store, poll=POLL)
    for act in case.before:
        if act is case.act:
            case.bend(panel)
        await _do(act, before)
    state = before.billing.services["web1"].state if case.before else State.ORDERED
    case.bend(panel)
    ops = len(panel.ops)
    fate = Fate(at)
    wire, kept = mortal_transport(panel, fate), MortalStore(store, fate)
    mortal = Shop(case.settings, panel=panel, store=kept, transport=wire, poll=POLL)
    with contextlib.suppress(Killed):
        await _do(case.act, mortal)
    after = Shop(case.settings, panel=panel, store=store, poll=POLL)
    await after.billing.resume_interrupted()
    service = after.billing.services.get("web1")
    unheard = service is None or not any(each.number > len(case.before) for each in store.read(ActionRow, "web1"))
    if unheard:  # it ended before it had written anything: the client, who got no answer, asks again
        assert service is None or service.state is state
        await _do(case.act, after)
    service = after.billing.service("web1")
    assert after.billing.interrupted() == []
    for each in (before, mortal, after):
        await each.client.close()
    return seen(panel, store, after, ops), fate.points


def seen(panel: Panel, store: Store, after: Shop, ops: int) -> dict[str, Any]:
    """What there is in the end; `ops`: operations that there were before."""
    now = panel.clock.now()
    service = after.billing.service("web1")
    return {
        "boxes": [
            (box.id, box.owner and panel.users[box.owner]["email"], box.power, box.ports, [name for _, name in box.ips])
            for box in panel.boxes.values()
        ],
        "operations": [(op.type, op.status(now)) for op in list(panel.ops.values())[ops:]],
        "users": sorted(user["email"] for user in panel.users.values()),
        "service": (service.state, service.server, service.addresses, service.error, service.dedicated_ip),
        "steps": [(row.step, row.phase) for row in store.read(StepRow, "web1")],
    }


def stop_everywhere(case: Case, make: Callable[[], Store], every: int = 1) -> int:
    """Stop the action at every point, or every few; how many there were."""
    whole, points = run(_end(case, None, MemoryStore()))
    for at in range(0, points, every):
        store = make()
        seen, _ = run(_end(case, at, store))
        assert seen == whole, f"{case.name}: stopped at point {at} of {points}"
        if isinstance(store, SqlStore):
            store.close()
    return len(range(0, points, every))


def test_after_a_stop_at_any_point_the_end_is_that_of_a_run_without_one(capsys: pytest.CaptureFixture[str]):
    tried = {case.name: stop_everywhere(case, MemoryStore) for case in CASES}
    with capsys.disabled():
        print("\npoints at which the process was stopped:")  # noqa: T201
        for name, count in {**tried, "together": sum(tried.values())}.items():
            print(f"  {name:48} {count:5}")  # noqa: T201
    assert min(tried.values()) > 10


@pytest.mark.parametrize("name", ["create", "terminate, all options"])
def test_the_same_holds_with_what_a_database_file_has_kept(name: str, tmp_path: Path):
    files = iter(range(10_000))
    case = next(case for case in CASES if case.name == name)
    assert stop_everywhere(case, lambda: SqlStore(f"sqlite:///{tmp_path / str(next(files))}"), every=15) >= 7


def test_each_order_to_the_panel_is_kept_with_its_answer_and_times():
    async def main() -> None:
        store = MemoryStore()
        it = Shop({}, store=store)
        await order(it)
        await it.billing.suspend("web1")
        await it.client.close()
        calls = store.read(CallRow, "web1")
        assert [f"{call.method} {call.path}" for call in calls] == it.panel.acts
        install = next(call for call in calls if call.path.endswith("os_install"))
        assert install.request == {"os_template": 7, "password": "********"}
        assert (install.status, install.answer["id"], install.step) == (200, 1, "A9")
        create, suspend = it.billing.journal("web1")
        assert (create.action.name, suspend.action.name) == ("Create", "Suspend")
        assert [step.step for step, _ in create.steps][-3:] == ["A8/ipv4", "A9", "A10"]
        wait = create.steps[-1][0]
        assert wait.ended is not None
        assert wait.ended - wait.began == it.panel.install_takes
        ((step, (call,)),) = suspend.steps
        assert (step.step, call.path, call.answered) == ("L1", "/dci/v3/server/1/port_off", it.clock.now())

    run(main())
