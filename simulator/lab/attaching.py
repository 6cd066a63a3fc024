"""Every device of a plan that answers on the management network, and how it gets its address there."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from simulator.bmc import Bmc, load_personality, serve_bmc
from simulator.fabric import Address, AddressInUse, Endpoint, Fabric
from simulator.files.plan import LabPlan, PduPlan, SwitchPlan
from simulator.ipmi.channel import user
from simulator.kernel import Clock
from simulator.lab.build import snmp_user
from simulator.pdu import PduHardware, serve_pdu
from simulator.plant import Plant
from simulator.snmp import User
from simulator.snmp.station import Station
from simulator.switch import SwitchHardware, serve_switch

__all__ = ["Octets", "attach_to", "devices_of"]

Octets = Callable[[int], bytes]
"""Gives so many random octets: seeded in a simulated run, the host's own on real sockets."""
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
        users = [user(2, server.bmc.username, server.bmc.password)]
        bmc = bmcs[server.name] = Bmc(machine, users, load_personality(server.model), octets)
        bmc.kg = server.bmc.kg.encode()
        if server.bmc.alerts:
            bmc.alert_to(server.bmc.alerts)
        machine.standby_lost = bmc.power_lost
        devices.append(("bmcs", server.name, (server.bmc.host, server.bmc.port), partial(serve_bmc, bmc, fabric)))
    for switch in plan.switches.values():
        attach = partial(_switch, plant.switches[switch.name], switch, fabric, clock, stations)
        devices.append(("switches", switch.name, (switch.host, switch.port), attach))
    for pdu in plan.pdus.values():
        attach = partial(_pdu, plant.pdus[pdu.name], pdu, fabric, clock, stations)
        devices.append(("pdus", pdu.name, (pdu.host, pdu.port), attach))
    return devices


async def _switch(
    hardware: SwitchHardware,
    plan: SwitchPlan,
    fabric: Fabric,
    clock: Clock,
    stations: dict[str, Station[Any]],
    address: Address,
) -> Endpoint:
    community, users = _who(plan)
    return await serve_switch(hardware, plan.model, community, fabric, address, clock, users=users, stations=stations)


async def _pdu(
    hardware: PduHardware,
    plan: PduPlan,
    fabric: Fabric,
    clock: Clock,
    stations: dict[str, Station[Any]],
    address: Address,
) -> Endpoint:
    community, users = _who(plan)
    return await serve_pdu(hardware, plan.model, community, fabric, address, clock, users=users, stations=stations)


def _who(plan: SwitchPlan | PduPlan) -> tuple[str | None, list[User]]:
    """Who may speak SNMP with it: a community, or a user of version 3."""
    user = snmp_user(plan.snmp)
    return (plan.community, []) if user is None else (None, [user])


async def attach_to(attach: Attach, planned: Address, *, free: bool) -> Endpoint:
    """Bind a device where it was planned; a taken port gives way to a free one, and where the system has no such
    address (macOS has only 127.0.0.1) devices are told apart by their ports.
    """
    host, port = planned
    try:
        return await attach((host, 0 if free else port))
    except AddressInUse:
        return await attach((host, 0))
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        return await attach(("127.0.0.1", 0))
