"""Messages of SNMPv1 and v2c (RFC 1157, 1901, 3416): octets to a record and back."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from simulator.snmp.ber import (
    END_OF_MIB_VIEW,
    INTEGER,
    NO_SUCH_INSTANCE,
    NO_SUCH_OBJECT,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    PyValue,
    elements,
    integer,
    number_at,
    read,
    tlv,
    value_of,
)
from simulator.snmp.errors import Malformed, Unsupported
from simulator.snmp.layout import Layouts
from simulator.snmp.oid import dotted, is_content

__all__ = [
    "EXCEPTIONS",
    "GET",
    "GET_BULK",
    "GET_NEXT",
    "INFORM",
    "REPORT",
    "RESPONSE",
    "SET",
    "TRAP",
    "TRAP2",
    "Message",
    "Status",
    "Varbind",
    "Version",
    "decode_message",
    "decode_varbinds",
    "encode_message",
    "encode_pdu",
    "encode_varbind",
    "message_of",
    "read_pdu",
    "version_of",
]

GET = 0xA0
GET_NEXT = 0xA1
RESPONSE = 0xA2
SET = 0xA3
TRAP = 0xA4
"""Of v1 alone; its body is another (`simulator.snmp.notification`)."""
GET_BULK = 0xA5
INFORM = 0xA6
TRAP2 = 0xA7
REPORT = 0xA8

_PDU_TYPES = (
    frozenset((GET, GET_NEXT, RESPONSE, SET)),
    frozenset((GET, GET_NEXT, RESPONSE, SET, GET_BULK, INFORM, TRAP2)),
    frozenset[int](),
    frozenset((GET, GET_NEXT, RESPONSE, SET, GET_BULK, INFORM, TRAP2, REPORT)),
)
"""By version."""
EXCEPTIONS = frozenset((NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW))
_MAX_VARBINDS = 2147  # no datagram of 65,507 octets holds more bindings worth having; a bound for hostile ones


class Version(IntEnum):
    """As the message's first field has it."""

    V1 = 0
    V2C = 1


class Status(IntEnum):
    """error-status, RFC 3416 section 3."""

    NO_ERROR = 0
    TOO_BIG = 1
    NO_SUCH_NAME = 2
    BAD_VALUE = 3
    READ_ONLY = 4
    GEN_ERR = 5
    NO_ACCESS = 6
    WRONG_TYPE = 7
    WRONG_LENGTH = 8
    WRONG_ENCODING = 9
    WRONG_VALUE = 10
    NO_CREATION = 11
    INCONSISTENT_VALUE = 12
    RESOURCE_UNAVAILABLE = 13
    COMMIT_FAILED = 14
    UNDO_FAILED = 15
    AUTHORIZATION_ERROR = 16
    NOT_WRITABLE = 17
    INCONSISTENT_NAME = 18

    @property
    def word(self) -> str:
        """As the RFC spells it, `notWritable`."""
        first, *rest = self.name.lower().split("_")
        return first + "".join(word.capitalize() for word in rest)


class Varbind(NamedTuple):
    """A variable binding: the name's content octets, the value's tag and content octets."""

    name: bytes
    tag: int
    content: bytes

    @property
    def oid(self) -> str:
        """The name, dotted."""
        return dotted(self.name)

    @property
    def missing(self) -> bool:
        """noSuchObject, noSuchInstance or endOfMibView stands where a value would."""
        return self.tag in EXCEPTIONS

    def value(self) -> PyValue:
        """The value; None where there is none. Raises Malformed."""
        return value_of(self.tag, self.content)


class Message(NamedTuple):
    """One message. In a GetBulk request `error_status` holds non-repeaters and `error_index` max-repetitions."""

    version: int
    community: bytes
    pdu: int
    request_id: int
    error_status: int
    error_index: int
    varbinds: tuple[Varbind, ...]
    listed: bytes
    """The octets of all bindings, as received."""


_OUTER = bytes((SEQUENCE,))
_VERSION = bytes((INTEGER, 1))
_HEAD = bytes((INTEGER, OCTET_STRING))
_PDU = bytes((INTEGER, INTEGER, INTEGER, SEQUENCE))


def version_of(data: bytes) -> int | None:
    """The number where a message has its version; None where there is none. It says nothing of the rest."""
    at = 2 if len(data) < 2 or data[1] < 0x80 else 2 + (data[1] & 0x7F)
    return data[at + 2] if data[at : at + 2] == _VERSION and len(data) > at + 2 else None


_layouts: Layouts[tuple[int, int]] = Layouts()
"""With the version and the PDU's type."""


