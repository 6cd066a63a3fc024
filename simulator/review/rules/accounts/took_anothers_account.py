"""An account that was there before, changed by somebody who had not logged in to it."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, position, rule
from simulator.review.rules.accounts.shared import kind_of_refusal


@rule(
    "took-anothers-account",
    Severity.ERROR,
    advice="A name that is taken is another client's: choose another one, or let staff bind the account with its password.",
    source="IM-7: the account's password is asked for",
)
def took_anothers(evidence: Evidence) -> Found:
    for name, actions in evidence.accounts():
        taken: Action | None = None
        made = False
        for action in actions:
            if action.kind is ActionKind.ACCOUNT:
                made = made or action.done
                taken = action if kind_of_refusal(action) == "exists" and not made else taken
            elif (
                taken is not None
                and not action.failed(name)
                and not _let_in(evidence.clients[action.call.client], name, action)
            ):
                text = f"was there when it was to be made, and the client went on: {action.kind.value}"
                yield name, text, [taken, action]
                break
            if action.kind is ActionKind.NO_ACCOUNT and not action.failed(name):
                made = False


def _let_in(actions: Sequence[Action], name: str, until: Action) -> bool:
    """Whether the client has shown that it knows the account's password."""
    for action in actions[: position(actions, until)]:
        values = action.call.parsed.values
        told = str(values.get("authinfo", "")).partition(":")[0]
        if action.done and name in (told, values.get("username") if action.kind is ActionKind.LOGIN else None):
            return True
    return False
