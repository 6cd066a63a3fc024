"""Messages of SNMPv3 (RFC 3412 section 6, RFC 3414 section 2.4): octets to a record and back, security aside."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from simulator.snmp.ber import INTEGER, OCTET_STRING, SEQUENCE, elements, integer, number_at, octets, tlv
from simulator.snmp.errors import Malformed, Unsupported
from simulator.snmp.layout import Layouts
from simulator.snmp.message import Message, encode_pdu, message_of, read_pdu

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


_VERSION_3 = integer(3)
_ONE = bytes((SEQUENCE,))
_SECRET = bytes((OCTET_STRING,))
_MESSAGE = bytes((INTEGER, SEQUENCE, OCTET_STRING))
_GLOBAL_DATA = bytes((INTEGER, INTEGER, OCTET_STRING, INTEGER))
_SECURITY = bytes((OCTET_STRING, INTEGER, INTEGER, OCTET_STRING, OCTET_STRING, OCTET_STRING))
_SCOPED = bytes((OCTET_STRING, OCTET_STRING))


def _number(data: bytes, start: int, stop: int) -> int:
    number = number_at(data, start, stop)
    if number < 0:
        raise Malformed("a number of the header is negative")
    return number


_layouts: Layouts[tuple[int, int, int]] = Layouts()
"""With msgMaxSize, msgFlags, and where the digest stands."""
_scoped: Layouts[int] = Layouts()
"""Of scoped PDUs, with the PDU's type."""


def decode_header(data: bytes) -> Header:
    """Raises Malformed, or Unsupported for another version or security model."""
    layout = _layouts.get(len(data))
    found = layout.take(data) if layout is not None else None
    if layout is None or found is None:
        return _read_header(data)
    message_id, engine_id, boots, time, user, digest, salt, body = found
    max_size, flags, digest_at = layout.known
    number = int.from_bytes
    return Header(
        number(message_id, "big"), max_size, flags, engine_id, number(boots, "big"), number(time, "big"), user, digest,
        digest_at, salt, body,
    )  # fmt: skip


def _read_header(data: bytes) -> Header:
    end = len(data)
    position, stop = elements(data, 0, end, _ONE)
    if stop != end:
        raise Malformed("the datagram is not one SEQUENCE")
    at, stop, globals_at, globals_end, security_at, position = elements(data, position, end, _MESSAGE)
    if _number(data, at, stop) != 3:
        raise Unsupported(f"SNMP version {_number(data, at, stop)}")
    *message_id, at, stop, flags_at, flags_end, model_at, model_end = elements(
        data, globals_at, globals_end, _GLOBAL_DATA
    )
    max_size, flags = _number(data, at, stop), data[flags_at]
    if flags_end - flags_at != 1 or max_size < 484:
        raise Malformed("msgFlags or msgMaxSize is impossible")
    if _number(data, model_at, model_end) != USM:
        raise Unsupported("a security model other than that of users")
    if model_end != globals_end:
        raise Malformed("the global data hold too much")
    if flags & PRIV and not flags & AUTH:
        raise Malformed("privacy without authentication")
    at, inner = elements(data, security_at, position, _ONE)
    places = elements(data, at, inner, _SECURITY)
    if inner != position or places[-1] != inner or places[7] - places[6] > 32:
        raise Malformed("the security parameters hold too much")
    start, stop = elements(data, position, end, _SECRET if flags & PRIV else _ONE)
    if stop != end:
        raise Malformed("something follows the scoped PDU")
    engine_at, engine_end, boots_at, boots_end, time_at, time_end, at, stop, digest_at, digest_end, *salt = places
    body_at = start if flags & PRIV else position
    header = Header(
        _number(data, *message_id), max_size, flags, data[engine_at:engine_end], _number(data, boots_at, boots_end),
        _number(data, time_at, time_end), data[at:stop], data[digest_at:digest_end], digest_at,
        data[slice(*salt)], data[body_at:],
    )  # fmt: skip
    _layouts.remember(
        data, (*message_id, *places, body_at, end), start, (max_size, flags, digest_at),
        unsigned=(message_id[0], boots_at, time_at),
    )  # fmt: skip
    return header


def decode_scoped(data: bytes) -> Scoped:
    """The scoped PDU in the octets, which padding may follow. Raises Malformed, Unsupported."""
    layout = _scoped.get(len(data))
    found = layout.take(data) if layout is not None else None
    if layout is None or found is None:
        return _read_scoped(data)
    engine_id, context, *rest = found
    return Scoped(engine_id, context, message_of(3, b"", layout.known, *rest))


def _read_scoped(data: bytes) -> Scoped:
    position, end = elements(data, 0, len(data), _ONE)
    engine_at, engine_end, at, stop = elements(data, position, end, _SCOPED)
    request, places = read_pdu(data[:end], stop, 3, b"")
    if end == len(data):
        _scoped.remember(data, (engine_at, engine_end, at, stop, *places), places[-2], request.pdu)
    return Scoped(data[engine_at:engine_end], data[at:stop], request)


def scoped(
    engine_id: bytes, context: bytes, pdu: int, request_id: int, status: int, index: int, varbinds: Iterable[bytes]
) -> bytes:
    """The octets of a scoped PDU."""
    body = encode_pdu(pdu, request_id, status, index, varbinds)
    return tlv(SEQUENCE, octets(engine_id) + octets(context) + body)


@lru_cache(maxsize=4096)
def _constant(engine_id: bytes, user: bytes, digest: bytes) -> tuple[bytes, bytes]:
    """What stays the same from message to message: the octets before boots and time, and those after."""
    return octets(engine_id), octets(user) + octets(digest)


@lru_cache(maxsize=256)
def _global_data(max_size: int, flags: int) -> bytes:
    """What follows the message's ID."""
    return integer(max_size) + octets(bytes((flags,))) + integer(USM)


def encode(header: Header) -> tuple[bytes, int]:
    """The octets of a message, and where the digest stands in them; a digest that is made later is zeros here."""
    message_id, max_size, flags, engine_id, boots, time, user, digest, _, salt, data = header
    before, after = _constant(engine_id, user, digest)
    end = octets(salt)
    security = octets(tlv(SEQUENCE, before + integer(boots) + integer(time) + after + end))
    body = octets(data) if flags & PRIV else data
    head = tlv(SEQUENCE, integer(message_id) + _global_data(max_size, flags))
    message = tlv(SEQUENCE, _VERSION_3 + head + security + body)
    return message, len(message) - len(body) - len(end) - len(digest)
