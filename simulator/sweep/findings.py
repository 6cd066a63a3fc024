"""Findings out of outcomes: what was violated from what cause, each once, however many trials came to it; worst first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simulator.sweep.baseline import Baseline, KnownFinding
from simulator.sweep.trial import Found, Outcome, Place

__all__ = ["Finding", "Matrix", "Row", "findings", "matrix"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: an example of it, and all trials that came to it."""

    number: int
    """In the report, from 1; 0 for one that is known."""
    found: Found
    outcomes: Sequence[Outcome]
    cause: str
    known: KnownFinding | None

    @property
    def example(self) -> Outcome:
        """The trial that shows it with the fewest faults."""
        return min(self.outcomes, key=lambda each: len(each.trial.faults))

    @property
    def places(self) -> list[Place]:
        return list(dict.fromkeys(place for each in self.outcomes for place in each.trial.places))


_NUMBERS = re.compile(r"\d+")


def _alike(found: Found) -> tuple[str, str]:
    """Findings of one name that read the same but for their numbers are one."""
    return found.name, _NUMBERS.sub("#", found.text)


def findings(outcomes: Iterable[Outcome], baseline: Baseline, module: str) -> list[Finding]:
    """Grouped by what was violated and by what had gone wrong: the same message, or the same fate of another one. Sorted by
    harm, then by how many trials.
    """
    alike: dict[tuple[str, str], list[tuple[Found, Outcome]]] = {}
    for outcome in outcomes:
        for key, found in {_alike(each): each for each in outcome.found}.items():
            alike.setdefault(key, []).append((found, outcome))
    whole = []
    for members in (group for same in alike.values() for group in _of_one_cause(same)):
        found = members[0][0]
        whole.append((found, [outcome for _, outcome in members], _cause(members), baseline.reason(found, module)))
    whole.sort(key=lambda each: (each[3] is not None, each[0].harm, -len(each[1]), each[0].name, each[0].text))
    numbers = iter(range(1, len(whole) + 1))
    return [
        Finding(0 if known else next(numbers), found, trials, cause, known) for found, trials, cause, known in whole
    ]


def _of_one_cause(members: Sequence[tuple[Found, Outcome]]) -> list[list[tuple[Found, Outcome]]]:
    """Trials that share a message or a fate belong together, and so do those that each of them belongs together with."""
    groups: list[tuple[set[str], list[tuple[Found, Outcome]]]] = []
    for member in members:
        marks = {mark for place in member[1].trial.places for mark in (place.message, f"{place.network} {place.fate}")}
        whole = [member]
        for group in [each for each in groups if each[0] & marks or not marks]:
            groups.remove(group)
            marks |= group[0]
            whole = [*group[1], *whole]
        groups.append((marks, whole))
    return [group for _, group in groups]


def _cause(members: Sequence[tuple[Found, Outcome]]) -> str:
    """`gateway, answer of POST /dci/v3/server/{}/owner`."""
    fates = list(dict.fromkeys(" and ".join(place.fate for place in each.trial.places) for _, each in members))
    messages = list(dict.fromkeys(" and ".join(place.message for place in each.trial.places) for _, each in members))
    if not any(messages):
        return "the scenario as it is"
    more = f" and {len(messages) - MESSAGES_NAMED} more" if len(messages) > MESSAGES_NAMED else ""
    return f"{', '.join(fates)} of {', '.join(messages[:MESSAGES_NAMED])}{more}"


MESSAGES_NAMED = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A step's message, and what came of it by fate: `.` the same end, `t` told and made good, `-` never came about, or the
    numbers of findings (0 for known ones).
    """

    step: str
    message: str
    network: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Matrix:
    fates: Sequence[str]
    rows: Sequence[Row]


def matrix(outcomes: Sequence[Outcome], found: Sequence[Finding]) -> Matrix:
    """Step and message against fate. Of pairs a cell has what any trial with it came to."""
    numbers: dict[str, list[str]] = {}
    for finding in found:
        for outcome in finding.outcomes:
            numbers.setdefault(outcome.trial.id, []).append(str(finding.number))
    cells: dict[tuple[str, str, str], dict[str, set[str]]] = {}
    for outcome in outcomes:
        sign = {"same": ".", "told": "t", "missed": "-", "found": ""}[outcome.verdict]
        marks = numbers.get(outcome.trial.id, []) or ([sign] if sign else [])
        for place in outcome.trial.places:
            cells.setdefault((place.step, place.message, place.network), {}).setdefault(place.fate, set()).update(marks)
    fates = list(dict.fromkeys(place.fate for outcome in outcomes for place in outcome.trial.places))
    rows = [
        Row(step, message, network, {fate: _mark(marks) for fate, marks in by_fate.items()})
        for (step, message, network), by_fate in cells.items()
    ]
    return Matrix(fates, rows)


def _mark(marks: set[str]) -> str:
    numbers = sorted(int(mark) for mark in marks if mark.isdigit() and mark != "0")
    if numbers:
        return ",".join(map(str, numbers[:3]))
    return next((mark for mark in ("0", "t", ".", "-") if mark in marks), "")
