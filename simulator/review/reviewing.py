"""The review: every rule over all that was seen."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.review.actions import action_of
from simulator.review.findings import RULES, Evidence, Finding
from simulator.review.recorder import Recorder
from simulator.review.rules import load

__all__ = ["review", "review_in_steps"]

STEP = 50
"""Calls that are read at a stretch."""

load()


def review(recorder: Recorder) -> list[Finding]:
    """All findings, the worst first, else in order of the calls."""
    found: list[Finding] = []
    for _ in review_in_steps(recorder, found):
        pass
    return found


def review_in_steps(recorder: Recorder, found: list[Finding]) -> Iterator[None]:
    """The same into `found`, for those who let others have their turn between two steps: of the calls that there are at the first."""
    calls = list(recorder)
    actions = []
    for start in range(0, len(calls), STEP):
        actions += [action_of(call) for call in calls[start : start + STEP]]
        yield
    evidence = Evidence(recorder.run, actions, since=recorder.since)
    for each in RULES.values():
        for where, text, shown in each.look(evidence):
            numbers = tuple(dict.fromkeys(action.call.number for action in shown))
            found.append(Finding(each.name, each.severity, where, text, each.advice, each.source, numbers))
        yield
    found.sort(key=lambda each: (-each.severity, each.calls[:1] or (0,)))
