"""Functions of DCImanager 5 that this panel does not have, and why: whoever calls one is told that it is not emulated."""

from __future__ import annotations

__all__ = ["ABSENT"]

NO_FORM = "its parameters are nowhere documented"
NO_PART = "the hall has nothing of the kind"
ABSENT = {
    "averagetemp": NO_PART, "rack_temperature": NO_PART, "measure": NO_PART, "measure.edit": NO_PART,
    "measure.sensor": NO_PART, "ups": NO_PART, "ups.delete": NO_PART, "ups.edit": NO_PART, "ups.refresh": NO_PART,
    "upscreatewiz": NO_PART, "dcmap": NO_FORM, "hddmovewiz": NO_FORM, "rackmap": NO_FORM,
    "internal.create.equipmenttype": NO_FORM, "osinstall.afterscript": NO_FORM, "purchases": NO_FORM,
    "rack.type": NO_FORM, "repo.delete": "templates come from the lab file", "repo.edit": "templates come from the lab file",
    "osmgr.autoupdate.toggle": "templates come from the lab file", "osmgr.delete": "templates come from the lab file",
    "osmgr.fetch": "templates come from the lab file",
    "osmgr.update": "templates come from the lab file", "pdu.port.delete": NO_FORM, "pdu.port.edit": NO_FORM,
    "seller": NO_FORM, "server.connection.redirect": NO_FORM,
    "server.maphint": NO_FORM, "serverconnstat.gotoserver": NO_FORM, "serverconnstat.more": NO_FORM,
    "servertype.checktype": NO_FORM, "servertype.cpulist": NO_FORM, "servertype.delete": "a kind is what diagnostics find",
    "servertype.edit": "a kind is what diagnostics find", "spare": NO_FORM, "switch.port.delete": NO_FORM,
    "userrights": NO_FORM,
}  # fmt: skip
"""Names that META or a client has and this panel does not, and why."""
