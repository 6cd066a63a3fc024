"""Long work on servers: the form that begins it, the button that ends it, and the list of it."""

from __future__ import annotations

import re
from typing import Any

from simulator.api5.calls import Call, done, function, number
from simulator.api5.errors import Refusal
from simulator.api5.server_rows import hostname
from simulator.api5.servers import check_domain, set_hostname
from simulator.coremanager.document import Document, element, form
from simulator.dcim.config import TemplateSetup
from simulator.dcim.errors import NoAddress, NotFound
from simulator.dcim.people.accounts5 import Level
from simulator.dcim.records import Server, Template
from simulator.dcim.work.operation_table import Operation, OperationKind, OperationStatus
from simulator.dcim.work.recipes import Recipe

__all__ = ["REPOSITORY", "restricted", "template_id"]

REPOSITORY = "ISPsystem"
"""Where templates of a lab are said to come from: a template's internal name is `<repository>__<template>`."""
_FORBIDDEN = re.compile("[\\s'\"\\\\`$\x00-\x1f\x7f]")
STATES = {
    OperationStatus.WAITING: "running",
    OperationStatus.RUNNING: "running",
    OperationStatus.CANCELING: "running",
    OperationStatus.OK: "done",
    OperationStatus.FAILED: "error",
    OperationStatus.CANCELED: "canceld",
}
KINDS = {
    OperationKind.OS_INSTALL: "server_os_install",
    OperationKind.DIAGNOSTIC: "server_diag",
    OperationKind.RESCUE: "server_rescue",
}
PLACEHOLDERS = {"ostemplate": "no_os_template", "diag": "no_diag_template", "rescue": "no_rescue_template"}


def template_id(template: Template | TemplateSetup) -> str:
    return template.name if "__" in template.name else f"{REPOSITORY}__{template.name}"


def _templates(call: Call, kind: str) -> list[Template]:
    """Those that the caller is offered: restricted ones are the administrator's alone."""
    return [
        template
        for template in call.panel.inventory.templates
        if template.type == kind and (call.staff or template.id not in restricted(call))
    ]


def restricted(call: Call) -> dict[int, None]:
    """Templates with `restrict=on`, by id."""
    kept: dict[int, None] = call.panel.dialect_state.setdefault("api5 restricted templates", {})
    return kept


def _template(call: Call, field: str, kind: str) -> Template:
    """By internal name, or by the name without its repository."""
    wanted = call.get(field)
    for template in _templates(call, kind):
        if wanted and wanted in (template.name, template_id(template)):
            return template
    raise Refusal("value", field, wanted, f"there is no {kind} template {wanted!r}")


@function("server.operations", Level.USER, source="META-5.21.4, WHMCS, NODE")
async def operations(call: Call) -> Document:
    """The answer comes at once; the operation is in the next list."""
    server = call.server(call.need("elid"), acting=call.setting)
    if not call.setting:
        return _form(call, server)
    chosen = call.get("operation")
    if chosen == "ostemplate":
        _install(call, server)
    elif chosen == "diag" and call.staff:
        _diagnose(call, server)
    elif chosen == "rescue":
        _rescue(call, server)
    else:
        raise Refusal("value", "operation", chosen)
    begun = call.panel.inventory.servers.get(server.id).operation
    if begun is not None:
        _begun_by(call)[begun] = call.accounts.name(call.user)
    return done()


def _begun_by(call: Call) -> dict[int, str]:
    """Who began an operation through this API."""
    kept: dict[int, str] = call.panel.dialect_state.setdefault("api5 operation users", {})
    return kept


def _form(call: Call, server: Server) -> Document:
    """What may be started, with the templates for each; a list's first entry is its placeholder."""
    kinds = ("ostemplate", "diag", "rescue") if call.staff else ("ostemplate", "rescue")
    lists = {
        "ostemplate": _templates(call, "os"),
        "diag": _templates(call, "diagnostic"),
        "rescue": _templates(call, "rescue"),
    }
    options: dict[str, list[tuple[str, Any]]] = {
        "operation": [(key, call.label(key)) for key in ("no_operation", *kinds)]
    }
    for field, templates in lists.items():
        empty = (PLACEHOLDERS[field], call.label(PLACEHOLDERS[field]))
        options[field] = [empty, *((template_id(one), one.name) for one in templates)]
    last = call.panel.inventory.templates.find(server.os_template)
    values = {
        "elid": server.id,
        "operation": "no_operation",
        "ostemplate": template_id(last) if last else PLACEHOLDERS["ostemplate"],
        "diag": PLACEHOLDERS["diag"],
        "rescue": PLACEHOLDERS["rescue"],
        "hostname": hostname(server),
        "clearhdd": "off",
        "fullhddclear": "off",
    }
    return form(values, **options)


def _install(call: Call, server: Server) -> None:
    template = _template(call, "ostemplate", "os")
    _check_password(call)
    recipe = _recipe(call)
    check_domain(call.get("hostname"), "hostname")
    if not server.macs:
        raise Refusal("mac_is_not_defined_for_server")
    try:
        call.panel.operations.install(server.id, template.id, recipe=recipe)
    except NoAddress as error:
        raise Refusal("operfail_no_ip_on_server", "", "", str(error)) from None
    if call.get("hostname"):
        set_hostname(call, server, call.get("hostname"))


