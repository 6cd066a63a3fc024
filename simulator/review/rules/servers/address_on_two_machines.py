"""One address that is live on two machines: who is reached is a matter of luck."""

from __future__ import annotations

from simulator.review.actions import ActionKind
from simulator.review.findings import Evidence, Found, Severity, rule

_GIVES = (ActionKind.ADDRESS, ActionKind.NO_ADDRESS, ActionKind.INSTALL)


@rule(
    "address-on-two-machines",
    Severity.ERROR,
    advice="An address goes back to its pool when no system has it any more: switch the server off, or clear its disks, before its addresses are another's.",
    source="RFC 5227; the hall's own ARP",
)
def twice(evidence: Evidence) -> Found:
    touched = set(evidence.servers())
    conflicts = evidence.run.plant.network.neighbours.conflicts()
    seen = {
        (str(record.detail["address"]), record.subject): [str(name) for name in record.detail["others"]]
        for record in evidence.run.journal
        if record.what == "address conflict" and record.time >= evidence.since
    }
    for (address, name), others in seen.items():
        machines = [name, *others]
        if touched.isdisjoint(machines):
            continue
        shown = [
            action for action in evidence.actions if action.server in machines and action.kind in _GIVES and action.done
        ]
        how = "is" if address in conflicts else "was"
        yield name, f"{address} {how} live on {' and '.join(machines)}", shown[-4:]
