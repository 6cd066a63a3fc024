"""BILLmanager with DCImanager 6: the process is stopped at every point of every operation and started again."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from provisioner.billmanager.rows import OperationRow, ProblemRow
from provisioner.errors import ProvisioningError
from provisioner.services import State
from provisioner.sql_store import SqlStore
from provisioner.store import ActionRow, MemoryStore, Store
from simulator.kernel import LoopClock, run
from tests.provisioner.support.billmanager6 import STAFF, BillShop
from tests.provisioner.support.dcimanager6 import Panel
from tests.provisioner.support.interruption import Fate, Killed, MortalStore, mortal_transport

POLL = 900.0
Act = Callable[[BillShop], Awaitable[object]]


async def order(it: BillShop) -> None:
    if "web1" not in it.manager.billing.services:
        it.order(ipv4=2)
    await it.manager.pay("web1")


async def give_back(it: BillShop) -> None:
    for task in it.manager.tasks(STAFF):
        await it.manager.return_task(STAFF, task.id)


def do(verb: str) -> Act:
    return lambda it: getattr(it.manager, verb)("web1")


def change(ipv4: int) -> Act:
    return lambda it: it.manager.change("web1", {"ipv4": ipv4})


def without_ports(panel: Panel) -> None:
    panel.boxes[1].ports = []


@dataclass
class Case:
    """An operation, what was done before it, and what is the matter with the panel."""

    name: str
    act: Act
    before: list[Act] = field(default_factory=list)
    bend: Callable[[Panel], object] = lambda panel: None
    two: bool = False
    """Whether there is a second processing module, in another location."""


def _elsewhere(panel: Panel) -> None:
    """The first location's only server fails."""
    panel.boxes[2].location = panel.boxes[3].location = 2
    panel.bends.append(_breaks(panel))


def _breaks(panel: Panel) -> Any:
    async def bend(request: Any) -> None:
        if request.url.path.endswith("os_install"):
            panel.outcome = "failed" if "/server/1/" in request.url.path else "ok"

    return bend


CASES = [
    Case("open", order),
    Case("open, the installation fails", order, bend=lambda panel: setattr(panel, "outcome", "failed")),
    Case("open, too slow", order, bend=lambda panel: setattr(panel, "install_takes", math.inf)),
    Case("open, next processing module", order, bend=_elsewhere, two=True),
    Case("open, no server", order, bend=lambda panel: panel.boxes.clear()),
    Case("suspend", do("suspend"), [order]),
    Case("suspend, staff's", do("suspend"), [order], without_ports),
    Case("suspend, given back by staff", give_back, [order, do("suspend")], without_ports),
    Case("resume", do("unsuspend"), [order, do("suspend")]),
    Case("setparam, more", change(4), [order]),
    Case("setparam, fewer", change(1), [order]),
    Case("close", do("terminate"), [order]),
    Case("close, diagnostics fail", do("terminate"), [order], lambda panel: setattr(panel, "outcome", "failed")),
]


async def _do(act: Act, it: BillShop) -> None:
    with contextlib.suppress(ProvisioningError):  # the service says it
        await act(it)


async def _end(case: Case, at: int | None, store: Store) -> tuple[dict[str, Any], int]:
    """What there is in the end when the process is stopped at point `at` (never when None), and how many there were."""
    panel = Panel(LoopClock(), 3)
    panel.install_takes, panel.diagnostic_takes = 1000.0, 1000.0
    panel.boxes[1].ips = [(51, "192.0.2.251")]
    how: dict[str, Any] = {"panel": panel, "poll": POLL, "tries": 2}
    before = BillShop(store=store, **how)
    await before.set_up(install_timeout=1600)
    if case.two:
        before.manager.catalogue.add_datacenter("Second", dci6_managed=True, location=2)
        await before.connect("second", "Second", sort=9)
        before.manager.catalogue.enable("Dedicated", "second")
    for index, act in enumerate(case.before):
        if act is not order and index == len(case.before) - 1 and case.act is give_back:
            case.bend(panel)
        await _do(act, before)
    services = before.manager.billing.services
    state = services["web1"].state if case.before else State.ORDERED
    if case.act is give_back:
        panel.boxes[1].ports = ["up"]
    else:
        case.bend(panel)
    written = (len(store.read(ActionRow)), len(store.read(OperationRow)))
    fate = Fate(at)
    mortal = BillShop(store=MortalStore(store, fate), transport=mortal_transport(panel, fate), **how)
    with contextlib.suppress(Killed):
        await _do(case.act, mortal)
    after = BillShop(store=store, **how)
    await after.manager.resume_interrupted()
    if (len(store.read(ActionRow)), len(store.read(OperationRow))) == written:  # nobody heard of it: it is asked again
        assert "web1" not in after.manager.billing.services or after.manager.service("web1").state is state
        await _do(case.act, after)
    service = after.manager.service("web1")
    assert after.manager.interrupted() == []
    for each in (before, mortal, after):
        with contextlib.suppress(Killed):
            await each.manager.close()
    now = panel.clock.now()
    return {
        "boxes": [
            (box.id, box.owner and panel.users[box.owner]["email"], box.power, box.ports, len(box.ips))
            for box in panel.boxes.values()
        ],
        "operations": [(op.type, op.status(now)) for op in panel.ops.values()],
        "users": sorted(user["email"] for user in panel.users.values()),
        "service": (service.state, service.server, len(service.addresses), service.error),
        "item": (after.manager.items.of("web1").module, after.manager.items.of("web1").params.get("ipv4")),
        "operation": [
            (row.verb, row.handled, row.manual, row.error, row.ended is None) for row in store.read(OperationRow)
        ],
        "tasks": [(task.subject, task.open) for task in after.manager.office.tasks],
        "problems": [(row.name, row.module) for row in store.read(ProblemRow)],
    }, fate.points


def stop_everywhere(case: Case, every: int = 1, make: Callable[[], Store] = MemoryStore) -> int:
    """Stop the operation at every point, or every few; how many there were."""
    whole, points = run(_end(case, None, MemoryStore()))
    for at in range(0, points, every):
        store = make()
        seen, _ = run(_end(case, at, store))
        assert seen == whole, f"{case.name}: stopped at point {at} of {points}"
        if isinstance(store, SqlStore):
            store.close()
    return len(range(0, points, every))


@pytest.mark.slow
def test_after_a_stop_at_any_point_the_end_is_that_of_a_run_without_one(capsys: pytest.CaptureFixture[str]):
    tried = {case.name: stop_everywhere(case) for case in CASES}
    with capsys.disabled():
        print("\nBILLmanager 6, points at which the process was stopped:")  # noqa: T201
        for name, count in {**tried, "together": sum(tried.values())}.items():
            print(f"  {name:48} {count:5}")  # noqa: T201
    assert min(tried.values()) > 10


@pytest.mark.parametrize("name", ["open", "open, next processing module", "close"])
def test_the_same_at_some_points(name: str):
    assert stop_everywhere(next(case for case in CASES if case.name == name), every=17) > 5


@pytest.mark.parametrize("name", ["open, next processing module", "suspend, given back by staff"])
def test_the_same_holds_with_what_a_database_file_has_kept(name: str, tmp_path: Path):
    case, files = next(case for case in CASES if case.name == name), iter(range(10_000))
    assert stop_everywhere(
        case, 11 if "staff" in name else 97, lambda: SqlStore(f"sqlite:///{tmp_path / str(next(files))}")
    )
