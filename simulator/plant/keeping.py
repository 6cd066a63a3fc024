"""What of the hall outlives a stop of the lab, which is to it a loss of power everywhere: what is on disks, what relays and
breakers stand at, what is in non-volatile memory. What faults have bent is whole again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.kernel.keeping import Parts, give_back, keep, pack, unpack
from simulator.plant.hall import Plant
from simulator.plant.network import Switch
from simulator.plant.power import Pdu
from simulator.plant.server import Server

__all__ = ["PORT", "SERVER", "SWITCH", "hall_back", "keep_hall"]

SERVER: Parts = {"": ("restore_policy", "_seconds_on")}
DISK: Parts = {"": ("os", "used")}
SWITCH: Parts = {"": ("_vlans",)}
"""Its saved configuration."""
PORT: Parts = {"": ("admin_up", "pvid", "setting")}
PDU: Parts = {"": ("_joules",)}


def keep_hall(plant: Plant) -> dict[str, Any]:
    return {
        "servers": {server.name: _server(server) for server in plant.servers.values()},
        "switches": {switch.name: _switch(switch) for switch in plant.switches.values()},
        "pdus": {pdu.name: _pdu(pdu) for pdu in plant.pdus.values()},
    }


def _server(server: Server) -> dict[str, Any]:
    override = server.boot_override
    return keep(server, SERVER) | {
        "was_on": server.on_or_was,
        "boot_override": pack(override if override and override.persistent else None),
        "disks": [keep(disk, DISK) for disk in server.disks],
    }


def _switch(switch: Switch) -> dict[str, Any]:
    return keep(switch, SWITCH) | {"ports": [keep(port, PORT) for port in switch.ports]}


def _pdu(pdu: Pdu) -> dict[str, Any]:
    pdu.kilowatt_hours  # noqa: B018 - brings its meter up to date
    return keep(pdu, PDU) | {
        "on": [outlet.on for outlet in pdu.outlets],
        "tripped": [bank.tripped for bank in pdu.banks],
    }


def hall_back(plant: Plant, data: Mapping[str, Any]) -> None:
    """Put up a hall in which nothing was switched on yet as it was, then let the power come back. Raises NotUnderstood,
    and KeyError, TypeError or ValueError for what is damaged.
    """
    for name, pdu in plant.pdus.items():
        _pdu_back(pdu, data["pdus"][name])
    for name, switch in plant.switches.items():
        _switch_back(switch, data["switches"][name])
    for name, server in plant.servers.items():
        _server_back(server, data["servers"][name])
    for name, server in plant.servers.items():
        server.after_outage(was_on=data["servers"][name]["was_on"])


def _pdu_back(pdu: Pdu, data: Mapping[str, Any]) -> None:
    give_back(pdu, {name: data[name] for name in PDU[""]}, PDU)
    for outlet, on in zip(pdu.outlets, data["on"], strict=True):
        if not on:
            outlet.turn_off()
    for bank, tripped in zip(pdu.banks, data["tripped"], strict=True):
        if tripped:
            bank.trip()


def _switch_back(switch: Switch, data: Mapping[str, Any]) -> None:
    give_back(switch, {name: data[name] for name in SWITCH[""]}, SWITCH)
    for port, kept in zip(switch.ports, data["ports"], strict=True):
        give_back(port, kept, PORT)


def _server_back(server: Server, data: Mapping[str, Any]) -> None:
    give_back(server, {name: data[name] for name in SERVER[""]}, SERVER)
    server.boot_override = unpack(data["boot_override"])
    for disk, kept in zip(server.disks, data["disks"], strict=True):
        give_back(disk, kept, DISK)
