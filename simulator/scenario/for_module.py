"""Which scenarios a module of somebody's is to play: of folders those for any module, of these those whose verbs it offers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.files.problems import FileProblems, Problem
from simulator.files.reader import read
from simulator.scenario.billing.outside.contract import OPTIONAL
from simulator.scenario.billing.outside.plan import ModulePlan
from simulator.scenario.language import load_scenario
from simulator.scenario.plan import Scenario

__all__ = ["LeftOut", "load_for"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A scenario for any module that this one does not play, and why."""

    file: Path
    why: str


def load_for(module: ModulePlan, files: Iterable[Path], named: Iterable[Path]) -> tuple[list[Scenario], list[LeftOut]]:
    """Those that `module` plays: of `files` the ones for any module, and all that were `named` themselves. Raises FileProblems."""
    module.check()
    asked = set(named)
    scenarios: list[Scenario] = []
    left: list[LeftOut] = []
    problems: list[Problem] = []
    for file in files:
        try:
            if file not in asked:
                data = read(file).data
                if data.get("for") != "any":
                    continue
                if known := next(
                    (each for each in module.known if each.what == "scenario" and _is(file, each.name)), None
                ):
                    left.append(LeftOut(file, f"known: {known.because}"))
                    continue
                if missing := [verb for verb in _verbs(data.get("steps")) if verb not in module.verbs]:
                    left.append(LeftOut(file, f"the module does not offer {missing[0]}"))
                    continue
            scenarios.append(load_scenario(file, module))
        except FileProblems as found:
            problems.extend(found.problems)
    if problems:
        raise FileProblems(problems)
    return scenarios, left


def _is(file: Path, name: str) -> bool:
    """`life/whole` is `.../life/whole.yaml`."""
    parts = tuple(name.split("/"))
    return file.with_suffix("").parts[-len(parts) :] == parts


def _verbs(steps: Any) -> Iterator[str]:
    """Verbs of these steps that not every module offers."""
    for step in steps if isinstance(steps, Sequence) else ():
        if not isinstance(step, Mapping):
            continue
        yield from _verbs(step.get("together"))
        if isinstance(called := step.get("call"), Mapping):
            yield str(called.get("verb"))
        yield from (verb for verb in OPTIONAL if verb in step)
