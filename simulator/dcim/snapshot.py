"""What of the panel outlives a stop: its database. Work that was under way, connections and caches do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from simulator.dcim.discovery import DiscoveredServer, DiscoverySettings
from simulator.dcim.drivers.base import BmcAccess, SnmpAccess
from simulator.dcim.equipment.meters import Day
from simulator.dcim.equipment.vlans import Vlan
from simulator.dcim.history import ServerEvent
from simulator.dcim.ip.records import (
    Address,
    AddressEvent,
    AddressStatus,
    Dnsbl,
    Network,
    Pool,
    Range,
    Userspace,
)
from simulator.dcim.ip.service import Migration, MigrationStatus
from simulator.dcim.ip.space import Space
from simulator.dcim.notifier import Notice
from simulator.dcim.panel import Panel
from simulator.dcim.people.access_lists import AccessList
from simulator.dcim.people.lockout import Ban, Restriction
from simulator.dcim.people.people import User, UserState
from simulator.dcim.people.roles import Role
from simulator.dcim.people.ssh_keys import SshKey
from simulator.dcim.people.users import Errand, LoginKey, Mail, Token
from simulator.dcim.records import (
    LinkStatus,
    Location,
    Outlet,
    Pdu,
    PowerStatus,
    Rack,
    Register,
    Server,
    ServerState,
    Switch,
    SwitchPort,
    Template,
)
from simulator.dcim.work.operation_table import Operation, OperationKind, OperationStatus, Progress
from simulator.dcim.work.recipes import Recipe
from simulator.dcim.work.release import ReleaseSettings
from simulator.kernel.snapshot import Parts, register, restore, save
from simulator.snmp import User as SnmpUser

__all__ = ["SAVED", "restore_panel", "save_panel"]

Place = tuple[str, int]

register(
    {
        "access list": AccessList,
        "address": Address,
        "address event": AddressEvent,
        "address status": AddressStatus,
        "address space": Space,
        "ban": Ban,
        "BMC access": BmcAccess,
        "day of traffic": Day,
        "discovered server": DiscoveredServer,
        "discovery settings": DiscoverySettings,
        "DNSBL": Dnsbl,
        "errand": Errand,
        "link status": LinkStatus,
        "location": Location,
        "login key": LoginKey,
        "mail": Mail,
        "migration": Migration,
        "migration status": MigrationStatus,
        "network": Network,
        "notice": Notice,
        "operation": Operation,
        "operation kind": OperationKind,
        "operation status": OperationStatus,
        "outlet": Outlet,
        "PDU": Pdu,
        "pool": Pool,
        "power status": PowerStatus,
        "progress": Progress,
        "rack": Rack,
        "range": Range,
        "recipe": Recipe,
        "release settings": ReleaseSettings,
        "restriction": Restriction,
        "role": Role,
        "server": Server,
        "server event": ServerEvent,
        "server state": ServerState,
        "SNMP access": SnmpAccess,
        "SNMP user": SnmpUser,
        "SSH key": SshKey,
        "switch": Switch,
        "switch port": SwitchPort,
        "template": Template,
        "token": Token,
        "user": User,
        "user state": UserState,
        "userspace": Userspace,
        "VLAN": Vlan,
    }
)

SAVED: Parts = {
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


def save_panel(panel: Panel) -> dict[str, Any]:
    return save(panel, SAVED)


def restore_panel(panel: Panel, data: Mapping[str, Any], moved: Mapping[Place, Place]) -> None:
    """Give a panel that has not started its records back. `moved`: where equipment answers now that answered elsewhere
    then. Raises BadSnapshot.
    """
    restore(panel, data, SAVED)
    inventory = panel.inventory
    for server in tuple(inventory.servers):
        if place := moved.get((server.bmc.host, server.bmc.port)):
            inventory.servers.change(server.id, bmc=replace(server.bmc, host=place[0], port=place[1]))
    equipment: tuple[Register[Any], ...] = (inventory.switches, inventory.pdus)
    for records in equipment:
        for each in tuple(records):
            if place := moved.get((each.access.host, each.access.port)):
                records.change(each.id, access=replace(each.access, host=place[0], port=place[1]))
    panel.interrupted()
