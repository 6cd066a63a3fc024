"""What of a scenario file, as data, can be left out or made smaller: steps, parameters of faults, the lab."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from simulator.files.lab_file import find_lab
from simulator.files.reader import read
from simulator.files.units import parse_duration

__all__ = ["Data", "seconds", "smaller_fault", "smaller_labs", "smaller_params", "smaller_step", "without"]

Data = dict[str, Any]
_PASSES: Final = frozenset({"for", "nth", "times"})
"""Parameters of a fault by which it ends of itself."""


def without(mapping: Mapping[str, Any], key: str) -> Data:
    """All but this key."""
    return {name: value for name, value in mapping.items() if name != key}


def smaller_step(step: Data) -> Iterator[Data]:
    """The step with less in it, or a shorter wait."""
    for verb, args in step.items():
        if verb == "expect":
            continue
        if verb == "wait":
            yield from ({"wait": time} for time in ("1m", "15m", "1h") if seconds(time) < seconds(args))
        elif verb == "fault":
            yield from ({"fault": smaller} for smaller in smaller_fault(args))
        elif isinstance(args, Mapping):
            for key in args:
                if key not in ("service", "client"):
                    yield {**step, verb: without(args, key)}
        elif isinstance(args, list) and len(args) > 1:
            for index in range(len(args)):
                yield {**step, verb: args[:index] + args[index + 1 :]}


def smaller_fault(fault: Data) -> Iterator[Data]:
    """One fault, by its kind."""
    ((kind, params),) = fault.items()
    yield from ({kind: smaller} for smaller in smaller_params(dict(params or {})))


def smaller_params(params: Data) -> Iterator[Data]:
    """A fault's parameters: fewer, earlier, shorter."""
    for key in params:
        # What passes must not be made to stay: anything fails then, and it is not what was found.
        if key not in _PASSES or not _PASSES.isdisjoint(without(params, key)):
            yield without(params, key)
    if isinstance(params.get("times"), int) and params["times"] > 1:
        yield {**params, "times": 1}
        yield {**params, "times": params["times"] - 1}
    if "nth" in params:
        yield {**without(params, "nth"), "times": 1}
        if params["nth"] != 1:
            yield {**params, "nth": 1}
    for key in ("by", "delay", "for", "at", "age"):
        if key in params and isinstance(params[key], str):
            yield from ({**params, key: t} for t in ("10s", "1m", "10m", "1h") if seconds(t) < seconds(params[key]))


def seconds(text: Any) -> float:
    """Of a time as files have it; 0 of what is none."""
    try:
        return parse_duration(text)
    except ValueError:
        return 0.0


# labs


def smaller_labs(document: Data, file: str) -> Iterator[Data]:
    """The lab itself as data, with fewer racks, machines, users, pools and templates."""
    lab = document.get("lab", "small")
    if isinstance(lab, str):
        path = find_lab(lab, Path(file))
        if path is None:
            return
        lab = copy.deepcopy(dict(read(path).data))
        yield from ({**document, "lab": each} for each in _least_labs(lab))
        return
    yield from ({**document, "lab": each} for each in _fewer(lab))


def _least_labs(lab: Data) -> Iterator[Data]:
    """At one stroke: one rack, in which each row of servers is one or two machines."""
    racks = lab.get("racks") or []
    for count in (1, 2):
        for rack in racks:
            rows = [{**row, "count": count} if row.get("count", 1) > count else row for row in rack.get("servers", ())]
            yield {**lab, "racks": [{**rack, "servers": rows}]}
    rows_of = [
        {**r, "servers": [{**row, "count": 1} if row.get("count", 1) > 1 else row for row in r.get("servers", ())]}
        for r in racks
    ]
    yield {**lab, "racks": rows_of}


def _fewer(lab: Data) -> Iterator[Data]:
    racks = lab.get("racks") or []
    for index, rack in enumerate(racks):
        if len(racks) > 1:
            yield {**lab, "racks": racks[:index] + racks[index + 1 :]}
        rows = rack.get("servers") or []
        for at, row in enumerate(rows):
            if len(rows) > 1:
                yield {**lab, "racks": _put(racks, index, {**rack, "servers": rows[:at] + rows[at + 1 :]})}
            if row.get("count", 1) > 1:
                fewer = {**row, "count": row["count"] // 2}
                yield {**lab, "racks": _put(racks, index, {**rack, "servers": _put(rows, at, fewer)})}
            psus = [name for name in row.get("cables") or {} if str(name).startswith("psu")]
            if psus:  # without a cable to an outlet it is fed all the same
                left = {name: cable for name, cable in row["cables"].items() if name not in psus}
                yield {**lab, "racks": _put(racks, index, {**rack, "servers": _put(rows, at, {**row, "cables": left})})}
        for key in ("pdus", "switches"):
            if rack.get(key):
                yield {**lab, "racks": _put(racks, index, without(rack, key))}
    panel = lab.get("panel") or {}
    for key, value in panel.items():
        if isinstance(value, list):
            for index in range(len(value)):
                rest = value[:index] + value[index + 1 :]
                yield {**lab, "panel": {**panel, key: rest} if rest else without(panel, key)}
        elif key != "location":
            yield {**lab, "panel": without(panel, key)}


def _put(items: list[Any], index: int, item: Any) -> list[Any]:
    return [*items[:index], item, *items[index + 1 :]]
