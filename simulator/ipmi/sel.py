"""Entries of the System Event Log: 16 octets each (IPMI 2.0, 32)."""

from __future__ import annotations

from typing import Final, NamedTuple

from simulator.ipmi.codes import BMC_ADDRESS
from simulator.ipmi.errors import Malformed

__all__ = ["ENTRY_OCTETS", "SystemEvent"]

ENTRY_OCTETS: Final = 16
_SYSTEM_EVENT: Final = 0x02
_REVISION: Final = 0x04


class SystemEvent(NamedTuple):
    """A type 02h entry."""

    number: int
    """Record id."""
    time: int
    """Seconds since 1970."""
    sensor_type: int
    sensor: int
    event_type: int
    asserted: bool
    data: bytes
    """3 octets; the low four bits of the first are the offset."""
    generator: int = BMC_ADDRESS

    def encode(self) -> bytes:
        return (
            self.number.to_bytes(2, "little")
            + bytes((_SYSTEM_EVENT,))
            + (self.time & 0xFFFFFFFF).to_bytes(4, "little")
            + self.generator.to_bytes(2, "little")
            + bytes((_REVISION, self.sensor_type, self.sensor, self.event_type | (0 if self.asserted else 0x80)))
            + self.data
        )

    @classmethod
    def decode(cls, data: bytes) -> SystemEvent:
        """Raises Malformed."""
        if len(data) != ENTRY_OCTETS or data[2] != _SYSTEM_EVENT:
            raise Malformed("not a system event record")
        return cls(
            int.from_bytes(data[:2], "little"),
            int.from_bytes(data[3:7], "little"),
            data[10],
            data[11],
            data[12] & 0x7F,
            not data[12] & 0x80,
            data[13:16],
            int.from_bytes(data[7:9], "little"),
        )
