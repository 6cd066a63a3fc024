"""A client who keeps a server whose installation has failed."""

from __future__ import annotations

from simulator.dcim.work.operation_table import OperationKind, OperationStatus
from simulator.review.actions import ActionKind
from simulator.review.findings import Evidence, Found, Severity, client_of, records, rule


@rule(
    "owner-left-behind",
    Severity.ERROR,
    advice="When an installation fails or has to be ended, take the owner off (or give the server back to the administrator), or the client is charged for a machine that does not run.",
    source="B5-9, W6-A10",
)
def owner_left(evidence: Evidence) -> Found:
    for server in records(evidence):
        owner = client_of(evidence, server.owner)
        last = evidence.run.panel.operations.last(server)
        if not owner or last is None or last.kind is not OperationKind.OS_INSTALL:
            continue
        given = [
            action for action in evidence.of_server(server.name) if action.kind is ActionKind.OWNER and action.done
        ]
        if given and last.status in (OperationStatus.FAILED, OperationStatus.CANCELED):
            end = f"failed: {last.message}" if last.status is OperationStatus.FAILED else "was canceled"
            yield server.name, f"belongs to {owner}, although its installation {end}", given[-1:]
