"""The plant's truth as JSON: what a technician who walked the hall would write down."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from simulator.lab import Run
from simulator.plant import Server
from simulator.plant.network import Nic, SwitchPort
from simulator.plant.power import Pdu
from simulator.plant.switch import Switch

__all__ = ["server_truth", "truth"]

TURN = 50
"""Devices written down before others have their turn."""


async def truth(run: Run, offset: int, limit: int) -> dict[str, Any]:
    """The lab, and so many of its devices from that one on: first servers, then switches, then PDUs. Others have their turn meanwhile."""
    plant = run.plant
    groups: dict[str, list[dict[str, Any]]] = {"servers": [], "switches": [], "pdus": []}
    devices: Iterator[Server | Switch | Pdu] = chain(
        plant.servers.values(), plant.switches.values(), plant.pdus.values()
    )
    size = len(plant.servers) + len(plant.switches) + len(plant.pdus)
    last = min(offset + limit, size)
    for number, device in enumerate(islice(devices, offset, last)):
        if number % TURN == TURN - 1:
            await asyncio.sleep(0)  # noqa: TID251 - devices answer meanwhile
        if isinstance(device, Server):
            groups["servers"].append(server_truth(device) | {"rack": run.plan.servers[device.name].rack})
        elif isinstance(device, Switch):
            ports = [_port(port) for port in device.ports]
            groups["switches"].append({"name": device.name, "alive": device.alive, "ports": ports})
        else:
            outlets = [{"number": outlet.number, "on": outlet.on, "live": outlet.live} for outlet in device.outlets]
            groups["pdus"].append({"name": device.name, "alive": device.alive, "outlets": outlets})
    return {
        "lab": run.plan.name,
        "mode": run.mode,
        "seed": run.seed,
        "now": run.clock.now(),
        **groups,
        "address_conflicts": [
            {"address": address, "servers": [each.name for each in holders], "reached": holders[-1].name}
            for address, holders in plant.network.neighbours.conflicts().items()
        ],
        "size": size,
        "next": last if last < size else None,
    }


def _port(port: SwitchPort) -> dict[str, Any]:
    """Of a port without a link speed is what is set, or what it can do, and duplex is null."""
    duplex = {None: None, True: "full", False: "half"}[port.full_duplex]
    return {
        "number": port.number,
        "admin_up": port.admin_up,
        "link_up": port.link_up,
        "speed": port.speed,
        "duplex": duplex,
    }


def server_truth(server: Server) -> dict[str, Any]:
    """One server: power, what it is doing, what its screen shows, its disks and links."""
    os = server.os
    return {
        "name": server.name,
        "powered": server.powered,
        "state": server.state.value,
        "frozen": server.frozen,
        "screen": server.hint,
        "progress": server.progress,
        "bmc_alive": server.bmc_alive,
        "os": {
            "name": os.name,
            "addresses": list(os.addresses),
            "nics": [server.nics[index].name for index in os.nics],
        }
        if os
        else None,
        "disks": [
            {
                "number": disk.number,
                "size_gb": disk.size_gb,
                "type": disk.type,
                "used": disk.used,
                "failed": disk.failed,
            }
            for disk in server.disks
        ],
        "nics": [_nic(nic) for nic in server.nics],
    }


def _nic(nic: Nic) -> dict[str, Any]:
    """`mismatch`: the two ends of its link differ in duplex."""
    link = nic.cable.link if nic.cable and nic.link_up else None
    return {
        "name": nic.name,
        "mac": nic.mac,
        "link_up": nic.link_up,
        "speed": link.speed if link else None,
        "mismatch": link is not None and link.mismatch,
    }
