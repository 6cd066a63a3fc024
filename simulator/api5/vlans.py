"""VLANs: the panel's list of them. Ports are put into them by `switch.port.edit` and `server.edit`."""

from __future__ import annotations

from typing import Any

from simulator.api5.calls import Call, done, function, number
from simulator.api5.errors import Refusal
from simulator.coremanager.document import Document, form
from simulator.dcim.equipment.vlans import Vlan
from simulator.dcim.errors import InUse, NotFound
from simulator.dcim.people.accounts5 import Level

__all__ = ["vlan_id"]

COLUMNS = ("id", "name", "net", "notes")


def _vlan(call: Call, key: str) -> Vlan:
    try:
        return call.panel.vlans.get(number(key))
    except NotFound:
        raise Refusal("missed", "vlan", key, f"there is no VLAN {key}") from None


def vlan_id(call: Call, text: str) -> int:
    """Of the VLAN that a form's field names; raises Refusal for none."""
    try:
        return call.panel.vlans.get(number(text)).id
    except NotFound:
        raise Refusal("value", "vlan", text, f"there is no VLAN {text}") from None


@function("vlan", Level.OPERATOR)
async def vlans(call: Call) -> Document:
    return call.list(({name: getattr(one, name) for name in COLUMNS} for one in call.panel.vlans), COLUMNS)


@function("vlan.edit", Level.OPERATOR)
async def edit(call: Call) -> Document:
    """Without `elid` a new one, whose number is `id`."""
    vlan = _vlan(call, call.get("elid")) if call.get("elid") else None
    if not call.setting:
        values: dict[str, Any] = {"elid": vlan.id if vlan else None}
        return form(values | {name: getattr(vlan, name) if vlan else "" for name in COLUMNS})
    if vlan is None:
        made = call.panel.vlans.add(number(call.need("id")), call.need("name"), call.get("net"), call.get("notes"))
        return done(id=made.id)
    if call.get("id") and call.get("id") != str(vlan.id):
        raise Refusal("value", "id", call.get("id"), "a VLAN keeps its number")
    changes = {name: call.get(name) for name in ("name", "net", "notes") if name in call.params}
    call.panel.vlans.edit(vlan.id, **changes)
    return done()


@function("vlan.delete", Level.OPERATOR)
async def delete(call: Call) -> Document:
    """Off the switches, too; not while a port is in it."""

    async def remove(key: str) -> None:
        vlan = _vlan(call, key)
        try:
            await call.panel.vlans.remove(vlan.id)
        except InUse as error:
            raise Refusal("constraint_delete", "vlans", str(vlan.id), str(error)) from None

    return await call.each(remove)
