"""Templates: what there is to install, to diagnose with and to rescue with, and who is offered it."""

from __future__ import annotations

from typing import Any

from simulator.api5.calls import Call, done, function
from simulator.api5.errors import Refusal
from simulator.api5.operations import REPOSITORY, restricted, template_id
from simulator.coremanager.document import Document, form
from simulator.dcim.errors import NotFound
from simulator.dcim.people.accounts5 import Level
from simulator.dcim.records import Template
from simulator.dcim.work.operation_table import OperationStatus

__all__: list[str] = []

TYPES = {"os": "type_ostemplate", "diagnostic": "type_diag", "rescue": "type_rescue"}
COLUMNS = ("id", "name", "type", "installed", "restrict", "repo")


def _template(call: Call, key: str) -> Template:
    for template in call.panel.inventory.templates:
        if key in (template_id(template), template.name):
            return template
    raise Refusal("missed", "ostemplate", key, f"there is no template {key}")


@function("osmgr", Level.OPERATOR, source="META-5.21.4, official docs")
async def templates(call: Call) -> Document:
    """Templates of all kinds, and those that could be installed. `id` is what `server.operations` takes."""
    rows = (
        {
            "id": template_id(one),
            "name": one.name,
            "type": call.label(TYPES.get(one.type, one.type)),
            "installed": "ok" if isinstance(one, Template) else None,
            "restrict": "on" if isinstance(one, Template) and one.id in restricted(call) else None,
            "repo": REPOSITORY,
        }
        for one in (*call.panel.inventory.templates, *call.panel.inventory.not_installed())
    )
    return call.list(rows, COLUMNS)


@function("osmgr.install", Level.OPERATOR)
async def install(call: Call) -> Document:
    """Out of the repository; it is there at once, since the image is the lab's own."""

    async def fetch(key: str) -> None:
        name = key.removeprefix(f"{REPOSITORY}__")
        try:
            call.panel.inventory.install_template(name)
        except NotFound:
            raise Refusal("missed", "ostemplate", key, f"the repository has no template {key}") from None

    return await call.each(fetch)


@function("osmgr.edit", Level.OPERATOR)
async def edit(call: Call) -> Document:
    """`restrict`: users are not offered it. Templates come from the lab file, so nothing updates them."""
    template = _template(call, call.need("elid"))
    if not call.setting:
        now = "on" if template.id in restricted(call) else "off"
        return form({"elid": template_id(template), "name": template.name, "restrict": now})
    if call.get("autoupdate") == "on":
        raise Refusal("value", "autoupdate", "on", "there is no repository that templates could be updated from")
    if "restrict" in call.params:
        if call.get("restrict") not in ("on", "off"):
            raise Refusal("value", "restrict", call.get("restrict"))
        _restrict(call, template, on=call.get("restrict") == "on")
    return done()


@function("osmgr.restrict.toggle", Level.OPERATOR)
async def toggle(call: Call) -> Document:
    async def turn(key: str) -> None:
        template = _template(call, key)
        _restrict(call, template, on=template.id not in restricted(call))

    return await call.each(turn)


def _restrict(call: Call, template: Template, *, on: bool) -> None:
    if on:
        restricted(call)[template.id] = None
    else:
        restricted(call).pop(template.id, None)


@function("repo", Level.OPERATOR)
async def repositories(call: Call) -> Document:
    return call.list(
        [{"name": REPOSITORY, "location": "", "default": "yes"}], ("name", "location", "default"), key="name"
    )


@function("servertype", Level.OPERATOR)
async def server_types(call: Call) -> Document:
    """The configurations that servers have, with how many of them may be sold."""
    counts: dict[str, int] = {}
    for server in call.panel.inventory.servers:
        if server.configuration:
            counts[server.configuration] = counts.get(server.configuration, 0) + 1
    free = call.panel.free_configurations()
    systems = sum(1 for one in call.panel.inventory.templates if one.type == "os")
    rows = (
        {"id": name, "name": name, "chassis_single": True, "servers": count, "freeservers": free.get(name, 0),
         "oscnt": systems}
        for name, count in counts.items()
    )  # fmt: skip
    return call.list(rows, ("id", "name", "chassis_single", "servers", "freeservers", "oscnt"))


@function("servertype.oslist", Level.OPERATOR, source="META-5.21.4; its columns are those of osmgr")
async def systems(call: Call) -> Document:
    """The OS templates that a kind of server can be given: here all of them."""
    kind = call.need("elid")
    if not any(server.configuration == kind for server in call.panel.inventory.servers):
        raise Refusal("missed", "type", kind, f"no server is of the type {kind}")
    known = [one for one in call.panel.inventory.templates if one.type == "os"]
    rows: list[dict[str, Any]] = [{"id": template_id(one), "name": one.name} for one in known]
    return call.list(rows, ("id", "name"), extra={"plid": kind})


@function("operstat", Level.OPERATOR, source="META-5.21.4; element names are ours")
async def statistics(call: Call) -> Document:
    """For each template: how often it was used, how long that took on average, and how often it came to a good end."""
    rows: list[dict[str, Any]] = []
    for template in call.panel.inventory.templates:
        ended = [one for one in call.panel.operations.all if one.template == template.id and one.status.ended]
        good = [one for one in ended if one.status is OperationStatus.OK]
        if ended:
            minutes = [((one.ended_at or 0.0) - one.created_at) / 60 for one in good]
            rows.append(
                {
                    "id": template_id(template),
                    "name": template.name,
                    "time": f"{sum(minutes) / len(minutes):.1f}" if minutes else None,
                    "frequency": len(ended),
                    "stability": f"{100 * len(good) / len(ended):.1f}",
                }
            )
    return call.list(rows, ("id", "name", "time", "frequency", "stability"))
