"""What a scenario sets up in BILLmanager 6 by its own steps, and names later: data centers, departments, processing modules, tariffs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import BaseModel

from simulator.files.problems import did_you_mean
from simulator.files.reader import Reporter
from simulator.scenario.schema.base import ModuleStep
from simulator.scenario.schema.billmanager6 import (
    AddDatacenterArgs,
    AddDepartmentArgs,
    AddModuleArgs,
    AddTariffArgs,
)

__all__ = ["BillingSetup"]

Way = tuple[str | int, ...]
_MAKES: Mapping[type[BaseModel], str] = {
    AddDatacenterArgs: "data center",
    AddDepartmentArgs: "department",
    AddModuleArgs: "processing module",
    AddTariffArgs: "tariff",
}
_NAMES = {
    "datacenter": "data center",
    "department": "department",
    "module": "processing module",
    "modules": "processing module",
    "tariff": "tariff",
}
"""Fields of steps that name such a thing."""


class BillingSetup:
    """Looks such names up among what any step of the scenario makes."""

    def __init__(self, steps: Iterable[BaseModel], report: Reporter) -> None:
        self._report = report
        self._made: dict[str, list[str]] = {what: [] for what in _MAKES.values()}
        for step in steps:
            if isinstance(step, ModuleStep) and type(step.args) in _MAKES:
                self._made[_MAKES[type(step.args)]].append(str(getattr(step.args, "name", "")))

    def check(self, args: BaseModel, way: Way) -> None:
        """Every name in a step's arguments."""
        for field, what in _NAMES.items():
            given = getattr(args, field, None)
            if isinstance(given, str) and given:
                self._known(what, given, (*way, field))
            elif isinstance(given, list):
                for index, name in enumerate(given):
                    self._known(what, name, (*way, field, index))

    def _known(self, what: str, name: str, way: Way) -> None:
        made = self._made[what]
        if name not in made:
            hint = did_you_mean(name, made, "added") if made else f"no step adds a {what}"
            self._report.at(way, f"there is no {what} `{name}`", hint)
