"""Global settings that act."""

from __future__ import annotations

from typing import Any

from simulator.api5.calls import Call, done, function
from simulator.api5.errors import Refusal
from simulator.api5.operations import template_id
from simulator.coremanager.document import Document, form
from simulator.dcim.people.accounts5 import Level

__all__: list[str] = []

SWITCHES = ("diagonfree", "clearhdd", "fullhddclear", "shutdownafterdiag", "servers_autoshutdown")
SEARCH = {"enablesearch": "enabled", "iprange": "iprange", "template": "template"}
"""What `serversearch` goes by, and what the panel calls it."""


@function("globalsettings", Level.ADMIN)
async def settings(call: Call) -> Document:
    """What is not sent stays as it is."""
    release = call.panel.release
    templates = {template_id(one): one.name for one in call.panel.inventory.templates if one.type == "diagnostic"}
    if not call.setting:
        values: dict[str, Any] = {name: "on" if getattr(release.settings, name) else "off" for name in SWITCHES}
        chosen = release.settings.diagonfreetemplate
        key = next((key for key, name in templates.items() if name == chosen), "")
        search = call.panel.search.settings
        looks = next((key for key, name in templates.items() if name == search.template), "")
        values |= {"diagonfreetemplate": key, "enablesearch": "on" if search.enabled else "off"}
        choices = list(templates.items())
        return form(
            {**values, "iprange": search.iprange, "template": looks}, diagonfreetemplate=choices, template=choices
        )
    changes: dict[str, Any] = {}
    for name in (*SWITCHES, "enablesearch"):
        if name in call.params:
            if call.get(name) not in ("on", "off", ""):
                raise Refusal("value", name, call.get(name))
            changes[name] = call.get(name) == "on"
    for name in ("diagonfreetemplate", "template"):
        wanted = call.get(name)
        if wanted:
            if wanted not in templates and wanted not in templates.values():
                raise Refusal("value", name, wanted)
            changes[name] = templates.get(wanted, wanted)
    if "iprange" in call.params:
        changes["iprange"] = call.get("iprange").strip()
    wanted_search = {its: changes.pop(name) for name, its in SEARCH.items() if name in changes}
    if wanted_search:
        call.panel.search.change(**wanted_search)
    if changes:
        release.change(**changes)
    return done()
