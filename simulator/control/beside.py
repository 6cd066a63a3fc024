"""Work that is long and touches no lab, such as loading templates, done in a thread so that devices answer meanwhile."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Generic, TypeVar

from simulator.kernel.loop import NotInVirtualTime

__all__ = ["Once", "beside"]

T = TypeVar("T")
SHARE = 0.0002
"""Seconds after which the thread lets the loop have the interpreter; Python's own 5 ms are what a device would answer later by."""

_usual = sys.getswitchinterval()
_under_way = 0


async def beside(work: Callable[[], T]) -> T:
    """The result of `work`, which must not change anything that the loop's own code uses. In virtual time nobody waits: it is done at once."""
    global _under_way  # noqa: PLW0603 - so is the interpreter's setting
    _under_way += 1
    sys.setswitchinterval(SHARE)
    try:
        return await asyncio.to_thread(work)
    except NotInVirtualTime:
        return work()
    finally:
        _under_way -= 1
        if not _under_way:
            sys.setswitchinterval(_usual)


class Once(Generic[T]):
    """What is made beside the loop when the first asks for it; who asks meanwhile waits for the same."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._making = asyncio.Lock()
        self._made: list[T] = []

    async def __call__(self) -> T:
        if not self._made:
            async with self._making:
                if not self._made:
                    self._made.append(await beside(self._work))
        return self._made[0]
