"""Serial over LAN: its packet and the BMC's end of one connection (IPMI 2.0, 15.9 and 15.11). No I/O, no clock."""

from __future__ import annotations

from typing import Final, NamedTuple

from simulator.ipmi.errors import Malformed

__all__ = ["BREAK", "DEACTIVATING", "NACK", "SolLink", "SolPacket"]

NACK: Final = 0x40
DEACTIVATING: Final = 0x10
"""From the BMC: the payload is being deactivated."""
BREAK: Final = 0x10
"""From the console: send a break to the host."""
FLUSH_OUTBOUND: Final = 0x01
_LAST_SEQUENCE: Final = 15
_BUFFER: Final = 8192
"""Octets that wait for a console that does not acknowledge; the oldest go."""


class SolPacket(NamedTuple):
    sequence: int
    """1 to 15; 0 carries nothing that wants an acknowledgement."""
    acknowledged: int
    """The sequence that is acknowledged, or 0."""
    accepted: int
    """How many octets of it were taken."""
    status: int
    data: bytes = b""

    def encode(self) -> bytes:
        return bytes((self.sequence, self.acknowledged, self.accepted, self.status)) + self.data

    @classmethod
    def decode(cls, payload: bytes) -> SolPacket:
        """Raises Malformed."""
        if len(payload) < 4:
            raise Malformed("a SOL packet has at least 4 octets")
        return cls(payload[0] & 0x0F, payload[1] & 0x0F, payload[2], payload[3], payload[4:])


class SolLink:
    """One packet is in flight at a time. It is sent again until it is acknowledged, or was tried often enough."""

    __slots__ = ("_ack", "_flight", "_heard", "_interval", "_queue", "_sequence", "_tries", "_tries_left", "due")

    CHUNK: Final = 200

    def __init__(self, tries: int, interval: float) -> None:
        """`interval`: seconds between tries."""
        self._tries = tries
        self._interval = interval
        self._queue = bytearray()
        self._flight = b""
        self._sequence = 0
        self._tries_left = 0
        self._heard = (0, 0)
        """The last sequence that came with data, and how much of it was taken."""
        self._ack: tuple[int, int] | None = None
        self.due: float | None = None
        """When `on_time` wants to be called."""

    def receive(self, payload: bytes) -> SolPacket:
        """A packet from the console; what it returns in `data` is new, and a resent one's data is empty.

        `flush` then gives what is to be sent. Raises Malformed.
        """
        packet = SolPacket.decode(payload)
        if packet.acknowledged and packet.acknowledged == self._sequence and self._flight:
            if packet.status & NACK and packet.accepted < len(self._flight):
                self._queue[:0] = self._flight[packet.accepted :]
            self._flight = b""
            self.due = None
        if packet.status & FLUSH_OUTBOUND:
            self._queue.clear()
        if not packet.sequence:
            return packet
        if packet.sequence == self._heard[0]:
            self._ack = self._heard
            return packet._replace(data=b"", status=packet.status & ~BREAK)
        self._heard = self._ack = (packet.sequence, len(packet.data))
        return packet

    def write(self, octets: bytes) -> None:
        """Queue output of the host's; `flush` sends it."""
        self._queue += octets
        if len(self._queue) > _BUFFER:
            del self._queue[:-_BUFFER]

    def flush(self, now: float) -> list[bytes]:
        """Packets to send: output when nothing is in flight, and the acknowledgement that is due."""
        ack, self._ack = self._ack or (0, 0), None
        if self._queue and not self._flight:
            self._flight = bytes(self._queue[: self.CHUNK])
            del self._queue[: self.CHUNK]
            self._sequence = self._sequence % _LAST_SEQUENCE + 1
            self._tries_left = self._tries
            self.due = now + self._interval
            return [SolPacket(self._sequence, *ack, 0, self._flight).encode()]
        return [SolPacket(0, *ack, 0).encode()] if ack[0] else []

    def on_time(self, now: float) -> list[bytes]:
        """Packets to send again. One that was tried often enough is given up."""
        if self.due is None or now < self.due:
            return []
        if self._tries_left == 0:
            self._flight = b""
            self.due = None
            return self.flush(now)
        self._tries_left -= 1
        self.due = now + self._interval
        return [SolPacket(self._sequence, 0, 0, 0, self._flight).encode()]

    def goodbye(self) -> bytes:
        """The packet that tells the console that its payload is deactivated."""
        return SolPacket(0, 0, 0, DEACTIVATING).encode()
