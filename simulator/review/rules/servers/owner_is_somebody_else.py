"""A server that was given to a user whose e-mail is not the one that was looked for: the first of a list that is only alike."""

from __future__ import annotations

import re

from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, client_of, rule

_EMAIL = re.compile(r"email\s+(?:EQ|CP|LIKE|CONTAINS)\s+['\"]([^'\"]*)['\"]", re.IGNORECASE)
_LOOKS = frozenset({"user.list", "auth.user.list"})


@rule(
    "owner-is-somebody-else",
    Severity.ERROR,
    advice="Compare the whole e-mail of the user that a list gave before giving him a server: `CP '%ann@example.com%'` finds joann@example.com too.",
    source="W6-A2: the user by the e-mail of the account",
)
def somebody_else(evidence: Evidence) -> Found:
    for actions in evidence.clients.values():
        wanted: dict[str, Action] = {}
        for action in actions:
            for email in _looked_for(action):
                wanted[email] = action
            if action.kind is not ActionKind.OWNER or not action.done or action.call.panel != 6 or not wanted:
                continue
            owner = client_of(evidence, action.call.after.owner) if action.call.after is not None else ""
            if owner and owner.casefold() not in wanted:
                last, look = list(wanted.items())[-1]
                yield action.server, f"was given to {owner}, and the client had looked for {last}", [look, action]


def _looked_for(action: Action) -> list[str]:
    values = action.call.parsed.values
    if action.call.panel != 6 or not action.done:
        return []
    if action.kind is ActionKind.USER:
        return [str(values.get("email", "")).casefold()]
    if action.call.parsed.action not in _LOOKS:
        return []
    return [email.strip("%").casefold() for email in _EMAIL.findall(str(values.get("where", "")))]
