"""A call, or a property of one, that the panel does not have; with the nearest that it has."""

from __future__ import annotations

from simulator.review.actions import Action
from simulator.review.findings import Evidence, Found, Severity, rule
from simulator.review.near_misses import nearest_of


@rule(
    "unknown-call",
    Severity.ERROR,
    advice="The panel has no such call or field: what the module thinks it did has not happened.",
    source="the panel's own error",
)
def unknown(evidence: Evidence) -> Found:
    groups: dict[str, list[Action]] = {}
    for action in evidence.actions:
        if action.unknown:
            groups.setdefault(
                f"{action.call.method} {action.call.path} {action.call.parsed.action} {action.refused}", []
            ).append(action)
    for actions in groups.values():
        first = actions[0]
        hint = nearest_of(first)
        times = f", {len(actions)} times" if len(actions) > 1 else ""
        yield str(first), f"{first.refused}{times}{f'; {hint}' if hint else ''}", actions
