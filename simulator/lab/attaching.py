"""Every device of a plan that answers on the management network, and how it gets its address there."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from simulator.bmc import Bmc, load_personality, serve_bmc
from simulator.fabric import Address, AddressInUse, Endpoint, Fabric
from simulator.fabric.serve import serve_device
from simulator.files.plan import LabPlan, PduPlan, SwitchPlan
from simulator.ipmi.channel import user
from simulator.kernel import Clock
from simulator.lab.build import snmp_user
from simulator.pdu import PduDevice
from simulator.plant import Plant
from simulator.snmp import Version
from simulator.snmp.credentials import Credentials
from simulator.snmp.station import Station
from simulator.switch import SwitchDevice

__all__ = ["Octets", "attach_to", "devices_of", "on_one_host"]

Octets = Callable[[int], bytes]
"""Gives so many random octets: seeded in a simulated run, the host's own on real sockets."""
LAST_PORT = 65535
Attach = Callable[[Address], Awaitable[Endpoint]]


def devices_of(
    plan: LabPlan,
    plant: Plant,
    fabric: Fabric,
    octets: Octets,
    clock: Clock,
    bmcs: dict[str, Bmc],
    stations: dict[str, Station[Any]],
) -> list[tuple[str, str, Address, Attach]]:
    """Every device that answers on the management network: group, name, planned address, how to attach it. The BMCs
    are left in `bmcs`, by their servers, the SNMP agents in `stations`.
    """
    devices: list[tuple[str, str, Address, Attach]] = []
    for server in plan.servers.values():
        if server.bmc.driver:
            continue  # a real one
        machine = plant.servers[server.name]
        logins = [user(2, server.bmc.username, server.bmc.password)]
        bmc = bmcs[server.name] = Bmc(machine, logins, load_personality(server.model), octets)
        bmc.kg = server.bmc.kg.encode()
        if server.bmc.alerts:
            bmc.alert_to(server.bmc.alerts)
        devices.append(("bmcs", server.name, (server.bmc.host, server.bmc.port), partial(serve_bmc, bmc, fabric)))
    wire = fabric.time
    for switch in plan.switches.values():
        if switch.driver:
            continue
        hardware = plant.switches[switch.name]
        device = stations[switch.name] = SwitchDevice(hardware, switch.model, _credentials(switch), clock, wire=wire)
        devices.append(("switches", switch.name, (switch.host, switch.port), partial(serve_device, device, fabric)))
    for pdu in plan.pdus.values():
        if pdu.driver:
            continue
        strip = stations[pdu.name] = PduDevice(plant.pdus[pdu.name], pdu.model, _credentials(pdu), clock, wire=wire)
        devices.append(("pdus", pdu.name, (pdu.host, pdu.port), partial(serve_device, strip, fabric)))
    return devices


_VERSIONS = {"1": Version.V1, "2c": Version.V2C}


def _credentials(plan: SwitchPlan | PduPlan) -> Credentials:
    """Who may speak SNMP with it: communities, or a user of version 3."""
    snmp, user = plan.snmp, snmp_user(plan.snmp)
    if user is not None:
        return Credentials(users=(user,), versions=frozenset())
    write = tuple(snmp.write) or (() if plan.community in snmp.read else (plan.community,))
    speaks = snmp.speaks or (["1"] if snmp.version == "1" else ["1", "2c"])
    return Credentials(write, tuple(snmp.read), versions=frozenset(_VERSIONS[word] for word in speaks))


def on_one_host(planned: Sequence[int]) -> list[int]:
    """The ports of devices that share a host: where many were planned on the same port, they follow each other from it on."""
    taken: set[int] = set()
    ports = []
    for port in planned:
        while port in taken and port < LAST_PORT:
            port += 1
        taken.add(port)
        ports.append(port)
    return ports


async def attach_to(attach: Attach, planned: Address, *, free: bool) -> Endpoint:
    """Bind a device where it was planned; a taken port, and one below 1024 that is not allowed, gives way to a free one, and where the system has no such
    address (macOS has only 127.0.0.1) devices are told apart by their ports.
    """
    host, port = planned
    try:
        return await attach((host, 0 if free else port))
    except (AddressInUse, PermissionError):
        return await attach((host, 0))
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        return await attach(("127.0.0.1", 0))
