"""The review: every rule over all that was seen."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.review.actions import action_of
from simulator.review.findings import RULES, Evidence, Finding
from simulator.review.recorder import Recorder
from simulator.review.rules import load

__all__ = ["review"]

load()


def review(recorder: Recorder) -> list[Finding]:
    """All findings, the worst first, else in order of the calls."""
    evidence = evidence_of(recorder)
    found = list(_found(evidence))
    return sorted(found, key=lambda each: (-each.severity, each.calls[:1] or (0,)))


def evidence_of(recorder: Recorder) -> Evidence:
    actions = [action_of(call) for call in recorder]
    evidence = Evidence(recorder.run, actions, since=recorder.since)
    for action in actions:
        evidence.clients.setdefault(action.call.client, []).append(action)
    return evidence


def _found(evidence: Evidence) -> Iterator[Finding]:
    for each in RULES.values():
        for where, text, shown in each.look(evidence):
            numbers = tuple(dict.fromkeys(action.call.number for action in shown))
            yield Finding(each.name, each.severity, where, text, each.advice, each.source, numbers)