def decode_message(data: bytes) -> Message:
    """The message in a datagram. Raises Malformed, or Unsupported for another version or a PDU not spoken here.

    Names are checked to be object identifiers; values are left as they are (`Varbind.value` decodes one).
    """
    layout = _layouts.get(len(data))
    found = layout.take(data) if layout is not None else None
    if layout is None or found is None:
        return _read_message(data)
    community, request_id, status, index, listed = found
    version, pdu = layout.known
    return message_of(version, community, pdu, request_id, status, index, listed)


def _read_message(data: bytes) -> Message:
    end = len(data)
    position, stop = elements(data, 0, end, _OUTER)
    if stop != end:
        raise Malformed("the datagram is not one SEQUENCE")
    at, stop = elements(data, position, end, _HEAD[:1])
    version = number_at(data, at, stop)
    if version not in (0, 1):
        raise Unsupported(f"SNMP version {version}")
    start, stop = elements(data, stop, end, _HEAD[1:])
    message, places = read_pdu(data, stop, version, data[start:stop])
    _layouts.remember(data, (start, stop, *places), places[-2], (version, message.pdu))
    return message


def read_pdu(data: bytes, position: int, version: int, community: bytes) -> tuple[Message, tuple[int, ...]]:
    """The PDU from `position` to the end of `data`, and where its numbers and its bindings start and stop. Raises
    Malformed, Unsupported.
    """
    end = len(data)
    pdu, position, stop = read(data, position, end)
    if stop != end:
        raise Malformed("something follows the PDU")
    if pdu not in _PDU_TYPES[version]:
        raise Unsupported(f"PDU type 0x{pdu:02x} in version {version}")
    places = elements(data, position, end, _PDU)
    if places[-1] != end:
        raise Malformed("something follows the list of bindings")
    for at, stop in zip(places[:-2:2], places[1:-2:2], strict=True):
        number_at(data, at, stop)
    contents = (data[at:stop] for at, stop in zip(places[::2], places[1::2], strict=True))
    return message_of(version, community, pdu, *contents), tuple(places)


def message_of(
    version: int, community: bytes, pdu: int, request_id: bytes, status: bytes, index: bytes, listed: bytes
) -> Message:
    """`request_id` and what follows: contents, numbers of a possible length. Raises Malformed."""
    number = int.from_bytes
    return Message(
        version,
        community,
        pdu,
        number(request_id, "big", signed=True),
        number(status, "big", signed=True),
        number(index, "big", signed=True),
        decode_varbinds(listed),
        listed,
    )


@lru_cache(maxsize=256)
def decode_varbinds(data: bytes) -> tuple[Varbind, ...]:
    """The bindings in the content of a list. Raises Malformed.

    Remembered, since polling asks for the same again and again and mostly hears the same.
    """
    position, end = 0, len(data)
    out: list[Varbind] = []
    while position < end:
        tag, at, stop = read(data, position, end)
        if tag != SEQUENCE:
            raise Malformed("a binding is no SEQUENCE")
        # Nearly every name and value is short; two elements less to read for each binding of a walk.
        start = at + 2
        if start <= stop and data[at] == OBJECT_IDENTIFIER and data[at + 1] < 0x80:
            at = start + data[at + 1]
        else:
            tag, start, at = read(data, at, stop)
            if tag != OBJECT_IDENTIFIER:
                raise Malformed("a binding has no name")
        name = data[start:at]
        if at > stop or not is_content(name):
            raise Malformed("a binding has no name")
        start = at + 2
        if start <= stop and start + data[at + 1] == stop and data[at + 1] < 0x80:
            tag = data[at]
        else:
            tag, start, at = read(data, at, stop)
            if at != stop:
                raise Malformed("a binding holds more than a name and a value")
        out.append(Varbind(name, tag, data[start:stop]))
        if len(out) > _MAX_VARBINDS:
            raise Malformed("too many bindings")
        position = stop
    return tuple(out)


def encode_varbind(name: bytes, value: bytes) -> bytes:
    """A binding: the name's content octets and the whole encoded value."""
    return tlv(SEQUENCE, tlv(OBJECT_IDENTIFIER, name) + value)


def encode_message(
    version: int, community: bytes, pdu: int, request_id: int, status: int, index: int, varbinds: Iterable[bytes]
) -> bytes:
    """The octets of a message; `varbinds` are encoded bindings. Raises EncodeError when it fits no datagram."""
    body = encode_pdu(pdu, request_id, status, index, varbinds)
    return tlv(SEQUENCE, integer(version) + tlv(OCTET_STRING, community) + body)


def encode_pdu(pdu: int, request_id: int, status: int, index: int, varbinds: Iterable[bytes]) -> bytes:
    """The octets of a PDU other than v1's trap."""
    return tlv(pdu, integer(request_id) + integer(status) + integer(index) + tlv(SEQUENCE, b"".join(varbinds)))
