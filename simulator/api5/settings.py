"""Global settings that act."""

from __future__ import annotations

from typing import Any

from simulator.api5.calls import Call, done, function
from simulator.api5.document import Document, form
from simulator.api5.errors import Refusal
from simulator.api5.operations import template_id
from simulator.dcim.accounts5 import Level

__all__: list[str] = []

SWITCHES = ("diagonfree", "clearhdd", "shutdownafterdiag", "servers_autoshutdown")


@function("globalsettings", Level.ADMIN)
async def settings(call: Call) -> Document:
    """What is not sent stays as it is."""
    release = call.panel.release
    templates = {template_id(one): one.name for one in call.panel.inventory.templates if one.type == "diagnostic"}
    if not call.setting:
        values: dict[str, Any] = {name: "on" if getattr(release.settings, name) else "off" for name in SWITCHES}
        chosen = release.settings.diagonfreetemplate
        key = next((key for key, name in templates.items() if name == chosen), "")
        return form({**values, "diagonfreetemplate": key}, diagonfreetemplate=list(templates.items()))
    changes: dict[str, Any] = {}
    for name in SWITCHES:
        if name in call.params:
            if call.get(name) not in ("on", "off", ""):
                raise Refusal("value", name, call.get(name))
            changes[name] = call.get(name) == "on"
    wanted = call.get("diagonfreetemplate")
    if wanted:
        if wanted not in templates and wanted not in templates.values():
            raise Refusal("value", "diagonfreetemplate", wanted)
        changes["diagonfreetemplate"] = templates.get(wanted, wanted)
    release.change(**changes)
    return done()
