"""BILLmanager with DCImanager 5: the process is stopped at every point of every action and started again."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from provisioner.errors import ProvisioningError
from provisioner.services import State
from provisioner.store import ActionRow, MemoryStore, Store
from simulator.kernel import LoopClock, run
from tests.provisioner.support.billmanager5 import EMAIL, Shop5
from tests.provisioner.support.dcimanager5 import Panel5, Refusal
from tests.provisioner.support.interruption import Fate, Killed, MortalStore, mortal_transport

Act = Callable[[Shop5], Awaitable[object]]


async def order(it: Shop5) -> None:
    await it.desk.order("web1", EMAIL)


def do(verb: str, *args: Any) -> Act:
    return lambda it: getattr(it.desk, verb)("web1", *args)


@dataclass
class Case:
    """An action, what was done before it, and what is the matter with the panel."""

    name: str
    act: Act
    before: list[Act] = field(default_factory=list)
    bend: Callable[[Panel5], object] = lambda panel: None


def refuse(func: str) -> Callable[[Panel5], object]:
    return lambda panel: panel.refuses.update({func: Refusal("server_forcelock", "", "This server is protected")})


CASES = [
    Case("create", order),
    Case("create, the next server", order, bend=lambda panel: panel.fails.add(1)),
    Case("create, too slow, the next server", order, bend=lambda panel: setattr(panel, "slow", {1})),
    Case("create, no server powers on", order, bend=lambda panel: panel.dark.update({1, 2, 3})),
    Case("create, an empty pool", order, bend=lambda panel: panel.free.clear()),
    Case("create, no installation answers", order, bend=lambda panel: panel.silent.update({1, 2})),
    Case("create again", order, [order], lambda panel: panel.dark.update({1, 2, 3})),
    Case("suspend", do("suspend"), [order]),
    Case("suspend, half", do("suspend"), [order], lambda panel: panel.broken_ports.add(11)),
    Case("unsuspend", do("unsuspend"), [order, do("suspend")]),
    Case("terminate", do("terminate"), [order]),
    Case("terminate, refused half-way", do("terminate"), [order], refuse("iplist.delete")),
    Case("add address", do("add_address"), [order]),
    Case("delete address", do("delete_address", "192.0.2.11"), [order]),
    Case("change password", do("change_password", "hunter2"), [order]),
]


def _changes(request: httpx.Request) -> bool:
    """Whether a call is an order to the panel, and no question: a panel 5 has nothing but POSTs."""
    asked = dict(parse_qsl(request.content.decode()))
    return "sok" in asked or asked["func"].rpartition(".")[2] in ("on", "off", "enable", "disable", "poweron", "delete")


async def _do(act: Act, it: Shop5) -> None:
    with contextlib.suppress(ProvisioningError):  # the service says it
        await act(it)


async def _end(case: Case, at: int | None, store: Store) -> tuple[dict[str, Any], int]:
    """What there is in the end when the process is stopped at point `at` (never when None), and how many there were."""
    panel = Panel5(LoopClock(), 3)
    panel.install_seconds = 50.0
    package = {"alias_addresses": 2, "power_timeout": 10, "install_timeout": 90, "ping_timeout": 10}
    before = Shop5(package, panel=panel, store=store)
    for act in case.before:
        if act is case.act:
            case.bend(panel)
        await _do(act, before)
    state = before.billing.services["web1"].state if case.before else State.ORDERED
    if case.act is order and case.before:
        panel.dark.clear()
        panel.boxes[2].owner, panel.boxes[2].hostname = None, "free.ds"
    else:
        case.bend(panel)
    written = len(store.read(ActionRow))
    fate = Fate(at)
    wire = mortal_transport(panel, fate, _changes)
    mortal = Shop5(package, panel=panel, store=MortalStore(store, fate), transport=wire)
    with contextlib.suppress(Killed):
        await _do(case.act, mortal)
    after = Shop5(package, panel=panel, store=store)
    await after.desk.resume_interrupted()
    if len(store.read(ActionRow)) == written:  # it ended before it had written anything: it is asked again
        assert "web1" not in after.billing.services or after.billing.service("web1").state is state
        await _do(case.act, after)
    service = after.billing.service("web1")
    assert after.billing.interrupted() == []
    for each in (before, mortal, after):
        await each.core.close()
    panel._settle()
    saved = after.module.properties.get("web1")
    return {
        "boxes": [
            (box.hostname, box.owner, box.notes, box.disabled, box.on, box.ports, list(box.ips.values()), box.os)
            for box in panel.boxes.values()
        ],
        "free": sorted(panel.free),
        "users": [(name, level) for name, level, _ in panel.users.values()],
        "passwords": [panel.users[number][2] == "hunter2" for number in panel.users],
        "password": any(box.password == service.password for box in panel.boxes.values()),
        "service": (service.state, service.server, service.addresses, service.error),
        "saved": saved and (saved.panel_id, tuple(saved.addresses), saved.owner, saved.domain),
        "order": [(each.number, each.os) for each in after.module.orders.values()],
        "welcomes": [
            (message.to, message.text.count("password:"))
            for message in after.office.messages
            if message.subject.startswith("Welcome")
        ],
    }, fate.points


def stop_everywhere(case: Case, every: int = 1) -> int:
    """Stop the action at every point, or every few; how many there were."""
    whole, points = run(_end(case, None, MemoryStore()))
    for at in range(0, points, every):
        seen, _ = run(_end(case, at, MemoryStore()))
        assert seen == whole, f"{case.name}: stopped at point {at} of {points}"
    return len(range(0, points, every))


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_after_a_stop_at_any_point_the_end_is_that_of_a_run_without_one(case: Case, capsys: pytest.CaptureFixture[str]):
    tried = stop_everywhere(case)
    with capsys.disabled():
        print(f"\nBILLmanager 5, {case.name}: stopped at {tried} points")  # noqa: T201
    assert tried > 10


@pytest.mark.parametrize("name", ["create", "create, the next server", "terminate", "add address"])
def test_the_same_at_some_points(name: str):
    assert stop_everywhere(next(case for case in CASES if case.name == name), every=7) > 2
