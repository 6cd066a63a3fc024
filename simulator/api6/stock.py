"""Equipment that comes and goes: servers, switches with and without a handler; the warehouse; recipes."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from simulator.api6.calls import Body, Call, Nothing, handles
from simulator.api6.stock_views import HISTORY, RECIPES, WAREHOUSE
from simulator.dcim import Panel
from simulator.dcim.drivers.base import BmcAccess, SnmpAccess
from simulator.dcim.errors import Invalid, NotFound, WrongState
from simulator.dcim.records import Switch, SwitchPort
from simulator.dcim.stock import NewServer

__all__: list[str] = []

IPMI_PORT = 623
SNMP_PORT = 161


class NewBmc(Body):
    ip: str
    port: int = Field(default=IPMI_PORT, ge=1, le=65535)
    username: str = ""
    password: str = ""


class ServerForm(Body):
    name: str
    rack: int
    unit: int | None = Field(default=None, ge=1, le=100)
    mac: list[str] = []
    barcode: str = ""
    model: str = ""
    configuration: str = ""
    bmc: NewBmc
    switch_port: list[int] = []
    pdu_port: list[int] = []


class SwitchForm(Body):
    name: str
    rack: int
    handler: str | None = None
    ip: str = ""
    port: int = Field(default=SNMP_PORT, ge=1, le=65535)
    community: str = "public"
    port_count: int = 0


class SwitchEdit(Body):
    port_count: int


class PortEdit(Body):
    speed: int | str | None = None
    duplex: str | None = None
    description: str | None = Field(default=None, max_length=255)
    vlan: int | list[int] | None = None


class RecipeForm(Body):
    name: str
    script: str
    note: str = ""
    for_all: bool = True


class RecipeEdit(Body):
    name: str | None = None
    script: str | None = None
    note: str | None = None
    for_all: bool | None = None


# servers


@handles("server.create", ServerForm)
async def add_server(call: Call[ServerForm]) -> Any:
    body = call.body
    bmc = BmcAccess(f"BMC of {body.name}", body.bmc.ip, body.bmc.port, body.bmc.username, body.bmc.password)
    new = NewServer(
        name=body.name,
        rack=body.rack,
        unit=body.unit,
        macs=body.mac,
        serial=body.barcode,
        model=body.model,
        configuration=body.configuration,
        bmc=bmc,
        ports=body.switch_port,
        outlets=body.pdu_port,
    )
    return {"id": call.panel.stock.add_server(new).id}


@handles("server.delete")
async def delete_server(call: Call[Nothing]) -> Any:
    number = call.server().id
    call.panel.stock.remove_server(number)
    return {"id": number}


@handles("server.history")
async def read_history(call: Call[Nothing]) -> Any:
    events = call.panel.history.of_server(call.server().id)
    return {
        **HISTORY.answer(call.panel, events, call.query),
        "max_id": events[0].id if events else 0,
    }


# switches


@handles("switch.create", SwitchForm)
async def add_switch(call: Call[SwitchForm]) -> Any:
    body, access = call.body, None
    if body.handler:
        if not body.ip:
            raise Invalid("ip", "a switch with a handler has an address")
        if body.port_count:
            raise Invalid("port_count", "a switch with a handler tells its ports itself")
        access = SnmpAccess(body.name, body.ip, body.port, body.community, body.handler)
    return {"id": call.panel.stock.add_switch(body.name, body.rack, access, body.port_count).id}


@handles("switch.edit", SwitchEdit)
async def edit_switch(call: Call[SwitchEdit]) -> Any:
    call.panel.stock.set_port_count(call.number("id"), call.body.port_count)
    return {"id": call.number("id")}


@handles("switch.delete")
async def delete_switch(call: Call[Nothing]) -> Any:
    call.panel.stock.remove_switch(call.number("id"))
    return {"id": call.number("id")}


def _port(panel: Panel, switch: int, number: int) -> tuple[Switch, SwitchPort]:
    record, port = panel.inventory.switches.get(switch), panel.inventory.switch_ports.get(number)
    if port.switch != record.id:
        raise NotFound("switch port", number)
    return record, port


@handles("switch.port.edit", PortEdit)
async def edit_port(call: Call[PortEdit]) -> Any:
    """No handler here sets more than the administrative status; a switch without one takes a description."""
    switch, port = _port(call.panel, call.number("id"), call.number("pid"))
    fields = call.body.model_dump(exclude_none=True)
    for name in fields:
        if name != "description" or switch.handled:
            who = (
                f"the handler {switch.access.handler} of {switch.name}"
                if switch.handled
                else f"{switch.name}, which has no handler,"
            )
            raise WrongState(f"{who} cannot set {name}")
    if "description" in fields:
        call.panel.stock.describe_port(switch, port, fields["description"])
    return {"id": port.id}


# the warehouse


async def _warehouse(call: Call[Nothing]) -> Any:
    kind = call.action.removeprefix("warehouse.").removesuffix(".list")
    inventory = call.panel.inventory
    things: dict[str, Any] = {"switch": inventory.switches, "pdu": inventory.pdus}
    return WAREHOUSE.answer(call.panel, things.get(kind, ()), call.query)


for _kind in ("switch", "pdu", "ups", "chassis", "spare_part"):
    handles(f"warehouse.{_kind}.list")(_warehouse)


# recipes


@handles("recipe.list")
async def list_recipes(call: Call[Nothing]) -> Any:
    """Those that the caller may order."""
    everything = call.panel.access.everything(call.user, call.action, call.method)
    recipes = [recipe for recipe in call.panel.recipes.all if everything or recipe.for_all]
    return RECIPES.answer(call.panel, recipes, call.query)


@handles("recipe.item")
async def read_recipe(call: Call[Nothing]) -> Any:
    return RECIPES.view(call.panel, call.panel.recipes.all.get(call.number("id")))


@handles("recipe.create", RecipeForm)
async def add_recipe(call: Call[RecipeForm]) -> Any:
    body = call.body
    return {"id": call.panel.recipes.add(body.name, body.script, note=body.note, for_all=body.for_all).id}


@handles("recipe.edit", RecipeEdit)
async def edit_recipe(call: Call[RecipeEdit]) -> Any:
    return {"id": call.panel.recipes.edit(call.number("id"), **call.body.model_dump(exclude_none=True)).id}


@handles("recipe.delete")
async def delete_recipe(call: Call[Nothing]) -> Any:
    return {"id": call.panel.recipes.all.remove(call.number("id")).id}
