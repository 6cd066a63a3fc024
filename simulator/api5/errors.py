"""The panel's errors in the words of DCImanager 5: type and object, in one table. All of them come with HTTP 200.

PanelError (simulator.dcim.errors) is what the panel says; Refusal is what this dialect itself refuses, or a more exact
word for a panel error that a function knows.
"""

from __future__ import annotations

from simulator.coremanager.errors import Refusal
from simulator.dcim import errors

__all__ = ["Refusal", "explain"]


TABLE: dict[type[errors.PanelError], tuple[str, str]] = {
    errors.CallerError: ("value", ""),
    errors.NotLoggedIn: ("auth", ""),
    errors.WrongCredentials: ("auth", "badpassword"),
    errors.NotConfirmed: ("auth", ""),
    errors.Banned: ("auth", ""),
    errors.AddressRefused: ("auth", "badpassword"),
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
    errors.NoPowerDevice: ("no_power_connections", ""),
    errors.UserInUse: ("constraint_delete", "users"),
    errors.InUse: ("constraint_delete", "ip"),
    errors.DeviceFault: ("handler_unknown", ""),
    errors.NoAnswer: ("handler_snmp_session_fail", ""),
    errors.PanelFault: ("internal", ""),
}
"""An empty object is filled with the field of an Invalid, and with the kind of thing of a NotFound."""


_TAKEN = {
    "a user": "users",
    "a server": "servers",
    "the MAC": "server_mac",
    "a VLAN named": "vlanname",
    "a VLAN": "vlans",
    "a rack": "racks",
    "a switch": "Switch",
    "a PDU": "PDU",
    "the IPMI": "such_ipmi",
    "the template": "ostemplate",
}
"""What is there already, by the panel's words."""


def explain(error: errors.PanelError) -> Refusal:
    """A panel error as this dialect says it: by the nearest class in the table."""
    kind, subject = next((TABLE[each] for each in type(error).__mro__ if each in TABLE), ("internal", ""))
    value = error.value
    if isinstance(error, errors.DeviceFault):
        value = str(error)
        if error.device.startswith("BMC "):
            kind, subject, value = "ipmi_exec_error", "ipmitool", error.message
    elif isinstance(error, errors.Invalid):
        subject = {"password": "passwd", "email": "name", "roles": "level"}.get(error.value, error.value)
    elif isinstance(error, errors.AlreadyThere):
        named = next((subject for words, subject in _TAKEN.items() if words in str(error)), "")
        subject, value = named, error.value
    elif isinstance(error, errors.NotFound):
        subject = _thing(str(error))
    return Refusal(kind, subject, value, str(error))


def _thing(text: str) -> str:
    """The kind of thing that a NotFound names: `no switch port 7`."""
    words = text.removeprefix("no ").rsplit(" ", 1)[0]
    return {
        "switch port": "connection",
        "PDU port": "connection",
        "switch": "device",
        "PDU": "device",
        "VLAN": "vlan",
    }.get(words, words.replace(" ", "_"))
