"""Racks to scale: where everything stands in them, as drawings have it. A unit is 18 high and a 19-inch front 195 wide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.control.pages.marks import Marks
from simulator.lab import Run

__all__ = ["RACKS", "Rack", "racks_of"]

RACKS = 12
"""Of one page, or of one further part of it."""
UNIT = 18.0
FRONT = 195.0
"""19 inches against 1.75 (EIA-310)."""
_HEIGHTS = (12, 18, 24, 32, 42, 48, 54)
"""Units of racks that are sold."""
_SIDE = 22.0
_STRIP = 15.0


@dataclass(slots=True)
class Box:
    """A device in a rack: its upper left corner."""

    name: str
    title: str
    x: float
    y: float
    mark: Mapping[str, Any]
    lamps: list[tuple[float, float]] = field(default_factory=list)
    """Where its ports or outlets are, from that corner."""


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


def racks_of(run: Run, marks: Marks, number: int) -> list[Rack]:
    """The racks of one page, from 1."""
    chosen = list(run.plan.racks)[(number - 1) * RACKS : number * RACKS]
    inside: dict[str, tuple[list[Any], list[Any], list[Any]]] = {name: ([], [], []) for name in chosen}
    groups: tuple[Mapping[str, Any], ...] = (run.plan.servers, run.plan.switches, run.plan.pdus)
    for place, plans in enumerate(groups):
        for plan in plans.values():
            if plan.rack in inside:
                inside[plan.rack][place].append(plan)
    struck = marks.struck()
    return [_rack(name, *inside[name], marks, struck) for name in chosen]


def _rack(
    name: str,
    servers: Iterable[Any],
    switches: list[Any],
    pdus: list[Any],
    marks: Marks,
    struck: Mapping[str, list[str]],
) -> Rack:
    servers = list(servers)
    highest = max((plan.unit for plan in servers), default=0) + len(switches)
    count = next((each for each in _HEIGHTS if each >= highest), highest)
    height, width = count * UNIT, _SIDE + FRONT + 8 + _STRIP * max(len(pdus), 1) + 4
    top = 8.0
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
        rack.servers.append(Box(plan.name, title, _SIDE, top + (count - plan.unit) * UNIT, mark))
    for place, plan in enumerate(switches):
        mark = marks.of(plan.name, struck) or {}
        box = Box(plan.name, plan.model, _SIDE, top + place * UNIT, mark)
        columns = -(-plan.ports // 2)
        pitch = min(4.6, 112 / max(columns, 1))
        box.lamps = [(78 + (n // 2) * pitch, 4.5 + (n % 2) * 5.5) for n in range(plan.ports)]
        rack.switches.append(box)
    for place, plan in enumerate(pdus):
        mark = marks.of(plan.name, struck) or {}
        box = Box(plan.name, plan.model, _SIDE + FRONT + 8 + place * _STRIP, top, mark)
        pitch = min(11.0, (height - 24) / max(plan.outlets, 1))
        box.lamps = [(6.0, 18 + n * pitch) for n in range(plan.outlets)]
        rack.pdus.append(box)
    return rack
