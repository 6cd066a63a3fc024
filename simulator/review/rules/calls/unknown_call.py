"""A call, or a property of one, that the panel does not have; with the nearest that it has."""

from __future__ import annotations

from simulator.api6.dialect import load_dialect
from simulator.files.problems import did_you_mean
from simulator.review.actions import Action, functions_of, properties_of
from simulator.review.findings import Evidence, Found, Severity, rule


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
        hint = _nearest(first)
        times = f", {len(actions)} times" if len(actions) > 1 else ""
        yield str(first), f"{first.refused}{times}{f'; {hint}' if hint else ''}", actions


def _nearest(action: Action) -> str:
    if action.unknown_property:
        return did_you_mean(action.unknown_property, properties_of(action.call), "it takes")
    if action.call.panel != 6:
        return did_you_mean(action.call.parsed.action, functions_of(action.call))
    served = [call for row in load_dialect() for call in (row.call, *row.aliases)]
    return did_you_mean(f"{action.call.method} {action.call.path.removeprefix('/api')}", served)
