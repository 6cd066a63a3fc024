"""What is plugged into a server: switch ports, PDU ports and its BMC in one list."""

from __future__ import annotations

import ipaddress
from typing import Any, NamedTuple

from simulator.api5.calls import Call, done, function, number
from simulator.api5.errors import Refusal
from simulator.coremanager.document import Document, form
from simulator.dcim.people.accounts5 import Level
from simulator.dcim.records import LinkStatus, Outlet, PowerStatus, Server, ServerState, SwitchPort

__all__ = ["port_flags", "power_flags", "server_of_ipmi"]

COLUMNS = (
    "id", "type", "device", "adminon", "adminoff", "adminunknown", "adminerror", "operon", "operoff", "operunknown",
    "editconnection", "func_in_progress",
)  # fmt: skip
_ADMIN = {LinkStatus.UP: "adminon", LinkStatus.DOWN: "adminoff", LinkStatus.UNKNOWN: "adminunknown"}
_OPER = {LinkStatus.UP: "operon", LinkStatus.DOWN: "operoff", LinkStatus.UNKNOWN: "operunknown"}
_POWER = {PowerStatus.ON: "adminon", PowerStatus.OFF: "adminoff", PowerStatus.UNKNOWN: "adminunknown"}


class Connection(NamedTuple):
    """`id` is unlike that of any other connection of the panel, of whatever kind."""

    id: int
    kind: str
    thing: int
    """The switch port, PDU port or server that it is."""


def port_flags(port: SwitchPort) -> dict[str, bool]:
    return {_ADMIN[port.admin_status]: True, _OPER[port.oper_status]: True}


def power_flags(outlet: Outlet) -> dict[str, bool]:
    return {_POWER[outlet.status]: True}


def _connections(server: Server) -> list[Connection]:
    return [
        *(Connection(3 * port + 1, "Switch", port) for port in server.ports),
        *(Connection(3 * outlet + 2, "PDU", outlet) for outlet in server.outlets),
        *((Connection(3 * server.id, "IPMI", server.id),) if server.bmc.host else ()),
    ]


def _connection(server: Server, key: str) -> Connection:
    wanted = number(key)
    for one in _connections(server):
        if one.id == wanted:
            return one
    raise Refusal("missed", "connection", key, f"server {server.name} has no connection {key}")


def _row(call: Call, server: Server, one: Connection) -> dict[str, Any]:
    """One of three shapes: a switch port, an outlet, or the BMC, which cannot be edited here."""
    inventory = call.panel.inventory
    row: dict[str, Any] = {"id": one.id, "type": call.label(one.kind)}
    if one.kind == "Switch":
        port = inventory.switch_ports.get(one.thing)
        switch = inventory.switches.get(port.switch)
        row |= {
            "device": f"{switch.name} {port.description}",
            **port_flags(port),
            "adminerror": switch.error is not None,
        }
        row["func_in_progress"] = server.state in (ServerState.SUSPENDING, ServerState.RESUMING)
    elif one.kind == "PDU":
        outlet = inventory.outlets.get(one.thing)
        pdu = inventory.pdus.get(outlet.pdu)
        row |= {"device": f"{pdu.name} {outlet.number}", **power_flags(outlet), "adminerror": pdu.error is not None}
    else:
        row |= {"device": f"IPMI {server.name}", _POWER[server.bmc_power]: True}
        row["adminerror"] = server.bmc_error is not None
        row["editconnection"] = "off"
    return row


@function("server.connection", Level.OPERATOR, source="META-5.21.4, WHMCS")
async def connections(call: Call) -> Document:
    server = call.server(call.need("elid"))
    extra = {"plid": server.id, "plname": server.name}
    return call.list((_row(call, server, one) for one in _connections(server)), COLUMNS, extra=extra)


