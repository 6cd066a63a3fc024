"""Switches, PDUs, racks, kinds of servers, templates."""

from __future__ import annotations

from typing import Any

from simulator.api5.calls import Call, function, number
from simulator.api5.connections import port_flags, power_flags
from simulator.api5.document import Document, form
from simulator.api5.errors import Refusal
from simulator.api5.operations import REPOSITORY, template_id
from simulator.api5.server_rows import hostname
from simulator.dcim.accounts5 import Level
from simulator.dcim.records import Outlet, Pdu, Server, Switch, SwitchPort

__all__: list[str] = []

DEVICE_COLUMNS = ("id", "name", "connection_problem", "connection_ok", "hostname", "device", "rack", "ip", "portcnt")
PORT_COLUMNS = (
    "id", "identity", "servername", "serverhname", "descr", "speed", "adminon", "adminoff", "adminunknown", "operon",
    "operoff", "operunknown",
)  # fmt: skip
OUTLET_COLUMNS = ("id", "identity", "servername", "serverhname", "descr", "adminon", "adminoff", "adminunknown")
SPEEDS = {10**7: "10m", 10**8: "100m", 10**9: "1g", 10**10: "10g"}


def _switch(call: Call, key: str) -> Switch:
    found = call.panel.inventory.switches.find(number(key))
    if found is None:
        raise Refusal("missed", "device", key, f"there is no switch {key}")
    return found


def _pdu(call: Call, key: str) -> Pdu:
    found = call.panel.inventory.pdus.find(number(key))
    if found is None:
        raise Refusal("missed", "device", key, f"there is no PDU {key}")
    return found


def _device(call: Call, one: Switch | Pdu, ports: int) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "connection_problem": one.error is not None,
        "connection_ok": one.error is None and one.polled_at is not None,
        "hostname": one.name,
        "device": one.access.handler,
        "rack": call.panel.inventory.racks.get(one.rack).name,
        "rack_id": one.rack,
        "ip": one.access.host,
        "portcnt": ports,
    }


def _holder(server: Server | None) -> dict[str, str]:
    """Both are there in every row: one client reads them unasked."""
    return {"servername": server.name if server else "", "serverhname": hostname(server) if server else ""}


# switches


@function("switch", Level.OPERATOR, source="META-5.21.4, NODE")
async def switches(call: Call) -> Document:
    inventory = call.panel.inventory
    rows = (_device(call, one, len(inventory.ports_of_switch(one.id))) for one in inventory.switches)
    return call.list(rows, DEVICE_COLUMNS)


@function("switch.edit", Level.OPERATOR)
async def read_switch(call: Call) -> Document:
    switch = _switch(call, call.need("elid"))
    if call.setting:
        raise Refusal("dev_unregistred_func", "", call.func, "switches come from the lab file")
    return _read_device(switch)


@function("switch.port", Level.OPERATOR, source="META-5.21.4, NODE")
async def switch_ports(call: Call) -> Document:
    switch = _switch(call, call.need("elid"))
    rows = (_port(call, port) for port in call.panel.inventory.ports_of_switch(switch.id))
    return call.list(rows, PORT_COLUMNS, extra={"plid": switch.id, "plname": switch.name})


def _port(call: Call, port: SwitchPort) -> dict[str, Any]:
    return {
        "id": port.id,
        "identity": port.identity,
        **_holder(call.panel.inventory.servers.find(port.server)),
        "descr": port.description,
        "speed": SPEEDS.get(port.speed, "unknown"),
        **port_flags(port),
    }


@function("switch.refresh", Level.OPERATOR)
async def refresh_switch(call: Call) -> Document:
    async def read(key: str) -> None:
        await call.panel.devices.read_switch(_switch(call, key).id)

    return await call.each(read)


@function("switch.port.refresh", Level.OPERATOR, source="META-5.21.4, NODE")
async def refresh_switch_port(call: Call) -> Document:
    """By the port's id, or as one client does it, by its identity."""

    async def read(key: str) -> None:
        ports = list(call.panel.inventory.switch_ports)
        port = next((one for one in ports if one.id == number(key)), None)
        port = port or next((one for one in ports if key == one.identity), None)
        if port is None:
            raise Refusal("missed", "connection", key)
        await call.panel.devices.read_switch(port.switch)

    return await call.each(read)


async def _set_port(call: Call, *, on: bool) -> Document:
    async def switch(key: str) -> None:
        port = call.panel.inventory.switch_ports.find(number(key))
        if port is None:
            raise Refusal("missed", "connection", key, f"there is no switch port {key}")
        await call.panel.ports.set_one(port.switch, port.id, on)

    return await call.each(switch)


@function("switch.port.on", Level.OPERATOR, source="META-5.21.4, NODE")
async def port_on(call: Call) -> Document:
    return await _set_port(call, on=True)


@function("switch.port.off", Level.OPERATOR, source="META-5.21.4, NODE")
async def port_off(call: Call) -> Document:
    return await _set_port(call, on=False)


# PDUs


