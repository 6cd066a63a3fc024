"""Values as a device's page writes them, and their encoding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from simulator.snmp.ber import (
    IP_ADDRESS,
    counter32,
    counter64,
    gauge32,
    integer,
    object_identifier,
    octets,
    time_ticks,
    tlv,
)

__all__ = ["Absent", "Typed", "Value", "encoded", "ip_address"]

Typed = dict[Literal["gauge", "counter", "counter64", "ticks", "oid", "ip", "hex"], int | str]
"""A value of one of the rarer types: `{gauge: 5}`; `hex` is an OCTET STRING or BITS by its octets."""
Value = int | str | Typed
"""INTEGER, OCTET STRING, or another."""


@dataclass(frozen=True, slots=True)
class Absent:
    """Readable objects of a group that a model answers, and which it does not have."""

    entry: str
    columns: tuple[int | str, ...]
    """Their numbers, or runs of them: `9-49`."""
    why: str

    @property
    def numbers(self) -> tuple[int, ...]:
        found: list[int] = []
        for column in self.columns:
            first, _, last = str(column).partition("-")
            found += range(int(first), int(last or first) + 1)
        return tuple(found)


def ip_address(address: bytes) -> bytes:
    return tlv(IP_ADDRESS, address)


_TYPES: dict[str, Callable[[Any], bytes]] = {
    "gauge": gauge32,
    "counter": counter32,
    "counter64": counter64,
    "ticks": time_ticks,
    "oid": object_identifier,
    "ip": lambda text: ip_address(bytes(map(int, text.split(".")))),
    "hex": lambda text: octets(bytes.fromhex(text)),
}


def encoded(value: Value, number: int = 1) -> bytes:
    """A page's constant, for the row of that number: in a text, `{n}` stands for it."""
    if isinstance(value, int):
        return integer(value)
    if isinstance(value, str):
        return octets(value.replace("{n}", str(number)))
    ((kind, content),) = value.items()
    return _TYPES[kind](content.replace("{n}", str(number)) if isinstance(content, str) else content)
