"""A suspension that leaves a port on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from simulator.dcim.records import ServerState
from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, records, rule
from simulator.review.subjects import links_of

_OFF = (ActionKind.PORTS_OFF, ActionKind.BLOCK)
_SWITCHING = (ActionKind.PORTS_ON, ActionKind.UNBLOCK, *_OFF)
_SETTLED = 60.0
"""Seconds of lab time after which what DCImanager 5 is to switch off is off; when DCImanager 6 answers, it is."""


@rule(
    "suspended-but-connected",
    Severity.ERROR,
    advice="A server may have several ports: switch all of them off, and read back what became of it.",
    source="W6-L1, B5-12",
)
def connected(evidence: Evidence) -> Found:
    for server in records(evidence):
        actions = [action for action in evidence.of_server(server.name) if action.kind in _SWITCHING and action.done]
        for off, links in _cut_off_before(actions):
            if links:
                yield server.name, f"was cut off, and still had a link on {', '.join(links)}", [off]
        if actions and actions[-1].kind in _OFF and server.state is not ServerState.SUSPENDING:
            up = links_of(evidence.run.plant.servers.get(server.name))
            if up:
                yield server.name, f"was cut off, and still has a link on {', '.join(up)}", actions[-1:]


def _cut_off_before(actions: list[Action]) -> Iterator[tuple[Action, tuple[str, ...]]]:
    """Each time it was cut off and connected again later: the call, and the NICs that had a link all the same."""
    for off, following in pairwise(actions):
        takes = 0.0 if off.call.panel == 6 else _SETTLED
        if off.kind in _OFF and following.kind not in _OFF and following.call.at - off.call.ended >= takes:
            yield off, following.call.links
