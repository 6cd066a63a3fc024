"""Walks in snmpsim's format: a line an instance, `1.3.6.1.2.1.1.5.0|4|name`, in the order of names.

The types are the tags of BER: 2 INTEGER, 4 OCTET STRING (`4x` in hexadecimal), 6 OBJECT IDENTIFIER, 64 IpAddress, 65 Counter32,
66 Gauge32, 67 TimeTicks, 68 Opaque, 70 Counter64 (https://docs.lextudio.com/snmpsim/documentation/managing-simulation-data).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from simulator.snmp import ber
from simulator.snmp.errors import SnmpError
from simulator.snmp.oid import dotted, oid, subids

__all__ = ["BadRecording", "Instance", "read_walk", "written"]

_NUMBERS = (ber.INTEGER, ber.COUNTER32, ber.GAUGE32, ber.TIME_TICKS, ber.COUNTER64)
_SIGNED = ber.INTEGER


class BadRecording(ValueError):
    """A line that is none of a walk; the message has its number."""


class Instance(NamedTuple):
    """The name's content octets, the value's tag and content."""

    name: bytes
    tag: int
    content: bytes

    @property
    def number(self) -> int:
        """Of a number."""
        return int.from_bytes(self.content, "big", signed=self.tag == _SIGNED)

    @property
    def encoded(self) -> bytes:
        return ber.tlv(self.tag, self.content)

    def __str__(self) -> str:
        """As people read it."""
        if self.tag in _NUMBERS:
            return str(self.number)
        if self.tag == ber.OBJECT_IDENTIFIER:
            return dotted(self.content)
        if self.tag == ber.IP_ADDRESS:
            return ".".join(map(str, self.content))
        return repr(self.content.decode()) if _plain(self.content) else f"{self.content.hex(' ')}h"


def _plain(content: bytes) -> bool:
    return all(0x20 <= octet < 0x7F for octet in content)


def written(instances: Iterable[Instance]) -> str:
    lines = []
    for item in instances:
        if item.tag in (ber.OCTET_STRING, ber.OPAQUE):
            plain = item.tag == ber.OCTET_STRING and _plain(item.content) and item.content == item.content.strip()
            kind, text = ("4", item.content.decode()) if plain else (f"{item.tag}x", item.content.hex())
        else:
            kind, text = str(item.tag), str(item)
        lines.append(f"{dotted(item.name)}|{kind}|{text}\n")
    return "".join(lines)


def read_walk(text: str) -> tuple[Instance, ...]:
    """In order of names. Raises BadRecording for a line that is not understood, and for a name that is there twice."""
    found: dict[bytes, Instance] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        parts = line.split("|", 2)
        name, kind, value = parts if len(parts) == 3 else (parts[0], "none", "")
        try:
            item = _instance(oid(name), kind, value)
        except (ValueError, OverflowError, SnmpError) as error:
            raise BadRecording(f"line {number}: {line[:60]!r} is no instance: {error}") from None
        if item.name in found:
            raise BadRecording(f"line {number}: {name} is there twice")
        found[item.name] = item
    return tuple(found[name] for name in sorted(found, key=subids))


def _instance(name: bytes, kind: str, value: str) -> Instance:
    in_hex = kind.endswith("x")
    tag = int(kind.removesuffix("x"))
    if tag in _NUMBERS:
        amount = int(value)
        size = amount.bit_length() // 8 + 1
        return Instance(name, tag, amount.to_bytes(size, "big", signed=amount < 0))
    if tag == ber.OBJECT_IDENTIFIER:
        return Instance(name, tag, oid(value))
    if tag == ber.IP_ADDRESS:
        octets = bytes.fromhex(value) if in_hex else bytes(map(int, value.split(".")))
        if len(octets) != 4:
            raise ValueError("an address has four octets")
        return Instance(name, tag, octets)
    if tag in (ber.OCTET_STRING, ber.OPAQUE):
        return Instance(name, tag, bytes.fromhex(value) if in_hex else value.encode())
    raise ValueError(f"there is no type {kind}")
