"""A suspension that leaves a port on."""

from __future__ import annotations

from simulator.dcim.records import ServerState
from simulator.review.actions import ActionKind
from simulator.review.findings import Evidence, Found, Severity, records, rule

_OFF = (ActionKind.PORTS_OFF, ActionKind.BLOCK)


_SWITCHING = (ActionKind.PORTS_ON, ActionKind.UNBLOCK, *_OFF)


@rule(
    "suspended-but-connected",
    Severity.ERROR,
    advice="A server may have several ports: switch all of them off, and read back what became of it.",
    source="W6-L1, B5-12",
)
def connected(evidence: Evidence) -> Found:
    for server in records(evidence):
        actions = [action for action in evidence.of_server(server.name) if action.kind in _SWITCHING and action.done]
        machine = evidence.run.plant.servers.get(server.name)
        if not actions or actions[-1].kind not in _OFF or machine is None or server.state is ServerState.SUSPENDING:
            continue
        up = [nic.name for nic in machine.nics if nic.link_up]
        if up:
            yield server.name, f"was cut off, and still has a link on {', '.join(up)}", actions[-1:]
