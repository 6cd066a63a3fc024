"""Real UDP with one socket for all devices of a port, each told apart by its own 127/8 destination address (Linux).

The socket is bound to the wildcard address of the loopback device. The kernel says with each datagram which address it
was sent to (IP_PKTINFO) and when it came (SO_TIMESTAMPNS); answers leave from the device's own address. Whatever cannot
be had this way gets an endpoint of its own, as in `UdpFabric`: consoles, 127.0.0.1, addresses outside of 127/8, a port
on which somebody else has a socket.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections import Counter
from functools import partial
from struct import Struct
from typing import Final

from simulator.fabric.base import Address, AddressInUse, Endpoint, Receiver
from simulator.fabric.udp import UdpFabric
from simulator.kernel import Activity, Streams

__all__ = ["SharedUdpFabric", "can_share"]

IP_PKTINFO: Final = 8
SO_BINDTODEVICE: Final = 25
SO_RCVBUFFORCE: Final = 33
SO_TIMESTAMPNS: Final = 35
"""<linux/in.h> and <asm-generic/socket.h>; Python 3.11 names them in part only."""

_BUFFER: Final = 64 << 20
"""Octets of receive buffer asked for: ten thousand consoles that all begin at once fit in."""
_BATCH: Final = 64
"""Datagrams taken in one wake-up before others have their turn."""
_STALE: Final = 1.0
"""Seconds in the socket's queue after which a datagram is shed: its sender has sent it again by then."""
_LATE: Final = 0.05
"""Seconds in the queue from which on it counts who has sent how much: who waits for each answer never makes a queue."""
_FAIR: Final = 100
"""Datagrams of one sender that a device answers in a `_WINDOW` while the queue is late; what he sends it beyond that is shed, so that a
flood costs others no answers. Who asks ten thousand devices at once sends a few to each.
"""
_WINDOW: Final = 1.0
_TURN: Final = 0.01
"""Seconds of answering in one wake-up before others have their turn."""
_LARGEST: Final = 65535
_SPACE: Final = socket.CMSG_SPACE(12) + socket.CMSG_SPACE(16) if hasattr(socket, "CMSG_SPACE") else 0

_PKTINFO: Final = Struct("=i4s4s")
_TIMESPEC: Final = Struct("@ll")


def can_share() -> bool:
    """Whether the system tells a socket where its datagrams were sent to, and routes all of 127/8 to itself."""
    return sys.platform == "linux"


class SharedUdpFabric(UdpFabric):
    """As UdpFabric, for thousands of devices: a device costs an entry in a table, not a socket."""

    def __init__(self, *, activity: Activity | None = None, streams: Streams | None = None) -> None:
        """`streams`: where the chance of bad links comes from."""
        super().__init__(activity=activity, streams=streams)
        self.shed = 0
        """Datagrams that were too old when their turn came."""
        self._shared: dict[int, _Shared] = {}

    async def open(self, address: Address | None, receiver: Receiver) -> Endpoint:
        if address is None or not _sharable(address[0]):
            return await super().open(address, receiver)
        host, port = address
        shared = self._free(host) if port == 0 else self._shared.get(port)
        if shared is None:
            try:
                shared = _Shared(self, port)
            except OSError:
                # Somebody has a socket of this port, perhaps on this very address; an endpoint of its own will tell.
                return await super().open(address, receiver)
            self._shared[shared.port] = shared
        if host in shared:
            raise AddressInUse(f"{host}:{shared.port} is taken")
        return shared.attach(host, receiver)

    def _free(self, host: str) -> _Shared | None:
        """A socket on which this host has not got a device yet."""
        return next((shared for shared in self._shared.values() if host not in shared), None)

    def close(self) -> None:
        for shared in tuple(self._shared.values()):
            shared.close()
        super().close()


def _sharable(host: str) -> bool:
    return host.startswith("127.") and host != "127.0.0.1"


