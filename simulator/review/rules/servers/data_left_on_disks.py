"""A server back in stock with its last client's data."""

from __future__ import annotations

from simulator.dcim.work.operation_table import OperationKind, OperationStatus
from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, client_of, position, records, rule


@rule(
    "data-left-on-disks",
    Severity.WARNING,
    advice="Have the disks cleared when a server comes back, unless its provider wants it otherwise: the next client can read what the last one wrote.",
    source="W6-D6, W6-S13",
)
def data_left(evidence: Evidence) -> Found:
    for server in records(evidence):
        machine = evidence.run.plant.servers.get(server.name)
        actions = [
            action for action in evidence.of_server(server.name) if action.kind is ActionKind.OWNER and action.done
        ]
        freed = [action for action in actions if action.call.before and client_of(evidence, action.call.before.owner)]
        if not freed or machine is None or client_of(evidence, server.owner) or machine.disks_clean:
            continue
        if evidence.run.panel.operations.running(server) is None and _used(evidence, freed[-1]):
            yield server.name, "belongs to nobody, and a client's data is on its disks", freed[-1:]


def _used(evidence: Evidence, freed: Action) -> bool:
    """Whether the client can have written something: not where every installation of the order failed."""
    actions = [action for action in evidence.of_server(freed.server) if action.kind is ActionKind.OWNER and action.done]
    given = [
        action
        for action in actions[: position(actions, freed)]
        if action.call.after is not None and client_of(evidence, action.call.after.owner)
    ]
    if not given or freed.call.before is None:
        return True
    since, server = given[-1].call.at, freed.call.before.id
    installed = [
        each.status is OperationStatus.OK
        for each in evidence.operations_of(server)
        if each.kind is OperationKind.OS_INSTALL and each.created_at >= since
    ]
    return not installed or any(installed)
