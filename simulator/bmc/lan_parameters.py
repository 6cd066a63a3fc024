"""The LAN and Serial over LAN parameters that are kept as they were written, as a BMC comes with them (IPMI 2.0, 23 and 26)."""

from __future__ import annotations

from typing import Final

from simulator.bmc.settings import Settings

__all__ = ["DESTINATIONS", "LAN_DEFAULTS", "LAN_WRITABLE", "PORT", "SOL_DEFAULTS", "community_of"]

DESTINATIONS: Final = 4
PORT: Final = 623

LAN_DEFAULTS: Final = {
    0: b"\0",
    1: b"\x15",
    2: b"\x14" * 4 + b"\0",
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
    24: b"\0" + b"\x44" * 8,
    26: bytes(6),
}
"""Table 23-4: support for none, MD5 and straight passwords; a static address; TTL 64; gratuitous ARPs off; and so on."""

LAN_WRITABLE: Final = {0: 1, 2: 5, 7: 3, 10: 1, 11: 1, 12: 4, 13: 6, 14: 4, 15: 6, 16: 18, 20: 2, 21: 1, 24: 9, 26: 6}
"""Parameters that may be written, and their octets. The address is the network's, and cannot be changed from here."""

SOL_DEFAULTS: Final = {
    0: b"\0",
    1: b"\x01",
    2: b"\x82",
    3: b"\x0c\x60",
    4: b"\x07\x32",
    5: b"\x0a",
    6: b"\x0a",
}
"""Table 26-5: enabled; encrypted, for users; 60 ms and 96 characters; 7 tries 500 ms apart; 115200 bit/s."""


def community_of(settings: Settings) -> bytes:
    """The community of its traps (parameter 16)."""
    return settings.lan.get(16, LAN_DEFAULTS[16]).rstrip(b"\0")
