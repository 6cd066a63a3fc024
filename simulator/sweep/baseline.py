"""Findings that are known, each with its reason: a sweep fails for new ones only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import Field

from simulator.files.base import FileModel
from simulator.files.problems import FileProblems
from simulator.files.reader import Reporter, read, validate
from simulator.sweep.trial import Found

__all__ = ["NO_BASELINE", "Baseline", "KnownFinding", "load_baseline"]


class KnownFinding(FileModel):
    """One kind of finding that is known."""

    violates: str
    """Its name: an invariant's, `given-back`, `unlike`, `never-recovers`, `crashes` or `hangs`."""
    of: str | None = None
    """Only of this server, service or address (a pattern)."""
    text: str | None = None
    """Only where it reads like this (a pattern)."""
    module: str | None = None
    """Only of this billing module."""
    because: str = Field(min_length=1)
    """Why it is so: the document that leaves it, or who will mend it and when."""

    def covers(self, found: Found, module: str) -> bool:
        return (
            self.violates == found.name
            and self.module in (None, module)
            and (self.text is None or fnmatchcase(found.text, self.text))
            and (self.of is None or any(fnmatchcase(subject, self.of) for subject in found.subjects))
        )


class _File(FileModel):
    known: list[KnownFinding] = []
    """Findings that are known, each with its reason."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a baseline file says."""

    file: str
    known: Sequence[KnownFinding]

    def reason(self, found: Found, module: str) -> KnownFinding | None:
        """The entry that covers a finding; None for a new one."""
        return next((each for each in self.known if each.covers(found, module)), None)


NO_BASELINE = Baseline("", ())


def load_baseline(file: Path) -> Baseline:
    """Read one. Raises FileProblems."""
    document = read(file)
    report = Reporter(document)
    spec = validate(_File, document.data, report)
    if spec is None or report.problems:
        raise FileProblems(report.problems)
    return Baseline(str(file), tuple(spec.known))
