"""The LAN and Serial over LAN parameters that are kept as they were written, as a BMC comes with them (IPMI 2.0, 23 and 26)."""

from __future__ import annotations

from typing import Final

from simulator.bmc.settings import Settings

__all__ = [
    "DESTINATIONS",
    "HOST_BIT_RATE",
    "LAN_DEFAULTS",
    "LAN_WRITABLE",
    "PORT",
    "SOL_DEFAULTS",
    "SOL_WRITABLE",
    "community_of",
    "garbles",
]

DESTINATIONS: Final = 4
PORT: Final = 623

LAN_DEFAULTS: Final = {
    0: b"\0",
    4: b"\x01",
    6: b"\xff\0\0\0",
    7: b"\x40\x40\x10",
    8: PORT.to_bytes(2, "little"),
    9: (664).to_bytes(2, "little"),
    10: b"\x02",
    11: b"\x04",
    12: bytes(4),
    13: bytes(6),
    14: bytes(4),
    15: bytes(6),
    16: b"public".ljust(18, b"\0"),
    17: bytes((DESTINATIONS,)),
    20: bytes(2),
    21: b"\0",
}
"""Table 23-4: a static address; TTL 64; gratuitous ARPs off; no gateway, no VLAN; and so on."""

LAN_WRITABLE: Final = {0: 1, 2: 5, 16: 18, 24: 9, 26: 6}
"""Parameters that may be written, and their octets, beside those of alert destinations (18, 19). The others are the
network's, on which a BMC stands where the lab file put it: what is written must be what is there already, else 82h. Thus a
configuration that was read from it can be written back, and none is accepted that would do nothing.
"""

SOL_WRITABLE: Final = (0, 1, 2, 4, 5, 6)
"""SOL parameters that may be written; of the others, what is there already."""

HOST_BIT_RATE: Final = 0x0A
"""The host's end of the serial port: 115200 bit/s."""

SOL_DEFAULTS: Final = {
    0: b"\0",
    1: b"\x01",
    2: b"\x82",
    3: b"\x0c\x60",
    4: b"\x07\x32",
    5: bytes((HOST_BIT_RATE,)),
}
"""Table 26-5: enabled; encrypted, for users; 60 ms and 96 characters; 7 tries 500 ms apart; 115200 bit/s."""


def garbles(settings: Settings) -> bool:
    """The BMC's end of the serial port runs at another rate than the host's: nothing gets through that can be read."""
    return settings.sol.get(6, settings.sol.get(5, SOL_DEFAULTS[5])) != bytes((HOST_BIT_RATE,))


def community_of(settings: Settings) -> bytes:
    """The community of its traps (parameter 16)."""
    return settings.lan.get(16, LAN_DEFAULTS[16]).rstrip(b"\0")
