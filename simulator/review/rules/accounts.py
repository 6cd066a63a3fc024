"""Rules about ispmanager's accounts: what a module of shared hosting did to them, and to whose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from simulator.ispmanager.hosting import Level
from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, rule

_OF_ONE_THERE = (ActionKind.ACCOUNT_EDIT, ActionKind.ACCOUNT_OFF, ActionKind.ACCOUNT_ON, ActionKind.NO_ACCOUNT)
_REMEDIES = (ActionKind.ACCOUNT, ActionKind.ACCOUNT_OFF, ActionKind.NO_ACCOUNT)
"""What may follow a refusal: the missing account is made, or the client gives up."""


def _kind(action: Action) -> str:
    """COREmanager's type of error."""
    return action.refused.partition(":")[0]


def _each(evidence: Evidence) -> Iterator[tuple[str, list[Action]]]:
    """What each client asked of each account, in order."""
    for actions in evidence.clients.values():
        for name in dict.fromkeys(name for action in actions for name in action.accounts):
            yield name, [action for action in actions if name in action.accounts]


def _alike(evidence: Evidence, name: str) -> list[str]:
    """Users whose names differ by case and spaces only."""
    hosting = evidence.run.hosting
    users = hosting.of(Level.USER) if hosting is not None else []
    return [each.name for each in users if each.name != name and each.name.casefold() == name.strip().casefold()]


@rule(
    "no-such-account",
    Severity.ERROR,
    advice="Bind a service to the account's name exactly as ispmanager has it, which tells upper from lower case, and read the list of users when it is not there.",
    source="IM-7",
)
def no_such_account(evidence: Evidence) -> Found:
    there = {each.name for each in evidence.run.hosting} if evidence.run.hosting is not None else set()
    for name, actions in _each(evidence):
        if name in there:  # then it was something else that was missed: a template of limits
            continue
        alike = _alike(evidence, name)
        for action in actions:
            if (
                _kind(action) != "missed"
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


def _corrected(actions: Sequence[Action], refused: Action, names: set[str]) -> bool:
    """Whether the client, before it changed anything else, read the list of users, made the account, or did the same
    to one that there is.
    """
    for action in actions[actions.index(refused) + 1 :]:
        if action.done and action.kind is ActionKind.LOOK and action.call.parsed.action == "user":
            return True
        if action.done and action.kind in (refused.kind, ActionKind.ACCOUNT) and names & set(action.accounts):
            return True
        if action.done and action.kind.changes:
            return False
    return False


@rule(
    "account-refusal-ignored",
    Severity.ERROR,
    advice="COREmanager answers an error with status 200: read the element error of every answer; a refused step has not happened.",
    source="COREmanager: errors come with status 200 in the answer's document",
)
def refusal_ignored(evidence: Evidence) -> Found:
    for name, actions in _each(evidence):
        for refused, following in pairwise(actions):
            passing = _kind(refused) in ("auth", "503", "exists") or refused.unknown
            if (
                not refused.failed(name)
                or passing
                or following.failed(name)
                or following.kind in (refused.kind, *_REMEDIES)
            ):
                continue
            text = f"{refused} was refused ({refused.refused}), and the client went on: {following.kind.value}"
            yield name, text, [refused, following]


@rule(
    "took-anothers-account",
    Severity.ERROR,
    advice="A name that is taken is another client's: choose another one, or let staff bind the account with its password.",
    source="IM-7: the account's password is asked for",
)
def took_anothers(evidence: Evidence) -> Found:
    for name, actions in _each(evidence):
        taken: Action | None = None
        made = False
        for action in actions:
            if action.kind is ActionKind.ACCOUNT:
                made = made or action.done
                taken = action if _kind(action) == "exists" and not made else taken
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
    for action in actions[: actions.index(until)]:
        values = action.call.parsed.values
        told = str(values.get("authinfo", "")).partition(":")[0]
        if action.done and name in (told, values.get("username") if action.kind is ActionKind.LOGIN else None):
            return True
    return False


@rule(
    "account-made-twice",
    Severity.WARNING,
    advice="Look whether the account is there before making it again: an answer may be lost, and what was asked for has happened.",
    source="good practice: every call idempotent or guarded",
)
def made_twice(evidence: Evidence) -> Found:
    for name, actions in _each(evidence):
        made: Action | None = None
        for action in actions:
            if action.kind is ActionKind.NO_ACCOUNT and not action.failed(name):
                made = None
            elif action.kind is ActionKind.ACCOUNT and made is not None and _kind(action) == "exists":
                yield name, f"{action} came after {made} had made it", [made, action]
                break
            elif action.kind is ActionKind.ACCOUNT and action.done:
                made = action


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
