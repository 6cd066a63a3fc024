"""A server that is sold while something else runs on it, or has failed."""

from __future__ import annotations

from simulator.dcim.work.operation_table import Operation, OperationStatus
from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, client_of, position, rule
from simulator.review.rules.servers.shared import STARTS, started


@rule(
    "took-an-unsettled-server",
    Severity.WARNING,
    advice="A server may be sold when its last operation is ok or canceled; end a running one first.",
    source="W6-A1, W6-A6",
)
def took_unsettled(evidence: Evidence) -> Found:
    for action in evidence.actions:
        call = action.call
        if action.kind is not ActionKind.OWNER or not action.done or call.before is None or call.after is None:
            continue
        last = call.operation
        if last is None or last.status in (OperationStatus.OK, OperationStatus.CANCELED):
            continue
        if not last.status.ended and _of_this_order(evidence, action, last):
            continue
        if (
            client_of(evidence, call.after.owner)
            and call.before.owner != call.after.owner
            and not client_of(evidence, call.before.owner)
        ):
            yield action.server, f"was given to a client while its {last.kind.value} was {last.status.value}", [action]


def _of_this_order(evidence: Evidence, given: Action, running: Operation) -> bool:
    """Whether the client that gives the server had begun what runs on it, and goes on with that, not with something else."""
    theirs = evidence.of_server(given.server, given.call.client)
    place = position(theirs, given)
    before, after = theirs[:place], theirs[place + 1 :]
    begun = any((each := started(evidence, action)) is not None and each.id == running.id for action in before)
    return begun and not any(action.kind in STARTS for action in after)
