"""A port that stays in its last client's network."""

from __future__ import annotations

from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, client_of, records, rule
from simulator.review.rules.access.shared import returns
from simulator.review.subjects import vlans_of


@rule(
    "port-left-in-vlan",
    Severity.WARNING,
    advice="Put a server's ports back into the VLAN they were in when it comes back: the next client is in the last one's network otherwise.",
    source="good practice: a returned server is as it was before the order (B5-2, B5-11)",
)
def port_left(evidence: Evidence) -> Found:
    for server in records(evidence):
        moves = [action for action in evidence.of_server(server.name) if action.done and _moves(action)]
        returned = returns(evidence, server.name)
        if not moves or not returned or client_of(evidence, server.owner):
            continue
        if moves[-1].call.number > returned[-1].call.number:  # put somewhere after its return: that was meant
            continue
        was, now = moves[0].call.vlans, vlans_of(evidence.run.panel, server)
        changed = [
            f"port {port} is in VLAN {now[port]}, not {was[port]}"
            for port in now
            if was.get(port, now[port]) != now[port]
        ]
        if changed:
            text = f"belongs to no client, and is not in the network it was in before: {', '.join(changed)}"
            yield server.name, text, [moves[0], returned[-1]]


def _moves(action: Action) -> bool:
    return action.kind in (ActionKind.PORT, ActionKind.EDIT, ActionKind.OWNER) and bool(
        action.call.parsed.values.get("vlan")
    )
