"""A session that had ended, used again instead of a new login."""

from __future__ import annotations

from collections import Counter

from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, rule


@rule(
    "stale-session",
    Severity.ERROR,
    advice="At 401 (COREmanager: the error auth) log in again and repeat the call: sessions end an hour after their last use.",
    source="vendor's auth service: token_ttl",
)
def stale(evidence: Evidence) -> Found:
    for client, actions in evidence.clients.items():
        turned_away = [
            action for action in actions if _ended(action) and _session(action) and action.kind is not ActionKind.LOGIN
        ]
        for count in Counter(_session(action) for action in turned_away).values():
            if count > 1:
                yield client, f"sent {count} calls with a session that had ended", turned_away
                break


def _ended(action: Action) -> bool:
    """COREmanager answers with the error `auth`."""
    return action.call.status == 401 if action.call.panel == 6 else action.refused.partition(":")[0] == "auth"


def _session(action: Action) -> str:
    values = action.call.parsed.values
    if action.call.panel == 6:
        return action.call.token
    return "" if values.get("authinfo") else str(values.get("auth") or action.call.token)