def _rescue(call: Call, server: Server) -> None:
    template = _template(call, "rescue", "rescue")
    _check_password(call)
    if not server.macs:
        raise Refusal("mac_is_not_defined_for_server")
    try:
        call.panel.operations.rescue(server.id, template.id)
    except NoAddress as error:
        raise Refusal("operfail_no_ip_on_server", "", "", str(error)) from None


def _check_password(call: Call) -> None:
    """Of root, in what is installed or booted."""
    password = call.get("passwd")
    wrong = _FORBIDDEN.search(password)
    if not password or wrong:
        raise Refusal("value", "passwd", wrong[0] if wrong else "")
    for again in ("confirm", "checkpasswd"):
        if call.get(again) and call.get(again) != password:
            raise Refusal("value", again, "", "the passwords differ")


def _recipe(call: Call) -> Recipe | None:
    """`null` is none; else `#local__NAME` or `REPOSITORY__NAME`."""
    wanted = call.get("recipe", "null")
    if wanted in ("", "null"):
        return None
    try:
        recipe = call.panel.recipes.get(wanted.partition("__")[2] or wanted)
    except NotFound as error:
        raise Refusal("value", "recipe", wanted, str(error)) from None
    if not recipe.for_all and not call.staff:
        raise Refusal("value", "recipe", wanted)
    return recipe


def _diagnose(call: Call, server: Server) -> None:
    template = _template(call, "diag", "diagnostic")
    if not server.macs:
        raise Refusal("mac_is_not_defined_for_server")
    clear = "on" in (call.get("clearhdd"), call.get("fullhddclear"))
    try:
        call.panel.operations.diagnose(server.id, template.id, clear_disks=clear)
    except NoAddress as error:
        raise Refusal("cant_aoutoalloc_tmpipv4", "", "", str(error)) from None


@function("server.opercancel", Level.USER, source="META-5.21.4, NODE")
async def cancel_of_server(call: Call) -> Document:
    async def cancel(key: str) -> None:
        server = call.server(key, acting=True)
        running = call.panel.operations.running(server)
        if running is None:
            raise Refusal("no_avaliable_operations", "", "", f"no operation is running on server {server.name}")
        await call.panel.operations.cancel(running.id)

    return await call.each(cancel)


# the list of operations

COLUMNS = ("id", "date", "type", "user", "state")


def _operation(call: Call, key: str) -> Operation:
    try:
        return call.panel.operations.all.get(number(key))
    except NotFound:
        raise Refusal("missed", "operation", key, f"there is no operation {key}") from None


def _row(call: Call, operation: Operation) -> dict[str, Any]:
    inventory = call.panel.inventory
    template = inventory.templates.find(operation.template)
    server = inventory.servers.find(operation.server)
    kind = KINDS[operation.kind]
    return {
        "id": operation.id,
        "date": call.panel.local(operation.created_at).strftime("%Y-%m-%d %H:%M:%S"),
        "type": call.word(kind, os=template.name if template else "", serverinfo=server.name if server else ""),
        "user": _begun_by(call).get(operation.id),
        "state": call.label(STATES[operation.status]),
    }


@function("operation", Level.OPERATOR)
async def listed(call: Call) -> Document:
    """Newest first."""
    hidden = _hidden(call)
    shown = (one for one in reversed(list(call.panel.operations.all)) if one.id not in hidden)
    return call.list((_row(call, one) for one in shown), COLUMNS)


def _hidden(call: Call) -> dict[int, None]:
    kept: dict[int, None] = call.panel.dialect_state.setdefault("api5 cleared operations", {})
    return kept


@function("operation.cclear", Level.OPERATOR)
async def clear(call: Call) -> Document:
    """What has ended is not listed any more; with `elid`, those."""
    wanted = [_operation(call, key) for key in call.ids()] if call.get("elid") else list(call.panel.operations.all)
    for operation in wanted:
        if operation.status.ended:
            _hidden(call)[operation.id] = None
    return done()


@function("operation.cancel", Level.OPERATOR)
async def cancel(call: Call) -> Document:
    async def end(key: str) -> None:
        await call.panel.operations.cancel(_operation(call, key).id)

    return await call.each(end)


@function("operation.log", Level.OPERATOR)
async def log(call: Call) -> Document:
    operation = _operation(call, call.need("elid"))
    lines = [
        f"{call.panel.local(one.time):%Y-%m-%d %H:%M:%S} {one.stage} {one.percent}% {one.message}".rstrip()
        for one in operation.progress
    ]
    if operation.ended_at is not None:
        end = call.panel.local(operation.ended_at)
        lines.append(f"{end:%Y-%m-%d %H:%M:%S} {STATES[operation.status]} {operation.message}".rstrip())
    return Document("form", [element("elid", operation.id), element("log", "\n".join(lines))])
