"""Violations of invariants that somebody has declared with a reason: in the scenario, or the module's own document does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from simulator.invariants.catalogue import BY_NAME
from simulator.invariants.watch import Violation

__all__ = ["Known", "excused", "told"]


@dataclass(frozen=True, slots=True)
class Known:
    """What a file declares: this invariant does not hold, of these subjects (a pattern; None: of any), for this reason."""

    line: int
    violates: str
    of: str | None
    because: str

    def covers(self, violation: Violation) -> bool:
        return self.violates == violation.invariant and (
            self.of is None or any(fnmatchcase(subject, self.of) for subject in violation.subjects)
        )

    def __str__(self) -> str:
        return f"{self.violates} of {self.of}" if self.of else self.violates


def excused(known: Sequence[Known], violations: Sequence[Violation]) -> tuple[list[Violation], list[Known]]:
    """Violations that nobody declared, and declarations that nothing came of."""
    open_ = [each for each in violations if not any(one.covers(each) for one in known)]
    idle = [one for one in known if not any(one.covers(each) for each in violations)]
    return open_, idle


def told(violation: Violation) -> tuple[str, str, str]:
    """What was violated, what must hold, what was seen instead."""
    invariant = BY_NAME[violation.invariant]
    must = f"{invariant.title[0].lower()}{invariant.title[1:]} ({invariant.source})"
    return f"violates {violation.invariant}", must, violation.text