class _Shared:
    """One socket and the devices on it, by the four octets of their addresses."""

    def __init__(self, fabric: SharedUdpFabric, port: int) -> None:
        """Raises OSError when the port cannot be had."""
        self._fabric = fabric
        self._ends: dict[bytes, _End] = {}
        self._counts: Counter[tuple[bytes, Address]] = Counter()
        self._counted_from = 0.0
        self._socket = sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            _wish(sock, socket.SOL_SOCKET, SO_BINDTODEVICE, b"lo\0")
            if not _wish(sock, socket.SOL_SOCKET, SO_RCVBUFFORCE, _BUFFER):
                _wish(sock, socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
            sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            sock.bind(("0.0.0.0", port))  # noqa: S104 - only datagrams to a device's own 127/8 address are taken
        except OSError:
            sock.close()
            raise
        self.port: int = sock.getsockname()[1]
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock, self._readable)

    def __contains__(self, host: str) -> bool:
        return socket.inet_aton(host) in self._ends

    def attach(self, host: str, receiver: Receiver) -> _End:
        octets = socket.inet_aton(host)
        end = self._ends[octets] = _End(self, (host, self.port), octets, receiver)
        return end

    def detach(self, end: _End) -> None:
        self._ends.pop(end.octets, None)
        if not self._ends:
            self.close()

    def close(self) -> None:
        if self._fabric._shared.pop(self.port, None) is not None:
            self._ends.clear()
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _readable(self) -> None:
        now = time.time()  # the clock that the kernel stamps datagrams with
        oldest, late, until = now - _STALE, now - _LATE, now + _TURN
        receive, ends, fabric = self._socket.recvmsg, self._ends, self._fabric
        for _ in range(_BATCH):
            try:
                data, extras, _, source = receive(_LARGEST, _SPACE)
            except OSError:  # nothing more, or an ICMP refusal: the same as silence
                return
            there = b""
            stamp = oldest
            for level, kind, value in extras:
                if level == socket.IPPROTO_IP and kind == IP_PKTINFO:
                    there = value[8:12]
                elif kind == SO_TIMESTAMPNS:
                    seconds, nanoseconds = _TIMESPEC.unpack(value)
                    stamp = seconds + nanoseconds * 1e-9
            end = ends.get(there)
            if end is None:
                continue
            if stamp < oldest:
                fabric.shed += 1
                continue
            if stamp < late and self._too_many((there, source), now):
                fabric.shed += 1
                continue
            fabric.delivered += 1
            fabric.activity.touch()
            if fabric.calm:
                end.receiver(data, source)
            else:
                fabric.pass_on(end.address, partial(end.receiver, data, source))
            if time.time() > until:
                return

    def _too_many(self, pair: tuple[bytes, Address], now: float) -> bool:
        """Whether this sender has had his share of the device while the queue is late."""
        if not 0 <= now - self._counted_from < _WINDOW:
            self._counted_from = now
            self._counts.clear()
        self._counts[pair] += 1
        return self._counts[pair] > _FAIR

    def send(self, end: _End, data: bytes, to: Address) -> None:
        if self._ends.get(end.octets) is not end:
            return
        self._fabric.sent += 1
        try:  # noqa: SIM105 - on the way of every answer
            self._socket.sendmsg((data,), end.source, 0, to)
        except OSError:
            pass  # a full buffer or an address that cannot be reached: a datagram that is lost


class _End:
    """An Endpoint."""

    __slots__ = ("_shared", "address", "octets", "receiver", "source")

    def __init__(self, shared: _Shared, address: Address, octets: bytes, receiver: Receiver) -> None:
        self._shared = shared
        self.address = address
        self.octets = octets
        self.receiver = receiver
        self.source = ((socket.IPPROTO_IP, IP_PKTINFO, _PKTINFO.pack(0, octets, bytes(4))),)

    def send(self, data: bytes, to: Address) -> None:
        fabric = self._shared._fabric
        if fabric.calm:
            self._shared.send(self, data, to)
        else:
            fabric.pass_on(self.address, partial(self._shared.send, self, data, to))

    def close(self) -> None:
        if self._shared._ends.get(self.octets) is self:
            self._shared.detach(self)


def _wish(sock: socket.socket, level: int, option: int, value: int | bytes) -> bool:
    """Set an option that is good to have; whether it was granted."""
    try:
        sock.setsockopt(level, option, value)
    except OSError:
        return False
    return True
