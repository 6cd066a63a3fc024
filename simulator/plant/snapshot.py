"""What of the hall outlives a stop of the lab, which is to it a loss of power everywhere: what is on disks, what relays and
breakers stand at, what is in non-volatile memory. What faults have bent is whole again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.kernel.snapshot import Parts, pack, register, restore, save, unpack
from simulator.plant.disk import InstalledOs
from simulator.plant.ethernet import LinkSetting
from simulator.plant.hall import Plant
from simulator.plant.network import Vlan
from simulator.plant.power import Pdu
from simulator.plant.server import BootOverride, Server
from simulator.plant.switch import Configuration, Switch

__all__ = ["PORT", "SERVER", "SWITCH", "restore_hall", "save_hall", "save_pdu", "save_server", "save_switch"]

register(
    {
        "boot override": BootOverride,
        "installed OS": InstalledOs,
        "link setting": LinkSetting,
        "VLAN of a switch": Vlan,
        "switch configuration": Configuration,
    }
)

SERVER: Parts = {"": ("restore_policy", "_seconds_on")}
DISK: Parts = {"": ("os", "used")}
SWITCH: Parts = {"": ("_vlans",)}
"""What it is set up to do."""
PORT: Parts = {"": ("admin_up", "pvid", "setting")}
PDU: Parts = {"": ("_joules",)}


def save_hall(plant: Plant) -> dict[str, Any]:
    return {
        "servers": {server.name: save_server(server) for server in plant.servers.values()},
        "switches": {switch.name: save_switch(switch) for switch in plant.switches.values()},
        "pdus": {pdu.name: save_pdu(pdu) for pdu in plant.pdus.values()},
    }


def save_server(server: Server) -> dict[str, Any]:
    override = server.boot_override
    return save(server, SERVER) | {
        "was_on": server.on_or_was,
        "lan_mode": server.lan_mode,
        "boot_override": pack(override if override and override.persistent else None),
        "disks": [save(disk, DISK) | ({"holds": list(disk.holds)} if disk.holds else {}) for disk in server.disks],
    }


def save_switch(switch: Switch) -> dict[str, Any]:
    """What it is set up to do, and where that is not saved, what it would start with after a loss of power."""
    data = save(switch, SWITCH) | {"ports": [save(port, PORT) for port in switch.ports]}
    return data | ({"saved": pack(switch.saved)} if switch.saved not in (None, switch.running) else {})


def save_pdu(pdu: Pdu) -> dict[str, Any]:
    pdu.kilowatt_hours  # noqa: B018 - brings its meter up to date
    return save(pdu, PDU) | {
        "on": [outlet.on for outlet in pdu.outlets],
        "tripped": [bank.tripped for bank in pdu.banks],
    }


def restore_hall(plant: Plant, data: Mapping[str, Any]) -> None:
    """Put up a hall in which nothing was switched on yet as it was, then let the power come back. Raises BadSnapshot,
    and KeyError, TypeError or ValueError for what is damaged.
    """
    for name, pdu in plant.pdus.items():
        _restore_pdu(pdu, data["pdus"][name])
    for name, switch in plant.switches.items():
        _restore_switch(switch, data["switches"][name])
    for name, server in plant.servers.items():
        _restore_server(server, data["servers"][name])
    for name, server in plant.servers.items():
        server.after_outage(was_on=data["servers"][name]["was_on"])


def _restore_pdu(pdu: Pdu, data: Mapping[str, Any]) -> None:
    restore(pdu, {name: data[name] for name in PDU[""]}, PDU)
    for outlet, on in zip(pdu.outlets, data["on"], strict=True):
        if not on:
            outlet.turn_off()
    for bank, tripped in zip(pdu.banks, data["tripped"], strict=True):
        if tripped:
            bank.trip()


def _restore_switch(switch: Switch, data: Mapping[str, Any]) -> None:
    restore(switch, {name: data[name] for name in SWITCH[""]}, SWITCH)
    for port, kept in zip(switch.ports, data["ports"], strict=True):
        restore(port, kept, PORT)
    if "saved" in data:
        switch.saved = unpack(data["saved"])
    elif switch.saved is not None:
        switch.save()


def _restore_server(server: Server, data: Mapping[str, Any]) -> None:
    restore(server, {name: data[name] for name in SERVER[""]}, SERVER)
    server.boot_override = unpack(data["boot_override"])
    if data.get("lan_mode", server.lan_mode) != server.lan_mode:
        server.set_lan_mode(data["lan_mode"])
    for disk, kept in zip(server.disks, data["disks"], strict=True):
        restore(disk, {name: kept[name] for name in DISK[""]}, DISK)
        disk.holds = tuple(float(each) for each in kept.get("holds", ()))
