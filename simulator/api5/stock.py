"""Servers that come and go. The BMC is connected afterwards, in a wizard; here the form may take it at once, too."""

from __future__ import annotations

from simulator.api5.calls import Call, done, function, number
from simulator.api5.errors import Refusal
from simulator.api5.server_rows import FREE_HOSTNAME
from simulator.api5.servers import check_domain, edit, set_hostname
from simulator.coremanager.document import Document, form
from simulator.dcim.drivers.base import BmcAccess
from simulator.dcim.errors import InUse
from simulator.dcim.people.accounts5 import Level
from simulator.dcim.records import Server
from simulator.dcim.stock import NewServer

__all__: list[str] = []

IPMI_PORT = 623


@function("server.edit", Level.USER, source="META-5.21.4, WHMCS")
async def edit_or_add(call: Call) -> Document:
    """Without `elid` a new server (there is no other function for it): for administrators and operators."""
    if call.get("elid") or not call.staff:
        return await edit(call)
    return done(id=_add(call).id) if call.setting else _empty(call)


def _empty(call: Call) -> Document:
    racks = list(call.panel.inventory.racks)
    values = {"name": f"Server{len(call.panel.inventory.servers) + 1}", "rack": racks[0].id, "hostname": FREE_HOSTNAME}
    rest = dict.fromkeys(("type", "mac", "notes", "ipmiip", "ipmiuser", "ipmipass"), "")
    return form({**values, **rest}, rack=[(str(rack.id), rack.name) for rack in racks])


def _add(call: Call) -> Server:
    """Checks what only this form has; the panel checks the rest, and adds all or nothing."""
    panel = call.panel
    name, host = call.need("name"), call.get("ipmiip")
    rack = panel.inventory.racks.find(number(call.get("rack")))
    if rack is None:
        raise Refusal("value", "rack", call.get("rack"), "there is no such rack")
    port = number(call.get("ipmiport", str(IPMI_PORT)))
    if not 0 < port < 65536:
        raise Refusal("value", "ipmiport", call.get("ipmiport"))
    hostname = call.get("hostname", FREE_HOSTNAME)
    check_domain(hostname, "hostname")
    bmc = BmcAccess(f"BMC of {name}", host, port, call.get("ipmiuser"), call.get("ipmipass"))
    server = panel.stock.add_server(
        NewServer(
            name=name,
            rack=rack.id,
            unit=None,
            macs=[call.get("mac")] if call.get("mac") else [],
            serial="",
            model="",
            configuration=call.get("type"),
            bmc=bmc,
            ports=(),
            outlets=(),
        )
    )
    if call.get("notes"):
        panel.edit_server(server.id, {"notes": call.get("notes")})
    set_hostname(call, server, hostname)
    return server


@function("server.delete", Level.OPERATOR)
async def delete(call: Call) -> Document:
    async def remove(key: str) -> None:
        server = call.server(key)
        try:
            call.panel.stock.remove_server(server.id)
        except InUse as error:
            raise Refusal("constraint_delete", "servers", server.name, str(error)) from None

    return await call.each(remove)
