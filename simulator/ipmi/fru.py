"""A FRU inventory: header, chassis, board and product areas (Platform Management FRU Information Storage, 1.0)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from simulator.ipmi.message import checksum

__all__ = ["build_inventory"]

_ENGLISH: Final = 25
_RACK_MOUNT: Final = 0x17
_END: Final = b"\xc1"
_SIZE: Final = 256


def _field(text: str) -> bytes:
    octets = text.encode("latin-1")[:63]
    # A text of one octet would have the type and length of the end mark (13, type/length).
    if len(octets) == 1:
        octets += b" "
    return bytes((0xC0 | len(octets),)) + octets


def _area(start: bytes, fields: Sequence[str]) -> bytes:
    body = start + b"".join(map(_field, fields)) + _END
    body += b"\0" * (-(len(body) + 3) % 8)
    whole = bytes((0x01, (len(body) + 3) // 8)) + body
    return whole + bytes((checksum(whole),))


def build_inventory(manufacturer: str, product: str, part: str, serial: str) -> bytes:
    """256 octets: a rack mount chassis, a board and a product, all with this serial number."""
    chassis = _area(bytes((_RACK_MOUNT,)), (part, serial))
    board = _area(bytes((_ENGLISH, 0, 0, 0)), (manufacturer, product, serial, part, ""))
    whole = _area(bytes((_ENGLISH,)), (manufacturer, product, part, "", serial, "", ""))
    offsets = (0, 1, 1 + len(chassis) // 8, 1 + (len(chassis) + len(board)) // 8)
    header = bytes((0x01, *offsets, 0, 0))
    return (header + bytes((checksum(header),)) + chassis + board + whole).ljust(_SIZE, b"\0")
