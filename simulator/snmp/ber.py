"""The Basic Encoding Rules as SNMP uses them (X.690; RFC 3417 section 8): definite lengths, a dozen tags."""

from __future__ import annotations

from functools import lru_cache

from simulator.snmp.errors import EncodeError, Malformed
from simulator.snmp.oid import dotted, is_content, oid

__all__ = [
    "COUNTER32",
    "COUNTER64",
    "END_OF_MIB_VIEW",
    "GAUGE32",
    "INTEGER",
    "IP_ADDRESS",
    "NO_SUCH_INSTANCE",
    "NO_SUCH_OBJECT",
    "NULL",
    "OBJECT_IDENTIFIER",
    "OCTET_STRING",
    "OPAQUE",
    "SEQUENCE",
    "TIME_TICKS",
    "PyValue",
    "counter32",
    "counter64",
    "elements",
    "gauge32",
    "integer",
    "number_at",
    "object_identifier",
    "octets",
    "read",
    "time_ticks",
    "tlv",
    "value_of",
]

INTEGER = 0x02
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x30
IP_ADDRESS = 0x40
COUNTER32 = 0x41
GAUGE32 = 0x42
TIME_TICKS = 0x43
OPAQUE = 0x44
COUNTER64 = 0x46
NO_SUCH_OBJECT = 0x80
NO_SUCH_INSTANCE = 0x81
END_OF_MIB_VIEW = 0x82

PyValue = int | bytes | str | None
"""A value out of its encoding: numbers, octets (strings, addresses, opaque), dotted identifiers; None for NULL and for
the three exceptions of a varbind (noSuchObject, noSuchInstance, endOfMibView)."""

_SMALL = tuple(bytes((INTEGER, 1, n & 0xFF)) for n in range(-128, 128))
_UNSIGNED = frozenset((COUNTER32, GAUGE32, TIME_TICKS))
_NOTHING = frozenset((NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW))


def tlv(tag: int, content: bytes) -> bytes:
    """Tag, length, content."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    if length < 0x100:
        return bytes((tag, 0x81, length)) + content
    if length < 0x10000:
        return bytes((tag, 0x82, length >> 8, length & 0xFF)) + content
    raise EncodeError(f"{length} octets do not fit a datagram")


@lru_cache(maxsize=4096)
def integer(number: int) -> bytes:
    """INTEGER, Integer32."""
    if -128 <= number < 128:
        return _SMALL[number + 128]
    if not -(2**31) <= number < 2**31:
        raise EncodeError(f"{number} is no Integer32")
    size = (~number if number < 0 else number).bit_length() // 8 + 1
    return bytes((INTEGER, size)) + number.to_bytes(size, "big", signed=True)


@lru_cache(maxsize=4096)
def _unsigned(tag: int, number: int) -> bytes:
    size = number.bit_length() // 8 + 1
    return bytes((tag, size)) + number.to_bytes(size, "big")


def counter32(number: int) -> bytes:
    """Counter32; wraps at 2^32, as counters do (RFC 2578, 7.1.6)."""
    return _unsigned(COUNTER32, number & 0xFFFFFFFF)


def counter64(number: int) -> bytes:
    """Counter64; wraps at 2^64."""
    return _unsigned(COUNTER64, number & 0xFFFFFFFFFFFFFFFF)


def gauge32(number: int) -> bytes:
    """Gauge32, Unsigned32; latches at its largest value (RFC 2578, 7.1.7)."""
    return _unsigned(GAUGE32, min(max(number, 0), 0xFFFFFFFF))


def time_ticks(number: int) -> bytes:
    """TimeTicks, hundredths of a second modulo 2^32."""
    return _unsigned(TIME_TICKS, number & 0xFFFFFFFF)


def octets(content: bytes | str) -> bytes:
    """OCTET STRING; text goes as UTF-8."""
    return tlv(OCTET_STRING, content.encode() if isinstance(content, str) else content)


def object_identifier(text: str) -> bytes:
    """OBJECT IDENTIFIER, from dotted text."""
    return tlv(OBJECT_IDENTIFIER, oid(text))


def read(data: bytes, position: int, end: int) -> tuple[int, int, int]:
    """Tag, and where the content of the element at `position` starts and stops; it stops at `end` at the latest.

    Raises Malformed. Long forms that are longer than needed are accepted: net-snmp sends them.
    """
    start = position + 2
    if start > end:
        raise Malformed("the message ends inside an element")
    length = data[position + 1]
    if length >= 0x80:
        size = length & 0x7F
        if not 0 < size <= 4:
            raise Malformed("a length is indefinite or absurd")
        start += size
        if start > end:
            raise Malformed("the message ends inside a length")
        length = int.from_bytes(data[start - size : start], "big")
    stop = start + length
    if stop > end:
        raise Malformed("an element reaches beyond what holds it")
    return data[position], start, stop


def elements(data: bytes, position: int, end: int, tags: bytes) -> list[int]:
    """Where the contents of elements with these tags start and stop, one after another from `position`: two places for
    each. The last of all may stop before `end`. Raises Malformed.
    """
    places: list[int] = []
    for tag in tags:
        start = position + 2
        if start > end or data[position] != tag:
            raise Malformed("an element is missing")
        length = data[position + 1]
        if length < 0x80:
            position = start + length
            if position > end:
                raise Malformed("an element reaches beyond what holds it")
        else:
            _, start, position = read(data, position, end)
        places.append(start)
        places.append(position)
    return places


def number_at(data: bytes, start: int, stop: int) -> int:
    """The number in the content of an INTEGER. Raises Malformed when that is no Integer32."""
    if not 0 < stop - start <= 4:
        raise Malformed("an INTEGER of no or too many octets")
    return int.from_bytes(data[start:stop], "big", signed=True)


@lru_cache(maxsize=4096)
@lru_cache(maxsize=8192)  # most values of a poll are those of the poll before, and of other ports
def value_of(tag: int, content: bytes) -> PyValue:
    """A value out of its encoding. Raises Malformed when tag and content do not fit each other."""
    if tag == INTEGER:
        return number_at(content, 0, len(content))
    if tag in (OCTET_STRING, OPAQUE):
        return content
    if tag in _UNSIGNED or tag == COUNTER64:
        most = 9 if tag == COUNTER64 else 5
        if not 0 < len(content) <= most or (len(content) == most and content[0]):
            raise Malformed("an unsigned number of no or too many octets")
        return int.from_bytes(content, "big")
    if tag in _NOTHING:
        if content:
            raise Malformed("a NULL or an exception with content")
        return None
    if tag == OBJECT_IDENTIFIER:
        if not is_content(content):
            raise Malformed("an object identifier is malformed")
        return dotted(content)
    if tag == IP_ADDRESS:
        if len(content) != 4:
            raise Malformed("an IpAddress is not of four octets")
        return content
    raise Malformed(f"a value of unknown type 0x{tag:02x}")
