"""What a board measures: each sensor's kind, its data record, and where its value comes from.

A board's sensors are data of its personality, unfolded for the machine at hand (so many fans, supplies and drives), and
shared by all machines alike. A value is computed when somebody reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from simulator.bmc.hardware import Chassis
from simulator.ipmi.sdr import THRESHOLD, Factors, compact_record, fru_locator, full_record, mc_locator

__all__ = ["KINDS", "Kind", "Sensor", "SensorLine", "records", "unfold"]

_SPECIFIC: Final = 0x6F
_REDUNDANCY: Final = 0x0B


@dataclass(frozen=True, slots=True)
class Kind:
    """What a `reads` word of a personality means. Types, units and entities: IPMI 2.0, tables 42-3, 43-15, 43-13."""

    type: int
    entity: int
    unit: int = 0
    event_type: int = THRESHOLD
    nominal: float | None = None
    """Of a sensor with thresholds: what a machine that is well shows, in its unit; None where that is not to be said."""
    value: Callable[[Chassis, int], float] | None = None
    """Of a sensor with thresholds, in its unit. `int`: which one, from 0."""
    needs_power: bool = False
    """Without main power there is no reading."""
    states: int = 0
    """Of a discrete sensor: those it can have."""
    logged: int = 0
    """... and those whose coming and going is an event."""
    state: Callable[[Chassis, int], int] | None = None
    count: Callable[[Chassis], int] | None = None
    """How many there are in a machine; None: one."""


def _steady(volts: float) -> Callable[[Chassis, int], float]:
    return lambda chassis, index: volts


def _supply(chassis: Chassis, index: int) -> int:
    supply = chassis.psus[index]
    return 0x01 | (0x02 if supply.failed else 0) | (0 if supply.feed.live else 0x08)


def _redundancy(chassis: Chassis, index: int) -> int:
    return 0x01 if all(supply.delivers for supply in chassis.psus) else 0x02


def _drive(chassis: Chassis, index: int) -> int:
    return 0x01 | (0x02 if chassis.disks[index].failed else 0)


KINDS: Final = {
    "cpu": Kind(0x01, 0x03, 1, nominal=51.0, value=lambda chassis, index: chassis.thermal.celsius(), needs_power=True),
    "inlet": Kind(0x01, 0x37, 1, nominal=24.0, value=lambda chassis, index: chassis.thermal.inlet),
    "fan": Kind(
        0x04,
        0x1D,
        18,
        nominal=4200.0,
        value=lambda chassis, index: chassis.thermal.rpm()[index],
        needs_power=True,
        count=lambda chassis: len(chassis.thermal.rpm()),
    ),
    "12V": Kind(0x02, 0x07, 4, nominal=12.0, value=_steady(12.0), needs_power=True),
    "5V": Kind(0x02, 0x07, 4, nominal=5.0, value=_steady(5.0), needs_power=True),
    "3.3V": Kind(0x02, 0x07, 4, nominal=3.3, value=_steady(3.3), needs_power=True),
    "standby": Kind(0x02, 0x07, 4, nominal=3.3, value=_steady(3.3)),
    "battery": Kind(0x02, 0x28, 4, nominal=3.0, value=_steady(3.0)),
    "watts": Kind(0x0B, 0x13, 6, value=lambda chassis, index: chassis.watts),
    "supply": Kind(
        0x08, 0x0A, event_type=_SPECIFIC, states=0x0B, logged=0x0A, state=_supply, count=lambda c: len(c.psus)
    ),
    "redundancy": Kind(
        0x08,
        0x13,
        event_type=_REDUNDANCY,
        states=0x03,
        logged=0x03,
        state=_redundancy,
        count=lambda c: int(len(c.psus) > 1),
    ),
    "drive": Kind(
        0x0D, 0x04, event_type=_SPECIFIC, states=0x03, logged=0x02, state=_drive, count=lambda c: len(c.disks)
    ),
    "power": Kind(
        0x09,
        0x13,
        event_type=_SPECIFIC,
        states=0x11,
        logged=0x01,
        state=lambda chassis, index: int(not chassis.powered),
    ),
    "acpi": Kind(
        0x22,
        0x07,
        event_type=_SPECIFIC,
        states=0x21,
        logged=0x21,
        state=lambda chassis, index: 0x01 if chassis.powered else 0x20,
    ),
    "watchdog": Kind(0x23, 0x06, event_type=_SPECIFIC, states=0x0F, state=lambda chassis, index: 0),
    "pef": Kind(0x12, 0x06, event_type=_SPECIFIC, states=0x10, state=lambda chassis, index: 0),
    "log": Kind(0x10, 0x06, event_type=_SPECIFIC, states=0x34, state=lambda chassis, index: 0),
}
"""By the word that personalities use."""

_HEALTHY: Final = {"supply": 0x01, "redundancy": 0x01, "drive": 0x01, "acpi": 0x20}


@dataclass(frozen=True, slots=True)
class SensorLine:
    """One line of a personality. `low` and `high`: non-critical, critical, non-recoverable, in the sensor's unit."""

    name: str
    """`{n}` counts where a machine has several."""
    reads: str
    low: tuple[float | None, float | None, float | None] = (None, None, None)
    high: tuple[float | None, float | None, float | None] = (None, None, None)
    factors: Factors = field(default_factory=Factors)
    hysteresis: int = 1


