"""A sweep as one page that needs nothing else: the matrix, each cell of which opens what came of its trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from simulator.sweep.findings import Row
from simulator.sweep.reports.report import Report
from simulator.sweep.trial import Outcome
from simulator.timeline.assets import STYLE

__all__ = ["as_page"]


def as_page(reports: Sequence[Report]) -> str:
    """The HTML document."""
    return _ENVIRONMENT.get_template("page.html.j2").render(reports=list(reports), style=STYLE)


def _trials(report: Report, row: Row, fate: str) -> list[Outcome]:
    """The trials of a cell, those with something wrong first."""
    found = [
        each
        for each in report.outcomes
        if any(
            (p.step, p.message, p.network, p.fate) == (row.step, row.message, row.network, fate)
            for p in each.trial.places
        )
    ]
    return sorted(found, key=lambda each: each.verdict != "found")[:20]


def _shown(value: Any) -> Any:
    """With a mark for what HTML has no way to write."""
    if not isinstance(value, str):
        return value
    return "".join(c if c in "\t\n" or (c.isprintable() and not "\ud800" <= c <= "\udfff") else "\ufffd" for c in value)


_ENVIRONMENT = Environment(
    loader=PackageLoader("simulator.sweep.reports", ""),
    autoescape=True,
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    finalize=_shown,
)
_ENVIRONMENT.globals["trials"] = _trials
