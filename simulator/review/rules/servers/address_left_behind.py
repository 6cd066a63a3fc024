"""Addresses that stay on a server which is no client's any more."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from simulator.review.actions import Action, ActionKind
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
        for back, left in _left_before(evidence, server.name):
            yield server.name, f"was given back with {', '.join(left[:4])}, and the next client has it", [back]


def _left_before(evidence: Evidence, name: str) -> Iterator[tuple[Action, tuple[str, ...]]]:
    """Each time it came back and was given to the next: what of its addresses was the last client's and stayed with it."""
    actions = [action for action in evidence.of_server(name) if action.done]
    back: Action | None = None
    theirs: frozenset[str] = frozenset()
    given: set[str] = set()
    for before, action in pairwise((None, *actions)):
        assert action is not None
        if before is not None and before.kind is ActionKind.ADDRESS and before.call.panel == 6:
            given |= set(action.call.addresses) - set(before.call.addresses)
        if action.kind is not ActionKind.OWNER or action.call.after is None or action.call.before is None:
            continue
        was, now = (client_of(evidence, each.owner) for each in (action.call.before, action.call.after))
        if was and was != now:
            back, theirs = action, frozenset(given)
            given.clear()
        if now and now != was and back is not None:
            left = tuple(each for each in action.call.addresses if each in theirs)
            if left:
                yield back, left
            back = None