@function("pdu", Level.OPERATOR, source="META-5.21.4, NODE")
async def pdus(call: Call) -> Document:
    inventory = call.panel.inventory
    rows = (_device(call, one, len(inventory.outlets_of_pdu(one.id))) for one in inventory.pdus)
    return call.list(rows, DEVICE_COLUMNS)


@function("pdu.edit", Level.OPERATOR)
async def read_pdu(call: Call) -> Document:
    pdu = _pdu(call, call.need("elid"))
    if call.setting:
        raise Refusal("dev_unregistred_func", "", call.func, "PDUs come from the lab file")
    return _read_device(pdu)


def _read_device(one: Switch | Pdu) -> Document:
    access = one.access
    values = {"elid": one.id, "name": one.name, "ip": access.host, "device": access.handler, "rack": one.rack}
    return form({**values, "snmpcommunity": access.community})


@function("pdu.port", Level.OPERATOR, source="META-5.21.4, NODE")
async def pdu_ports(call: Call) -> Document:
    pdu = _pdu(call, call.need("elid"))
    rows = (_outlet(call, outlet) for outlet in call.panel.inventory.outlets_of_pdu(pdu.id))
    return call.list(rows, OUTLET_COLUMNS, extra={"plid": pdu.id, "plname": pdu.name})


def _outlet(call: Call, outlet: Outlet) -> dict[str, Any]:
    return {
        "id": outlet.id,
        "identity": outlet.identity,
        **_holder(call.panel.inventory.servers.find(outlet.server)),
        "descr": f"Port {outlet.number}",
        **power_flags(outlet),
    }


@function("pdu.refresh", Level.OPERATOR)
async def refresh_pdu(call: Call) -> Document:
    async def read(key: str) -> None:
        await call.panel.devices.read_pdu(_pdu(call, key).id)

    return await call.each(read)


@function("pdu.port.refresh", Level.OPERATOR)
async def refresh_pdu_port(call: Call) -> Document:
    async def read(key: str) -> None:
        await call.panel.devices.read_pdu(_found(call, key).pdu)

    return await call.each(read)


def _found(call: Call, key: str) -> Outlet:
    outlet = call.panel.inventory.outlets.find(number(key))
    if outlet is None:
        raise Refusal("missed", "connection", key, f"there is no PDU port {key}")
    return outlet


async def _set_outlet(call: Call, *, on: bool) -> Document:
    async def switch(key: str) -> None:
        outlet = _found(call, key)
        await call.panel.power.set_outlet(outlet.pdu, outlet.id, on)

    return await call.each(switch)


@function("pdu.port.on", Level.OPERATOR)
async def outlet_on(call: Call) -> Document:
    return await _set_outlet(call, on=True)


@function("pdu.port.off", Level.OPERATOR)
async def outlet_off(call: Call) -> Document:
    return await _set_outlet(call, on=False)


@function("pdu.on", Level.OPERATOR, "observed", "NODE")
async def outlet_on_later_name(call: Call) -> Document:
    return await _set_outlet(call, on=True)


@function("pdu.off", Level.OPERATOR, "observed", "NODE")
async def outlet_off_later_name(call: Call) -> Document:
    return await _set_outlet(call, on=False)


# racks, kinds of servers, templates


@function("rack", Level.OPERATOR, source="META-5.21.4, NODE")
async def racks(call: Call) -> Document:
    rows = ({"id": rack.id, "name": rack.name} for rack in call.panel.inventory.racks)
    return call.list(rows, ("id", "name"))


@function("servertype", Level.OPERATOR)
async def server_types(call: Call) -> Document:
    """The configurations that servers have, with how many of them may be sold."""
    counts: dict[str, int] = {}
    for server in call.panel.inventory.servers:
        if server.configuration:
            counts[server.configuration] = counts.get(server.configuration, 0) + 1
    free = call.panel.free_configurations()
    systems = sum(1 for one in call.panel.inventory.templates if one.type == "os")
    rows = (
        {"id": name, "name": name, "chassis_single": True, "servers": count, "freeservers": free.get(name, 0),
         "oscnt": systems}
        for name, count in counts.items()
    )  # fmt: skip
    return call.list(rows, ("id", "name", "chassis_single", "servers", "freeservers", "oscnt"))


@function("osmgr", Level.OPERATOR, source="META-5.21.4, official docs")
async def templates(call: Call) -> Document:
    """Templates of all kinds. `id` is what `server.operations` takes."""
    kinds = {"os": "type_ostemplate", "diagnostic": "type_diag"}
    rows = (
        {
            "id": template_id(one),
            "name": one.name,
            "type": call.label(kinds.get(one.type, one.type)),
            "installed": "ok",
            "repo": REPOSITORY,
        }
        for one in call.panel.inventory.templates
    )
    return call.list(rows, ("id", "name", "type", "installed", "repo"))


@function("repo", Level.OPERATOR)
async def repositories(call: Call) -> Document:
    return call.list(
        [{"name": REPOSITORY, "location": "", "default": "yes"}], ("name", "location", "default"), key="name"
    )
