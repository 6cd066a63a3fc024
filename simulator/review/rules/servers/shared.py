"""What several of these rules need."""

from __future__ import annotations

from simulator.dcim.work.operation_table import Operation
from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence

__all__ = ["STARTS", "started"]

STARTS = (ActionKind.INSTALL, ActionKind.DIAGNOSE, ActionKind.CLEAN, ActionKind.RESCUE)


def started(evidence: Evidence, action: Action) -> Operation | None:
    """The operation that this call began."""
    call = action.call
    if action.kind not in STARTS or not action.done or call.after is None:
        return None
    operations = evidence.operations_of(call.after.id)
    found = (each for each in operations if call.at <= each.created_at <= call.ended)
    return next(found, None)
