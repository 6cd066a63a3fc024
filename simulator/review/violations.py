"""Violations of invariants as findings: what the hall shows, whoever brought it about."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.invariants.catalogue import BY_NAME
from simulator.invariants.invariant import Harm
from simulator.invariants.watch import Violation
from simulator.review.findings import Finding, Severity

__all__ = ["findings_of"]


def findings_of(violations: Iterable[Violation]) -> list[Finding]:
    """In the order in which they came; no call shows them, and the advice is what must hold."""
    return [
        Finding(
            each.invariant,
            Severity.WARNING if each.harm is Harm.MESS else Severity.ERROR,
            each.subjects[0],
            f"{each.text} (since {each.at:.0f} s)",
            f"{BY_NAME[each.invariant].title}.",
            each.source,
        )
        for each in violations
    ]
