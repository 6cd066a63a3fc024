"""Servers: the list with its hints, the form, and the buttons for power and blocking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.api5.calls import Call, done, function, number
from simulator.api5.errors import Refusal
from simulator.api5.server_rows import COLUMNS, FREE_HOSTNAME, hostname, main_address, server_row
from simulator.api5.vlans import vlan_id
from simulator.coremanager.document import Document, Element, Row, element, form
from simulator.dcim import Panel
from simulator.dcim.errors import Invalid, WrongState
from simulator.dcim.hostnames import host_name
from simulator.dcim.people.accounts5 import Level
from simulator.dcim.records import PowerStatus, Server, ServerState
from simulator.dcim.work.operation_table import OperationKind

__all__ = ["check_domain", "edit", "set_hostname"]

SPARE = 64
"""Rows of servers that are gone, beside as many as there are servers."""
PATIENCE = 5.0
"""Seconds that `server.enable` and `server.disable` take at most; clients were seen to wait for what they do. Ours."""
HINTS = ("install_in_progress", "diag_in_progress", "rescue_in_progress")
KINDS = {OperationKind.OS_INSTALL: "ostemplate", OperationKind.DIAGNOSTIC: "diag", OperationKind.RESCUE: "rescue"}


@function("server", Level.USER, source="META-5.21.4, WHMCS, NODE")
async def servers(call: Call) -> Document:
    """The list; with `clickstat` and `hint_field` the text of a hint on one row."""
    if call.get("clickstat") or call.get("hint_field"):
        return _hint(call, call.server(call.need("elid")))
    return call.list(_rows(call), COLUMNS)


def _rows(call: Call) -> Iterator[Row]:
    """Of the servers that the caller sees. Who polls finds nearly all of them as they were: a row that is as it was is the very same, and is
    not even made where nothing has changed that it is made of.
    """
    panel, staff = call.panel, call.staff
    known: dict[tuple[bool, int], tuple[object, Row]] = panel.dialect_state.setdefault("api5 server rows", {})
    if len(known) > 4 * len(panel.inventory.servers) + SPARE:  # most are of servers that are gone
        known.clear()
    versions, meters = _versions(panel), panel.meters
    for server in call.servers():
        made_of = versions, meters.watts(server), meters.rate(server), panel.devices.commanded_at(server.id)
        before, held = known.get((staff, server.id), (None, None))
        if held is None or before != made_of:
            row = server_row(call, server)
            held = held if held == row else Row(row)
            known[staff, server.id] = made_of, held
        yield held


def _versions(panel: Panel) -> tuple[object, ...]:
    """Of all that rows of servers are made of, but for what meters and power commands tell."""
    stock = panel.inventory
    registers = (stock.servers, stock.templates, stock.racks, stock.switch_ports, stock.outlets, panel.users.all)
    versions = [each.version for each in (*registers, panel.addresses.used, panel.operations.all)]
    return *versions, *[each.error for each in stock.switches], *[each.error for each in stock.pdus]


@function("server.filter", Level.USER)
async def narrow(call: Call) -> Document:
    return call.narrow("server", COLUMNS)


def _hint(call: Call, server: Server) -> Document:
    running = call.panel.operations.running(server)
    text = ""
    if running is not None and call.get("hint_field", HINTS[0]) in HINTS:
        last = running.progress[-1] if running.progress else None
        progress = f"{last.stage} {last.percent}%" if last else running.status.value
        text = call.word("hint_operation", type=call.word(KINDS[running.kind]), value=progress)
    return Document("form", [element("value", text)])


# the form


async def edit(call: Call) -> Document:
    """What is not sent stays as it is."""
    server = call.server(call.need("elid"), acting=call.setting)
    if not call.setting:
        return _form(call, server)
    changes = _changes(call, server) if call.staff else _own_changes(call, server)
    vlan = call.get("vlan") if call.staff else ""
    if vlan and vlan != str(call.panel.vlans.of_server(server) or ""):
        await call.panel.vlans.put_server(server, vlan_id(call, vlan))
    if changes:
        call.panel.edit_server(server.id, changes)
    return done()


def _form(call: Call, server: Server) -> Document:
    """The server's card: what an owner sees, and for staff what they can change with its choices."""
    panel = call.panel
    address = main_address(call, server)
    common: dict[str, Any] = {
        "elid": server.id,
        "id": server.id,
        "name": server.name,
        "hostname": hostname(server),
        "main_ip": address.name if address else "",
        "mac": server.macs[0] if server.macs else "",
        "disabled": "on" if server.state is not ServerState.ACTIVE else None,
        "user_notes": str(server.settings.get("user_notes", "")),
    }
    if not call.staff:
        return form(common)
    template = panel.inventory.templates.find(server.os_template)
    owners = [(str(user.id), call.accounts.name(user)) for user in panel.users.all]
    kinds = dict.fromkeys(one.configuration for one in panel.inventory.servers if one.configuration)
    return form(
        {
            **common,
            "owner": "no_owner" if server.owner is None else server.owner,
            "type": server.configuration,
            "notes": server.notes,
            "forcelock": "on" if server.protected else "off",
            "hwproblem": "on" if server.faulty is not None else "off",
            "hwerror": server.faulty or None,
            "rack": server.rack,
            "vlan": call.panel.vlans.of_server(server) or "",
            "os": template.name if template else "",
        },
        owner=[("no_owner", call.label("no_owner")), *owners],
        type=[(name, name) for name in kinds],
        rack=[(str(rack.id), rack.name) for rack in panel.inventory.racks],
        vlan=[(str(one.id), one.name) for one in panel.vlans],
    )


