"""A stepped clock that goes by itself for a while, as fast as somebody who looks on wants it."""

from __future__ import annotations

import asyncio

from simulator.kernel import SteppedClock
from simulator.kernel.clock import TimeOutOfRange

__all__ = ["FASTEST", "SLOWEST", "Pace"]

SLOWEST, FASTEST = 0.001, 100_000.0
PERIOD = 0.1
"""Real seconds between two moves."""


class Pace:
    """`rate`: seconds of lab time in one; 0 while it does not move the clock."""

    def __init__(self) -> None:
        self.rate = 0.0
        self._task: asyncio.Task[None] | None = None
        self._due = asyncio.Event()

    def go(self, clock: SteppedClock, rate: float) -> None:
        """From now on, at this rate."""
        self.rate = rate
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._move(clock), name="lab clock goes")

    def stop(self) -> None:
        """The clock is moved no more; a move that is under way ends at its time."""
        self.rate = 0.0
        self._due.set()

    def close(self) -> None:
        """The lab ends."""
        self.stop()
        if self._task is not None:
            self._task.cancel()

    async def _move(self, clock: SteppedClock) -> None:
        """What a move takes longer than it should is not made up for: the clock is then slower than was asked."""
        loop = asyncio.get_running_loop()
        try:
            while self.rate:
                self._due = asyncio.Event()
                timer = loop.call_later(PERIOD, self._due.set)
                try:
                    await self._due.wait()
                finally:
                    timer.cancel()
                if self.rate:
                    await clock.advance(self.rate * PERIOD)
        except TimeOutOfRange:
            self.rate = 0.0
        finally:
            self._task = None
