"""Object identifiers: dotted text, the octets of their BER content (the form used everywhere inside), sub-identifiers.

Content octets are equal when identifiers are, but do not sort as they do (a sub-identifier of three octets may start
with a smaller octet than one of two); order is asked of `subids`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from simulator.snmp.errors import EncodeError, Malformed

__all__ = ["dotted", "is_content", "oid", "sort_key", "subids", "suffix"]

_MAX_SUBID = 2**32 - 1
_MAX_SUBIDS = 128  # RFC 2578, 3.5

_CONTENT = re.compile(
    rb"(?:[\x00-\x7f]"
    rb"|[\x81-\xff][\x80-\xff]{0,2}[\x00-\x7f]"
    rb"|[\x81-\x8f][\x80-\xff]{3}[\x00-\x7f]){1,127}",
    re.DOTALL,
)

is_content = _CONTENT.fullmatch
"""Whether octets are the content of an object identifier: minimal sub-identifiers of at most 32 bits, at most 128."""


@lru_cache(maxsize=65536)
def oid(text: str) -> bytes:
    """The content octets of `1.3.6.1.2.1`. Raises EncodeError."""
    try:
        arcs = [int(arc) for arc in text.strip(".").split(".")]
    except ValueError:
        raise EncodeError(f"{text!r} is no object identifier") from None
    if len(arcs) < 2 or len(arcs) > _MAX_SUBIDS or min(arcs) < 0 or max(arcs) > _MAX_SUBID:
        raise EncodeError(f"{text!r} is no object identifier")
    if arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39) or arcs[0] * 40 + arcs[1] > _MAX_SUBID:
        raise EncodeError(f"{text!r} is no object identifier: its first two numbers are out of range")
    return suffix(arcs[0] * 40 + arcs[1], *arcs[2:])


def suffix(*numbers: int) -> bytes:
    """The octets that these sub-identifiers add to a name: an instance's index."""
    if len(numbers) == 1 and 0 <= numbers[0] < 0x80:
        return bytes(numbers)
    out = bytearray()
    for number in numbers:
        if not 0 <= number <= _MAX_SUBID:
            raise EncodeError(f"{number} is no sub-identifier")
        shift = max(0, (number.bit_length() - 1) // 7 * 7)
        while shift:
            out.append(0x80 | (number >> shift) & 0x7F)
            shift -= 7
        out.append(number & 0x7F)
    return bytes(out)


def subids(content: bytes) -> tuple[int, ...]:
    """The sub-identifiers as encoded (the first two numbers are one), in an order that tuples compare rightly.

    `content` may also be the tail of one, an index. Raises Malformed.
    """
    if not is_content(content):
        raise Malformed("an object identifier is malformed")
    out = []
    number = 0
    for octet in content:
        number = number << 7 | octet & 0x7F
        if octet < 0x80:
            out.append(number)
            number = 0
    return tuple(out)


def sort_key(content: bytes) -> bytes:
    """Octets that compare as the identifiers do; for most names the content itself, which then takes no memory. Raises Malformed.

    One octet below 0x80 is a sub-identifier; before one of several stands an octet that grows with their number, so that the longer,
    which is the larger one, comes later. Those of equal length compare as their octets.
    """
    if not is_content(content):
        raise Malformed("an object identifier is malformed")
    return content if content.isascii() else _LONG.sub(_with_length, content)


_LONG = re.compile(rb"[\x80-\xff]+[\x00-\x7f]", re.DOTALL)


def _with_length(found: re.Match[bytes]) -> bytes:
    return bytes((0x80 + found.end() - found.start(),)) + found[0]


@lru_cache(maxsize=65536)
def dotted(content: bytes) -> str:
    """`1.3.6.1.2.1` of its content octets. Raises Malformed."""
    first, *rest = subids(content)
    root = min(first // 40, 2)
    return ".".join(map(str, (root, first - 40 * root, *rest)))
