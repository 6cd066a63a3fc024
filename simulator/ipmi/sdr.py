"""Sensor data records as they are in a repository (IPMI 2.0, 43), and how a reading becomes an octet (36.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = [
    "COMPARISONS",
    "THRESHOLD",
    "Factors",
    "Threshold",
    "compact_record",
    "fru_locator",
    "full_record",
    "mc_locator",
]

_VERSION: Final = 0x51
_OWNER: Final = b"\x20\x00"
THRESHOLD: Final = 0x01
"""Event and reading type of sensors with thresholds."""
Threshold = int
"""Lower non-critical, critical, non-recoverable are 0 to 2; upper ones 3 to 5: the bits of the threshold masks."""
COMPARISONS: Final = (0, 2, 4, 7, 9, 11)
"""The event offset of each threshold: going low for the lower, going high for the upper ones (table 42-2)."""


@dataclass(frozen=True, slots=True)
class Factors:
    """value = multiplier * 10 ** exponent * raw; the offset B is not used."""

    multiplier: int = 1
    exponent: int = 0

    @property
    def step(self) -> float:
        return float(self.multiplier * 10.0**self.exponent)

    def raw(self, value: float) -> int:
        """The nearest octet, 0 to 255."""
        return min(255, max(0, round(value / self.step)))

    def encode(self) -> bytes:
        """The six octets M to R exp, B exp (table 43-1, 25 to 30)."""
        return bytes((self.multiplier & 0xFF, self.multiplier >> 2 & 0xC0, 0, 0, 0, (self.exponent & 0x0F) << 4))


def _named(name: str) -> bytes:
    octets = name.encode("latin-1")[:16]
    return bytes((0xC0 | len(octets),)) + octets


def _record(number: int, kind: int, body: bytes) -> bytes:
    return number.to_bytes(2, "little") + bytes((_VERSION, kind, len(body))) + body


def full_record(
    number: int,
    sensor: int,
    name: str,
    kind: int,
    entity: tuple[int, int],
    unit: int,
    factors: Factors,
    limits: tuple[int | None, ...],
    hysteresis: int,
    nominal: int | None,
) -> bytes:
    """Type 01h, of a sensor with thresholds. `limits`: six raw thresholds, None for one that there is not; `nominal`: the
    raw nominal reading, None where none is said.
    """
    there = [index for index, limit in enumerate(limits) if limit is not None]
    events = sum(1 << COMPARISONS[index] for index in there)
    readable = sum(1 << index for index in there)
    body = (
        _OWNER
        + bytes((sensor, *entity, 0x7F, 0x68, kind, THRESHOLD))
        + (events | (readable & 7) << 12).to_bytes(2, "little")
        + (events | (readable >> 3) << 12).to_bytes(2, "little")
        + bytes((readable, readable, 0, unit, 0, 0))
        + factors.encode()
        + bytes((0 if nominal is None else 0x01, nominal or 0, 0, 0, 0xFF, 0))
        + bytes(limits[index] or 0 for index in (5, 4, 3, 2, 1, 0))
        + bytes((hysteresis, hysteresis, 0, 0, 0))
        + _named(name)
    )
    return _record(number, 0x01, body)


def compact_record(
    number: int, sensor: int, name: str, kind: int, event_type: int, entity: tuple[int, int], states: int
) -> bytes:
    """Type 02h, of a discrete sensor. `states`: the mask of those that it can have."""
    mask = states.to_bytes(2, "little")
    body = (
        _OWNER
        + bytes((sensor, *entity, 0x67, 0x40, kind, event_type))
        + mask * 3
        + bytes((0xC0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0))
        + _named(name)
    )
    return _record(number, 0x02, body)


def fru_locator(number: int, fru: int, name: str) -> bytes:
    """Type 11h: a FRU inventory behind the BMC."""
    return _record(number, 0x11, bytes((0x20, fru, 0x80, 0, 0, 0x10, 0, 0x07, 1, 0)) + _named(name))


def mc_locator(number: int, supports: int, name: str) -> bytes:
    """Type 12h: the BMC itself."""
    return _record(number, 0x12, bytes((0x20, 0, 0, supports, 0, 0, 0, 0x06, 1, 0)) + _named(name))
