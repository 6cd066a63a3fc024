"""What rules share about how a client goes on: whether it has gone away from a server, and what went wrong there."""

from __future__ import annotations

from itertools import islice

from simulator.dcim.work.operation_table import OperationStatus
from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, position

__all__ = ["PATIENCE", "failed_since", "left"]

PATIENCE = 600.0
"""Seconds of lab time after which a client that does not call any more has gone away."""


def left(evidence: Evidence, taken: Action) -> bool:
    """Whether the client that took this server is done with it: it took another one since, or has been silent for long."""
    theirs = evidence.clients[taken.call.client]
    since = islice(reversed(theirs), len(theirs) - position(theirs, taken) - 1)
    moved_on = any(each.kind is ActionKind.OWNER and each.done and each.server != taken.server for each in since)
    return moved_on or evidence.run.clock.now() - theirs[-1].call.ended > PATIENCE


def failed_since(evidence: Evidence, taken: Action) -> str:
    """What went wrong on the server since it was taken, in a few words; empty when nothing did."""
    server = taken.call.after
    last = evidence.run.panel.operations.last(server) if server is not None else None
    if last is not None and last.created_at >= taken.call.at:
        if last.status is OperationStatus.FAILED:
            return f"its {last.kind.value} failed"
        if last.status is OperationStatus.CANCELED:
            return f"its {last.kind.value} was canceled"
    actions = evidence.of_server(taken.server)
    refused = [each for each in actions[position(actions, taken) + 1 :] if not each.done]
    return f"{refused[-1]} was refused ({refused[-1].refused})" if refused else ""