def _changes(call: Call, server: Server) -> dict[str, Any]:
    """What the form sent differs from the record. Raises Refusal for a value that cannot be."""
    wanted: dict[str, Any] = {}
    if "name" in call.params:
        wanted["name"] = call.get("name")
    if "notes" in call.params:
        wanted["notes"] = call.get("notes")
    if "hostname" in call.params:
        wanted["domain"] = _domain(call.get("hostname"), "hostname")
    if "owner" in call.params:
        wanted["owner"] = _owner(call)
    if "forcelock" in call.params:
        wanted["protected"] = call.get("forcelock") == "on"
    if "hwproblem" in call.params and (call.get("hwproblem") == "on") != (server.faulty is not None):
        wanted["faulty"] = "hardware problem" if call.get("hwproblem") == "on" else None
    for name, value in (("type", server.configuration), ("mac", server.macs[0] if server.macs else "")):
        sent = call.get(name)
        if sent and sent.lower() != value.lower():
            raise Refusal("value", name, sent, f"{name} comes from diagnostics and the set-up, and cannot be edited")
    return {name: value for name, value in wanted.items() if getattr(server, name) != value}


def _own_changes(call: Call, server: Server) -> dict[str, Any]:
    """What a user may change of his server: its host name and his own notes."""
    changes: dict[str, Any] = {}
    if "hostname" in call.params and _domain(call.get("hostname"), "hostname") != server.domain:
        changes["domain"] = _domain(call.get("hostname"), "hostname")
    if "user_notes" in call.params and call.get("user_notes") != server.settings.get("user_notes", ""):
        changes["settings"] = {"user_notes": call.get("user_notes")}
    return changes


def _owner(call: Call) -> int | None:
    """From the user's id; `no_owner`, or nothing, is nobody."""
    text = call.get("owner")
    if text in ("", "no_owner"):
        return None
    user = call.panel.users.all.find(number(text))
    if user is None:
        raise Refusal("value", "owner", text, f"there is no user {text}")
    return user.id


def check_domain(text: str, field: str = "domain") -> str:
    """The name as it is kept. Raises Refusal for what is none; empty is none."""
    try:
        return host_name(text, field)
    except Invalid as error:
        raise Refusal("value", field, text, str(error)) from None


def _domain(text: str, field: str) -> str:
    name = check_domain(text, field)
    return "" if name == FREE_HOSTNAME else name


def set_hostname(call: Call, server: Server, domain: str) -> None:
    """The main address's domain is the server's host name."""
    name = _domain(domain, "domain")
    if name != server.domain:
        call.panel.edit_server(server.id, {"domain": name})


# power


@function("server.poweron", Level.USER, source="META-5.21.4, WHMCS, NODE")
async def power_on(call: Call) -> Document:
    """A server that is on already stays on."""

    async def on(key: str) -> None:
        server = call.server(key, acting=True)
        try:
            await call.panel.power.on(server.id)
        except WrongState:
            if _power(call, server.id) is not PowerStatus.ON:
                raise

    return await call.each(on)


@function("server.poweroff", Level.USER, source="META-5.21.4, WHMCS, NODE")
async def power_off(call: Call) -> Document:
    async def off(key: str) -> None:
        server = call.server(key, acting=True)
        try:
            await call.panel.power.off(server.id)
        except WrongState:
            if _power(call, server.id) is not PowerStatus.OFF:
                raise

    return await call.each(off)


@function("server.reboot", Level.USER, source="META-5.21.4, WHMCS, NODE")
async def reboot(call: Call) -> Document:
    async def reset(key: str) -> None:
        await call.panel.power.reset(call.server(key, acting=True).id)

    return await call.each(reset)


def _power(call: Call, server: int) -> PowerStatus:
    return call.panel.inventory.power_status(call.panel.inventory.servers.get(server))


# blocking


@function("server.disable", Level.OPERATOR, source="META-5.21.4, WHMCS")
async def disable(call: Call) -> Document:
    """Block: the switch ports go off, the power stays. With a slow switch the answer comes before that is done."""

    async def block(key: str) -> None:
        server = call.server(key)
        if server.state in (ServerState.ACTIVE, ServerState.RESUMING):
            await call.panel.begin(f"disable {server.name}", call.panel.ports.suspend(server.id), PATIENCE)

    return await call.each(block)


@function("server.enable", Level.OPERATOR, source="META-5.21.4, WHMCS")
async def enable(call: Call) -> Document:
    async def release(key: str) -> None:
        server = call.server(key)
        if server.state in (ServerState.SUSPENDED, ServerState.SUSPENDING):
            await call.panel.begin(f"enable {server.name}", call.panel.ports.resume(server.id), PATIENCE)

    return await call.each(release)


@function("ipmiredirect", Level.USER, source="META-5.21.4, NODE")
async def console(call: Call) -> Document:
    """Where the server's BMC has its own pages: a browser is sent there, a program reads the address.

    The server is found by `elid`. `value` is for people: the text of the row's element `ipmi`, or, on a page of the
    vendor's, `IPMI S` and the server's id.
    """
    server = call.server(call.need("elid"), acting=True)
    if not server.bmc.host:
        raise Refusal("missed", "connection", "IPMI", f"server {server.name} has no IPMI connection")
    host = f"[{server.bmc.host}]" if ":" in server.bmc.host else server.bmc.host
    return Document("action", [Element("ok", f"https://{host}/", {"type": "url"})])
