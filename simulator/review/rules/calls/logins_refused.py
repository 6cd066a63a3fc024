"""Logins that are refused again and again."""

from __future__ import annotations

from simulator.review.actions import ActionKind
from simulator.review.findings import Evidence, Found, Severity, rule
from simulator.review.rules.calls.shared import MANY_LOGINS


@rule(
    "logins-refused",
    Severity.WARNING,
    advice="Do not repeat a refused login: the panel bans the address of who guesses.",
    source="vendor's auth service: restrictions",
)
def logins_refused(evidence: Evidence) -> Found:
    for client, actions in evidence.clients.items():
        refused = [
            action
            for action in actions
            if action.kind is ActionKind.LOGIN and not action.done and action.call.status != 503
        ]
        if len(refused) >= MANY_LOGINS - 2:
            yield client, f"was refused {len(refused)} logins ({refused[-1].refused})", refused
