"""Racks: what stands in them, and how much of that is connected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from simulator.api5.calls import Call, done, function, number
from simulator.api5.errors import Refusal
from simulator.coremanager.document import Document, form
from simulator.dcim.errors import InUse
from simulator.dcim.people.accounts5 import Level
from simulator.dcim.records import Pdu, Rack, Server, Switch

__all__: list[str] = []

T = TypeVar("T", Server, Switch, Pdu)

COLUMNS = ("id", "name", "inetport", "powerport", "power", "traff", "notes")


def _rack(call: Call, key: str) -> Rack:
    rack = call.panel.inventory.racks.find(number(key))
    if rack is None:
        raise Refusal("missed", "racks", key, f"there is no rack {key}")
    return rack


def _by_rack(things: Iterable[T]) -> dict[int, list[T]]:
    found: dict[int, list[T]] = {}
    for thing in things:
        found.setdefault(thing.rack, []).append(thing)
    return found


def _rows(call: Call) -> Iterator[dict[str, Any]]:
    """All racks; what stands in the hall is looked through once."""
    inventory = call.panel.inventory
    servers, switches, pdus = _by_rack(inventory.servers), _by_rack(inventory.switches), _by_rack(inventory.pdus)
    for rack in inventory.racks:
        yield _row(call, rack, servers.get(rack.id, []), switches.get(rack.id, []), pdus.get(rack.id, []))


def _row(
    call: Call, rack: Rack, servers: Sequence[Server], switches: Sequence[Switch], pdus: Sequence[Pdu]
) -> dict[str, Any]:
    """Indicators are written `used/total`; how the product encodes them is not known."""
    inventory, meters = call.panel.inventory, call.panel.meters
    ports = [port for one in switches for port in inventory.ports_of_switch(one.id)]
    outlets = [one for pdu in pdus for one in inventory.outlets_of_pdu(pdu.id)]
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
    return call.list(_rows(call), COLUMNS)


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
