"""Locations, racks, switches and PDUs."""

from __future__ import annotations

from typing import Any

from simulator.api6.calls import Call, Nothing, handles
from simulator.api6.dci.views import LOCATIONS, OUTLETS, PDUS, PORTS, RACKS, SWITCHES
from simulator.api6.plain_lists import lists, reads

__all__: list[str] = []

reads("location", LOCATIONS, lambda panel: panel.inventory.locations)
reads("rack", RACKS, lambda panel: panel.inventory.racks)
reads("switch", SWITCHES, lambda panel: panel.inventory.switches)
reads("pdu", PDUS, lambda panel: panel.inventory.pdus)
lists("switch.port.list", PORTS, lambda call: call.panel.inventory.ports_of_switch(call.number("id")))
lists("pdu.port.list", OUTLETS, lambda call: call.panel.inventory.outlets_of_pdu(call.number("id")))


@handles("switch.port.on")
async def port_on(call: Call[Nothing]) -> Any:
    await call.panel.ports.set_one(call.number("id"), call.number("pid"), True)
    return {"id": call.number("pid")}


@handles("switch.port.off")
async def port_off(call: Call[Nothing]) -> Any:
    await call.panel.ports.set_one(call.number("id"), call.number("pid"), False)
    return {"id": call.number("pid")}


@handles("pdu.port.on")
async def outlet_on(call: Call[Nothing]) -> Any:
    await call.panel.power.set_outlet(call.number("id"), call.number("pid"), True)
    return {"id": call.number("pid")}


@handles("pdu.port.off")
async def outlet_off(call: Call[Nothing]) -> Any:
    await call.panel.power.set_outlet(call.number("id"), call.number("pid"), False)
    return {"id": call.number("pid")}
