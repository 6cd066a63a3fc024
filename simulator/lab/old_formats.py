"""States that earlier versions wrote, as this one writes them.

Format 1 named records by the Python module that they stood in, as it was called then. The table is history: a kind that is
registered today is in it only if version 0.1 had it, and nothing is ever changed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

__all__ = ["FORMAT_1", "from_format_1"]

_ROOMS: Mapping[str, Mapping[str, str]] = {
    "simulator.bmc.settings": {"Destination": "alert destination"},
    "simulator.dcim.access_lists": {"AccessList": "access list"},
    "simulator.dcim.drivers.base": {"BmcAccess": "BMC access", "SnmpAccess": "SNMP access"},
    "simulator.dcim.history": {"ServerEvent": "server event"},
    "simulator.dcim.ip_records": {
        "Address": "address",
        "AddressEvent": "address event",
        "AddressStatus": "address status",
        "Dnsbl": "DNSBL",
        "Network": "network",
        "Pool": "pool",
        "Range": "range",
        "Userspace": "userspace",
    },
    "simulator.dcim.ip_service": {"Migration": "migration", "MigrationStatus": "migration status"},
    "simulator.dcim.ip_space": {"Space": "address space"},
    "simulator.dcim.meters": {"Day": "day of traffic"},
    "simulator.dcim.notifier": {"Notice": "notice"},
    "simulator.dcim.operation_table": {
        "Operation": "operation",
        "OperationKind": "operation kind",
        "OperationStatus": "operation status",
        "Progress": "progress",
    },
    "simulator.dcim.people": {"User": "user", "UserState": "user state"},
    "simulator.dcim.recipes": {"Recipe": "recipe"},
    "simulator.dcim.records": {
        "LinkStatus": "link status",
        "Location": "location",
        "Outlet": "outlet",
        "Pdu": "PDU",
        "PowerStatus": "power status",
        "Rack": "rack",
        "Server": "server",
        "ServerState": "server state",
        "Switch": "switch",
        "SwitchPort": "switch port",
        "Template": "template",
    },
    "simulator.dcim.release": {"ReleaseSettings": "release settings"},
    "simulator.dcim.restrictions": {"Ban": "ban", "Restriction": "restriction"},
    "simulator.dcim.roles": {"Role": "role"},
    "simulator.dcim.search": {"Found": "discovered server", "SearchSettings": "discovery settings"},
    "simulator.dcim.ssh_keys": {"SshKey": "SSH key"},
    "simulator.dcim.users": {"Errand": "errand", "LoginKey": "login key", "Mail": "mail", "Token": "token"},
    "simulator.dcim.vlans": {"Vlan": "VLAN"},
    "simulator.ipmi.channel": {"User": "BMC user"},
    "simulator.ipmi.codes": {"Privilege": "privilege"},
    "simulator.ipmi.pef": {"Action": "filter action", "EventFilter": "event filter", "Policy": "alert policy"},
    "simulator.ispmanager.hosting": {
        "Account": "account",
        "AccountState": "account state",
        "Level": "level",
        "Preset": "preset",
    },
    "simulator.plant.disk": {"InstalledOs": "installed OS"},
    "simulator.plant.ethernet": {"LinkSetting": "link setting", "Mode": "link mode"},
    "simulator.plant.network": {"Vlan": "VLAN of a switch"},
    "simulator.plant.server": {"BootOverride": "boot override"},
    "simulator.snmp.usm": {"User": "SNMP user"},
}
FORMAT_1: Mapping[str, str] = MappingProxyType(
    {f"{room}.{kind}": name for room, kinds in _ROOMS.items() for kind, name in kinds.items()}
)
"""The names that records have today, by those that they had in format 1."""


def from_format_1(data: Any) -> Any:
    """The same state with today's names. A name that format 1 did not have stays, and is refused where it is read."""
    if isinstance(data, list):
        return [from_format_1(item) for item in data]
    if not isinstance(data, dict):
        return data
    return {
        key: FORMAT_1.get(item, item) if key == "~" and isinstance(item, str) else from_format_1(item)
        for key, item in data.items()
    }
