"""What several of these rules need."""

from __future__ import annotations

from simulator.review.actions import Action

__all__ = ["kind_of_refusal"]


def kind_of_refusal(action: Action) -> str:
    """COREmanager's type of error."""
    return action.refused.partition(":")[0]
