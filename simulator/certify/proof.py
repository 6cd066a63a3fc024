"""The sweep of a module's life: every call of it to the panel goes wrong in every way, as far as the time goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.files.lab_file import data_directory
from simulator.scenario.billing.outside.plan import ModulePlan
from simulator.scenario.language import load_scenario
from simulator.sweep.baseline import NO_BASELINE
from simulator.sweep.findings import Finding, findings
from simulator.sweep.points import learn
from simulator.sweep.sweeping import here, parse_kinds, plan, processes, sweep
from simulator.sweep.trial import Outcome

__all__ = ["LIFE", "Proof", "prove"]

LIFE = Path("any") / "life" / "whole.yaml"
"""In the library: what is swept."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a sweep of its life came to. `untried`: trials for which there was no time."""

    tried: int
    untried: int
    findings: Sequence[Finding]
    failed: bool = False
    """The life fails as it is: nothing was tried."""

    @property
    def holds(self) -> bool:
        """Everything was tried, and nothing was found."""
        return not self.failed and not self.findings and not self.untried

    def __str__(self) -> str:
        if self.failed:
            return "not made: the life fails as it is"
        found = f"{len(self.findings)} {'finding' if len(self.findings) == 1 else 'findings'}"
        late = f", no time for {self.untried} more" if self.untried else ""
        return f"{self.tried} trials{late}     {found if self.findings else 'nothing was found'}"


def prove(
    module: ModulePlan,
    *,
    seed: int,
    jobs: int,
    budget: float | None,
    kinds: str = "http",
    tell: Callable[[Outcome], object] = lambda outcome: None,
) -> Proof:
    """Sweep the life of a module. `budget`: real seconds. Raises FileProblems."""
    scenario = load_scenario(data_directory("scenarios") / LIFE, module)
    learned = learn(scenario, seed)
    if learned.result.verdict != "passed":
        return Proof(0, 0, (), failed=True)
    what = plan(scenario, seed, learned, kinds=parse_kinds(kinds), choose="kinds")
    outcomes, untried = sweep(what, here if jobs == 1 else processes(jobs), budget=budget, tell=tell)
    return Proof(len(outcomes), untried, findings(outcomes, NO_BASELINE, module.name))
