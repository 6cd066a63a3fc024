"""Delays between log-ins and bans: the time that is named is the time that it takes, also where the lab's clock stands."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest

from simulator.dcim.errors import Banned
from simulator.dcim.people.lockout import Restrictions
from simulator.kernel import Clock, Journal, LoopClock, run
from simulator.kernel.clock import SteppedClock

ROLE, HOST = "@user", "192.0.2.1"


async def _settled() -> None: ...


def refusal(restrictions: Restrictions) -> float | None:
    """Seconds that a caller is told to wait; None when nothing keeps him."""
    try:
        restrictions.check(7, (ROLE,), HOST)
    except Banned as error:
        (seconds,) = re.findall(r"in (\d+) s", str(error))
        return float(seconds)
    return None


Wait = Callable[[float], Awaitable[None]]
Scene = Callable[[Restrictions, Wait], Awaitable[None]]


def play(scene: Scene, *, stands: bool, moved: bool = False) -> None:
    """With a clock that goes, or with one that stands: then time passes for the caller alone, or somebody moves it."""

    async def main() -> None:
        outside = LoopClock()
        stepped = SteppedClock(_settled)
        clock: Clock = stepped if stands else outside
        restrictions = Restrictions((ROLE,), clock, Journal(clock))

        async def wait(seconds: float) -> None:
            if moved:
                await stepped.advance(seconds)
            else:
                await outside.sleep(seconds)

        await scene(restrictions, wait)

    run(main())


CLOCKS = pytest.mark.parametrize(
    ("stands", "moved"), [(False, False), (True, False), (True, True)], ids=["goes", "stands", "is moved"]
)


@CLOCKS
@pytest.mark.parametrize("failures", [1, 10], ids=["delay", "ban"])
def test_the_time_that_is_named_is_the_time_that_it_takes(failures: int, stands: bool, moved: bool) -> None:
    async def scene(restrictions: Restrictions, wait: Wait) -> None:
        for _ in range(failures):
            restrictions.failed(7, (ROLE,), HOST)
        named = refusal(restrictions)
        assert named == (1.0 if failures == 1 else 600.0)
        await wait(named - 0.25)
        assert refusal(restrictions) == 1.0
        assert bool(list(restrictions.bans())) is (failures == 10)
        await wait(0.25)
        assert refusal(restrictions) is None
        assert not list(restrictions.bans())

    play(scene, stands=stands, moved=moved)


@CLOCKS
def test_nobody_else_waits_and_a_success_forgets(stands: bool, moved: bool) -> None:
    async def scene(restrictions: Restrictions, wait: Wait) -> None:
        restrictions.failed(7, (ROLE,), HOST)
        restrictions.check(7, (ROLE,), "192.0.2.2")
        restrictions.check(8, (ROLE,), HOST)
        await wait(1)
        restrictions.succeeded(7, HOST)
        assert refusal(restrictions) is None

    play(scene, stands=stands, moved=moved)


def test_a_ban_that_a_lab_resumed_with_ends_for_a_caller_who_waits_it_out() -> None:
    async def scene(restrictions: Restrictions, wait: Wait) -> None:
        for _ in range(10):
            restrictions.failed(7, (ROLE,), HOST)
        await wait(100)
        restrictions._begun.clear()  # as after `--state`: it is not kept
        assert refusal(restrictions) == 600.0
        await wait(600)
        assert refusal(restrictions) is None

    play(scene, stands=True)