@dataclass(frozen=True, slots=True)
class Sensor:
    number: int
    name: str
    reads: str
    kind: Kind
    index: int
    factors: Factors
    limits: tuple[int | None, ...]
    """Six raw thresholds, in the order of the mask's bits."""
    hysteresis: int

    @property
    def discrete(self) -> bool:
        return self.kind.state is not None

    @property
    def healthy(self) -> int:
        """The states that are no news."""
        return _HEALTHY.get(self.reads, 0)

    def value(self, chassis: Chassis) -> float | None:
        """In its unit; None: no reading at the moment."""
        kind = self.kind
        if kind.value is None or (kind.needs_power and not chassis.powered):
            return None
        return kind.value(chassis, self.index)

    def states(self, chassis: Chassis) -> int:
        assert self.kind.state is not None
        return self.kind.state(chassis, self.index)


def unfold(lines: Sequence[SensorLine], chassis: Chassis) -> tuple[Sensor, ...]:
    """The sensors of this machine; the same tuple for machines alike."""
    counts = {line.reads: count(chassis) for line in lines if (count := KINDS[line.reads].count) is not None}
    return _unfold(tuple(lines), tuple(counts.items()))


@cache
def _unfold(lines: tuple[SensorLine, ...], counts: tuple[tuple[str, int], ...]) -> tuple[Sensor, ...]:
    count = dict(counts)
    sensors: list[Sensor] = []
    for line in lines:
        limits = tuple(None if limit is None else line.factors.raw(limit) for limit in (*line.low, *line.high))
        for index in range(count.get(line.reads, 1)):
            name = line.name.replace("{n}", str(index + 1))
            kind = KINDS[line.reads]
            sensors.append(
                Sensor(len(sensors) + 1, name, line.reads, kind, index, line.factors, limits, line.hysteresis)
            )
    return tuple(sensors)


@cache
def records(sensors: tuple[Sensor, ...], supports: int) -> tuple[bytes, ...]:
    """The repository: the BMC, its FRU, then each sensor. A record's id is its place, from 1."""
    made = [mc_locator(1, supports, "BMC"), fru_locator(2, 0, "Builtin FRU")]
    for number, sensor in enumerate(sensors, 3):
        kind, entity = sensor.kind, (sensor.kind.entity, sensor.index + 1)
        if sensor.discrete:
            made.append(
                compact_record(number, sensor.number, sensor.name, kind.type, kind.event_type, entity, kind.states)
            )
        else:
            nominal = None if kind.nominal is None else sensor.factors.raw(kind.nominal)
            made.append(
                full_record(
                    number,
                    sensor.number,
                    sensor.name,
                    kind.type,
                    entity,
                    kind.unit,
                    sensor.factors,
                    sensor.limits,
                    sensor.hysteresis,
                    nominal,
                )
            )
    return tuple(made)
