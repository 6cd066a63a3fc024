"""A server that is another client's when it is given away."""

from __future__ import annotations

from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, client_of, position, rule
from simulator.review.rules.servers.shared import STARTS


@rule(
    "took-a-sold-server",
    Severity.ERROR,
    advice="Look at the owner immediately before taking a server, and again after: two orders may see the same free one.",
    source="W6-A1",
)
def took_sold(evidence: Evidence) -> Found:
    for action in evidence.actions:
        call = action.call
        if action.kind is not ActionKind.OWNER or not action.done or call.before is None or call.after is None:
            continue
        was, now = (client_of(evidence, each.owner) for each in (call.before, call.after))
        if was and now and was != now and not _taken_back(evidence, action):
            yield action.server, f"belonged to {was} when it was given to {now}", [action]


def _taken_back(evidence: Evidence, given: Action) -> bool:
    """Whether a client that changes the owner is ending a service: addresses deleted before, disks cleared after."""
    theirs = [action for action in evidence.of_server(given.server, given.call.client) if action.done]
    place = position(theirs, given)
    before: list[Action] = []
    for action in theirs[:place]:
        before = [] if action.kind is ActionKind.OWNER else [*before, action]
    starts = (action.kind for action in theirs[place:] if action.kind in STARTS)
    return any(action.kind is ActionKind.NO_ADDRESS for action in before) or next(starts, None) in (
        ActionKind.DIAGNOSE,
        ActionKind.CLEAN,
    )
