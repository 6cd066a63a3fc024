"""A call read as a deed: what the client did or asked, and whether the panel refused. One table for each dialect."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree as ET

from simulator.api5.calls import FUNCTIONS
from simulator.review.recorder import HttpCall

__all__ = ["Act", "Deed", "deed_of"]


class Act(Enum):
    LOGIN = "logs in"
    LOGOUT = "logs out"
    LOOK = "looks"
    OWNER = "sets the owner"
    INSTALL = "starts an installation"
    DIAGNOSE = "starts diagnostics"
    CANCEL = "ends an operation"
    PORTS_ON = "switches ports on"
    PORTS_OFF = "switches ports off"
    POWER = "switches power"
    ADDRESS = "adds an address"
    NO_ADDRESS = "deletes an address"
    USER = "makes a user"
    BLOCK = "blocks the server"
    UNBLOCK = "unblocks the server"
    OTHER = "changes something else"

    @property
    def changes(self) -> bool:
        return self not in (Act.LOGIN, Act.LOGOUT, Act.LOOK)

    @property
    def gives_back(self) -> bool:
        """What a client that gives up does."""
        return self in (Act.CANCEL, Act.NO_ADDRESS, Act.PORTS_OFF, Act.BLOCK)


_ACTS_6: Mapping[str, Act] = MappingProxyType(
    {
        "auth.login": Act.LOGIN,
        "auth.login_by_key": Act.LOGIN,
        "auth.v3.login": Act.LOGIN,
        "auth.v3.login_by_key": Act.LOGIN,
        "auth.token.delete": Act.LOGOUT,
        "auth.v3.session.delete": Act.LOGOUT,
        "server.owner": Act.OWNER,
        "server.owner.clear": Act.OWNER,
        "server.os_install": Act.INSTALL,
        "server.diagnostic": Act.DIAGNOSE,
        "server.operation.cancel": Act.CANCEL,
        "operation.cancel": Act.CANCEL,
        "server.port_on": Act.PORTS_ON,
        "server.port_off": Act.PORTS_OFF,
        "server.resume": Act.UNBLOCK,
        "server.suspend": Act.BLOCK,
        "server.power_on": Act.POWER,
        "server.power_off": Act.POWER,
        "server.power_reset": Act.POWER,
        "server.ip.add": Act.ADDRESS,
        "server.ip.delete": Act.NO_ADDRESS,
        "user.create": Act.USER,
        "auth.user.create": Act.USER,
    }
)
_ACTS_5: Mapping[str, Act] = MappingProxyType(
    {
        "auth": Act.LOGIN,
        "session.delete": Act.LOGOUT,
        "server.opercancel": Act.CANCEL,
        "operation.cancel": Act.CANCEL,
        "server.connection.on": Act.PORTS_ON,
        "server.connection.off": Act.PORTS_OFF,
        "server.enable": Act.UNBLOCK,
        "server.disable": Act.BLOCK,
        "server.poweron": Act.POWER,
        "server.poweroff": Act.POWER,
        "server.reboot": Act.POWER,
        "iplist.delete": Act.NO_ADDRESS,
    }
)
_TEXT_5 = re.compile(r"ERROR (\w+)(?:\(\w*\))?:?\s*(.*)")
_VERBS_5 = re.compile(r"\.(delete|on|off|enable|disable|toggle|refresh|approve|newkey|su)$")


@dataclass(frozen=True, slots=True)
class Deed:
    """`refused`: the panel's words, empty when it did what was asked; `unknown`: it has no such call or field."""

    call: HttpCall
    act: Act
    refused: str = ""
    unknown: bool = False

    @property
    def server(self) -> str:
        return self.call.before.name if self.call.before is not None else ""

    @property
    def done(self) -> bool:
        return not self.refused

    def __str__(self) -> str:
        call = self.call
        what = f"func={call.words.action}" if call.panel == 5 else call.path
        return f"#{call.number} {call.method} {what}"


def deed_of(call: HttpCall) -> Deed:
    """Never raises."""
    if call.panel == 6:
        refused, unknown = _refusal_6(call)
        usual = Act.LOOK if call.method in ("GET", "HEAD", "OPTIONS") else Act.OTHER
        act = _ACTS_6.get(call.words.action, usual)
        if call.words.action == "server.edit" and "owner" in call.words.values:
            act = Act.OWNER
        return Deed(call, act, refused, unknown)
    refused, unknown = _refusal_5(call)
    return Deed(call, _act_5(call.words.action, call.words.values), refused, unknown)


def _act_5(func: str, values: Mapping[str, Any]) -> Act:
    if func in _ACTS_5:
        return _ACTS_5[func]
    if "sok" not in values:  # a form that is only looked at, or a list
        return Act.OTHER if _VERBS_5.search(func) else Act.LOOK
    if func == "server.operations":
        return Act.INSTALL if values.get("operation") == "ostemplate" else Act.DIAGNOSE
    if func == "server.edit" and "owner" in values:
        return Act.OWNER
    if func == "iplist.edit":
        return Act.OTHER if values.get("elid") else Act.ADDRESS
    if func == "user.edit":
        return Act.OTHER if values.get("elid") else Act.USER
    return Act.OTHER


def _refusal_6(call: HttpCall) -> tuple[str, bool]:
    if call.status < 400:
        return ("", False) if call.status else ("no answer", False)
    try:
        error = json.loads(call.answer)["error"]
        message = str(error["msg"] if isinstance(error, dict) else error)
    except (ValueError, KeyError, TypeError, RecursionError):
        message = call.answer[:200].decode("utf-8", "replace")
    unknown = (call.status in (404, 405) and not call.words.action) or "Unexpected property" in message
    return f"{call.status}: {message}", unknown


def _refusal_5(call: HttpCall) -> tuple[str, bool]:
    """An error comes with status 200, in whatever form was asked for."""
    if call.status >= 400 or not call.status:
        return f"{call.status or 'no answer'}", call.status in (404, 405)
    text = call.answer.decode("utf-8", "replace").lstrip()
    kind = message = ""
    if text.startswith("<"):
        error = _xml(call.answer)
        if error is not None:
            kind, message = error.get("type") or "", error.findtext("msg") or ""
    elif text.startswith("{"):
        found = _json(text)
        if found is not None:
            kind, message = str(found.get("$type") or found.get("type") or ""), str(found.get("msg") or "")
            message = str(found["msg"].get("$", "")) if isinstance(found.get("msg"), dict) else message
    elif (words := _TEXT_5.match(text)) is not None:
        kind, message = words.groups()
    if not kind:
        return "", False
    unknown = kind == "missed" and "func" in text[:400] and call.words.action not in FUNCTIONS
    return f"{kind}: {message.strip()}".rstrip(": "), unknown


def _xml(octets: bytes) -> ET.Element | None:
    try:
        return ET.fromstring(octets).find("error")  # noqa: S314 - our own panel wrote it
    except ET.ParseError:
        return None


def _json(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found = found.get("doc", found) if isinstance(found, dict) else {}
    error = found.get("error") if isinstance(found, dict) else None
    return error if isinstance(error, dict) else None
