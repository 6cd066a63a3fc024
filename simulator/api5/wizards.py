"""Wizards: a connection of a server, a switch, a PDU. Each step answers with the form of the next, and takes along what
was chosen before; only the last changes anything.

The steps and their fields are META's. That a step which is sent is answered with the next one's form is ours.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from simulator.api5.calls import Call, done, function, number
from simulator.api5.errors import Refusal
from simulator.coremanager.document import Document, form
from simulator.dcim.drivers.base import SnmpAccess, SnmpVersion
from simulator.dcim.errors import InUse
from simulator.dcim.people.accounts5 import Level
from simulator.dcim.records import Server

__all__: list[str] = []

IPMI_PORT, SNMP_PORT = 623, 161
KINDS = ("switch", "pdu", "dev_ipmi")
VERSIONS: dict[str, SnmpVersion] = {"SNMP v1": "1", "SNMP v2c": "2c"}


def _server(call: Call) -> Server:
    return call.server(call.need("plid"))


def _devices(call: Call) -> dict[str, list[tuple[str, str]]]:
    inventory = call.panel.inventory
    return {
        "switch": [(str(one.id), one.name) for one in inventory.switches],
        "pdu": [(str(one.id), one.name) for one in inventory.pdus],
    }


# a connection


@function("conncreatewiz", Level.OPERATOR)
async def connect(call: Call) -> Document:
    """It begins with `connwizdev`."""
    return await choose_device(call)


@function("connwizdev", Level.OPERATOR)
async def choose_device(call: Call) -> Document:
    server = _server(call)
    if call.setting:
        return _ipmi_form(call, server) if _kind(call) == "dev_ipmi" else _port_form(call, server)
    kinds = [(kind, call.label(kind)) for kind in KINDS]
    return form({"plid": server.id, "devtype": "switch", "switch": "", "pdu": ""}, devtype=kinds, **_devices(call))


def _kind(call: Call) -> str:
    kind = call.need("devtype")
    if kind not in KINDS:
        raise Refusal("value", "devtype", kind)
    return kind


def _device(call: Call) -> int:
    """The switch or PDU that was chosen."""
    kind, inventory = _kind(call), call.panel.inventory
    key = number(call.need(kind))
    if (inventory.switches if kind == "switch" else inventory.pdus).find(key) is None:
        raise Refusal("missed", "device", call.get(kind), f"there is no {kind} {call.get(kind)}")
    return key


def _port_form(call: Call, server: Server) -> Document:
    """Of the ports that are free."""
    kind, device, inventory = _kind(call), _device(call), call.panel.inventory
    ports: list[tuple[str, str]]
    if kind == "switch":
        ports = [(str(one.id), one.description) for one in inventory.ports_of_switch(device) if one.server is None]
    else:
        ports = [(str(one.id), f"Port {one.number}") for one in inventory.outlets_of_pdu(device) if one.server is None]
    if not ports:
        raise Refusal("device_ports_depleted", "", str(device))
    return form({"plid": server.id, "devtype": kind, kind: device, "port": ports[0][0]}, port=ports)


def _ipmi_form(call: Call, server: Server) -> Document:
    if server.bmc.host:
        raise Refusal("exists", "such_ipmi", server.bmc.host, f"server {server.name} has an IPMI connection already")
    return form({"plid": server.id, "devtype": "dev_ipmi", "ip": "", "user": "", "password": ""})


@function("connwizport", Level.OPERATOR)
async def choose_port(call: Call) -> Document:
    server = _server(call)
    if not call.setting:
        return _port_form(call, server)
    return _summary(call, server, {_kind(call): _device(call), "port": _port(call)})


def _port(call: Call) -> int:
    """A free port of the chosen device. Raises Refusal."""
    kind, device, key, inventory = _kind(call), _device(call), number(call.need("port")), call.panel.inventory
    port = inventory.switch_ports.find(key) if kind == "switch" else inventory.outlets.find(key)
    place = port.number if port is not None else -1
    there = inventory.switch_port(device, place) if kind == "switch" else inventory.outlet(device, place)
    if port is None or there is not port:
        raise Refusal("missed", "connection", call.get("port"), f"the device has no port {call.get('port')}")
    if port.server is not None:
        raise Refusal("exists", "eq_ports", call.get("port"), "the port is connected already")
    return port.id


@function("connwizipmi", Level.OPERATOR)
async def enter_ipmi(call: Call) -> Document:
    server = _server(call)
    if not call.setting:
        return _ipmi_form(call, server)
    _ipmi_form(call, server)
    return _summary(call, server, {"ip": _address(call), "user": call.need("user"), "password": call.get("password")})


def _address(call: Call, field: str = "ip") -> str:
    text = call.need(field)
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise Refusal("value", field, text) from None


def _summary(call: Call, server: Server, chosen: dict[str, Any]) -> Document:
    return form({"plid": server.id, "devtype": _kind(call), **chosen})


@function("connwizfinish", Level.OPERATOR)
async def finish(call: Call) -> Document:
    """All fields of the steps before; here the connection is made."""
    server, kind, wiring = _server(call), _kind(call), call.panel.wiring
    if not call.setting:
        names = ("ip", "user", "password") if kind == "dev_ipmi" else (kind, "port")
        return _summary(call, server, {name: call.get(name) for name in names})
    if kind == "dev_ipmi":
        _ipmi_form(call, server)
        port = number(call.get("ipmiport", str(IPMI_PORT)))
        if not 0 < port < 65536:
            raise Refusal("value", "ipmiport", call.get("ipmiport"))
        await wiring.set_bmc(
            server.id, host=_address(call), port=port, username=call.need("user"), password=call.get("password")
        )
        return done(id=3 * server.id)
    key = _port(call)
    try:
        if kind == "switch":
            wiring.plug_port(server.id, key)
        else:
            wiring.plug_outlet(server.id, key)
    except InUse as error:
        raise Refusal("exists", "eq_ports", str(key), str(error)) from None
    return done(id=3 * key + (1 if kind == "switch" else 2))


# devices


def _first(call: Call) -> Document | None:
    """The form of the first step, or of the second when the first was sent; None when all is there."""
    racks = list(call.panel.inventory.racks)
    values = {name: call.get(name) for name in ("name", "ip", "device", "notes")}
    values["rack"] = call.get("rack") or str(racks[0].id)
    if not call.setting:
        return form(values, rack=[(str(rack.id), rack.name) for rack in racks])
    call.need("name")
    _address(call)
    call.need("device")
    if call.panel.inventory.racks.find(number(values["rack"])) is None:
        raise Refusal("value", "rack", values["rack"], "there is no such rack")
    if call.get("snmpversion"):
        return None
    versions = [(name, name) for name in VERSIONS]
    return form({**values, "snmpversion": "SNMP v2c", "snmpcommunity": "public"}, snmpversion=versions)


def _access(call: Call, field: str) -> SnmpAccess:
    version = VERSIONS.get(call.get("snmpversion"))
    if version is None:
        raise Refusal("value", "snmpversion", call.get("snmpversion"))
    port = number(call.get("snmpport", str(SNMP_PORT)))
    if not 0 < port < 65536:
        raise Refusal("value", "snmpport", call.get("snmpport"))
    name = f"{field} {call.get('name')}"
    return SnmpAccess(name, _address(call), port, call.need("snmpcommunity"), call.need("device"), version=version)


def _rack(call: Call) -> int:
    return number(call.get("rack")) if call.get("rack") else next(iter(call.panel.inventory.racks)).id


@function("switchcreatewiz", Level.OPERATOR)
async def add_switch(call: Call) -> Document:
    """`device` is the handler. The ports are known when the switch has been read."""
    step = _first(call)
    if step is not None:
        return step
    made = call.panel.stock.add_switch(call.get("name"), _rack(call), _access(call, "switch"), 0)
    if call.get("notes"):
        call.panel.wiring.edit_switch(made.id, notes=call.get("notes"))
    return done(id=made.id)


@function("pducreatewiz", Level.OPERATOR)
async def add_pdu(call: Call) -> Document:
    step = _first(call)
    if step is not None:
        return step
    made = call.panel.wiring.add_pdu(call.get("name"), _rack(call), _access(call, "PDU"))
    if call.get("notes"):
        call.panel.wiring.edit_pdu(made.id, notes=call.get("notes"))
    return done(id=made.id)
