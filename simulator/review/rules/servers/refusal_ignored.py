"""A step that was refused, and the next one taken as if it had been done."""

from __future__ import annotations

from collections.abc import Sequence
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
    for client in evidence.clients:
        for name in evidence.servers():
            changing = [action for action in evidence.of_server(name, client) if action.kind.changes]
            done_later = _done_from_here_on(changing)
            for place, (refused, following) in enumerate(pairwise(changing), 1):
                if refused.done or refused.call.status in (401, 503) or refused.unknown or refused.absent:
                    continue
                undone = (
                    following.gives_back
                    or _off(following)
                    or (following.kind is ActionKind.OWNER and _unsold(evidence, following))
                )
                repeated = refused.kind in done_later[place]
                if following.kind is not refused.kind and not undone and not repeated and following.done:
                    text = f"{refused} was refused ({refused.refused}), and the client went on: {following.kind.value}"
                    yield name, text, [refused, following]


def _done_from_here_on(actions: Sequence[Action]) -> list[frozenset[ActionKind]]:
    """For each of them, the kinds that it and those after it carried out."""
    kinds: list[frozenset[ActionKind]] = []
    done: frozenset[ActionKind] = frozenset()
    for action in reversed(actions):
        if action.done and action.kind not in done:
            done |= {action.kind}
        kinds.append(done)
    return kinds[::-1]


def _off(action: Action) -> bool:
    """It switches the server off, as who takes back a server does first."""
    return action.kind is ActionKind.POWER and action.call.parsed.action in _OFF


_OFF = ("server.power_off", "server.poweroff", "pdu.port.off")


def _unsold(evidence: Evidence, action: Action) -> bool:
    return action.call.after is not None and not client_of(evidence, action.call.after.owner)
