"""What several of these rules need."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.review.actions import Action
from simulator.review.findings import Evidence

__all__ = ["each_account", "kind_of_refusal"]


def kind_of_refusal(action: Action) -> str:
    """COREmanager's type of error."""
    return action.refused.partition(":")[0]


def each_account(evidence: Evidence) -> Iterator[tuple[str, list[Action]]]:
    """What each client asked of each account, in order."""
    for actions in evidence.clients.values():
        for name in dict.fromkeys(name for action in actions for name in action.accounts):
            yield name, [action for action in actions if name in action.accounts]
