"""The review: every rule over all that was seen."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.review.actions import action_of
from simulator.review.findings import RULES, Evidence, Finding
from simulator.review.recorder import Recorder
from simulator.review.rules import access as rules_of_access
from simulator.review.rules import accounts as rules_of_accounts
from simulator.review.rules import calls as rules_of_calls
from simulator.review.rules import servers as rules_of_servers

__all__ = ["review"]

_RULES = (rules_of_calls, rules_of_servers, rules_of_access, rules_of_accounts)
"""Imported for the rules that they register."""


def review(recorder: Recorder) -> list[Finding]:
    """All findings, the worst first, else in order of the calls."""
    actions = [action_of(call) for call in recorder]
    evidence = Evidence(recorder.run, actions)
    for action in actions:
        evidence.clients.setdefault(action.call.client, []).append(action)
    found = list(_found(evidence))
    return sorted(found, key=lambda each: (-each.severity, each.calls[:1] or (0,)))


def _found(evidence: Evidence) -> Iterator[Finding]:
    for each in RULES.values():
        for where, text, shown in each.look(evidence):
            numbers = tuple(dict.fromkeys(action.call.number for action in shown))
            yield Finding(each.name, each.severity, where, text, each.advice, each.source, numbers)
