"""An in-memory datagram network: the same bytes as UDP, with seeded loss, delay, duplication and reordering.

It is also the network behind `VirtualLoop.create_datagram_endpoint`, so unmodified asyncio programs (pysnmp) run on
it. An endpoint bound to 0.0.0.0 sends as `client_host`, as a host with one management address would.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from simulator.fabric.base import Address, AddressInUse, Receiver
from simulator.fabric.links import Conditions, Links
from simulator.kernel import Activity, Clock, LoopClock, Streams

__all__ = ["MemoryFabric"]


CALM = 0.0002
"""Seconds that a datagram takes over a calm link."""


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

    async def open(self, address: Address | None, receiver: Receiver) -> _End:
        return self._bind(address, receiver)

    def set_conditions(self, end: str | Address, conditions: Conditions | None) -> None:
        """What happens to datagrams from and to this host or address; None is a calm link again."""
        self._links.set(end, conditions)

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
