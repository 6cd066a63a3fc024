"""Rules about calls: how a client speaks to a panel."""

from __future__ import annotations

from collections import Counter
from urllib.parse import parse_qsl

from simulator.api6.dialect import load_dialect
from simulator.files.problems import did_you_mean
from simulator.review.actions import Action, ActionKind, functions_of, properties_of
from simulator.review.findings import Evidence, Found, Severity, rule

MANY_LOOKS = 20
SOONEST = 1.0
"""Seconds between two looks at the same thing."""
WHILE_503 = 59.0
"""Seconds that 503 has to be put up with: the vendor's library does for 60, in steps of half a second."""
MANY_LOGINS = 5
MANY_REFUSALS = 3
_LASTING = frozenset({"missed", "exists", "value", "access"})
FEW_CALLS = 3
"""Calls a session, on average, below which a login seems to belong to every call."""
_SECRETS = frozenset({"password", "passwd", "confirm", "checkpasswd", "ipmipass", "authinfo", "token"})


@rule(
    "gave-up-at-503",
    Severity.ERROR,
    advice="503 comes before any effect, while a service starts: send the same call again, half a second later, for a minute.",
    source="vendor's client library: 503 repeated every 500 ms for 60 s",
)
def gave_up(evidence: Evidence) -> Found:
    for actions in evidence.clients.values():
        same: dict[tuple[str, str, str, bytes], list[Action]] = {}
        for action in actions:
            same.setdefault((action.call.method, action.call.path, action.call.query, action.call.body), []).append(
                action
            )
        for tries in same.values():
            row: list[Action] = []
            for action in tries:
                row = [*row, action] if action.call.status == 503 else []
            lasted = row[-1].call.at - row[0].call.at if row else 0.0
            if row and lasted < WHILE_503:
                times = f"{len(row)} times in {lasted:.1f} s" if len(row) > 1 else "once"
                yield str(row[0]), f"was answered with 503, sent {times}, and given up", row


@rule(
    "unknown-call",
    Severity.ERROR,
    advice="The panel has no such call or field: what the module thinks it did has not happened.",
    source="the panel's own error",
)
def unknown(evidence: Evidence) -> Found:
    groups: dict[str, list[Action]] = {}
    for action in evidence.actions:
        if action.unknown:
            groups.setdefault(
                f"{action.call.method} {action.call.path} {action.call.parsed.action} {action.refused}", []
            ).append(action)
    for actions in groups.values():
        first = actions[0]
        hint = _nearest(first)
        times = f", {len(actions)} times" if len(actions) > 1 else ""
        yield str(first), f"{first.refused}{times}{f'; {hint}' if hint else ''}", actions


def _nearest(action: Action) -> str:
    if action.unknown_property:
        return did_you_mean(action.unknown_property, properties_of(action.call), "it takes")
    if action.call.panel != 6:
        return did_you_mean(action.call.parsed.action, functions_of(action.call))
    served = [call for row in load_dialect() for call in (row.call, *row.aliases)]
    return did_you_mean(f"{action.call.method} {action.call.path.removeprefix('/api')}", served)


@rule(
    "malformed-body",
    Severity.ERROR,
    advice="Write JSON as RFC 8259 has it: no NaN, no number beyond a double, whole characters, no nesting without end.",
    source="RFC 8259, 6, 8 and 9",
)
def malformed(evidence: Evidence) -> Found:
    groups: dict[str, list[Action]] = {}
    for action in evidence.actions:
        if action.call.parsed.malformed:
            groups.setdefault(f"{action.call.method} {action.call.path} {action.call.parsed.malformed}", []).append(
                action
            )
    for actions in groups.values():
        times = f", {len(actions)} times" if len(actions) > 1 else ""
        yield (
            str(actions[0]),
            f"the body cannot be read by every program: {actions[0].call.parsed.malformed}{times}",
            actions,
        )


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


@rule(
    "secret-in-url",
    Severity.WARNING,
    advice="Send passwords and sessions in the body or a header: URLs stand in the logs of every proxy on the way.",
    source="RFC 9110, 17.9",
)
def secret_in_url(evidence: Evidence) -> Found:
    for client, actions in evidence.clients.items():
        shown = [
            action
            for action in actions
            if action.call.query and any(key in _SECRETS for key, _ in parse_qsl(action.call.query))
        ]
        if shown:
            yield client, f"wrote a secret into {len(shown)} URL{'s' if len(shown) > 1 else ''}", shown


@rule(
    "looks-too-often",
    Severity.NOTE,
    advice="Look at a running operation every 10 to 30 seconds: it takes many minutes.",
    source="vendor's modules: every 12 s and every 30 s",
)
def too_often(evidence: Evidence) -> Found:
    if not evidence.paced:
        return
    for client, actions in evidence.clients.items():
        looks: dict[tuple[str, str, bytes], list[Action]] = {}
        for action in actions:
            if (
                action.kind is ActionKind.LOOK and action.call.status != 503
            ):  # which is to be put up with, every half second
                looks.setdefault((action.call.path, action.call.query, action.call.body), []).append(action)
        for same in looks.values():
            times = [action.call.at for action in same]
            # The densest row of looks: a module that looks twice each time it wakes up is not to be taken for one.
            rows = zip(times, times[MANY_LOOKS - 1 :], strict=False)
            gap = min(((last - first) / (MANY_LOOKS - 1) for first, last in rows), default=SOONEST)
            if gap < SOONEST:
                yield client, f"asked {same[0]} {len(same)} times, {gap:.2g} s apart", same[:2]


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


@rule(
    "refused-again-and-again",
    Severity.WARNING,
    advice="What COREmanager refuses with these words it refuses the next time too: change the call, or tell a person.",
    source="COREmanager's types of errors: missed, exists, value, access",
)
def refused_again(evidence: Evidence) -> Found:
    for client, actions in evidence.clients.items():
        row: list[Action] = []
        for action in [*(each for each in actions if each.call.panel != 6), None]:
            lasting = action is not None and action.refused.partition(":")[0] in _LASTING and not action.unknown
            if action is not None and row and lasting and _same(row[-1], action):
                row.append(action)
                continue
            if len(row) >= MANY_REFUSALS:
                yield client, f"sent {row[0]} {len(row)} times, each refused: {row[0].refused}", row
            row = [action] if action is not None and lasting else []


def _same(one: Action, other: Action) -> bool:
    left, right = one.call.parsed.values, other.call.parsed.values
    return one.call.panel == other.call.panel and {**left, "auth": ""} == {**right, "auth": ""}
