"""A user of the BMC who was a client's, and can still log in."""

from __future__ import annotations

from simulator.ipmi.channel import User
from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, client_of, records, rule
from simulator.review.rules.access.shared import returns


@rule(
    "bmc-left-open",
    Severity.ERROR,
    advice="Remove the users of the BMC that were set up for a client when the server comes back: with them its power, console and disks are still that client's.",
    source="HostBill's module for DCImanager 5, which makes such users for clients; B5-11",
)
def bmc_left_open(evidence: Evidence) -> Found:
    for server in records(evidence):
        returned, device = returns(evidence, server.name), evidence.run.bmc_devices.get(server.name)
        if not returned or device is None:
            continue
        last: dict[str, Action] = {}
        for action in evidence.of_server(server.name):
            if action.kind is ActionKind.BMC_USER and action.done:
                values = action.call.parsed.values
                named = [_name(user) for user in device.users if str(user.slot) == values.get("elid")]
                last[values.get("name") or "".join(named)] = action
        there = {_name(user) for user in device.users if user.enabled}
        for name, action in last.items():
            gone = next((each for each in returned if each.call.number > action.call.number), None)
            if gone is not None and gone.call.before and name in there and name != server.bmc.username:
                whose = client_of(evidence, gone.call.before.owner)
                yield server.name, f"was taken from {whose}, and {name} may still log in to its BMC", [action, gone]


def _name(user: User) -> str:
    return user.name.rstrip(b"\0").decode("utf-8", "replace")
