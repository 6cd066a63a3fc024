"""Walks of real devices (the package `snmpsim-data`): read, and made into an agent that serves them."""

from __future__ import annotations

import bz2
import ipaddress
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from simulator.snmp import Access, Agent, Template, ber, oid, subids
from simulator.snmp.mib import Object

__all__ = ["COMMUNITY", "Instance", "agent_of", "every_name", "load", "names", "path_of"]

COMMUNITY = "recorded"
_NUMBERS = {2: ber.INTEGER, 65: ber.COUNTER32, 66: ber.GAUGE32, 67: ber.TIME_TICKS, 70: ber.COUNTER64}
_STRINGS = {4: ber.OCTET_STRING, 68: ber.OPAQUE}


class Instance(NamedTuple):
    """One line: the name's content octets, the value's tag and content."""

    name: bytes
    tag: int
    content: bytes


def _folder() -> Path:
    return Path(str(files("snmpsim_data"))) / "data"


def names() -> list[str]:
    """Of all recordings, `network/switch/cisco-c3560`; the smallest files first."""
    found = sorted(_folder().rglob("*.snmprec*"), key=lambda file: (file.stat().st_size, file))
    return [str(file.relative_to(_folder())).partition(".snmprec")[0] for file in found]


def path_of(name: str) -> Path:
    for ending in (".snmprec", ".snmprec.bz2"):
        file = _folder() / (name + ending)
        if file.exists():
            return file
    raise FileNotFoundError(name)


def _value(kind: str, text: bytes) -> bytes | None:
    """The whole encoded value; None where the recorder's own modules would have made one up."""
    digits, _, module = kind.partition(":")
    if module == "writecache" and text.startswith(b"value="):
        text = text.removeprefix(b"value=")
    elif module:
        return None
    in_hex = digits.endswith("x")
    number = int(digits.rstrip("xe"))
    content = _from_hex(text) if in_hex else text
    if number in _NUMBERS:
        value = int(text)
        if number == 2:
            return ber.integer(value)
        size = value.bit_length() // 8 + 1
        return ber.tlv(_NUMBERS[number], value.to_bytes(size, "big"))
    if number in _STRINGS:
        return ber.tlv(_STRINGS[number], content)
    if number == 6:
        return ber.object_identifier(text.decode() or "0.0")
    if number == 64:
        raw = in_hex or len(text) == 4  # one recorder wrote the octets as they are
        return ber.tlv(ber.IP_ADDRESS, content if raw else ipaddress.IPv4Address(text.decode()).packed)
    if number == 5:
        return ber.tlv(ber.NULL, b"")
    raise ValueError(f"a value of type {kind}")


def _from_hex(text: bytes) -> bytes:
    try:
        return bytes.fromhex(text.decode())
    except ValueError:
        return text  # one recorder's owner wrote a name over what had been there


def _lines(name: str) -> Iterator[tuple[str, str, bytes]]:
    """Name, type and text of each line."""
    file = path_of(name)
    raw = file.read_bytes()
    for line in (bz2.decompress(raw) if file.suffix == ".bz2" else raw).split(b"\n"):
        text, _, rest = line.strip(b"\r").partition(b"|")
        kind, _, value = rest.partition(b"|")
        if rest:
            yield text.decode(), kind.decode(), value


def every_name(name: str) -> frozenset[bytes]:
    """All names, also those of values that the recorder's own modules would have made up."""
    return frozenset(oid(text) for text, _, _ in _lines(name))


@cache
def load(name: str) -> tuple[Instance, ...]:
    """In the order of names, each once, as an agent must have them; recordings are not always."""
    found: dict[bytes, bytes] = {}
    for text, kind, value in _lines(name):
        encoded = _value(kind, value)
        if encoded is not None:
            found.setdefault(oid(text), encoded)
    return tuple(_instance(each, found[each]) for each in sorted(found, key=subids))


def _instance(name: bytes, encoded: bytes) -> Instance:
    tag, start, end = ber.read(encoded, 0, len(encoded))
    return Instance(name, tag, encoded[start:end])


def agent_of(instances: tuple[Instance, ...], max_size: int = 65507) -> Agent[None]:
    """An agent with these instances and no others. The last number of a name stands for its index."""
    columns: dict[bytes, tuple[dict[bytes, int], dict[int, bytes]]] = {}
    for row, item in enumerate(instances):
        cut = len(item.name) - 1
        while item.name[cut - 1] >= 0x80:
            cut -= 1
        rows, values = columns.setdefault(item.name[:cut], ({}, {}))
        rows[item.name[cut:]] = row
        values[row] = ber.tlv(item.tag, item.content)
    objects: list[Object[None]] = [Object(name, rows, None, values, None) for name, (rows, values) in columns.items()]
    return Agent(Template(objects), None, {COMMUNITY.encode(): Access.READ}, max_size)
