"""One password for two accounts."""

from __future__ import annotations

from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, rule


@rule(
    "one-password-for-two",
    Severity.WARNING,
    advice="Every account has a password of its own; when one order has made two accounts, delete the one that no service has.",
    source="good practice: what one order tries again has the same name",
)
def one_password(evidence: Evidence) -> Found:
    for actions in evidence.clients.values():
        made: dict[str, list[Action]] = {}
        for action in actions:
            password = action.call.parsed.values.get("passwd")
            if action.kind is ActionKind.ACCOUNT and action.done and password:
                made.setdefault(str(password), []).append(action)
        for same in made.values():
            names = list(dict.fromkeys(name for action in same for name in action.accounts))
            if len(names) > 1:
                yield ", ".join(names[:4]), "were made with one password", same
