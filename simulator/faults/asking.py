"""A fault that is asked for in words, as programs have them: `inject("bmc.dead", server="srv-03", at="8m")`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from simulator.faults.catalogue import CATALOGUE
from simulator.faults.kinds import FaultParams, World
from simulator.files.problems import FileProblems, did_you_mean
from simulator.files.reader import Document, Reporter, validate

__all__ = ["BadFault", "params_of"]


class BadFault(ValueError):
    """There is no such fault, it takes no such parameter, or the lab has no such part; the nearest word is in it."""


def params_of(kind: str, given: Mapping[str, Any], world: World) -> FaultParams:
    """The parameters that these words mean, as in a scenario; `for` is `lasts` where it cannot be written. Raises BadFault."""
    if kind not in CATALOGUE:
        raise BadFault("; ".join(filter(None, [f"there is no kind of fault `{kind}`", did_you_mean(kind, CATALOGUE)])))
    model = CATALOGUE[kind].params
    aliases = {name: field.alias for name, field in model.model_fields.items() if field.alias}
    report = Reporter(Document(kind, {aliases.get(name, name): value for name, value in given.items()}))
    params = validate(model, report.document.data, report)
    if params is not None:
        _names(params, world, report)
    try:
        report.check()
    except FileProblems as problems:
        raise BadFault("\n".join(map(str, problems.problems))) from None
    assert params is not None
    return params


def _names(params: FaultParams, world: World, report: Reporter) -> None:
    plant = world.plant
    places: dict[str, Collection[str]] = {
        "server": plant.servers.keys(),
        "switch": plant.switches.keys(),
        "pdu": plant.pdus.keys(),
    }
    for group, known in places.items():
        name = getattr(params, group, None)
        if name is not None and name not in known:
            report.at((group,), f"there is no {group} `{name}`", did_you_mean(name, known, f"{group}s"))
