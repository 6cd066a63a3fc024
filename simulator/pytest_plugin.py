"""The pytest plugin: a datacenter for one test, in virtual time or on real sockets.

    @pytest.mark.rackloop(lab="small", seed=7)
    def test_my_module_gives_the_server_back(rackloop):
        async def scene(lab):
            ...                       # lab.plant, lab.panel, lab.faults, lab.clock, lab.billing_transport()
        rackloop(scene)

    def test_with_outside_programs(rackloop_up):
        ...                           # the endpoints of a lab that is up, as `rackloop up --endpoints` writes them

Strict: a fault that was asked for and never came about fails the test; `@pytest.mark.rackloop(pending_faults=True)`
allows it. So does an invariant that does not hold (docs/invariants.md), unless it is declared as in a scenario:

    @pytest.mark.rackloop(known=[{"violates": "one-machine", "of": "srv-1*", "because": "what this test shows"}])

Without more, what panel and plant show is judged. `rackloop(scene, billing=view)` judges the rest too, where `view` says which
services there are (`simulator.invariants.base.BillingView`) and tells the journal what becomes of them: `lab.journal.write("billing",
service, "Create ended")`. A view that needs the lab is made by a function: `billing=lambda lab: View(lab)`.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pytest

if TYPE_CHECKING:
    from simulator.invariants.base import BillingView
    from simulator.invariants.watch import Violation
    from simulator.lab import Run
    from simulator.scenario.known import Known

__all__ = ["rackloop", "rackloop_up"]

T = TypeVar("T")
MARKER = "rackloop(lab='small', seed=1, clock='stepped', pending_faults=False, known=()): the datacenter of this test"
OPTIONS = {"lab": "small", "seed": 1, "clock": "stepped", "pending_faults": False, "known": ()}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    marker = request.node.get_closest_marker("rackloop")
    given = dict(marker.kwargs) if marker else {}
    unknown = sorted(set(given) - set(OPTIONS))
    if unknown or (marker and marker.args):
        raise pytest.UsageError(
            f"@pytest.mark.{MARKER.split(':', maxsplit=1)[0]}: not understood: {', '.join(unknown) or marker.args}"
        )
    return OPTIONS | given


def _known(options: dict[str, Any]) -> list[Known]:
    """What the marker declares. Raises UsageError, with the nearest word."""
    from simulator.scenario.known import declared  # noqa: PLC0415 - as below

    try:
        return declared(options["known"])
    except (AttributeError, TypeError, ValueError) as error:
        raise pytest.UsageError(f"@pytest.mark.rackloop: known: {error}") from None


def _judge(known: list[Known], violations: Sequence[Violation]) -> None:
    """Fail the test for what does not hold and is not declared, and for what is declared and holds."""
    from simulator.scenario.known import excused, told  # noqa: PLC0415 - as below

    undeclared, idle = excused(known, violations)
    lines = []
    for violation in undeclared:
        what, expected, seen = told(violation)
        lines.append(f"{what}: {seen}; expected: {expected}")
    lines += [f"known: {each}: it held, nothing came of what is declared" for each in idle]
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)


class Play(Protocol):
    """What the fixture `rackloop` is."""

    def __call__(
        self,
        scene: Callable[[Run], Awaitable[T]],
        *,
        billing: BillingView | Callable[[Run], BillingView] | None = None,
    ) -> T: ...


@pytest.fixture
def rackloop(request: pytest.FixtureRequest) -> Play:
    """Run `scene(lab)` in virtual time in a fresh lab, judge what must hold, and return what it returns."""
    from simulator.invariants.watch import Watch  # noqa: PLC0415 - as below
    from simulator.kernel import run  # noqa: PLC0415 - pytest loads this plugin for everybody; few ask for a lab
    from simulator.lab import Lab  # noqa: PLC0415

    options = _options(request)
    known = _known(options)
    lab = Lab.load(options["lab"])

    def play(
        scene: Callable[[Run], Awaitable[T]],
        *,
        billing: BillingView | Callable[[Run], BillingView] | None = None,
    ) -> T:
        async def main() -> T:
            async with lab.simulated(seed=options["seed"]) as here:
                view = billing(here) if callable(billing) else billing
                watch = Watch.alone(here) if view is None else Watch(here, view)
                result = await scene(here)
                if not options["pending_faults"] and (pending := here.faults.pending()):
                    pytest.fail("a fault never came about: " + ", ".join(map(str, pending)))
                _judge(known, watch.finish())
                watch.close()
                return result

        return run(main())

    return play


@pytest.fixture
def rackloop_up(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """A lab that is up on free ports of loopback while the test runs, in a thread of its own; its endpoints."""
    from simulator.control.endpoints import endpoints  # noqa: PLC0415 - as above
    from simulator.control.up import stand  # noqa: PLC0415 - as above
    from simulator.lab import Lab  # noqa: PLC0415
    from simulator.lab.options import WireOptions  # noqa: PLC0415

    options = _options(request)
    known = _known(options)
    violations: list[Violation] = []
    plan = Lab.load(options["lab"]).plan
    told: queue.Queue[dict[str, Any] | BaseException] = queue.Queue()
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def main() -> None:
        stop = asyncio.Event()
        loops.append((asyncio.get_running_loop(), stop))
        wire = WireOptions(clock=options["clock"], seed=options["seed"], devices="as planned")
        async with stand(plan, wire, control_port=0) as standing:
            told.put(endpoints(standing))
            await stop.wait()
            if standing.watch is not None:
                violations.extend(standing.watch.finish())

    def keep_up() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            told.put(error)

    thread = threading.Thread(target=keep_up, name="rackloop up")
    thread.start()
    try:
        first = told.get()
        if isinstance(first, BaseException):
            raise first
        yield first
    finally:
        loop, stop = loops[0]
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        thread.join()
    _judge(known, violations)
