"""The same network interface over real UDP sockets, one asyncio endpoint for each.

Bad links work here too: what an endpoint on such a host sends or is sent is lost, delayed or doubled in this process,
at its own end, so that it does not matter who is at the other one.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from simulator.fabric.base import Address, AddressInUse, Endpoint, Known, Receiver
from simulator.fabric.links import Conditions, Links
from simulator.kernel import Activity, Clock, LoopClock, Streams, Timer

__all__ = ["UdpFabric"]


class UdpFabric:
    """Real UDP. Wire time is the loop's own time."""

    def __init__(self, *, activity: Activity | None = None, streams: Streams | None = None) -> None:
        """`streams`: where the chance of bad links comes from."""
        self._links = Links(streams or Streams(0))
        self.time: Clock = LoopClock()
        self.activity = activity or Activity()
        self.sent = 0
        self.delivered = 0
        self._ends: list[_End] = []

    async def open(self, address: Address | None, receiver: Receiver) -> Endpoint:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0)  # asyncio closes sockets a turn later: let an address just given back be free
        try:
            _, end = await loop.create_datagram_endpoint(
                lambda: _End(self, receiver), local_addr=address or ("127.0.0.1", 0)
            )
        except OSError as error:
            if error.errno == errno.EADDRINUSE and address:
                raise AddressInUse(error.errno, f"{address[0]}:{address[1]} is taken") from None
            raise
        self._ends.append(end)
        return end

    @property
    def calm(self) -> bool:
        """No link is bad."""
        return self._links.calm

    def know(self, address: Address, device: Known) -> None:
        """Nobody is known here but by what he answers."""

    def state_of(self, address: Address) -> object | None:
        return None

    def nothing_due(self, hops: int) -> bool:
        return False

    @contextmanager
    def reading(self, address: Address) -> Iterator[None]:
        yield

    @contextmanager
    def writing(self, address: Address) -> Iterator[None]:
        yield

    def pass_over(self, address: Address, hops: int, then: Callable[[], object]) -> Timer:
        raise NotImplementedError("on a real network datagrams are sent")

    def hops_from_now(self) -> Callable[[], int]:
        return lambda: 0

    def set_conditions(self, end: str | Address, conditions: Conditions | None) -> None:
        """What happens to datagrams from and to this host, or this address of it; None is a calm link again."""
        self._links.set(end, conditions)

    def pass_on(self, end: Address, act: Callable[[], None]) -> None:
        """Do what a datagram at this end is about to cause, as often and as late as its link lets it."""
        fate = self._links.fate(end)
        if fate is None:
            act()
        else:
            for delay in fate:
                self.time.call_later(delay, act)

    def close(self) -> None:
        """Close every endpoint that is still open."""
        for end in tuple(self._ends):
            end.close()


class _End(asyncio.DatagramProtocol):
    def __init__(self, fabric: UdpFabric, receiver: Receiver) -> None:
        self._fabric = fabric
        self._receiver = receiver
        self._transport: asyncio.DatagramTransport | None = None
        self.address: Address = ("", 0)

    def connection_made(self, transport: Any) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        host, port = transport.get_extra_info("sockname")[:2]
        self.address = (host, port)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._fabric.delivered += 1
        self._fabric.activity.touch()
        self._fabric.pass_on(self.address, lambda: self._receiver(data, (addr[0], addr[1])))

    def error_received(self, exc: Exception) -> None:
        """An ICMP refusal: for a datagram network that is the same as silence."""

    def send(self, data: bytes, to: Address) -> None:
        self._fabric.pass_on(self.address, lambda: self._send(data, to))

    def _send(self, data: bytes, to: Address) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._fabric.sent += 1
            self._transport.sendto(data, to)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
        if self in self._fabric._ends:
            self._fabric._ends.remove(self)
