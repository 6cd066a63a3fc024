"""The same call sent again though COREmanager will refuse it again."""

from __future__ import annotations

from simulator.review.actions import Action
from simulator.review.findings import Evidence, Found, Severity, rule

MANY_REFUSALS = 3


_LASTING = frozenset({"missed", "exists", "value", "access"})


@rule(
    "refused-again-and-again",
    Severity.WARNING,
    advice="What COREmanager refuses with these words it refuses the next time too: change the call, or tell a person.",
    source="COREmanager's types of errors: missed, exists, value, access",
)
def refused_again(evidence: Evidence) -> Found:
    for client, actions in evidence.clients.items():
        row: list[Action] = []
        for action in [*(each for each in actions if each.call.panel != 6), None]:
            lasting = action is not None and action.refused.partition(":")[0] in _LASTING and not action.unknown
            if action is not None and row and lasting and _same(row[-1], action):
                row.append(action)
                continue
            if len(row) >= MANY_REFUSALS:
                yield client, f"sent {row[0]} {len(row)} times, each refused: {row[0].refused}", row
            row = [action] if action is not None and lasting else []


def _same(one: Action, other: Action) -> bool:
    left, right = one.call.parsed.values, other.call.parsed.values
    return one.call.panel == other.call.panel and {**left, "auth": ""} == {**right, "auth": ""}
