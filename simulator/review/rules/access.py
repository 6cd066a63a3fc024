"""Rules about ways in that a server's last client must not keep: the users of its BMC, and the VLANs of its ports."""

from __future__ import annotations

from simulator.ipmi.channel import User
from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, client_of, records, rule
from simulator.review.subjects import vlans_of


def _returns(evidence: Evidence, name: str) -> list[Action]:
    """The calls that took the server from a client."""
    found = []
    for action in evidence.of_server(name):
        before, after = action.call.before, action.call.after
        if action.kind is ActionKind.OWNER and action.done and before is not None and after is not None:
            was = client_of(evidence, before.owner)
            if was and was != client_of(evidence, after.owner):
                found.append(action)
    return found


@rule(
    "bmc-left-open",
    Severity.ERROR,
    advice="Remove the users of the BMC that were set up for a client when the server comes back: with them its power, console and disks are still that client's.",
    source="HostBill's module for DCImanager 5, which makes such users for clients; B5-11",
)
def bmc_left_open(evidence: Evidence) -> Found:
    for server in records(evidence):
        returned, device = _returns(evidence, server.name), evidence.run.bmc_devices.get(server.name)
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


@rule(
    "port-left-in-vlan",
    Severity.WARNING,
    advice="Put a server's ports back into the VLAN they were in when it comes back: the next client is in the last one's network otherwise.",
    source="good practice: a returned server is as it was before the order (B5-2, B5-11)",
)
def port_left(evidence: Evidence) -> Found:
    for server in records(evidence):
        moves = [action for action in evidence.of_server(server.name) if action.done and _moves(action)]
        returned = _returns(evidence, server.name)
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
