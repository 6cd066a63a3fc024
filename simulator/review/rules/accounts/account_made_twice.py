"""An account asked for again after it was made."""

from __future__ import annotations

from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, rule
from simulator.review.rules.accounts.shared import kind_of_refusal


@rule(
    "account-made-twice",
    Severity.WARNING,
    advice="Look whether the account is there before making it again: an answer may be lost, and what was asked for has happened.",
    source="good practice: every call idempotent or guarded",
)
def made_twice(evidence: Evidence) -> Found:
    for name, actions in evidence.accounts():
        made: Action | None = None
        for action in actions:
            if action.kind is ActionKind.NO_ACCOUNT and not action.failed(name):
                made = None
            elif action.kind is ActionKind.ACCOUNT and made is not None and kind_of_refusal(action) == "exists":
                yield name, f"{action} came after {made} had made it", [made, action]
                break
            elif action.kind is ActionKind.ACCOUNT and action.done:
                made = action
