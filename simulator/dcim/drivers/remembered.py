"""What a device last answered, said again without asking while it would answer the same.

A panel polls all of its devices all the time, and nearly all of these polls find what the one before found. In a simulated
run the network can tell that a device is as it was (`Fabric.state_of`): the reading then takes its time and is counted, and
nothing is encoded, carried and decoded. On real sockets, over a bad link and with faults of messages every datagram is played.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Generic, TypeVar

from simulator.fabric import Address, Fabric
from simulator.kernel import Timer

__all__ = ["Remembered"]

T = TypeVar("T")


class Remembered(Generic[T]):
    """One kind of reading of one device."""

    def __init__(self, fabric: Fabric, address: Address) -> None:
        self._fabric = fabric
        self._address = address
        self._state: object | None = None
        """The device's, when it gave the answer below."""
        self._answer: T
        self._hops = 0
        """Datagrams, one after another, of such a reading."""

    async def read(
        self,
        ask: Callable[[], Awaitable[T]],
        *,
        usual: bool = True,
        was_usual: Callable[[], bool] = lambda: True,
        extra: Callable[[], int] = lambda: 0,
    ) -> T:
        """The answer. `ask` plays the reading. A driver that asks for more now and then says whether this reading would be a
        `usual` one, and after one that was played, whether it was; or how many datagrams it had that the next will not have.
        """
        fabric, address = self._fabric, self._address
        over: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if self.pass_over(partial(_settle, over), usual=usual) and await over:
            return self._answer
        before = fabric.state_of(address)
        hops_since = fabric.hops_from_now()
        with fabric.reading(address):
            answer = await ask()
        if not was_usual():
            return answer
        after, hops = fabric.state_of(address), hops_since()
        self._hops = hops - extra() if _same(before, after, hops) else 0
        self._state, self._answer = after, answer
        return answer

    def pass_over(self, then: Callable[[bool], object], *, usual: bool = True) -> Timer | None:
        """Let the reading go by, if it cannot differ from the one before; then tell whether `last` is its answer, or the device has
        changed meanwhile and has to be asked. None, and nothing is done, where it has to be asked at once.
        """
        fabric, address = self._fabric, self._address
        before = fabric.state_of(address)
        if usual and self._hops and before is not None and before == self._state and fabric.nothing_due(self._hops):
            timer: Timer = fabric.pass_over(address, self._hops, lambda: then(fabric.state_of(address) == before))
            return timer
        return None

    @property
    def last(self) -> T:
        return self._answer


def _settle(over: asyncio.Future[bool], same: bool) -> None:
    if not over.done():
        over.set_result(same)


def _same(before: object | None, after: object | None, hops: int) -> bool:
    """The device has heard the reading's own datagrams and no others, and is otherwise as it was."""
    if not (isinstance(before, tuple) and isinstance(after, tuple)):
        return False
    return hops > 0 and after[0] - before[0] == hops // 2 and before[1:] == after[1:]
