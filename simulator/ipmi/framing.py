"""Datagrams on port 623: RMCP, ASF presence ping, IPMI 1.5 session-less packets and RMCP+ (IPMI 2.0, 13.2 to 13.6)."""

from __future__ import annotations

import hmac
from struct import Struct
from typing import Final, NamedTuple

from simulator.ipmi.codes import PayloadType
from simulator.ipmi.crypto import SessionKeys
from simulator.ipmi.errors import BadIntegrity, Malformed
from simulator.ipmi.lan15 import Packet15, decode15

__all__ = ["Packet", "Ping", "Pong", "Sessionless", "decode", "encode_pong", "encode_sessionless", "seal", "unseal"]

_RMCP_IPMI: Final = b"\x06\x00\xff\x07"
_RMCP_ASF: Final = b"\x06\x00\xff\x06"
_ASF_IANA: Final = b"\x00\x00\x11\xbe"
_RMCP_PLUS: Final = 0x06
_ENCRYPTED: Final = 0x80
_AUTHENTICATED: Final = 0x40
_NEXT_HEADER: Final = 0x07
_HEADER: Final = Struct("<4sBBIIH")


class Ping(NamedTuple):
    """RMCP/ASF presence ping (ASF 2.0, 3.2.4.3)."""

    tag: int


class Pong(NamedTuple):
    """What answers a ping. `ipmi`: the entity speaks IPMI."""

    tag: int
    ipmi: bool


class Sessionless(NamedTuple):
    """An IPMI message in IPMI 1.5 framing, authentication type none, outside of a session."""

    message: bytes


class Packet(NamedTuple):
    """An RMCP+ packet as it came; `unseal` proves it and gives the payload in the clear."""

    payload_type: int
    """Six bits, without the two flags."""
    encrypted: bool
    authenticated: bool
    session_id: int
    sequence: int
    payload: bytes
    raw: bytes


def decode(data: bytes) -> Ping | Pong | Sessionless | Packet | Packet15:
    """One datagram. Raises Malformed."""
    if len(data) < 5 or data[0] != 0x06:
        raise Malformed("not RMCP 1.0")
    if data[3] == 0x07:
        kind = data[4]
        if kind == _RMCP_PLUS:
            return _decode_plus(data)
        old = decode15(data)
        return old if old.session_id or kind else Sessionless(old.message)
    if data[3] == 0x06:
        return _decode_asf(data)
    raise Malformed(f"RMCP class {data[3]:02X}h is not spoken here")


def _decode_plus(data: bytes) -> Packet:
    if len(data) < 16:
        raise Malformed("an RMCP+ header has 16 octets")
    _, _, kind, session_id, sequence, length = _HEADER.unpack_from(data)
    if kind & 0x3F == PayloadType.OEM_EXPLICIT:
        raise Malformed("OEM explicit payloads are not spoken here")
    end = 16 + length
    if end > len(data):
        raise Malformed("the payload is longer than the packet")
    return Packet(
        kind & 0x3F, kind >= _ENCRYPTED, bool(kind & _AUTHENTICATED), session_id, sequence, data[16:end], data
    )


def _decode_asf(data: bytes) -> Ping | Pong:
    if len(data) < 12 or data[4:8] != _ASF_IANA or 12 + data[11] > len(data):
        raise Malformed("not an ASF message")
    if data[8] == 0x80:
        return Ping(data[9])
    if data[8] == 0x40 and data[11] >= 9:
        return Pong(data[9], bool(data[20] & 0x80))
    raise Malformed(f"ASF message type {data[8]:02X}h is not spoken here")


def encode_pong(tag: int) -> bytes:
    """Presence pong: IPMI supported, ASF 1.0 (ASF 2.0, 3.2.4.2)."""
    return _RMCP_ASF + _ASF_IANA + bytes((0x40, tag, 0, 16)) + _ASF_IANA + b"\0\0\0\0" + b"\x81\x00" + b"\0\0\0\0\0\0"


def encode_sessionless(message: bytes) -> bytes:
    """Raises Malformed when the message does not fit its length octet."""
    if len(message) > 255:
        raise Malformed("an IPMI 1.5 message has at most 255 octets")
    return _RMCP_IPMI + bytes(9) + bytes((len(message),)) + message


def seal(
    payload_type: int,
    session_id: int,
    sequence: int,
    payload: bytes,
    keys: SessionKeys | None = None,
    iv: bytes = b"",
) -> bytes:
    """An RMCP+ packet; with keys it is signed and encrypted as their suite says. `iv`: 16 octets where it encrypts."""
    kind = payload_type
    if keys is None or not (keys.signs or keys.encrypts):
        return _HEADER.pack(_RMCP_IPMI, _RMCP_PLUS, kind, session_id, sequence, len(payload)) + payload
    if keys.encrypts:
        kind |= _ENCRYPTED
        payload = keys.encrypt(payload, iv)
    if not keys.signs:  # pragma: no cover - no suite of the table encrypts without signing
        return _HEADER.pack(_RMCP_IPMI, _RMCP_PLUS, kind, session_id, sequence, len(payload)) + payload
    head = _HEADER.pack(_RMCP_IPMI, _RMCP_PLUS, kind | _AUTHENTICATED, session_id, sequence, len(payload))
    # What the code covers counts from the authentication type (offset 4) and is a multiple of 4 (13.28.4).
    pad = -(12 + len(payload) + 2) % 4
    packet = b"%b%b%b%c%c" % (head, payload, b"\xff" * pad, pad, _NEXT_HEADER)
    return packet + keys.code(packet[4:])


def unseal(packet: Packet, keys: SessionKeys) -> bytes:
    """The payload in the clear, proved to be of this session. Raises BadIntegrity."""
    if packet.authenticated != keys.signs or packet.encrypted != keys.encrypts:
        raise BadIntegrity("the packet is protected otherwise than was agreed on")
    if keys.signs:
        raw, size = packet.raw, keys.suite.check_octets
        signed = raw[4:-size]
        pad = len(signed) - 12 - len(packet.payload) - 2
        if pad < 0 or signed[-1] != _NEXT_HEADER or signed[-2] != pad:
            raise BadIntegrity("the trailer does not hold")
        if not hmac.compare_digest(keys.code(signed), raw[-size:]):
            raise BadIntegrity("the authentication code does not hold")
    return keys.decrypt(packet.payload) if keys.encrypts else packet.payload
