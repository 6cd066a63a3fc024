"""Servers that have asked for an address and are nobody's yet, and what is missing of the connections of those there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.api5.calls import Call, done, function, number
from simulator.api5.errors import Refusal
from simulator.coremanager.document import Document, form
from simulator.dcim.discovery import DiscoveredServer
from simulator.dcim.people.accounts5 import Level

__all__: list[str] = []

COLUMNS = (
    "id", "name", "rack", "hwinfo", "poweron", "poweroff", "powerunknown", "ineton", "inetoff", "inetunknown", "type",
    "mac",
)  # fmt: skip


def _found(call: Call, key: str) -> DiscoveredServer:
    found = call.panel.search.found.find(number(key))
    if found is None:
        raise Refusal("missed", "server", key, f"no found server has the id {key}")
    return found


@function("serversearch", Level.OPERATOR)
async def listed(call: Call) -> Document:
    """Nothing is connected to them yet, so power and network are unknown."""
    rows: Iterator[dict[str, Any]] = (
        {
            "id": one.id,
            "name": one.mac,
            "rack": "",
            "hwinfo": one.configuration,
            "powerunknown": True,
            "inetunknown": True,
            "type": one.configuration,
            "mac": one.mac,
        }
        for one in call.panel.search.found
    )
    return call.list(rows, COLUMNS)


@function("serversearch.approve", Level.OPERATOR, source="META-5.21.4; its fields are those of server.edit")
async def approve(call: Call) -> Document:
    """The found machine becomes a server; its connections are made by `conncreatewiz`."""
    found = _found(call, call.need("elid"))
    racks = list(call.panel.inventory.racks)
    if not call.setting:
        values = {"elid": found.id, "name": f"Server{len(call.panel.inventory.servers) + 1}", "rack": racks[0].id}
        return form({**values, "mac": found.mac}, rack=[(str(rack.id), rack.name) for rack in racks])
    rack = call.panel.inventory.racks.find(number(call.get("rack", str(racks[0].id))))
    if rack is None:
        raise Refusal("value", "rack", call.get("rack"), "there is no such rack")
    return done(id=call.panel.search.approve(found.id, call.need("name"), rack.id, call.panel.stock).id)


@function("serverconnstat", Level.OPERATOR)
async def connection_errors(call: Call) -> Document:
    """Servers whose connections, by the records, are not enough to sell them."""
    inventory = call.panel.inventory

    def rows() -> Iterator[dict[str, Any]]:
        for server in inventory.servers:
            rack = inventory.racks.find(server.rack)
            common = {"server": server.name, "rack": rack.name if rack else "", "hostname": server.domain or "free.ds"}
            if not server.ports:
                error = call.label("error_no_inet_connections")
                yield {"srvconnid": f"{server.id}.inet", **common, "error": error}
            if not server.outlets and not server.bmc.host:
                error = call.label("error_no_power_connections")
                yield {"srvconnid": f"{server.id}.power", **common, "error": error}

    return call.list(rows(), ("srvconnid", "server", "rack", "hostname", "error"), key="srvconnid")
