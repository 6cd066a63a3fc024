"""An in-memory datagram network: the same bytes as UDP, with seeded loss, delay, duplication and reordering.

It is also the network behind `VirtualLoop.create_datagram_endpoint`, so unmodified asyncio programs (pysnmp) run on
it. An endpoint bound to 0.0.0.0 sends as `client_host`, as a host with one management address would.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from simulator.fabric.base import Address, AddressInUse, Known, Receiver
from simulator.fabric.links import Conditions, Links
from simulator.kernel import Activity, Clock, LoopClock, Streams, Timer, VirtualLoop

__all__ = ["MemoryFabric"]


CALM = 0.0002
"""Seconds that a datagram takes over a calm link."""
MOST_HOPS = 20_000
"""Of a reading; what took longer waited for something."""


class MemoryFabric:
    """A network of its own. Conditions are set per host and hold for what it sends and what it is sent."""

    def __init__(self, streams: Streams, *, client_host: str = "10.0.0.1") -> None:
        self.time: Clock = LoopClock()
        self._loop = asyncio.get_running_loop()
        self.activity = Activity()
        self.sent = 0
        self.delivered = 0
        self._links = Links(streams)
        self._client_host = client_host
        self._ends: dict[Address, _End] = {}
        self._next_port = 49152
        self.exact = False
        """Every datagram is played, also those of which it is known what they would bring."""
        self._known: dict[Address, Known] = {}
        self._readers: Counter[Address] = Counter()
        self._writers: Counter[Address] = Counter()

    async def open(self, address: Address | None, receiver: Receiver) -> _End:
        return self._bind(address, receiver)

    def set_conditions(self, end: str | Address, conditions: Conditions | None) -> None:
        """What happens to datagrams from and to this host or address; None is a calm link again."""
        self._links.set(end, conditions)

    def know(self, address: Address, device: Known) -> None:
        """What stands at an address, as long as its endpoint is there."""
        self._known[address] = device

    def state_of(self, address: Address) -> object | None:
        """`Known.state` of what stands there; None where links are bad, nobody is known, or everything shall be played."""
        if self.exact or not self._links.calm:
            return None
        known = self._known.get(address)
        return None if known is None else known.state()

    def nothing_due(self, hops: int) -> bool:
        """No timer is due while so many datagrams pass, but for those of other readings, which change nothing."""
        loop = self._loop
        end = loop.time() + (hops + 1) * CALM
        return isinstance(loop, VirtualLoop) and loop.only_due(end, self._changes_nothing)

    def _changes_nothing(self, callback: Callable[..., object], arguments: Sequence[Any]) -> bool:
        return callback == self._passed or (callback == self._deliver and self._of_a_reading(*arguments[1:]))

    def _of_a_reading(self, source: Address, to: Address) -> bool:
        """A datagram of somebody who only reads a device, which nobody changes meanwhile."""
        return any(each in self._readers and each not in self._writers for each in (source, to))

    @contextmanager
    def reading(self, address: Address) -> Iterator[None]:
        """Somebody reads the device at this address."""
        self._readers[address] += 1
        try:
            yield
        finally:
            self._readers[address] -= 1
            if not self._readers[address]:
                del self._readers[address]

    @contextmanager
    def writing(self, address: Address) -> Iterator[None]:
        """Somebody sets something there."""
        self._writers[address] += 1
        try:
            yield
        finally:
            self._writers[address] -= 1
            if not self._writers[address]:
                del self._writers[address]

    def pass_over(self, address: Address, hops: int, then: Callable[[], object]) -> Timer:
        loop, end = self._loop, self._loop.time()
        for _ in range(hops):  # as the datagrams would have added it up
            end += CALM
        return loop.call_at(end, self._passed, address, hops, then)

    def _passed(self, address: Address, hops: int, then: Callable[[], object]) -> None:
        self.sent += hops
        self.delivered += hops
        known = self._known.get(address)
        if known is not None:
            known.passed_over(hops // 2)
        then()

    def hops_from_now(self) -> Callable[[], int]:
        return partial(self._hops_since, self._loop.time())

    def _hops_since(self, start: float) -> int:
        """In time of the loop, which a lab's own clock need not begin with."""
        hops, now = 0, self._loop.time()
        if now - start > MOST_HOPS * CALM:
            return 0
        while start < now:
            start += CALM
            hops += 1
        return hops if start == now and hops % 2 == 0 else 0

    def _bind(self, address: Address | None, receiver: Receiver) -> _End:
        host, port = address or ("0.0.0.0", 0)  # noqa: S104 - no real socket is opened
        if host in ("0.0.0.0", "::", ""):  # noqa: S104
            host = self._client_host
        if port == 0:
            port = next(p for p in self._free_ports() if (host, p) not in self._ends)
        if (host, port) in self._ends:
            raise AddressInUse(f"{host}:{port} is taken")
        end = self._ends[host, port] = _End(self, (host, port), receiver)
        return end

    def _free_ports(self) -> Iterator[int]:
        while True:
            self._next_port = self._next_port + 1 if self._next_port < 65535 else 49152
            yield self._next_port

    def _unbind(self, end: _End) -> None:
        if self._ends.get(end.address) is end:
            del self._ends[end.address]
            self._known.pop(end.address, None)

    def _carry(self, data: bytes, source: Address, to: Address) -> None:
        self.sent += 1
        links = self._links
        if links.calm:
            self._loop.call_at(self._loop.time() + CALM, self._deliver, data, source, to)
            return
        here, there = links.fate(source), links.fate(to)
        for first in (CALM / 2,) if here is None else here:
            for second in (CALM / 2,) if there is None else there:
                self.time.call_later(first + second, self._deliver, data, source, to)

    def _deliver(self, data: bytes, source: Address, to: Address) -> None:
        end = self._ends.get(to)
        if end is not None:
            self.delivered += 1
            end.receiver(data, source)

    # the network behind VirtualLoop.create_datagram_endpoint

    def open_transport(
        self, protocol: asyncio.DatagramProtocol, local: Address | None, remote: Address | None
    ) -> asyncio.DatagramTransport:
        end = self._bind(local, protocol.datagram_received)
        return _Transport(end, protocol, remote)


class _End:
    __slots__ = ("_fabric", "address", "closed", "receiver")

    def __init__(self, fabric: MemoryFabric, address: Address, receiver: Receiver) -> None:
        self._fabric = fabric
        self.address = address
        self.receiver = receiver
        self.closed = False

    def send(self, data: bytes, to: Address) -> None:
        if not self.closed:
            self._fabric._carry(bytes(data), self.address, to)

    def close(self) -> None:
        self.closed = True
        self._fabric._unbind(self)


class _Transport(asyncio.DatagramTransport):
    """An asyncio face on an end, for programs that know only asyncio."""

    def __init__(self, end: _End, protocol: asyncio.DatagramProtocol, remote: Address | None) -> None:
        super().__init__({"sockname": end.address, "peername": remote})
        self._end = end
        self._protocol = protocol
        self._remote = remote

    def sendto(self, data: Any, addr: Any = None) -> None:
        to = addr or self._remote
        if to is None:
            raise ValueError("no address given, and the endpoint has no remote one")
        self._end.send(bytes(data), (str(to[0]), int(to[1])))

    def is_closing(self) -> bool:
        return self._end.closed

    def close(self) -> None:
        if not self._end.closed:
            self._end.close()
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()
