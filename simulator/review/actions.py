"""A call read as a deed: what the client did or asked, and whether the panel refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from simulator.api5.calls import FUNCTIONS as FUNCTIONS_5
from simulator.coremanager.calls import number
from simulator.ispmanager.calls import FUNCTIONS as FUNCTIONS_HOSTING
from simulator.review.action_tables import ACTS_6, ACTS_HOSTING, BUTTONS_5, FORMS_5, FORMS_HOSTING, WITHOUT_5, Act
from simulator.review.recorder import HttpCall

__all__ = ["Act", "Deed", "deed_of", "functions_of"]

_TEXT = re.compile(r"ERROR (\w+)(?:\(\w*\))?:?\s*(.*)")
_BUTTON = re.compile(r"\.(delete|on|off|enable|disable|toggle|newkey|su|suspend|resume|cclear)$")
"""What acts without `sok`, also where the panel has no such function."""
_ON = ("on", "true", True, 1, "1")
_FREE = "free.ds"


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
    def accounts(self) -> tuple[str, ...]:
        """Users of ispmanager that it was about: a group action has several."""
        if self.call.panel != "ispmanager" or not self.act.changes or self.act is Act.OTHER:
            return ()
        values = self.call.words.values
        if self.call.words.action == "usrparam":
            return (values["su"],) if values.get("su") else ()
        if self.act is Act.ACCOUNT:
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
        values = self.call.words.values
        marked = values.get("faulty") or values.get("hwproblem") == "on"
        freed = _FREE in (values.get("hostname"), values.get("domain"))
        return self.act.gives_back or (self.act is Act.EDIT and bool(marked or freed))

    def __str__(self) -> str:
        call = self.call
        what = call.path if call.panel == 6 else f"func={call.words.action}"
        return f"#{call.number} {call.method} {what}"


def functions_of(call: HttpCall) -> Mapping[str, object]:
    """Of the COREmanager product that was called."""
    return FUNCTIONS_HOSTING if call.panel == "ispmanager" else FUNCTIONS_5


def deed_of(call: HttpCall) -> Deed:
    """Never raises."""
    func, values = call.words.action, call.words.values
    if call.panel == 6:
        return Deed(call, _act_6(call), *_refusal_6(call))
    act = _act_hosting(func, values) if call.panel == "ispmanager" else _act_5(func, values)
    return Deed(call, act, *_refusal_core(call))


def _act_6(call: HttpCall) -> Act:
    action, values = call.words.action, call.words.values
    usual = Act.LOOK if call.method in ("GET", "HEAD", "OPTIONS") else Act.OTHER
    act = ACTS_6.get(action, usual)
    if act is Act.EDIT and "owner" in values:
        return Act.OWNER
    return Act.CLEAN if act is Act.DIAGNOSE and values.get("clear_disks") in _ON else act


def _act_5(func: str, values: Mapping[str, Any]) -> Act:
    if func in BUTTONS_5:
        # A PDU's ports are among a server's connections: every third id, as `connections` of the dialect counts.
        connection = number(values.get("elid", "")) if func.startswith("server.connection.o") else 0
        return Act.POWER if connection % 3 == 2 and connection > 0 else BUTTONS_5[func]
    if not values.get("sok"):  # a form that is only looked at, or a list
        return Act.OTHER if _BUTTON.search(func) else Act.LOOK
    if func not in FORMS_5:
        return Act.OTHER if func in WITHOUT_5 or func not in FUNCTIONS_5 else Act.LOOK
    elid = values.get("elid")
    if func == "server.operations":
        kinds = {"ostemplate": Act.INSTALL, "rescue": Act.RESCUE}
        clear = "on" in (values.get("clearhdd"), values.get("fullhddclear"))
        return kinds.get(values.get("operation", ""), Act.CLEAN if clear else Act.DIAGNOSE)
    if func == "server.edit":
        return Act.OTHER if not elid else Act.OWNER if "owner" in values else Act.EDIT
    if func == "iplist.edit" and elid:
        return Act.ADDRESS_EDIT
    return Act.OTHER if func == "user.edit" and elid else FORMS_5[func]


def _act_hosting(func: str, values: Mapping[str, Any]) -> Act:
    if func in ACTS_HOSTING:
        return ACTS_HOSTING[func]
    if not values.get("sok"):
        return Act.OTHER if _BUTTON.search(func) else Act.LOOK
    if func == "user.edit" and not values.get("elid"):
        return Act.ACCOUNT
    return FORMS_HOSTING.get(func, Act.LOOK if func == "user.filter" else Act.OTHER)


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


def _refusal_core(call: HttpCall) -> tuple[str, bool]:
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
    elif (words := _TEXT.match(text)) is not None:
        kind, message = words.groups()
    if not kind:
        return "", False
    unknown = kind == "missed" and "func" in text[:400] and call.words.action not in functions_of(call)
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
