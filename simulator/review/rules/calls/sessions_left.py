"""A login for every call, and sessions that are never ended where a client can end them."""

from __future__ import annotations

from simulator.review.actions import ActionKind
from simulator.review.findings import Evidence, Found, Severity, rule
from simulator.review.rules.calls.shared import MANY_LOGINS

FEW_CALLS = 3
"""Calls a session, on average, below which a login seems to belong to every call."""


@rule(
    "sessions-left",
    Severity.NOTE,
    advice="Keep one session for many calls, and end it: each login costs the panel, and each session left is a key that still fits.",
    source="vendor's client library: DELETE auth/v4/token",
)
def sessions_left(evidence: Evidence) -> Found:
    for client, actions in evidence.clients.items():
        logins = [action for action in actions if action.kind is ActionKind.LOGIN and action.done]
        if len(logins) < MANY_LOGINS:
            continue
        ended = sum(action.kind is ActionKind.LOGOUT and action.done for action in actions)
        # Of a COREmanager product no client has a documented way to end its session.
        six = sum(action.call.panel == 6 for action in logins)
        if (len(actions) - len(logins) - ended) / len(logins) < FEW_CALLS:
            text = f"logged in {len(logins)} times for {len(actions)} calls"
            yield client, f"{text}, and ended {ended} sessions" if six else text, logins
        elif not ended and six >= MANY_LOGINS:
            yield client, f"opened {six} sessions and ended none", logins
