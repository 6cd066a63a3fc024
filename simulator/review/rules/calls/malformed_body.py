"""A body that not every program reads the same way."""

from __future__ import annotations

from simulator.review.actions import Action
from simulator.review.findings import Evidence, Found, Severity, rule


@rule(
    "malformed-body",
    Severity.ERROR,
    advice="Write JSON as RFC 8259 has it: no NaN, no number beyond a double, whole characters, no nesting without end.",
    source="RFC 8259, 6, 8 and 9",
)
def malformed(evidence: Evidence) -> Found:
    groups: dict[str, list[Action]] = {}
    for action in evidence.actions:
        if action.call.parsed.malformed:
            groups.setdefault(f"{action.call.method} {action.call.path} {action.call.parsed.malformed}", []).append(
                action
            )
    for actions in groups.values():
        times = f", {len(actions)} times" if len(actions) > 1 else ""
        yield (
            str(actions[0]),
            f"the body cannot be read by every program: {actions[0].call.parsed.malformed}{times}",
            actions,
        )
