"""The certificate as data: made of the suite's results, the report's findings and, where one was made, a sweep's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from simulator.certify.levels import LEVELS, Level, missing_for
from simulator.certify.proof import Proof
from simulator.certify.suite import Played
from simulator.review import RULES, Finding, Severity
from simulator.scenario.billing.outside.plan import ModulePlan
from simulator.scenario.for_module import LeftOut

__all__ = ["Certificate", "Rated"]


@dataclass(frozen=True, slots=True)
class Rated:
    """A level, whether the module has it, and what is missing."""

    level: Level
    reached: bool
    missing: Sequence[str]


@dataclass(frozen=True)
class Certificate:
    """`proof`: what a sweep of its life came to; None where none was made."""

    module: ModulePlan
    played: Sequence[Played]
    left: Sequence[LeftOut]
    version: str
    proof: Proof | None = None

    @property
    def sweep(self) -> bool | None:
        """Whether a sweep found nothing; None where none was made."""
        return None if self.proof is None else self.proof.holds

    @cached_property
    def themes(self) -> Mapping[str, tuple[int, int]]:
        """Passed and played, by theme, in the library's order."""
        passed = Counter(each.theme for each in self.played if each.result.verdict == "passed")
        return {theme: (passed[theme], count) for theme, count in Counter(each.theme for each in self.played).items()}

    @cached_property
    def failed(self) -> Sequence[Played]:
        return [each for each in self.played if each.result.verdict != "passed"]

    @cached_property
    def findings(self) -> Mapping[str, tuple[Finding, Sequence[str]]]:
        """Of the report, by rule: the first, and the scenarios that show it."""
        found: dict[str, tuple[Finding, list[str]]] = {}
        for each in self.played:
            for finding in each.findings:
                names = found.setdefault(finding.rule, (finding, []))[1]
                if each.name not in names:
                    names.append(each.name)
        return dict(sorted(found.items(), key=lambda item: (-item[1][0].severity, item[0])))

    @property
    def rules(self) -> int:
        """How many rules the report has."""
        return len(RULES)

    @cached_property
    def levels(self) -> Sequence[Rated]:
        """From the lowest; a level asks for all below it."""
        failed: dict[str, list[str]] = {}
        for each in self.failed:
            failed.setdefault(each.theme, []).append(each.name)
        played = {theme: count for theme, (_, count) in self.themes.items()}
        errors = [rule for rule, (finding, _) in self.findings.items() if finding.severity is Severity.ERROR]
        rated: list[Rated] = []
        reached = True
        for level in LEVELS:
            missing = missing_for(level, failed, played, errors, self.sweep)
            reached = reached and not missing
            rated.append(Rated(level, reached, missing))
        return rated

    @property
    def reached(self) -> Sequence[str]:
        return [each.level.name for each in self.levels if each.reached]

    @property
    def next(self) -> Rated | None:
        """The lowest that it has not."""
        return next((each for each in self.levels if not each.reached), None)
