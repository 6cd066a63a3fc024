"""What several of these rules need."""

from __future__ import annotations

from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, client_of

__all__ = ["returns"]


def returns(evidence: Evidence, name: str) -> list[Action]:
    """The calls that took the server from a client."""
    found = []
    for action in evidence.of_server(name):
        before, after = action.call.before, action.call.after
        if action.kind is ActionKind.OWNER and action.done and before is not None and after is not None:
            was = client_of(evidence, before.owner)
            if was and was != client_of(evidence, after.owner):
                found.append(action)
    return found
