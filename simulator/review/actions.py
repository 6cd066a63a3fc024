"""A call read as a action: what the client did or asked, and whether the panel refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from simulator.api5.calls import FUNCTIONS as FUNCTIONS_5
from simulator.api5.messages import TEXTS as TEXTS_5
from simulator.api6.absent import absent_service
from simulator.api6.calls import HANDLERS
from simulator.coremanager.calls import number
from simulator.coremanager.messages import Texts
from simulator.ispmanager.calls import FUNCTIONS as FUNCTIONS_HOSTING
from simulator.ispmanager.calls import TEXTS as TEXTS_HOSTING
from simulator.review.action_tables import (
    ACTIONS_6,
    ACTIONS_HOSTING,
    BUTTONS_5,
    FORMS_5,
    FORMS_HOSTING,
    WITHOUT_5,
    ActionKind,
)
from simulator.review.recorder import HttpCall

__all__ = ["Action", "ActionKind", "action_of", "functions_of", "properties_of"]

_TEXT = re.compile(r"ERROR (\w+)(?:\(([^)]*)\))?:?\s*(.*)")
_ERRORS = (b'"error":{', b'"error": {', b"<error ", b"<error>")
"""Where our own panel writes an error into what is no plain text."""
_PROPERTY = re.compile(r"Unexpected property '([^']*)'")
_BUTTON = re.compile(r"\.(delete|on|off|enable|disable|toggle|newkey|su|suspend|resume|cclear)$")
"""What acts without `sok`, also where the panel has no such function."""
_ON = ("on", "true", True, 1, "1")
_FREE = "free.ds"


@dataclass(frozen=True, slots=True)
class Action:
    """`refused`: the panel's words, empty when it did what was asked; `unknown`: it has no such call or field; `absent`: the
    product has it, and it is not emulated here.
    """

    call: HttpCall
    kind: ActionKind
    refused: str = ""
    unknown: bool = False
    absent: bool = False
    unknown_property: str = ""
    """The key of the body that the call does not have."""

    @property
    def server(self) -> str:
        return self.call.before.name if self.call.before is not None else ""

    @property
    def accounts(self) -> tuple[str, ...]:
        """Users of ispmanager that it was about: a group action has several."""
        if self.call.panel != "ispmanager" or not self.kind.changes or self.kind is ActionKind.OTHER:
            return ()
        values = self.call.parsed.values
        if self.call.parsed.action == "usrparam":
            return (values["su"],) if values.get("su") else ()
        if self.kind is ActionKind.ACCOUNT:
            return (values["name"],) if values.get("name") else ()
        return tuple(part.strip() for part in values.get("elid", "").split(",") if part.strip())

    @property
    def done(self) -> bool:
        return not self.refused

    def failed(self, account: str) -> bool:
        """Whether it was refused for this account: of a group, the answer names those that failed."""
        if len(self.accounts) < 2:
            return not self.done
        named = re.search(rf"(?<![\w.-]){re.escape(account)}: ", self.call.answer.decode("utf-8", "replace"))
        return not self.done and (named is not None or self.call.status != 200)

    @property
    def gives_back(self) -> bool:
        """What a client that gives up does: also marking the server so that nobody is sold it (B5-9)."""
        values = self.call.parsed.values
        marked = values.get("faulty") or values.get("hwproblem") == "on"
        freed = _FREE in (values.get("hostname"), values.get("domain"))
        renamed = self.kind in (ActionKind.EDIT, ActionKind.ADDRESS_EDIT) and freed
        return self.kind.gives_back or renamed or (self.kind is ActionKind.EDIT and bool(marked))

    def __str__(self) -> str:
        call = self.call
        what = call.path if call.panel == 6 else f"func={call.parsed.action}"
        return f"#{call.number} {call.method} {what}"


def properties_of(call: HttpCall) -> list[str]:
    """What the body of a call of DCImanager 6 may have; nothing for what is no such call."""
    handler = HANDLERS.get(call.parsed.action)
    return [] if handler is None else list(handler.body.model_fields)


def functions_of(call: HttpCall) -> Mapping[str, object]:
    """Of the COREmanager product that was called."""
    return FUNCTIONS_HOSTING if call.panel == "ispmanager" else FUNCTIONS_5


def action_of(call: HttpCall) -> Action:
    """Never raises."""
    func, values = call.parsed.action, call.parsed.values
    if call.panel == 6:
        return Action(call, _kind_6(call), *_refusal_6(call))
    kind = _kind_hosting(func, values) if call.panel == "ispmanager" else _kind_5(func, values)
    return Action(call, kind, *_refusal_core(call))


def _kind_6(call: HttpCall) -> ActionKind:
    action, values = call.parsed.action, call.parsed.values
    usual = ActionKind.LOOK if call.method in ("GET", "HEAD", "OPTIONS") else ActionKind.OTHER
    kind = ACTIONS_6.get(action, usual)
    if kind is ActionKind.EDIT and "owner" in values:
        return ActionKind.OWNER
    return ActionKind.CLEAN if kind is ActionKind.DIAGNOSE and values.get("clear_disks") in _ON else kind


def _kind_5(func: str, values: Mapping[str, Any]) -> ActionKind:
    if func in BUTTONS_5:
        # A PDU's ports are among a server's connections: every third id, as `connections` of the dialect counts.
        connection = number(values.get("elid", "")) if func.startswith("server.connection.o") else 0
        return ActionKind.POWER if connection % 3 == 2 and connection > 0 else BUTTONS_5[func]
    if not values.get("sok"):  # a form that is only looked at, or a list
        return ActionKind.OTHER if _BUTTON.search(func) else ActionKind.LOOK
    if func not in FORMS_5:
        return ActionKind.OTHER if func in WITHOUT_5 or func not in FUNCTIONS_5 else ActionKind.LOOK
    elid = values.get("elid")
    if func == "server.operations":
        kinds = {"ostemplate": ActionKind.INSTALL, "rescue": ActionKind.RESCUE}
        clear = "on" in (values.get("clearhdd"), values.get("fullhddclear"))
        return kinds.get(values.get("operation", ""), ActionKind.CLEAN if clear else ActionKind.DIAGNOSE)
    if func == "server.edit":
        return ActionKind.OTHER if not elid else ActionKind.OWNER if "owner" in values else ActionKind.EDIT
    if func == "iplist.edit" and elid:
        return ActionKind.ADDRESS_EDIT
    return ActionKind.OTHER if func == "user.edit" and elid else FORMS_5[func]


def _kind_hosting(func: str, values: Mapping[str, Any]) -> ActionKind:
    if func in ACTIONS_HOSTING:
        return ACTIONS_HOSTING[func]
    if not values.get("sok"):
        return ActionKind.OTHER if _BUTTON.search(func) else ActionKind.LOOK
    if func == "user.edit" and not values.get("elid"):
        return ActionKind.ACCOUNT
    return FORMS_HOSTING.get(func, ActionKind.LOOK if func == "user.filter" else ActionKind.OTHER)


def _refusal_6(call: HttpCall) -> tuple[str, bool, bool, str]:
    """Words, and whether there is no such call, whether it is not emulated, and the property that there is not."""
    if call.status < 400:
        return "" if call.status else "no answer", False, False, ""
    try:
        error = json.loads(call.answer)["error"]
        message = str(error["msg"] if isinstance(error, dict) else error)
    except (ValueError, KeyError, TypeError, RecursionError):
        message = call.answer[:200].decode("utf-8", "replace")
    found = _PROPERTY.search(message)
    absent = call.status == 404 and bool(absent_service(call.path))
    unknown = (call.status in (404, 405) and not call.parsed.action and not absent) or found is not None
    return f"{call.status}: {message}", unknown, absent, found[1] if found else ""


def _refusal_core(call: HttpCall) -> tuple[str, bool, bool]:
    """An error comes with status 200, in whatever form was asked for."""
    if call.status >= 400 or not call.status:
        return f"{call.status or 'no answer'}", call.status in (404, 405), False
    if call.answer[:1] in (b"{", b"<") and not any(
        each in call.answer for each in _ERRORS
    ):  # a list, which may be long
        return "", False, False
    text = call.answer.decode("utf-8", "replace").lstrip()
    kind = subject = value = message = ""
    lang = str(call.parsed.values.get("lang", ""))
    if text.startswith("<"):
        error = _xml(call.answer)
        if error is not None:
            kind, subject, message = error.get("type") or "", error.get("object") or "", error.findtext("msg") or ""
            value = error.findtext("param[@name='value']") or ""
    elif text.startswith("{"):
        found = _json(text)
        if found is not None:
            kind, message = str(found.get("$type") or found.get("type") or ""), str(found.get("msg") or "")
            message = str(found["msg"].get("$", "")) if isinstance(found.get("msg"), dict) else message
            subject = str(found.get("$object") or found.get("object") or "")
            value = _value(found.get("param"))
    elif (words := _TEXT.match(text)) is not None:
        kind, subject, message = words[1], words[2] or "", words[3]
    if not kind:
        return "", False, False
    if lang not in ("", "en"):  # a report is in one language, whatever the clients speak
        message = texts_of(call).error(kind, subject, value or "?", "en")
    unknown = kind == "missed" and "func" in text[:400] and call.parsed.action not in functions_of(call)
    return f"{kind}: {message.strip()}".rstrip(": "), unknown, kind == "not_emulated"


def texts_of(call: HttpCall) -> Texts:
    return TEXTS_HOSTING if call.panel == "ispmanager" else TEXTS_5


def _value(params: Any) -> str:
    """Of the parameters that an error in JSON has, the one that is put into its text."""
    listed = params if isinstance(params, list) else [params]
    found = (each.get("$", "") for each in listed if isinstance(each, dict) and each.get("$name") == "value")
    return str(next(found, ""))


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
