"""Racks to scale: where everything stands in them, as drawings have it. A unit is 18 high and a 19-inch front 195 wide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.control.pages.marks import Marks
from simulator.lab import Run

__all__ = ["RACKS", "Rack", "Racks"]

RACKS = 12
"""Drawn at once; the others when they come near what is looked at."""
UNIT = 18.0
FRONT = 195.0
"""19 inches against 1.75 (EIA-310)."""
_HEIGHTS = (12, 18, 24, 32, 42, 48, 54)
"""Units of racks that are sold."""
TOP = 8.0
_SIDE = 22.0
_STRIP = 15.0


@dataclass(slots=True)
class Box:
    """A device in a rack: its upper left corner."""

    kind: str
    name: str
    title: str
    x: float
    y: float
    mark: Mapping[str, Any]
    pitch: float = 0.0
    """From one of its ports, of which two stand above each other, or of its outlets to the next."""

    @property
    def lamps(self) -> list[tuple[str, str]]:
        """Its ports or outlets as paths, one for each letter of the mark; the page's script draws them in the same way."""
        units, pitch = self.mark.get("units", ""), self.pitch
        drawn = dict.fromkeys("undb", "")
        for n, letter in enumerate(units):
            if self.kind == "pdu":
                drawn[letter] += f"M4 {16 + n * pitch:.1f}h4v4h-4z"
            else:
                drawn[letter] += f"M{78 + (n // 2) * pitch:.1f} {4.5 + (n % 2) * 5.5}h3.4v3.6h-3.4z"
        return list(drawn.items())


@dataclass(slots=True)
class Rack:
    """`units`: (number, y) of those that are labelled."""

    name: str
    width: float
    height: float
    count: int
    left: float
    units: list[tuple[int, float]]
    servers: list[Box] = field(default_factory=list)
    switches: list[Box] = field(default_factory=list)
    pdus: list[Box] = field(default_factory=list)


class Racks:
    """The racks of one run, and what stands in each by its plan."""

    def __init__(self, run: Run, marks: Marks) -> None:
        self._marks = marks
        self._inside: dict[str, tuple[list[Any], list[Any], list[Any]]] = {
            name: ([], [], []) for name in run.plan.racks
        }
        groups: tuple[Mapping[str, Any], ...] = (run.plan.servers, run.plan.switches, run.plan.pdus)
        for place, plans in enumerate(groups):
            for plan in plans.values():
                self._inside[plan.rack][place].append(plan)

    def __len__(self) -> int:
        return len(self._inside)

    def __contains__(self, name: str) -> bool:
        return name in self._inside

    def names(self) -> list[str]:
        return list(self._inside)

    def one(self, name: str) -> Rack:
        """With its marks as they are now."""
        return _rack(name, *self._inside[name], self._marks, self._marks.struck())

    def outline(self, name: str) -> tuple[str, float, float]:
        """Name, width and height."""
        servers, switches, pdus = self._inside[name]
        return name, _width(len(pdus)), _count(servers, switches) * UNIT + 2 * TOP


def _count(servers: Sequence[Any], switches: Sequence[Any]) -> int:
    """Units of the smallest rack that is sold and has room for all."""
    highest = max((plan.unit for plan in servers), default=0) + len(switches)
    return next((each for each in _HEIGHTS if each >= highest), highest)


def _width(pdus: int) -> float:
    return _SIDE + FRONT + 8 + _STRIP * max(pdus, 1) + 4


def _rack(
    name: str,
    servers: list[Any],
    switches: list[Any],
    pdus: list[Any],
    marks: Marks,
    struck: Mapping[str, list[str]],
) -> Rack:
    count = _count(servers, switches)
    height, width, top = count * UNIT, _width(len(pdus)), TOP
    rack = Rack(
        name,
        width,
        height + 2 * top,
        count,
        _SIDE,
        [(unit, top + (count - unit) * UNIT + UNIT - 5) for unit in range(1, count + 1) if unit == 1 or unit % 3 == 0],
    )
    for plan in sorted(servers, key=lambda each: -int(each.unit)):
        mark = marks.of(plan.name, struck) or {}
        title = f"{plan.model}, {plan.configuration.text}, unit {plan.unit}"
        rack.servers.append(Box("server", plan.name, title, _SIDE, top + (count - plan.unit) * UNIT, mark))
    for place, plan in enumerate(switches):
        mark = marks.of(plan.name, struck) or {}
        box = Box("switch", plan.name, plan.model, _SIDE, top + place * UNIT, mark)
        columns = -(-plan.ports // 2)
        pitch = min(4.6, 112 / max(columns, 1))
        box.pitch = round(pitch, 2)
        rack.switches.append(box)
    for place, plan in enumerate(pdus):
        mark = marks.of(plan.name, struck) or {}
        box = Box("pdu", plan.name, plan.model, _SIDE + FRONT + 8 + place * _STRIP, top, mark)
        pitch = min(11.0, (height - 24) / max(plan.outlets, 1))
        box.pitch = round(pitch, 2)
        rack.pdus.append(box)
    return rack
