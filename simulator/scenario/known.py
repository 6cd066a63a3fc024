"""Violations of invariants that somebody has declared with a reason: in the scenario, or the module's own document does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from simulator.files.problems import did_you_mean
from simulator.invariants.catalogue import BY_NAME
from simulator.invariants.watch import Violation

__all__ = ["Known", "declared", "excused", "judged", "told"]


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


def declared(rows: Iterable[Mapping[str, str]]) -> list[Known]:
    """What a program declares, in the words of a scenario file: `violates`, perhaps `of`, and `because`. Raises ValueError."""
    found = []
    for row in rows:
        words = ("violates", "of", "because")
        for word in row:
            if word not in words:
                raise ValueError(f"{word!r} is none of its words; {did_you_mean(word, words, 'words')}")
        if not row.get("because"):
            raise ValueError(f"{row.get('violates', row)}: `because` says why it does not hold")
        name = row.get("violates", "")
        if name not in BY_NAME:
            raise ValueError(f"{name!r} is no invariant; {did_you_mean(name, list(BY_NAME), 'invariants')}")
        found.append(Known(0, name, row.get("of"), row["because"]))
    return found


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


def judged(known: Sequence[Known], violations: Sequence[Violation]) -> list[str]:
    """A line for each thing that does not hold and is not declared, and for what is declared and held."""
    undeclared, idle = excused(known, violations)
    lines = []
    for violation in undeclared:
        what, expected, seen = told(violation)
        lines.append(f"{what}: {seen}; expected: {expected}")
    return lines + [f"known: {each}: it held, nothing came of what is declared" for each in idle]
