"""Equipment that comes and goes: servers, switches with and without a handler; the warehouse; recipes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from simulator.api6.calls import Body, Call, Nothing, handles
from simulator.api6.dci.stock_views import HISTORY, RECIPES, WAREHOUSE
from simulator.api6.dci.wiring import SNMP_PORT, BmcForm, TextEdit, texts
from simulator.api6.plain_lists import lists
from simulator.dcim import Panel
from simulator.dcim.drivers.base import BmcAccess, SnmpAccess
from simulator.dcim.errors import Invalid, NotFound, WrongState
from simulator.dcim.records import Switch, SwitchPort
from simulator.dcim.stock import NewServer
from simulator.dcim.work.recipes import Recipe

__all__: list[str] = []


class ServerForm(Body):
    name: str = Field(examples=["srv-99"])
    rack: int = Field(examples=[1])
    unit: int | None = Field(default=None, ge=1, le=100, examples=[40])
    mac: list[str] = Field(default=[], examples=[["00:25:90:00:99:01"]])
    barcode: str = ""
    model: str = ""
    configuration: str = ""
    bmc: BmcForm
    switch_port: list[int] = Field(default=[], examples=[[]])
    pdu_port: list[int] = Field(default=[], examples=[[]])


class SwitchForm(Body):
    name: str = Field(examples=["sw-b9"])
    rack: int = Field(examples=[1])
    handler: str | None = Field(default=None, examples=[None])
    ip: str = ""
    port: int = Field(default=SNMP_PORT, ge=1, le=65535)
    community: str = "public"
    port_count: int = 0


class SwitchEdit(TextEdit):
    port_count: int = Field(default=0, ge=0)


class PortEdit(Body):
    speed: Literal[10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, "auto"] | None = Field(
        default=None, examples=[None]
    )
    """Bits per second."""
    duplex: Literal["auto", "half", "full"] | None = Field(default=None, examples=[None])
    description: str | None = Field(default=None, max_length=255)
    vlan: int | None = Field(default=None, ge=1, le=4094)


class RecipeForm(Body):
    name: str = Field(examples=["motd"])
    script: str = Field(examples=["echo welcome > /etc/motd"])
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


@handles("server.history", listing=HISTORY)
async def read_history(call: Call[Nothing]) -> Any:
    events = call.panel.history.of_server(call.server().id)
    return {**call.listed(events), "max_id": events[0].id if events else 0}


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
    number = call.panel.inventory.switches.get(call.number("id")).id
    if "port_count" in call.body.model_fields_set:
        if len(call.body.model_fields_set) > 1:
            raise Invalid("port_count", "it is changed by itself")
        call.panel.stock.set_port_count(number, call.body.port_count)
    else:
        call.panel.wiring.edit_switch(number, **texts(call.body))
    return {"id": number}


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
    """A handler sets speed, duplex and the VLAN of the port's untagged frames, on the switch itself; a switch without one
    takes a description.
    """
    switch, port = _port(call.panel, call.number("id"), call.number("pid"))
    fields = call.body.model_dump(exclude_none=True)
    for name in fields:
        if name not in (("vlan", "speed", "duplex") if switch.handled else ("description",)):
            who = (
                f"the handler {switch.access.handler} of {switch.name}"
                if switch.handled
                else f"{switch.name}, which has no handler,"
            )
            raise WrongState(f"{who} cannot set {name}")
    if "speed" in fields or "duplex" in fields:
        speed = fields.get("speed")
        await call.panel.devices.set_link(port.id, 0 if speed == "auto" else speed, fields.get("duplex"))
    if "vlan" in fields:
        await call.panel.vlans.assign(port.id, fields["vlan"])
    if "description" in fields:
        call.panel.stock.describe_port(switch, port, fields["description"])
    return {"id": port.id}


# the warehouse


lists("warehouse.switch.list", WAREHOUSE, lambda call: call.panel.inventory.switches)
lists("warehouse.pdu.list", WAREHOUSE, lambda call: call.panel.inventory.pdus)
for _kind in ("ups", "chassis", "spare_part"):  # a lab has none of them
    lists(f"warehouse.{_kind}.list", WAREHOUSE, lambda call: ())


# recipes


def _orderable(call: Call[Nothing]) -> Iterable[Recipe]:
    """Those that the caller may order."""
    everything = call.panel.access.everything(call.user, call.action, call.method)
    return [recipe for recipe in call.panel.recipes.all if everything or recipe.for_all]


lists("recipe.list", RECIPES, _orderable)


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
