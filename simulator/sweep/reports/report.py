"""What all reports of a sweep are made from."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from simulator.sweep.findings import Finding, Matrix
from simulator.sweep.sweeping import Sweep
from simulator.sweep.trial import Outcome

__all__ = ["Report"]


@dataclass(frozen=True, slots=True)
class Report:
    """One sweep of one scenario, when it has ended."""

    what: Sweep
    outcomes: Sequence[Outcome]
    findings: Sequence[Finding]
    matrix: Matrix
    untried: int
    """Trials for which there was no time, or that were called off."""
    seconds: float

    @property
    def new(self) -> list[Finding]:
        return [each for each in self.findings if each.known is None]

    @property
    def known(self) -> list[Finding]:
        return [each for each in self.findings if each.known is not None]

    @property
    def counts(self) -> Counter[str]:
        return Counter(each.verdict for each in self.outcomes)

    @property
    def learned(self) -> str:
        """`18 kinds of http message (185), ...`."""
        parts = []
        points = self.what.learned.points
        for network in dict.fromkeys(noted.point.network for noted in points):
            those = [noted.point for noted in points if noted.point.network == network]
            parts.append(f"{len({point.what for point in those})} kinds of {network} message ({len(those)})")
        return ", ".join(parts)

    def shrink(self, finding: Finding, file: str) -> str:
        """The command that makes a scenario of a finding."""
        return shlex.join(["rackloop", "shrink", f"{file}#{finding.number}"])
