"""Expectations of one place that cannot hold together: what would fail for no fault of anybody's is told before it runs."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from simulator.files.reader import Reporter
from simulator.scenario.schema.expect import (
    CalledSpec,
    LeaksSpec,
    LedgerSpec,
    NeverCalledSpec,
    ServerExpect,
)

__all__ = ["check_contradictions"]


def check_contradictions(specs: Sequence[BaseModel], report: Reporter) -> None:
    """`specs`: all of one `expect` or `check`; `report` is that list's."""
    _once(specs, LeaksSpec, "leaks", report)
    _once(specs, LedgerSpec, "ledger", report)
    called = {each.called: each for each in specs if isinstance(each, CalledSpec)}
    without_owner = {
        each.server for each in specs if isinstance(each, ServerExpect) and each.has and each.has.owner == "none"
    }
    for index, spec in enumerate(specs):
        if isinstance(spec, NeverCalledSpec) and spec.never_called in called:
            report.at((index, "never_called"), f"{spec.never_called} cannot be `called` and `never_called`")
        if isinstance(spec, LeaksSpec):
            _leaks(spec.leaks, without_owner, report.under(index, "leaks"))
        if isinstance(spec, LedgerSpec):
            for place, each in enumerate(spec.ledger if isinstance(spec.ledger, list) else ()):
                if each.least is not None and each.most is not None and each.least > each.most:
                    report.at((index, "ledger", place, "most"), "`most` is less than `least`")


def _once(specs: Sequence[BaseModel], kind: type[BaseModel], word: str, report: Reporter) -> None:
    """Each says all that there may be: a second one contradicts the first."""
    places = [index for index, spec in enumerate(specs) if isinstance(spec, kind)]
    for index in places[1:]:
        line = report.document.place((*report.prefix, places[0]))[0]
        first = f"in line {line}" if line else "above"
        message = f"`{word}` stands here twice, and each says all that there must be"
        report.at((index,), message, f"put both in one list; the first is {first}", key=True)


def _leaks(words: Sequence[str], without_owner: set[str], report: Reporter) -> None:
    if "none" in words and len(words) > 1:
        report.at((words.index("none"),), "`none` contradicts the other leaks", "leave it out")
    for index, word in enumerate(words):
        if word in words[:index]:
            report.at((index,), f"`{word}` stands here twice", "say `2 addresses` for more than one")
        server = word.removeprefix("owner of ")
        if server != word and server in without_owner:
            report.at((index,), f"{server} is expected to have the owner none", "then its owner is no leak")
