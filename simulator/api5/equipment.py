"""Switches, PDUs and their ports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from simulator.api5.calls import Call, done, function, number
from simulator.api5.connections import port_flags, power_flags
from simulator.api5.errors import Refusal
from simulator.api5.server_rows import hostname
from simulator.api5.vlans import vlan_id
from simulator.coremanager.document import Document, form
from simulator.dcim.drivers.base import SetDuplex
from simulator.dcim.errors import InUse, WrongState
from simulator.dcim.people.accounts5 import Level
from simulator.dcim.records import Outlet, Pdu, Register, Server, Switch, SwitchPort

__all__: list[str] = []

T = TypeVar("T", Switch, Pdu, SwitchPort, Outlet)

DEVICE_COLUMNS = (
    "id",
    "name",
    "connection_problem",
    "connection_ok",
    "hostname",
    "device",
    "rack",
    "ip",
    "portcnt",
    "notes",
)
PORT_COLUMNS = (
    "id", "identity", "servername", "serverhname", "descr", "vlan", "speed", "duplex", "adminon", "adminoff", "adminunknown",
    "operon", "operoff", "operunknown", "bitsec", "notes",
)  # fmt: skip
OUTLET_COLUMNS = (
    "id",
    "identity",
    "servername",
    "serverhname",
    "descr",
    "adminon",
    "adminoff",
    "adminunknown",
    "power",
)
SPEEDS = {10**7: "10m", 10**8: "100m", 10**9: "1g", 10**10: "10g"}
SPEED_WORDS = {"auto": 0} | {word: speed for speed, word in SPEEDS.items()}
DUPLEX_WORDS: tuple[SetDuplex, ...] = ("auto", "full", "half")


# what switches and PDUs have in common


def _one(register: Register[T], key: str, element: str, what: str) -> T:
    """The record with this id. Raises Refusal: `missed`, of that element."""
    found = register.find(number(key))
    if found is None:
        raise Refusal("missed", element, key, f"there is no {what} {key}")
    return found


def _switch(call: Call, key: str) -> Switch:
    return _one(call.panel.inventory.switches, key, "device", "switch")


def _pdu(call: Call, key: str) -> Pdu:
    return _one(call.panel.inventory.pdus, key, "device", "PDU")


def _switch_port(call: Call, key: str) -> SwitchPort:
    return _one(call.panel.inventory.switch_ports, key, "connection", "switch port")


def _outlet_of(call: Call, key: str) -> Outlet:
    return _one(call.panel.inventory.outlets, key, "connection", "PDU port")


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
        "notes": one.notes or None,
    }


def _holder(server: Server | None) -> dict[str, str]:
    """Both are there in every row: one client reads them unasked."""
    return {"servername": server.name if server else "", "serverhname": hostname(server) if server else ""}


def _edit(call: Call, one: Switch | Pdu, edit: Callable[..., object]) -> Document:
    """Its name and notes; how it is reached is set when it is added."""
    if not call.setting:
        return _read_device(one)
    edit(one.id, **_texts(call, one))
    return done()


def _read_device(one: Switch | Pdu) -> Document:
    access = one.access
    values = {"elid": one.id, "name": one.name, "ip": access.host, "device": access.handler, "rack": one.rack}
    return form({**values, "snmpcommunity": access.community, "notes": one.notes})


def _texts(call: Call, one: Switch | Pdu) -> dict[str, str]:
    """What the form sent of what can be changed. Raises Refusal for what cannot."""
    now = {"ip": one.access.host, "device": one.access.handler, "rack": str(one.rack)}
    for name, value in now.items():
        if call.get(name, value) != value:
            raise Refusal("value", name, call.get(name), f"{name} is set when the device is added")
    return {name: call.get(name) for name in ("name", "notes") if name in call.params}


async def _delete(call: Call, find: Callable[[Call, str], Switch | Pdu], remove: Callable[[int], object]) -> Document:
    async def delete(key: str) -> None:
        one = find(call, key)
        try:
            remove(one.id)
        except InUse as error:
            raise Refusal("service_port_connected_to_server", "", one.name, str(error)) from None

    return await call.each(delete)


# switches


@function("switch", Level.OPERATOR, source="META-5.21.4, NODE")
async def switches(call: Call) -> Document:
    inventory = call.panel.inventory
    rows = (_device(call, one, len(inventory.ports_of_switch(one.id))) for one in inventory.switches)
    return call.list(rows, DEVICE_COLUMNS)


@function("switch.edit", Level.OPERATOR)
async def edit_switch(call: Call) -> Document:
    return _edit(call, _switch(call, call.need("elid")), call.panel.wiring.edit_switch)


@function("switch.delete", Level.OPERATOR)
async def delete_switch(call: Call) -> Document:
    return await _delete(call, _switch, call.panel.stock.remove_switch)


@function("switch.filter", Level.OPERATOR)
async def narrow_switches(call: Call) -> Document:
    return call.narrow("switch", DEVICE_COLUMNS)


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
        "vlan": port.vlan or None,
        "speed": SPEEDS.get(port.speed, "unknown"),
        "duplex": port.duplex,
        **port_flags(port),
        "bitsec": round(call.panel.meters.port_rate(port.id)),
        "notes": port.notes or None,
    }


@function("switch.port.edit", Level.OPERATOR)
async def edit_port(call: Call) -> Document:
    """`speed`, `duplex` and `vlan` act on the switch, where they differ from what the form shows; of speed and duplex that is
    what the two ends have agreed on.
    """
    port = _switch_port(call, call.need("elid"))
    if not call.setting:
        values = {
            "elid": port.id,
            "identity": port.identity,
            "descr": port.description,
            "speed": SPEEDS.get(port.speed, "unknown"),
            "duplex": port.duplex,
            "vlan": port.vlan or "",
            "notes": port.notes,
        }
        return form(
            values,
            speed=[(word, word) for word in SPEED_WORDS],
            duplex=[(word, word) for word in DUPLEX_WORDS],
            vlan=[(str(one.id), one.name) for one in call.panel.vlans],
        )
    if call.get("identity", port.identity) not in ("", port.identity):
        raise Refusal("dev_unregistred_func", "", "identity", "the handler of this switch does not set identity")
    speed, duplex = _link_setting(call, port)
    if call.get("descr") and call.get("descr") != port.description:
        switch = call.panel.inventory.switches.get(port.switch)
        try:
            call.panel.stock.describe_port(switch, port, call.get("descr"))
        except WrongState as error:
            raise Refusal("dev_unregistred_func", "", "descr", str(error)) from None
    if speed is not None or duplex is not None:
        try:
            await call.panel.devices.set_link(port.id, speed, duplex)
        except WrongState as error:
            raise Refusal("dev_unregistred_func", "", "speed", str(error)) from None
    if call.get("vlan") and call.get("vlan") != str(port.vlan):
        await call.panel.vlans.put_port(port.id, vlan_id(call, call.get("vlan")))
    if "notes" in call.params:
        call.panel.inventory.switch_ports.change(port.id, notes=call.get("notes"))
    return done()


def _link_setting(call: Call, port: SwitchPort) -> tuple[int | None, SetDuplex | None]:
    """Speed and duplex that the form asks for: both, where one differs from what it shows, since a form sends all its fields.
    None for what it leaves. Raises Refusal for an unknown word.
    """
    shown = (SPEEDS.get(port.speed, "unknown"), port.duplex)
    speed, duplex = call.get("speed") or shown[0], call.get("duplex") or shown[1]
    if (speed, duplex) == shown:
        return None, None
    if speed not in SPEED_WORDS and speed != shown[0]:
        raise Refusal("value", "speed", speed, f"speed is one of {', '.join(SPEED_WORDS)}")
    chosen = next((word for word in DUPLEX_WORDS if word == duplex), None)
    if chosen is None and duplex != shown[1]:
        raise Refusal("value", "duplex", duplex, f"duplex is one of {', '.join(DUPLEX_WORDS)}")
    return SPEED_WORDS.get(speed) if call.get("speed") else None, chosen if call.get("duplex") else None


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
        port = _switch_port(call, key)
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
async def edit_pdu(call: Call) -> Document:
    return _edit(call, _pdu(call, call.need("elid")), call.panel.wiring.edit_pdu)


@function("pdu.delete", Level.OPERATOR)
async def delete_pdu(call: Call) -> Document:
    return await _delete(call, _pdu, call.panel.wiring.remove_pdu)


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
        "power": _load(call, outlet),
    }


@function("pdu.refresh", Level.OPERATOR)
async def refresh_pdu(call: Call) -> Document:
    async def read(key: str) -> None:
        await call.panel.devices.read_pdu(_pdu(call, key).id)

    return await call.each(read)


@function("pdu.port.refresh", Level.OPERATOR)
async def refresh_pdu_port(call: Call) -> Document:
    async def read(key: str) -> None:
        await call.panel.devices.read_pdu(_outlet_of(call, key).pdu)

    return await call.each(read)


async def _set_outlet(call: Call, *, on: bool) -> Document:
    async def switch(key: str) -> None:
        outlet = _outlet_of(call, key)
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


def _load(call: Call, outlet: Outlet) -> int | None:
    """Watts, as META has it; one client takes the same element for the state of the outlet."""
    watts = call.panel.meters.outlet_watts(outlet.id)
    return None if watts is None else round(watts)
