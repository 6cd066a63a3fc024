"""Rules about ispmanager's accounts: what a module of shared hosting did to them, and to whose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from simulator.ispmanager.hosting import Level
from simulator.review.actions import Act, Deed
from simulator.review.findings import Evidence, Severity, rule

Found = Iterator[tuple[str, str, list[Deed]]]

_OF_ONE_THERE = (Act.ACCOUNT_EDIT, Act.ACCOUNT_OFF, Act.ACCOUNT_ON, Act.NO_ACCOUNT)
_REMEDIES = (Act.ACCOUNT, Act.ACCOUNT_OFF, Act.NO_ACCOUNT)
"""What may follow a refusal: the missing account is made, or the client gives up."""


def _kind(deed: Deed) -> str:
    """COREmanager's type of error."""
    return deed.refused.partition(":")[0]


def _each(evidence: Evidence) -> Iterator[tuple[str, list[Deed]]]:
    """What each client asked of each account, in order."""
    for deeds in evidence.clients.values():
        for name in dict.fromkeys(name for deed in deeds for name in deed.accounts):
            yield name, [deed for deed in deeds if name in deed.accounts]


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
    for name, deeds in _each(evidence):
        if name in there:  # then it was something else that was missed: a template of limits
            continue
        alike = _alike(evidence, name)
        for deed in deeds:
            if _kind(deed) != "missed" or not deed.failed(name) or deed.unknown or deed.act not in _OF_ONE_THERE:
                continue
            if deed.act is Act.NO_ACCOUNT and not alike:  # it is gone, as was wanted
                continue
            if not _corrected(evidence.clients[deed.call.client], deed, {name, *alike}):
                hint = f"; there is {' and '.join(alike)}" if alike else ""
                yield name, f"{deed} {deed.act.value} that there is not{hint}, and nothing was done about it", [deed]
                break


def _corrected(deeds: Sequence[Deed], refused: Deed, names: set[str]) -> bool:
    """Whether the client, before it changed anything else, read the list of users, made the account, or did the same
    to one that there is.
    """
    for deed in deeds[deeds.index(refused) + 1 :]:
        if deed.done and deed.act is Act.LOOK and deed.call.words.action == "user":
            return True
        if deed.done and deed.act in (refused.act, Act.ACCOUNT) and names & set(deed.accounts):
            return True
        if deed.done and deed.act.changes:
            return False
    return False


@rule(
    "account-refusal-ignored",
    Severity.ERROR,
    advice="COREmanager answers an error with status 200: read the element error of every answer; a refused step has not happened.",
    source="COREmanager: errors come with status 200 in the answer's document",
)
def refusal_ignored(evidence: Evidence) -> Found:
    for name, deeds in _each(evidence):
        for refused, following in pairwise(deeds):
            passing = _kind(refused) in ("auth", "503", "exists") or refused.unknown
            if (
                not refused.failed(name)
                or passing
                or following.failed(name)
                or following.act in (refused.act, *_REMEDIES)
            ):
                continue
            text = f"{refused} was refused ({refused.refused}), and the client went on: {following.act.value}"
            yield name, text, [refused, following]


@rule(
    "took-anothers-account",
    Severity.ERROR,
    advice="A name that is taken is another client's: choose another one, or let staff bind the account with its password.",
    source="IM-7: the account's password is asked for",
)
def took_anothers(evidence: Evidence) -> Found:
    for name, deeds in _each(evidence):
        taken: Deed | None = None
        made = False
        for deed in deeds:
            if deed.act is Act.ACCOUNT:
                made = made or deed.done
                taken = deed if _kind(deed) == "exists" and not made else taken
            elif (
                taken is not None
                and not deed.failed(name)
                and not _let_in(evidence.clients[deed.call.client], name, deed)
            ):
                text = f"was there when it was to be made, and the client went on: {deed.act.value}"
                yield name, text, [taken, deed]
                break
            if deed.act is Act.NO_ACCOUNT and not deed.failed(name):
                made = False


def _let_in(deeds: Sequence[Deed], name: str, until: Deed) -> bool:
    """Whether the client has shown that it knows the account's password."""
    for deed in deeds[: deeds.index(until)]:
        values = deed.call.words.values
        told = str(values.get("authinfo", "")).partition(":")[0]
        if deed.done and name in (told, values.get("username") if deed.act is Act.LOGIN else None):
            return True
    return False


@rule(
    "account-made-twice",
    Severity.WARNING,
    advice="Look whether the account is there before making it again: an answer may be lost, and what was asked for has happened.",
    source="good practice: every call idempotent or guarded",
)
def made_twice(evidence: Evidence) -> Found:
    for name, deeds in _each(evidence):
        made: Deed | None = None
        for deed in deeds:
            if deed.act is Act.NO_ACCOUNT and not deed.failed(name):
                made = None
            elif deed.act is Act.ACCOUNT and made is not None and _kind(deed) == "exists":
                yield name, f"{deed} came after {made} had made it", [made, deed]
                break
            elif deed.act is Act.ACCOUNT and deed.done:
                made = deed


@rule(
    "one-password-for-two",
    Severity.WARNING,
    advice="Every account has a password of its own; when one order has made two accounts, delete the one that no service has.",
    source="good practice: what one order tries again has the same name",
)
def one_password(evidence: Evidence) -> Found:
    for deeds in evidence.clients.values():
        made: dict[str, list[Deed]] = {}
        for deed in deeds:
            password = deed.call.words.values.get("passwd")
            if deed.act is Act.ACCOUNT and deed.done and password:
                made.setdefault(str(password), []).append(deed)
        for same in made.values():
            names = list(dict.fromkeys(name for deed in same for name in deed.accounts))
            if len(names) > 1:
                yield ", ".join(names[:4]), "were made with one password", same
