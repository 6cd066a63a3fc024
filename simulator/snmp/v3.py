"""Messages of SNMPv3 (RFC 3412 section 6, RFC 3414 section 2.4): octets to a record and back, security aside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from simulator.snmp.ber import INTEGER, OCTET_STRING, SEQUENCE, integer, octets, read, tlv
from simulator.snmp.errors import Malformed, Unsupported
from simulator.snmp.message import Message, decode_pdu, encode_pdu

__all__ = ["AUTH", "PRIV", "REPORTABLE", "Header", "Scoped", "decode_header", "decode_scoped", "encode", "scoped"]

AUTH = 1
PRIV = 2
REPORTABLE = 4
"""msgFlags."""
USM = 3


class Header(NamedTuple):
    """All but the scoped PDU, whose octets are `data`: a whole SEQUENCE, or what privacy made of it."""

    message_id: int
    max_size: int
    flags: int
    engine_id: bytes
    boots: int
    time: int
    user: bytes
    digest: bytes
    digest_at: int
    """Where the digest's octets stand in the message."""
    salt: bytes
    data: bytes


class Scoped(NamedTuple):
    """A scoped PDU."""

    engine_id: bytes
    context: bytes
    request: Message


def _number(data: bytes, position: int, end: int) -> tuple[int, int]:
    tag, start, stop = read(data, position, end)
    if tag != INTEGER or not 0 < stop - start <= 4:
        raise Malformed("an INTEGER is missing or too long")
    number = int.from_bytes(data[start:stop], "big", signed=True)
    if number < 0:
        raise Malformed("a number of the header is negative")
    return number, stop


def _element(data: bytes, position: int, end: int, kind: int) -> tuple[int, int]:
    tag, start, stop = read(data, position, end)
    if tag != kind:
        raise Malformed("an element of the header is missing")
    return start, stop


def decode_header(data: bytes) -> Header:
    """Raises Malformed, or Unsupported for another version or security model."""
    end = len(data)
    position, stop = _element(data, 0, end, SEQUENCE)
    if stop != end:
        raise Malformed("the datagram is not one SEQUENCE")
    version, position = _number(data, position, end)
    if version != 3:
        raise Unsupported(f"SNMP version {version}")
    start, position = _element(data, position, end, SEQUENCE)
    message_id, start = _number(data, start, position)
    max_size, start = _number(data, start, position)
    at, stop = _element(data, start, position, OCTET_STRING)
    if stop - at != 1 or max_size < 484:
        raise Malformed("msgFlags or msgMaxSize is impossible")
    flags = data[at]
    model, stop = _number(data, stop, position)
    if stop != position:
        raise Malformed("the global data hold too much")
    if model != USM:
        raise Unsupported(f"security model {model}")
    if flags & PRIV and not flags & AUTH:
        raise Malformed("privacy without authentication")
    start, position = _element(data, position, end, OCTET_STRING)
    start, inner = _element(data, start, position, SEQUENCE)
    at, stop = _element(data, start, inner, OCTET_STRING)
    engine_id = data[at:stop]
    boots, stop = _number(data, stop, inner)
    time, stop = _number(data, stop, inner)
    at, stop = _element(data, stop, inner, OCTET_STRING)
    user = data[at:stop]
    digest_at, stop = _element(data, stop, inner, OCTET_STRING)
    digest = data[digest_at:stop]
    at, stop = _element(data, stop, inner, OCTET_STRING)
    if inner != position or stop != inner or len(user) > 32:
        raise Malformed("the security parameters hold too much")
    salt = data[at:stop]
    if flags & PRIV:
        at, stop = _element(data, position, end, OCTET_STRING)
        body = data[at:stop]
    else:
        _, stop = _element(data, position, end, SEQUENCE)
        body = data[position:stop]
    if stop != end:
        raise Malformed("something follows the scoped PDU")
    return Header(message_id, max_size, flags, engine_id, boots, time, user, digest, digest_at, salt, body)


def decode_scoped(data: bytes) -> Scoped:
    """The scoped PDU in the octets, which padding may follow. Raises Malformed, Unsupported."""
    position, end = _element(data, 0, len(data), SEQUENCE)
    at, stop = _element(data, position, end, OCTET_STRING)
    engine_id = data[at:stop]
    at, stop = _element(data, stop, end, OCTET_STRING)
    return Scoped(engine_id, data[at:stop], decode_pdu(data[:end], stop, 3, b""))


def scoped(
    engine_id: bytes, context: bytes, pdu: int, request_id: int, status: int, index: int, varbinds: Iterable[bytes]
) -> bytes:
    """The octets of a scoped PDU."""
    body = encode_pdu(pdu, request_id, status, index, varbinds)
    return tlv(SEQUENCE, octets(engine_id) + octets(context) + body)


def encode(header: Header) -> tuple[bytes, int]:
    """The octets of a message, and where the digest stands in them."""
    before = octets(header.engine_id) + integer(header.boots) + integer(header.time) + octets(header.user)
    after = octets(header.salt)
    security = tlv(OCTET_STRING, tlv(SEQUENCE, before + octets(header.digest) + after))
    body = octets(header.data) if header.flags & PRIV else header.data
    head = tlv(
        SEQUENCE,
        integer(header.message_id) + integer(header.max_size) + octets(bytes((header.flags,))) + integer(USM),
    )
    message = tlv(SEQUENCE, integer(3) + head + security + body)
    return message, len(message) - len(body) - len(after) - len(header.digest)
