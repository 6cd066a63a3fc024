"""Racks: what stands in them, and how much of that is connected."""

from __future__ import annotations

from typing import Any

from simulator.api5.calls import Call, done, function, number
from simulator.api5.errors import Refusal
from simulator.coremanager.document import Document, form
from simulator.dcim.errors import InUse
from simulator.dcim.people.accounts5 import Level
from simulator.dcim.records import Rack

__all__: list[str] = []

COLUMNS = ("id", "name", "inetport", "powerport", "power", "traff", "notes")


def _rack(call: Call, key: str) -> Rack:
    rack = call.panel.inventory.racks.find(number(key))
    if rack is None:
        raise Refusal("missed", "racks", key, f"there is no rack {key}")
    return rack


def _row(call: Call, rack: Rack) -> dict[str, Any]:
    """Indicators are written `used/total`; how the product encodes them is not known."""
    inventory, meters = call.panel.inventory, call.panel.meters
    ports = [port for one in inventory.switches if one.rack == rack.id for port in inventory.ports_of_switch(one.id)]
    outlets = [one for pdu in inventory.pdus if pdu.rack == rack.id for one in inventory.outlets_of_pdu(pdu.id)]
    servers = [server for server in inventory.servers if server.rack == rack.id]
    loads = [load for load in (meters.watts(server) for server in servers) if load is not None]
    return {
        "id": rack.id,
        "name": rack.name,
        "inetport": f"{sum(port.server is not None for port in ports)}/{len(ports)}" if ports else None,
        "powerport": f"{sum(one.server is not None for one in outlets)}/{len(outlets)}" if outlets else None,
        "power": round(sum(loads)) if loads else None,
        "traff": round(sum(sum(meters.rate(server)) for server in servers)),
        "notes": rack.notes or None,
    }


@function("rack", Level.OPERATOR, source="META-5.21.4, NODE")
async def racks(call: Call) -> Document:
    return call.list((_row(call, rack) for rack in call.panel.inventory.racks), COLUMNS)


@function("rack.edit", Level.OPERATOR)
async def edit(call: Call) -> Document:
    """Without `elid` a new one."""
    rack = _rack(call, call.get("elid")) if call.get("elid") else None
    if not call.setting:
        values: dict[str, Any] = {"elid": rack.id if rack else None, "name": rack.name if rack else ""}
        return form({**values, "notes": rack.notes if rack else ""})
    if rack is None:
        return done(id=call.panel.wiring.add_rack(call.need("name"), call.get("notes")).id)
    changes = {name: call.get(name) for name in ("name", "notes") if name in call.params}
    call.panel.wiring.edit_rack(rack.id, **changes)
    return done()


@function("rack.delete", Level.OPERATOR)
async def delete(call: Call) -> Document:
    async def remove(key: str) -> None:
        rack = _rack(call, key)
        try:
            call.panel.wiring.remove_rack(rack.id)
        except InUse as error:
            raise Refusal("constraint_delete", "racks", rack.name, str(error)) from None

    return await call.each(remove)
