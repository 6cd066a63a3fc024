"""Locations, racks, switches and PDUs."""

from __future__ import annotations

from typing import Any

from simulator.api6.calls import Call, Nothing, handles
from simulator.api6.views import LOCATIONS, OUTLETS, PDUS, PORTS, RACKS, SWITCHES

__all__: list[str] = []


@handles("location.list")
async def list_locations(call: Call[Nothing]) -> Any:
    return LOCATIONS.answer(call.panel, call.panel.inventory.locations, call.query)


@handles("location.item")
async def read_location(call: Call[Nothing]) -> Any:
    return LOCATIONS.view(call.panel, call.panel.inventory.locations.get(call.number("id")))


@handles("rack.list")
async def list_racks(call: Call[Nothing]) -> Any:
    return RACKS.answer(call.panel, call.panel.inventory.racks, call.query)


@handles("rack.item")
async def read_rack(call: Call[Nothing]) -> Any:
    return RACKS.view(call.panel, call.panel.inventory.racks.get(call.number("id")))


@handles("switch.list")
async def list_switches(call: Call[Nothing]) -> Any:
    return SWITCHES.answer(call.panel, call.panel.inventory.switches, call.query)


@handles("switch.item")
async def read_switch(call: Call[Nothing]) -> Any:
    return SWITCHES.view(call.panel, call.panel.inventory.switches.get(call.number("id")))


@handles("switch.port.list")
async def list_ports(call: Call[Nothing]) -> Any:
    return PORTS.answer(call.panel, call.panel.inventory.ports_of_switch(call.number("id")), call.query)


@handles("switch.port.on")
async def port_on(call: Call[Nothing]) -> Any:
    await call.panel.ports.set_one(call.number("id"), call.number("pid"), True)
    return {"id": call.number("pid")}


@handles("switch.port.off")
async def port_off(call: Call[Nothing]) -> Any:
    await call.panel.ports.set_one(call.number("id"), call.number("pid"), False)
    return {"id": call.number("pid")}


@handles("pdu.list")
async def list_pdus(call: Call[Nothing]) -> Any:
    return PDUS.answer(call.panel, call.panel.inventory.pdus, call.query)


@handles("pdu.item")
async def read_pdu(call: Call[Nothing]) -> Any:
    return PDUS.view(call.panel, call.panel.inventory.pdus.get(call.number("id")))


@handles("pdu.port.list")
async def list_outlets(call: Call[Nothing]) -> Any:
    return OUTLETS.answer(call.panel, call.panel.inventory.outlets_of_pdu(call.number("id")), call.query)


@handles("pdu.port.on")
async def outlet_on(call: Call[Nothing]) -> Any:
    await call.panel.power.set_outlet(call.number("id"), call.number("pid"), True)
    return {"id": call.number("pid")}


@handles("pdu.port.off")
async def outlet_off(call: Call[Nothing]) -> Any:
    await call.panel.power.set_outlet(call.number("id"), call.number("pid"), False)
    return {"id": call.number("pid")}
