"""A server that stays with the administrator after an order that failed: nobody sells it any more, and nobody knows why."""

from __future__ import annotations

from simulator.dcim.records import ServerState
from simulator.review.actions import ActionKind
from simulator.review.findings import Evidence, Found, Severity, records, rule
from simulator.review.rules.servers.conduct import failed_since, left


@rule(
    "lost-stock",
    Severity.ERROR,
    advice="A server that an order has set aside for the administrator goes back to nobody when the order fails; or its notes say why it does not, and it is disabled.",
    source="B5-9",
)
def lost(evidence: Evidence) -> Found:
    users = evidence.run.panel.users.all
    for server in records(evidence):
        owner = users.find(server.owner)
        taken = [
            action for action in evidence.of_server(server.name) if action.kind is ActionKind.OWNER and action.done
        ]
        if owner is None or not owner.is_admin or not taken:
            continue
        if server.notes or server.faulty is not None or server.maintenance or server.state is not ServerState.ACTIVE:
            continue  # people see that it is set aside
        why = failed_since(evidence, taken[-1])
        if why and evidence.run.panel.operations.running(server) is None and left(evidence, taken[-1]):
            yield server.name, f"stays with the administrator, and is not sold any more: {why}", taken[-1:]
