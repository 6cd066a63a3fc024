"""A server that the panel itself calls faulty, or has in maintenance, and that a client was given."""

from __future__ import annotations

from simulator.review.actions import ActionKind
from simulator.review.findings import Evidence, Found, Severity, client_of, rule


@rule(
    "sold-unfit",
    Severity.WARNING,
    advice="Leave out servers in maintenance and those marked as faulty when looking for a free one.",
    source="B5-2, B6: what is available",
)
def unfit(evidence: Evidence) -> Found:
    for action in evidence.actions:
        before, after = action.call.before, action.call.after
        if action.kind is not ActionKind.OWNER or not action.done or before is None or after is None:
            continue
        owner = client_of(evidence, after.owner)
        if not owner or after.owner == before.owner or client_of(evidence, before.owner):
            continue
        why = "is in maintenance" if before.maintenance else "is marked as faulty" if before.faulty is not None else ""
        if why:
            yield action.server, f"was given to {owner}, and {why}", [action]
