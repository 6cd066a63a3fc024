"""What happens to a scenario (or test) when the thing that it is said to show is switched off: it must fail.

A step is switched off by its number, wherever the modules' steps are done; a setting, by giving the tariff another value
than the file's; what people do, by leaving it out of the scenario; anything else, by putting another part in its place.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from provisioner.progress import Progress
from simulator.scenario.language import Action, Scenario, load_scenario
from simulator.scenario.runner import run_scenario

__all__ = ["Faults", "Left", "Off", "Part", "Setting", "Step", "Trial"]

SCENARIOS = Path(__file__).parents[2] / "scenarios"


class Off:
    """Something that can be switched off."""

    def change(self, scenario: Scenario) -> Scenario:
        return scenario

    def patches(self) -> list[Any]:
        return []


@dataclass(frozen=True)
class Step(Off):
    """Steps with these numbers (`5`, or `5/welcome` for a part, `5/` for what is none) are not done; each gives `result` all
    the same.
    """

    numbers: tuple[str, ...]
    result: Any = None

    def __str__(self) -> str:
        return f"step{'s' if len(self.numbers) > 1 else ''} {', '.join(number.removesuffix('/') for number in self.numbers)}"

    def patches(self) -> list[Any]:
        real = Progress.step

        async def step(
            progress: Progress, number: str, name: str, work: Callable[[], Any], *, part: str = "", **rest: Any
        ) -> Any:
            if number in self.numbers or f"{number}/{part}" in self.numbers:
                return self.result
            return await real(progress, number, name, work, part=part, **rest)

        return [mock.patch.object(Progress, "step", step)]


@dataclass(frozen=True)
class Setting(Off):
    """The tariff has another value, or (None) none at all: what stands in the file has no effect."""

    name: str
    value: Any = None

    def __str__(self) -> str:
        return f"setting {self.name}"

    def change(self, scenario: Scenario) -> Scenario:
        assert self.name in scenario.settings
        settings = {name: value for name, value in scenario.settings.items() if name != self.name}
        if self.value is not None:
            settings[self.name] = self.value
        return dataclasses.replace(scenario, settings=settings)


@dataclass(frozen=True)
class Faults(Off):
    """Nothing is broken."""

    def __str__(self) -> str:
        return "the fault"

    def change(self, scenario: Scenario) -> Scenario:
        assert scenario.faults
        return dataclasses.replace(scenario, faults=())


@dataclass(frozen=True)
class Left(Off):
    """Somebody leaves out what he does by this verb for the `nth` time (from 1)."""

    verb: str
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.verb}, the {self.nth}. time"

    def change(self, scenario: Scenario) -> Scenario:
        places = [n for n, step in enumerate(scenario.steps) if isinstance(step, Action) and step.verb == self.verb]
        gone = places[self.nth - 1]
        return dataclasses.replace(scenario, steps=[step for n, step in enumerate(scenario.steps) if n != gone])


@dataclass(frozen=True)
class Part(Off):
    """A part of the program, `module:Class.name`, is another."""

    place: str
    other: Any
    words: str

    def __str__(self) -> str:
        return self.words

    def patches(self) -> list[Any]:
        module, _, path = self.place.partition(":")
        *owners, name = path.split(".")
        place: Any = importlib.import_module(module)
        for owner in owners:
            place = getattr(place, owner)
        assert hasattr(place, name), self.place
        return [mock.patch.object(place, name, self.other)]


@dataclass(frozen=True)
class Trial:
    number: str
    shown_by: str
    """A scenario under `scenarios/` without its suffix, or `tests.module:function`."""
    off: Off
    args: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Of the test function."""

    def __str__(self) -> str:
        return f"{self.number} {self.shown_by} without {self.off}"

    @property
    def file(self) -> str:
        """What shows it, from the root of the tree."""
        if ":" in self.shown_by:
            return self.shown_by.partition(":")[0].replace(".", "/") + ".py"
        return f"scenarios/{self.shown_by}.yaml"

    def whole(self) -> str:
        """What fails with everything switched on; it has to be nothing."""
        return self._run(Off())

    def without(self) -> str:
        """What fails first when it is switched off."""
        return self._run(self.off)

    def _run(self, off: Off) -> str:
        with ExitStack() as stack:
            if ":" in self.shown_by:
                module, _, name = self.shown_by.partition(":")
                test = getattr(importlib.import_module(module), name)
                for patch in off.patches():
                    stack.enter_context(patch)
                try:
                    test(**self.args)
                except (Exception, pytest.fail.Exception) as error:
                    return (str(error) or type(error).__name__).splitlines()[0]
                return ""
            scenario = off.change(load_scenario(SCENARIOS / f"{self.shown_by}.yaml"))
            for patch in off.patches():
                stack.enter_context(patch)
            result = run_scenario(scenario)
        assert result.verdict != "error", result.failures[0].seen.splitlines()[-1]
        return "; ".join(f"{each.what}: {each.expected}, seen {each.seen}" for each in result.failures[:1])
