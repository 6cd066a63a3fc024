"""A client that goes away between owner and installation: the server is somebody's, and nothing runs on it."""

from __future__ import annotations

from simulator.dcim.work.operation_table import OperationKind
from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, client_of, position, records, rule
from simulator.review.rules.servers.conduct import failed_since, left


@rule(
    "order-left-half-done",
    Severity.ERROR,
    advice="An order that cannot go on gives back what it has taken: addresses first, then the owner.",
    source="B5-9, W6-D4",
)
def half_done(evidence: Evidence) -> Found:
    panel = evidence.run.panel
    for server in records(evidence):
        owner, actions = client_of(evidence, server.owner), evidence.of_server(server.name)
        given = [action for action in actions if action.kind is ActionKind.OWNER and action.done]
        if not owner or not given or _installed(evidence, given[-1]) or not left(evidence, given[-1]):
            continue
        why = failed_since(evidence, given[-1])
        added = [action for action in actions if action.kind is ActionKind.ADDRESS and action.done]
        if not why and not added:  # a machine of the client's own, say, of which only the owner is recorded
            continue
        held = ", ".join(each.name for each in panel.addresses.of_server(server.id))
        holds = f" and holds {held}" if held else ""
        reason = f": {why}" if why else ""
        yield server.name, f"belongs to {owner}{holds}, and was never installed{reason}", [given[-1], *added[-1:]]


def _installed(evidence: Evidence, given: Action) -> bool:
    """Whether an installation was begun for this owner, or little before."""
    server = given.call.after
    assert server is not None
    actions = evidence.of_server(given.server)
    earlier = [each for each in actions[: position(actions, given)] if each.kind is ActionKind.INSTALL and each.done]
    return bool(earlier) or any(
        each.server == server.id and each.kind is OperationKind.OS_INSTALL and each.created_at >= given.call.at
        for each in evidence.run.panel.operations.all
    )
