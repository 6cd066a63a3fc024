"""A lock that a timer holds, where no task is there to hold it."""

from __future__ import annotations

import asyncio

from simulator.kernel import Timer

__all__ = ["Held", "taken"]


def taken(lock: asyncio.Lock) -> bool:
    """Take a lock that is free without waiting; False where somebody has it, or waits for it."""
    if lock.locked():
        return False
    taking = lock.acquire()
    try:
        taking.send(None)
    except StopIteration:
        return True
    taking.close()  # somebody was before us in the queue
    return False


class Held:
    """A timer that holds a lock until it has ended, or is called off."""

    __slots__ = ("_lock", "_timer")

    def __init__(self, timer: Timer, lock: asyncio.Lock) -> None:
        self._timer: Timer | None = timer
        self._lock = lock

    def end(self) -> None:
        """What it called has been called: give the lock back. What the timer calls knows this one, so they let go of each other."""
        if self._timer is not None:
            self._timer = None
            self._lock.release()

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.end()
