"""IPMI 1.5 over LAN: packets with an authentication type, and what their codes cover (IPMI 1.5, 12.9 and 18.15)."""

from __future__ import annotations

import hashlib
import hmac
from enum import IntEnum
from struct import Struct
from typing import Final, NamedTuple

from simulator.ipmi.errors import BadIntegrity, Malformed

__all__ = [
    "AuthType",
    "Packet15",
    "authentication_bits",
    "decode15",
    "encode15",
    "password16",
    "verify15",
]

_HEAD: Final = Struct("<4sBII")
_RMCP_IPMI: Final = b"\x06\x00\xff\x07"
_SEQUENCE_AND_ID: Final = Struct("<I")
CODE_OCTETS: Final = 16


class AuthType(IntEnum):
    """Authentication types (IPMI 2.0, table 13-8). MD2 is spoken by nobody any more, here neither."""

    NONE = 0
    MD5 = 2
    STRAIGHT = 4


class Packet15(NamedTuple):
    """A packet in IPMI 1.5 framing that belongs to a session, or sets one up."""

    authentication: int
    sequence: int
    session_id: int
    code: bytes
    """16 octets, or none with authentication type none."""
    message: bytes


def authentication_bits(types: tuple[int, ...]) -> int:
    """As Get Channel Authentication Capabilities shows them."""
    return sum(1 << kind for kind in types)


def decode15(data: bytes) -> Packet15:
    """Raises Malformed."""
    if len(data) < 14:
        raise Malformed("an IPMI 1.5 header has 14 octets")
    _, kind, sequence, session_id = _HEAD.unpack_from(data)
    if kind not in (AuthType.NONE, AuthType.MD5, AuthType.STRAIGHT):
        raise Malformed(f"authentication type {kind:02X}h of IPMI 1.5 is not spoken here")
    start = 13 + (CODE_OCTETS if kind else 0)
    if len(data) <= start:
        raise Malformed("an authentication code has 16 octets")
    end = start + 1 + data[start]
    # One octet more is the pad that old network chips needed (IPMI 1.5, 12.8).
    if not end <= len(data) <= end + 1:
        raise Malformed("the message length does not fit the packet")
    return Packet15(kind, sequence, session_id, data[13:start], data[start + 1 : end])


def encode15(authentication: int, sequence: int, session_id: int, message: bytes, key: bytes) -> bytes:
    """`key`: the password, as `password16` gives it. Raises Malformed when the message is longer than 255 octets."""
    if len(message) > 255:
        raise Malformed("an IPMI 1.5 message has at most 255 octets")
    head = _HEAD.pack(_RMCP_IPMI, authentication, sequence, session_id)
    return head + _code(authentication, sequence, session_id, message, key) + bytes((len(message),)) + message


def verify15(packet: Packet15, key: bytes) -> None:
    """Raises BadIntegrity when the code is not that of this password."""
    code = _code(packet.authentication, packet.sequence, packet.session_id, packet.message, key)
    if not hmac.compare_digest(code, packet.code):
        raise BadIntegrity("the authentication code does not hold")


def password16(key: bytes) -> bytes:
    """What IPMI 1.5 knows of a password: its first 16 octets."""
    return key[:CODE_OCTETS].ljust(CODE_OCTETS, b"\0")


def _code(kind: int, sequence: int, session_id: int, message: bytes, key: bytes) -> bytes:
    if kind == AuthType.MD5:
        number = _SEQUENCE_AND_ID.pack(session_id)
        covered = key + number + message + _SEQUENCE_AND_ID.pack(sequence) + key
        return hashlib.md5(covered, usedforsecurity=False).digest()
    return key if kind == AuthType.STRAIGHT else b""
