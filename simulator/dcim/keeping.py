"""What of the panel outlives a stop: its database. Work that was under way, connections and caches do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from simulator.dcim.panel import Panel
from simulator.dcim.records import Register
from simulator.kernel.keeping import Parts, give_back, keep

__all__ = ["KEPT", "keep_panel", "panel_back"]

Place = tuple[str, int]

KEPT: Parts = {
    "inventory": (
        "locations", "racks", "switches", "switch_ports", "pdus", "outlets", "servers", "templates", "_ports_of_switch",
        "_outlets_of_pdu", "_server_by_mac",
    ),
    "addresses.plan": (
        "userspaces", "networks", "pools", "ranges", "used", "allow_foreign_gateway", "version", "_spaces",
    ),
    "addresses": ("history", "ipv6_prefix", "_of_server", "_of_name", "_hints", "_version"),
    "ip_service": ("dnsbl", "migration"),
    "users": ("all", "operators", "_tokens", "_keys", "_mails", "_issued", "_asked", "_by_email", "_locks"),
    "users.settings": ("token_ttl", "_global", "_own"),
    "users.roles": ("custom", "_grants"),
    "users.access_lists": ("named", "_own"),
    "users.restrictions": ("rules", "_failures", "_bans", "_counted"),
    "users.second_factor": ("_secrets", "_reserve"),
    "users.ssh_keys": ("all",),
    "vlans": ("_all",),
    "operations": ("all", "_of_server"),
    "release": ("settings",),
    "search": ("settings", "found", "_by_mac"),
    "notifier": ("last", "_kept"),
    "history": ("all", "_of_server", "_servers", "_statuses"),
    "recipes": ("all",),
    "meters": ("_days", "_samples", "_polls"),
    "devices": ("_commanded",),
}  # fmt: skip


def keep_panel(panel: Panel) -> dict[str, Any]:
    return keep(panel, KEPT)


def panel_back(panel: Panel, data: Mapping[str, Any], moved: Mapping[Place, Place]) -> None:
    """Give a panel that has not started its records back. `moved`: where equipment answers now that answered elsewhere
    then. Raises NotUnderstood.
    """
    give_back(panel, data, KEPT)
    inventory = panel.inventory
    for server in tuple(inventory.servers):
        if place := moved.get((server.bmc.host, server.bmc.port)):
            inventory.servers.change(server.id, bmc=replace(server.bmc, host=place[0], port=place[1]))
    equipment: tuple[Register[Any], ...] = (inventory.switches, inventory.pdus)
    for register in equipment:
        for each in tuple(register):
            if place := moved.get((each.access.host, each.access.port)):
                register.change(each.id, access=replace(each.access, host=place[0], port=place[1]))
    panel.interrupted()
