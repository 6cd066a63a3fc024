"""The time of the billing side: what it needs of a clock, and the clock of the host for use against a real panel."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

__all__ = ["MOMENT", "Clock", "SystemClock"]

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