@function("server.connection.edit", Level.OPERATOR, source="META-5.21.4, WHMCS")
async def read(call: Call) -> Document:
    """One connection with its particulars. Of IPMI the address and the account can be changed."""
    server, one = _found(call)
    if call.setting:
        if one.kind != "IPMI":
            raise Refusal("dev_unregistred_func", "", call.func, "a port is another one: delete it, and add that")
        await _set_bmc(call, server)
        return done()
    inventory = call.panel.inventory
    values: dict[str, Any] = {"plid": server.id, "elid": one.id, "devtype": one.kind}
    if one.kind == "Switch":
        port = inventory.switch_ports.get(one.thing)
        values |= {"device": inventory.switches.get(port.switch).name, "port": port.description}
    elif one.kind == "PDU":
        outlet = inventory.outlets.get(one.thing)
        values |= {"device": inventory.pdus.get(outlet.pdu).name, "port": outlet.number}
    else:
        bmc = server.bmc
        values |= {"device": f"IPMI {server.name}", "ipmi": "IPMI 2.0", "ip": bmc.host, "ipmiip": bmc.host}
        values |= {"ipmiuser": bmc.username, "ipmipass": bmc.password}
    return form(values)


def _found(call: Call) -> tuple[Server, Connection]:
    """A script of an administrator's sends no `plid`: the ids of connections are unlike each other all over."""
    if call.get("plid"):
        server = call.server(call.get("plid"))
        return server, _connection(server, call.need("elid"))
    wanted = number(call.need("elid"))
    for server in call.panel.inventory.servers:
        for one in _connections(server):
            if one.id == wanted:
                return server, one
    raise Refusal("missed", "connection", call.get("elid"), f"there is no connection {call.get('elid')}")


def server_of_ipmi(call: Call, key: str) -> Server:
    """Whose BMC a connection is; raises Refusal for one that is none."""
    wanted = number(key)
    for server in call.panel.inventory.servers:
        if server.bmc.host and wanted == 3 * server.id:
            return server
    raise Refusal("missed", "connection", key, f"there is no IPMI connection {key}")


async def _set_bmc(call: Call, server: Server) -> None:
    """`ip`, or as it was called before, `ipmiip`."""
    host = call.get("ip") or call.get("ipmiip") or server.bmc.host
    try:
        host = str(ipaddress.ip_address(host))
    except ValueError:
        raise Refusal("value", "ip", host) from None
    username = call.get("ipmiuser") if "ipmiuser" in call.params else None
    password = call.get("ipmipass") if "ipmipass" in call.params else None
    await call.panel.wiring.set_bmc(server.id, host=host, username=username, password=password)


@function(
    "server.connection.autocreateipmi", Level.OPERATOR, "observed", "NODE has name and parameters; what it does is ours"
)
async def find_bmc(call: Call) -> Document:
    """The server's IPMI connection, by the address that its hall has for it: the one that is there, or none to be found."""
    server = call.server(call.need("plid"))
    if not call.setting:
        return form({"plid": server.id, "plname": server.name})
    if not server.bmc.host:
        raise Refusal("missed", "connection", "IPMI", f"nothing says where the BMC of server {server.name} is")
    return done(id=3 * server.id)


@function("server.connection.delete", Level.OPERATOR)
async def delete(call: Call) -> Document:
    """The record of it: no cable is pulled by that."""
    server = call.server(call.need("plid"))

    async def remove(key: str) -> None:
        one = _connection(call.server(str(server.id)), key)
        if one.kind == "Switch":
            call.panel.wiring.unplug_port(server.id, one.thing)
        elif one.kind == "PDU":
            call.panel.wiring.unplug_outlet(server.id, one.thing)
        else:
            await call.panel.wiring.set_bmc(server.id, host="")

    return await call.each(remove)


async def _set(call: Call, *, on: bool) -> Document:
    server = call.server(call.need("plid"))

    async def switch(key: str) -> None:
        one = _connection(server, key)
        now = call.panel.inventory.servers.get(server.id)
        if one.kind == "Switch" and now.state in (ServerState.SUSPENDING, ServerState.RESUMING):
            raise Refusal("func_in_progress", "", key, f"the ports of server {server.name} are being switched")
        if one.kind == "Switch":
            await call.panel.ports.set(server.id, on, [one.thing])
        elif one.kind == "PDU":
            await call.panel.power.set_outlet(call.panel.inventory.outlets.get(one.thing).pdu, one.thing, on)
        else:
            raise Refusal("dev_unregistred_func", "", key, "a BMC is no port that could be switched")

    return await call.each(switch)


@function("server.connection.on", Level.OPERATOR, source="META-5.21.4, WHMCS")
async def switch_on(call: Call) -> Document:
    return await _set(call, on=True)


@function("server.connection.off", Level.OPERATOR, source="META-5.21.4, WHMCS")
async def switch_off(call: Call) -> Document:
    return await _set(call, on=False)
