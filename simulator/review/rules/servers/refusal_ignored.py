"""A step that was refused, and the next one taken as if it had been done."""

from __future__ import annotations

from itertools import pairwise

from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, client_of, rule


@rule(
    "refusal-ignored",
    Severity.ERROR,
    advice="A refused step has not happened: repeat it, or undo what was done and give the server back.",
    source="B5-9",
)
def refusal_ignored(evidence: Evidence) -> Found:
    for actions in evidence.clients.values():
        for name in evidence.servers():
            changing = [action for action in actions if action.server == name and action.kind.changes]
            for refused, following in pairwise(changing):
                if refused.done or refused.call.status in (401, 503) or refused.unknown or refused.absent:
                    continue
                undone = (
                    following.gives_back
                    or _off(following)
                    or (following.kind is ActionKind.OWNER and _unsold(evidence, following))
                )
                later = changing[changing.index(following) :]
                repeated = any(each.kind is refused.kind and each.done for each in later)
                if following.kind is not refused.kind and not undone and not repeated and following.done:
                    text = f"{refused} was refused ({refused.refused}), and the client went on: {following.kind.value}"
                    yield name, text, [refused, following]


def _off(action: Action) -> bool:
    """It switches the server off, as who takes back a server does first."""
    return action.kind is ActionKind.POWER and action.call.parsed.action in _OFF


_OFF = ("server.power_off", "server.poweroff", "pdu.port.off")


def _unsold(evidence: Evidence, action: Action) -> bool:
    return action.call.after is not None and not client_of(evidence, action.call.after.owner)
