"""An account that was named otherwise than ispmanager has it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from simulator.ispmanager.hosting import Level
from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, position, rule
from simulator.review.rules.accounts.shared import kind_of_refusal

_OF_ONE_THERE = (ActionKind.ACCOUNT_EDIT, ActionKind.ACCOUNT_OFF, ActionKind.ACCOUNT_ON, ActionKind.NO_ACCOUNT)


@rule(
    "no-such-account",
    Severity.ERROR,
    advice="Bind a service to the account's name exactly as ispmanager has it, which tells upper from lower case, and read the list of users when it is not there.",
    source="IM-7",
)
def no_such_account(evidence: Evidence) -> Found:
    there = {each.name for each in evidence.run.hosting} if evidence.run.hosting is not None else set()
    for name, actions in evidence.accounts():
        if name in there:  # then it was something else that was missed: a template of limits
            continue
        alike = _alike(evidence, name)
        for action in actions:
            if (
                kind_of_refusal(action) != "missed"
                or not action.failed(name)
                or action.unknown
                or action.kind not in _OF_ONE_THERE
            ):
                continue
            if action.kind is ActionKind.NO_ACCOUNT and not alike:  # it is gone, as was wanted
                continue
            if not _corrected(evidence.clients[action.call.client], action, {name, *alike}):
                hint = f"; there is {' and '.join(alike)}" if alike else ""
                yield (
                    name,
                    f"{action} {action.kind.value} that there is not{hint}, and nothing was done about it",
                    [action],
                )
                break


def _alike(evidence: Evidence, name: str) -> list[str]:
    """Users whose names differ by case and spaces only."""
    hosting = evidence.run.hosting
    users = hosting.of(Level.USER) if hosting is not None else []
    return [each.name for each in users if each.name != name and each.name.casefold() == name.strip().casefold()]


def _corrected(actions: Sequence[Action], refused: Action, names: set[str]) -> bool:
    """Whether the client, before it changed anything else, read the list of users, made the account, or did the same
    to one that there is.
    """
    for action in islice(actions, position(actions, refused) + 1, None):
        if action.done and action.kind is ActionKind.LOOK and action.call.parsed.action == "user":
            return True
        if action.done and action.kind in (refused.kind, ActionKind.ACCOUNT) and names & set(action.accounts):
            return True
        if action.done and action.kind.changes:
            return False
    return False
