"""The process is stopped at every point of what BILLmanager does with an ispmanager, and started again: no account is
doubled, lost, or bound to two services.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from provisioner.billmanager.rows import OperationRow
from provisioner.errors import ProvisioningError
from provisioner.store import ActionRow, MemoryStore
from simulator.kernel import LoopClock, run
from tests.ispmanager.support import ALICE, ROOT, Server
from tests.provisioner.support.hosting import EMAIL, Provider
from tests.provisioner.support.interruption import Fate, Killed

Act = Callable[[Provider], Awaitable[object]]


async def order(it: Provider) -> None:
    if "web1" not in it.bm.items:
        it.bm.order("web1", EMAIL, "Hosting")
    if it.bm.items.of("web1").paid is None:
        await it.bm.pay("web1")


async def order_a_taken_name(it: Provider) -> None:
    if "web1" not in it.bm.items:
        it.bm.order("web1", EMAIL, "Hosting", params={"username": "alice"})
    if it.bm.items.of("web1").paid is None:
        await it.bm.pay("web1")


async def order_manually(it: Provider) -> None:
    it.manual_only()
    await order(it)
    it.both()


async def bind(it: Provider) -> None:
    await it.bound(*ALICE)


async def change(it: Provider) -> None:
    await it.bm.change("web1", {"password": "another-secret", "preset": "shop"})


def do(verb: str) -> Act:
    return lambda it: getattr(it.bm, verb)("web1")


@dataclass
class Case:
    """What is done, and what was done before it."""

    name: str
    act: Act
    before: list[Act] = field(default_factory=list)
    every: int = 1
    """Stop at so many points only: ten tries are much alike."""


CASES = [
    Case("open", order),
    Case("open, name taken", order_a_taken_name, every=7),
    Case("open by staff", bind, [order_manually]),
    Case("suspend", do("suspend"), [order]),
    Case("resume", do("unsuspend"), [order, do("suspend")]),
    Case("setparam", change, [order]),
    Case("close", do("terminate"), [order]),
    Case("close, bound by staff", do("terminate"), [order_manually, bind]),
    Case("close, suspended", do("terminate"), [order, do("suspend")]),
]


async def _end(case: Case, at: int | None) -> tuple[dict[str, Any], int]:
    """What there is when the process is stopped at point `at` (never when None), and how many points there were."""
    clock, store = LoopClock(), MemoryStore()
    server = Server(clock)
    before = Provider(clock, server, store)
    await before.set_up()
    for act in case.before:
        await act(before)

    def written() -> int:
        return len(store.read(ActionRow)) + len(store.read(OperationRow))

    known = written()
    fate = Fate(at)
    mortal = Provider(clock, server, store, fate)
    with contextlib.suppress(Killed, ProvisioningError):
        await case.act(mortal)
    after = Provider(clock, server, store)
    await after.bm.resume_interrupted()
    open_task = any(task.service == "web1" for task in after.bm.office.tasks if task.open)
    if at is not None and (written() == known if case.act is not bind else open_task):
        with contextlib.suppress(ProvisioningError):  # it ended before it had kept anything: who asked, asks again
            await case.act(after)
    service = after.bm.service("web1")
    assert after.bm.interrupted() == []
    for each in (before, mortal, after):
        await each.bm.close()
    await server.http.aclose()
    accounts = {account.name: account for account in server.hosting if account.name != ROOT[0]}
    mine = accounts.get(service.server_name)
    return {
        "accounts": [(name, one.state, one.preset) for name, one in accounts.items()],
        "mine": mine is not None
        and server.hosting.active(mine)
        and bool(server.hosting.check(mine.name, service.password)),
        "service": (service.state, service.server_name, service.error),
        "saved": {**after.bm.items.of("web1").params, "password": ""},
        "tasks": [(task.open, task.verb) for task in after.bm.office.tasks],
    }, fate.points


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_after_a_stop_at_any_point_the_end_is_that_of_a_run_without_one(case):
    whole, points = run(_end(case, None))
    assert points
    for at in range(0, points, case.every):
        seen, _ = run(_end(case, at))
        assert seen == whole, f"stopped at point {at} of {points}"


def test_how_many_points_there_are(capsys: pytest.CaptureFixture[str]):
    counts = {case.name: len(range(0, run(_end(case, None))[1], case.every)) for case in CASES}
    with capsys.disabled():
        print(f"\nispmanager, points at which the process is stopped: {counts}, together {sum(counts.values())}")  # noqa: T201
    assert sum(counts.values()) > 100
