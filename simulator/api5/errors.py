"""The panel's errors in the words of DCImanager 5: type and object, in one table. All of them come with HTTP 200.

PanelError (simulator.dcim.errors) is what the panel says; Refusal is what this dialect itself refuses, or a more exact
word for a panel error that a function knows.
"""

from __future__ import annotations

from simulator.api5.document import Document, Element
from simulator.api5.messages import error_text
from simulator.dcim import errors

__all__ = ["Refusal", "explain", "report"]


class Refusal(Exception):
    """`kind` and `subject` are the error's `type` and `object`; `value` is put into its text."""

    def __init__(self, kind: str, subject: str = "", value: str = "", detail: str = "") -> None:
        super().__init__(detail or f"{kind} {subject} {value}")
        self.kind = kind
        self.subject = subject
        self.value = value
        self.detail = detail


TABLE: dict[type[errors.PanelError], tuple[str, str]] = {
    errors.CallerError: ("value", ""),
    errors.NotLoggedIn: ("auth", ""),
    errors.WrongCredentials: ("auth", "badpassword"),
    errors.NotConfirmed: ("auth", ""),
    errors.Banned: ("auth", ""),
    errors.AddressRefused: ("auth", ""),
    errors.Forbidden: ("access", "server"),
    errors.NotFound: ("missed", ""),
    errors.Invalid: ("value", ""),
    errors.Conflict: ("conflict", ""),
    errors.Busy: ("operations_runnung_on_server", ""),
    errors.WrongState: ("server_state", ""),
    errors.Protected: ("server_forcelock", ""),
    errors.AlreadyThere: ("exists", "users"),
    errors.NoSwitchPorts: ("missed", "connection"),
    errors.NoAddress: ("ip_alloc_failed", ""),
    errors.UserInUse: ("constraint_delete", "users"),
    errors.InUse: ("constraint_delete", "ip"),
    errors.DeviceFault: ("handler_unknown", ""),
    errors.NoAnswer: ("handler_snmp_session_fail", ""),
    errors.PanelFault: ("internal", ""),
}
"""An empty object is filled with the field of an Invalid, and with the kind of thing of a NotFound."""


_TAKEN = {"a user": "users", "a server": "servers", "the MAC": "server_mac"}
"""What is there already, by the panel's words."""


def explain(error: errors.PanelError) -> Refusal:
    """A panel error as this dialect says it: by the nearest class in the table."""
    kind, subject = next((TABLE[each] for each in type(error).__mro__ if each in TABLE), ("internal", ""))
    value = error.value
    if isinstance(error, errors.DeviceFault):
        value = error.message
        if error.device.startswith("BMC "):
            kind, subject = "ipmi_exec_error", "ipmitool"
    elif isinstance(error, errors.Invalid):
        subject = {"password": "passwd", "email": "name", "roles": "level"}.get(error.value, error.value)
    elif isinstance(error, errors.AlreadyThere):
        named = next((subject for words, subject in _TAKEN.items() if words in str(error)), "")
        subject, value = named, str(error)
    elif isinstance(error, errors.NotFound):
        subject = _thing(str(error))
    return Refusal(kind, subject, value, str(error))


def _thing(text: str) -> str:
    """The kind of thing that a NotFound names: `no switch port 7`."""
    words = text.removeprefix("no ").rsplit(" ", 1)[0]
    return {"switch port": "connection", "PDU port": "connection", "switch": "device", "PDU": "device"}.get(
        words, words.replace(" ", "_")
    )


def report(refusal: Refusal, lang: str, func: str) -> Document:
    """The error document (layout of the family's recorded replies)."""
    text = error_text(refusal.kind, refusal.subject, refusal.value, lang)
    attributes = {"type": refusal.kind, "lang": lang, "code": "1"}
    children = [Element("param", refusal.value, {"name": "value"})]
    if refusal.subject:
        attributes = {"type": refusal.kind, "object": refusal.subject, "lang": lang, "code": "1"}
        children.insert(0, Element("param", refusal.subject, {"name": "object", "type": "msg"}))
    stack = Element("stack", children=[Element("action", func, {"level": "0", "user": ""})])
    children += [stack, Element("detail", refusal.detail or text), Element("msg", text)]
    return Document("error", [Element("error", attributes=attributes, children=children)])
