"""What stands where and hangs on what: racks, PDUs, a server's cables and BMC; and what its meters have counted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from simulator.api6.calls import Body, Call, Nothing, handles
from simulator.api6.dci.stock_views import STATISTICS, Counted
from simulator.api6.plain_lists import lists
from simulator.dcim.drivers.base import SnmpAccess
from simulator.dcim.errors import Invalid, Protected
from simulator.dcim.records import Server

__all__ = ["SNMP_PORT", "BmcForm", "TextEdit", "texts", "unprotected"]

SNMP_PORT = 161
IPMI_PORT = 623


class RackForm(Body):
    name: str = Field(max_length=255, examples=["B7"])
    note: str = ""


class TextEdit(Body):
    """What is not named stays as it is."""

    name: str = Field(default="", max_length=255, examples=["renamed"])
    note: str = ""


class PduForm(Body):
    name: str = Field(max_length=255, examples=["pdu-b9"])
    rack: int = Field(examples=[1])
    handler: str = Field(examples=["apc"])
    ip: str = Field(min_length=1, examples=["127.48.0.9"])
    port: int = Field(default=SNMP_PORT, ge=1, le=65535)
    snmp_version: Literal["1", "2c"] = "2c"
    community: str = "public"
    note: str = ""


class Cable(Body):
    """One of the two."""

    switch_port: int | None = Field(default=None, examples=[8])
    pdu_port: int | None = Field(default=None, examples=[None])


class BmcForm(Body):
    ip: str = Field(examples=["127.16.0.77"])
    port: int = Field(default=IPMI_PORT, ge=1, le=65535)
    username: str = ""
    password: str = ""


def unprotected(server: Server) -> Server:
    """Protection covers the server's network, connections and BMC too (vendor page "Server Protection")."""
    if server.protected:
        raise Protected(f"server {server.name} is protected; take the protection off first")
    return server


def texts(body: Any) -> dict[str, Any]:
    """The panel's names of what is to be changed."""
    fields = body.model_dump(exclude_unset=True, include={"name", "note"})
    return {"notes" if name == "note" else name: value for name, value in fields.items()}


# racks


@handles("rack.create", RackForm)
async def add_rack(call: Call[RackForm]) -> Any:
    return {"id": call.panel.wiring.add_rack(call.body.name, call.body.note).id}


@handles("rack.edit", TextEdit)
async def edit_rack(call: Call[TextEdit]) -> Any:
    return {"id": call.panel.wiring.edit_rack(call.number("id"), **texts(call.body)).id}


@handles("rack.delete")
async def delete_rack(call: Call[Nothing]) -> Any:
    call.panel.wiring.remove_rack(call.number("id"))
    return {"id": call.number("id")}


# PDUs


@handles("pdu.create", PduForm)
async def add_pdu(call: Call[PduForm]) -> Any:
    body = call.body
    access = SnmpAccess(body.name, body.ip, body.port, body.community, body.handler, version=body.snmp_version)
    pdu = call.panel.wiring.add_pdu(body.name, body.rack, access)
    return {"id": call.panel.wiring.edit_pdu(pdu.id, notes=body.note).id}


@handles("pdu.edit", TextEdit)
async def edit_pdu(call: Call[TextEdit]) -> Any:
    return {"id": call.panel.wiring.edit_pdu(call.number("id"), **texts(call.body)).id}


@handles("pdu.delete")
async def delete_pdu(call: Call[Nothing]) -> Any:
    call.panel.wiring.remove_pdu(call.number("id"))
    return {"id": call.number("id")}


# what is plugged into a server


@handles("server.connection.add", Cable)
async def plug(call: Call[Cable]) -> Any:
    server, body, wiring = unprotected(call.server()), call.body, call.panel.wiring
    if (body.switch_port is None) == (body.pdu_port is None):
        raise Invalid("switch_port", "a cable goes to a switch port or to a PDU port")
    if body.switch_port is not None:
        wiring.plug_port(server.id, body.switch_port)
    elif body.pdu_port is not None:
        wiring.plug_outlet(server.id, body.pdu_port)
    return {"id": server.id}


@handles("server.connection.delete.switch_port")
async def unplug_port(call: Call[Nothing]) -> Any:
    server = unprotected(call.server())
    call.panel.wiring.unplug_port(server.id, call.number("pid"))
    return {"id": server.id}


@handles("server.connection.delete.pdu_port")
async def unplug_outlet(call: Call[Nothing]) -> Any:
    server = unprotected(call.server())
    call.panel.wiring.unplug_outlet(server.id, call.number("pid"))
    return {"id": server.id}


@handles("server.bmc.edit", BmcForm)
async def set_bmc(call: Call[BmcForm]) -> Any:
    """An empty address is no BMC. The account that is there stays where none is named."""
    server, body = unprotected(call.server()), call.body
    given = body.model_dump(exclude_unset=True, exclude={"ip"})
    await call.panel.wiring.set_bmc(server.id, host=body.ip, **given)
    return {"id": server.id}


# meters


def _days(call: Call[Nothing]) -> Iterable[Counted]:
    """Day by day, since the server is there."""
    panel, server = call.panel, call.server()
    since, until = panel.local(server.created_at).date(), panel.local().date()
    return [Counted(day, what) for day, what in panel.meters.days(server, since, until)]


lists("server.statistic", STATISTICS, _days)
