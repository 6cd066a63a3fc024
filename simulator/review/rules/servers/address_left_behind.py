"""Addresses that stay on a server which is no client's any more."""

from __future__ import annotations

from simulator.review.actions import ActionKind
from simulator.review.findings import Evidence, Found, Severity, client_of, records, rule


@rule(
    "address-left-behind",
    Severity.ERROR,
    advice="Give addresses back before, or with, the server: the pool runs empty otherwise.",
    source="W6-D4, B5-11",
)
def address_left(evidence: Evidence) -> Found:
    addresses = evidence.run.panel.addresses
    for server in records(evidence):
        held = [each.name for each in addresses.of_server(server.id)]
        actions = [action for action in evidence.of_server(server.name) if action.done]
        given = [action for action in actions if action.kind is ActionKind.ADDRESS]
        # The main address of DCImanager 5 is the server's own and stays (B5-11 deletes additional ones), as does the one that it
        # had in stock.
        kept = 1 if given and (given[-1].call.panel == 5 or addresses.in_stock(server.id)) else 0
        if given and len(held) > kept and not client_of(evidence, server.owner):
            yield server.name, f"belongs to no client and holds {', '.join(held[:4])}", given[-1:]
