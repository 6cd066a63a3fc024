"""The Platform Event Trap: what a BMC tells about an event, as the one variable of an SNMPv1 trap (PET 1.0).

Numbers are big-endian here, unlike everywhere else in IPMI.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from simulator.ipmi.codes import BMC_ADDRESS
from simulator.ipmi.errors import Malformed
from simulator.ipmi.sel import SystemEvent

__all__ = ["ENTERPRISE", "VARIABLE", "PlatformTrap", "specific_trap"]

ENTERPRISE: Final = "1.3.6.1.4.1.3183.1.1"
VARIABLE: Final = "1.3.6.1.4.1.3183.1.1.1"

_FIXED: Final = Struct(">16sHIHBBBBBBB8sBIH")
_EPOCH: Final = 883_612_800
"""1998-01-01, in seconds since 1970."""
_IPMI: Final = 0x20
"""Of trap and event source type."""
_ENGLISH: Final = 0x19
_END: Final = b"\xc1"
_UNSPECIFIED_OFFSET: Final = 0xFFFF


def specific_trap(event: SystemEvent | None) -> int:
    """SNMP's specific trap number: sensor type, event type, offset (bit 7: it is over). A test alert has 0."""
    if event is None:
        return 0
    return event.sensor_type << 16 | event.event_type << 8 | (0 if event.asserted else 0x80) | event.data[0] & 0x0F


class PlatformTrap(NamedTuple):
    """The variable's octets, by name."""

    guid: bytes
    sequence: int
    """Which trap this is; its acknowledgement names it."""
    time: int
    """Of the event, seconds since 1970; 0: not said."""
    severity: int
    sensor: int
    entity: int
    instance: int
    data: bytes
    """3 octets of event data."""
    manufacturer: int
    system: int
    """The maker's product id."""
    utc_offset: int | None = None
    """Minutes."""
    text: bytes = b""
    """An alert string; it is a maker's own field, as the specification has no place for one."""

    def encode(self) -> bytes:
        offset = _UNSPECIFIED_OFFSET if self.utc_offset is None else self.utc_offset & 0xFFFF
        # A text of one octet would have the type and length of the end mark.
        text = self.text[:63] + b" " if len(self.text) == 1 else self.text[:63]
        field = bytes((0xC0 | len(text),)) + text if text else b""
        fixed = _FIXED.pack(
            self.guid,
            self.sequence,
            max(0, self.time - _EPOCH),
            offset,
            _IPMI,
            _IPMI,
            self.severity,
            BMC_ADDRESS,
            self.sensor,
            self.entity,
            self.instance,
            self.data.ljust(8, b"\0"),
            _ENGLISH,
            self.manufacturer,
            self.system,
        )
        return fixed + field + _END

    @classmethod
    def decode(cls, octets: bytes) -> PlatformTrap:
        """Raises Malformed."""
        if len(octets) <= _FIXED.size:
            raise Malformed("a Platform Event Trap has at least 47 octets")
        fields = _FIXED.unpack_from(octets)
        guid, sequence, time, offset, _, _, severity, _, sensor, entity, instance, data, _, maker, system = fields
        rest, text = octets[_FIXED.size :], b""
        if rest[0] != _END[0]:
            length = rest[0] & 0x3F
            text = rest[1 : 1 + length]
            if len(rest) < 2 + length:
                raise Malformed("a Platform Event Trap ends with C1h")
        minutes = None if offset == _UNSPECIFIED_OFFSET else (offset ^ 0x8000) - 0x8000
        when = time + _EPOCH if time else 0
        return cls(
            guid, sequence, when, severity, sensor, entity, instance, data[:3], maker, system, minutes, text
        )  # fmt: skip

    def acknowledges(self, data: bytes) -> bool:
        """Whether this body of PET Acknowledge (30.8) names this trap."""
        own = self.encode()
        return data[:2] == own[17:15:-1] and data[2:6] == own[21:17:-1] and data[8:12] == bytes((own[28],)) + own[31:34]
