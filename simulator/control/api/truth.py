"""The plant's truth as JSON: what a technician who walked the hall would write down."""

from __future__ import annotations

from typing import Any

from simulator.lab import Run
from simulator.plant import Server
from simulator.plant.network import Nic, SwitchPort

__all__ = ["server_truth", "truth"]


def truth(run: Run) -> dict[str, Any]:
    plant = run.plant
    return {
        "lab": run.plan.name,
        "mode": run.mode,
        "seed": run.seed,
        "now": run.clock.now(),
        "servers": [
            server_truth(server) | {"rack": run.plan.servers[server.name].rack} for server in plant.servers.values()
        ],
        "switches": [
            {
                "name": switch.name,
                "alive": switch.alive,
                "ports": [_port(port) for port in switch.ports],
            }
            for switch in plant.switches.values()
        ],
        "pdus": [
            {
                "name": pdu.name,
                "alive": pdu.alive,
                "outlets": [{"number": outlet.number, "on": outlet.on, "live": outlet.live} for outlet in pdu.outlets],
            }
            for pdu in plant.pdus.values()
        ],
        "address_conflicts": [
            {"address": address, "servers": [each.name for each in holders], "reached": holders[-1].name}
            for address, holders in plant.network.neighbours.conflicts().items()
        ],
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
