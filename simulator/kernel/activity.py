"""What is in flight: requests and exchanges that have begun and not ended.

A stepped clock asks it whether time may go on. Code that waits for *lab* time must not be counted as busy, or time
would wait for itself.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

__all__ = ["Activity"]

TURNS = 12


class _Changed:
    """So many more are in flight during the body; a class, since each message and each call has one, and a generator's context costs
    three times as much.
    """

    __slots__ = ("_activity", "_by")

    def __init__(self, activity: Activity, by: int) -> None:
        self._activity = activity
        self._by = by

    def __enter__(self) -> None:
        self._activity.change(self._by)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._activity.change(-self._by)


class Activity:
    """Counts what is in flight and can wait until there is nothing for a while."""

    def __init__(self, idle: float = 0.002) -> None:
        """`idle`: real seconds of quiet after which the lab counts as settled. Zero where every actor is ours and
        counted: then nothing can be on its way that is not in flight here.
        """
        self._idle = idle
        self._count = 0
        self._total = 0
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def in_flight(self) -> int:
        return self._count

    def busy(self) -> _Changed:
        """Count the body as one thing in flight."""
        return _Changed(self, 1)

    def waiting(self) -> _Changed:
        """Within something that counts as in flight: the body waits for lab time, and must not hold it up. What it is within may end
        sooner than it.
        """
        return _Changed(self, -1)

    def change(self, by: int) -> None:
        """So many more are in flight."""
        self._count += by
        self._total += 1
        if not self._count and self._waiting:
            self._wake()

    def touch(self) -> None:
        """Something happened that has no end of its own (a datagram arrived): start the quiet anew."""
        self._total += 1

    async def settle(self) -> None:
        """Return when nothing has been in flight, begun or ended for the idle time and some turns of the loop.

        The turns are for a machine that stalls: callbacks that are ready but have not run yet run in them.
        """
        while True:
            if self._count:
                future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.append(future)
                await future
            seen = self._total
            if self._idle:
                await asyncio.sleep(self._idle)
            for _ in range(TURNS):
                await asyncio.sleep(0)
            if self._count == 0 and self._total == seen:
                return

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
