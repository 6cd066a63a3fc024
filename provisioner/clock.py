"""The time of the billing side: what it needs of a clock, and the clock of the host for use against a real panel."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Generator
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar

__all__ = ["MOMENT", "Clock", "SystemClock", "within"]

T = TypeVar("T")

MOMENT: Final = 1e-3
"""A wait that has less than this left is over, seconds: a deadline may round to a moment that the loop beneath the clock
has reached already, and who sleeps until it on a clock that jumps from timer to timer sleeps for ever.
"""


class Clock(Protocol):
    """Seconds that pass, and ways to wait for them. A simulator's own clock fits without an adapter."""

    def now(self) -> float:
        """Seconds since some fixed instant."""

    async def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed."""

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        """Cancel the body and raise TimeoutError when it takes longer than `seconds`."""


async def within(clock: Clock, seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What the work comes to. Raises TimeoutError when it takes longer than `seconds`.

    A call of a panel in the same process seldom has to wait for anything: no timer is set before it does.
    """
    try:
        waits_for = work.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    async with clock.timeout(seconds):
        return await _Rest(work, waits_for)


class _Rest(Generic[T]):
    """What is left of work that waits for something."""

    def __init__(self, work: Coroutine[Any, Any, T], waits_for: Any) -> None:
        self._work = work
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, T]:
        """As `await` would go on with it: what it waits for is handed out, and what comes of that is handed in."""
        work, waits_for = self._work, self._waits_for
        while True:
            try:
                came = yield waits_for
            except GeneratorExit:
                work.close()
                raise
            except BaseException as error:
                step = partial(work.throw, error)
            else:
                step = partial(work.send, came)
            try:
                waits_for = step()
            except StopIteration as done:
                value: T = done.value
                return value


class SystemClock:
    """The host's clock. The only place of the billing side that touches real time.

    Its seconds count from the epoch, so that a process can read what an earlier one wrote, and pass evenly.
    """

    def __init__(self) -> None:
        self._epoch = time.time() - time.monotonic()  # noqa: TID251 - this class is the real clock that others are given

    def now(self) -> float:
        return self._epoch + time.monotonic()  # noqa: TID251 - as above

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)  # noqa: TID251 - as above

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        return asyncio.timeout(seconds)  # noqa: TID251 - as above
