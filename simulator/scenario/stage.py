"""The stage of a scenario: its lab with its actors, built, and able to stop at a moment.

What is played on it is the runner's. `until` plays up to a moment of lab time and leaves everything as it is then: to look at
it, to bend it otherwise than the file says, or to branch.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from simulator import kernel
from simulator.kernel import Clock, Journal
from simulator.scenario.actors import Actors
from simulator.scenario.labs import LabRun, Mode, OpenLab
from simulator.scenario.plan import Scenario

__all__ = ["Stage", "run_in"]

Lost = Callable[[BaseException], None]


def run_in(mode: Mode, main: Coroutine[Any, Any, None], *, real: bool = False) -> int:
    """Run a whole scenario on the loop that the mode wants. With `real` equipment Ctrl-C, SIGTERM and SIGHUP end it in order, so that
    it is set back as it was: the number of the signal, else 0.
    """
    if mode == "simulated":
        kernel.run(main)
    elif real:
        return asyncio.run(_until_stopped(main))
    else:
        asyncio.run(main)
    return 0


async def _until_stopped(main: Coroutine[Any, Any, None]) -> int:
    work = asyncio.ensure_future(main)
    stopped: list[int] = []

    def stop(number: int) -> None:
        if not stopped:
            stopped.append(number)
            work.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):  # Windows; not the main thread
            loop.add_signal_handler(number, stop, int(number))
    try:
        await work
    except asyncio.CancelledError:
        if not stopped:
            raise
    return stopped[0] if stopped else 0


class Stage:
    """One lab of one run. `run` and `actors` are there while it is open; the journal outlives it."""

    def __init__(self, scenario: Scenario, seed: int, mode: Mode, open_lab: OpenLab) -> None:
        self.scenario = scenario
        self.seed = seed
        self.mode = mode
        self._open_lab = open_lab
        self.journal: Journal | None = None
        self.clock: Clock | None = None
        self.run: LabRun
        self.actors: Actors

    @asynccontextmanager
    async def opened(self, lost: Lost) -> AsyncIterator[None]:
        """Build lab and actors, and take them apart at the end. `lost` gets an error that nobody awaits: it would pass
        unseen.
        """

        def unseen(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            if (error := context.get("exception")) is not None:
                lost(error)

        asyncio.get_running_loop().set_exception_handler(unseen)
        async with self._open_lab(self.scenario.plan, self.mode, self.seed) as run:
            self.run, self.journal, self.clock = run, run.journal, run.clock
            scenario = self.scenario
            async with Actors.on(run, scenario.settings, scenario.module, scenario.outside) as actors:
                self.actors = actors
                yield

    async def until(self, moment: float, play: asyncio.Task[None]) -> bool:
        """Let `play` go on to this moment of lab time; False when it had ended before."""
        reached = asyncio.Event()
        timer = self.run.clock.call_at(moment, reached.set)
        waiting = asyncio.ensure_future(reached.wait())
        try:
            await asyncio.wait([play, waiting], return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            waiting.cancel()
        return not play.done()
