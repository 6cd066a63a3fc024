"""What can go wrong in the panel, split by whose fault it is.

PanelError
├── CallerError              it was asked wrongly
│   ├── NotLoggedIn          no token, or one that is unknown or has expired
│   ├── WrongCredentials     e-mail and password, or a key, that do not fit
│   ├── NotConfirmed         the session waits for its second factor
│   ├── Banned               too many failed logins
│   ├── AddressRefused       the caller's address is in none of his access lists
│   ├── Forbidden            the caller's role does not include it
│   ├── NotFound             no such thing, or none that the caller may see
│   └── Invalid              a value that cannot be; `field` names it
├── Conflict                 rightly asked, and refused by the state of things
│   ├── Busy                 an operation is running on the server
│   ├── WrongState           the thing is not in a state in which this can be done
│   ├── Protected            the server is protected
│   ├── AlreadyThere         something of that name exists
│   ├── InUse                something else still needs it
│   ├── NoSwitchPorts        the server has no switch ports in the panel's records
│   ├── NoPowerDevice        nothing is connected to the server that could switch its power
│   ├── NoAddress            no pool, or no free address in it
│   └── UserInUse            the user still owns servers, or is the caller
├── DeviceFault              a device did not do it
│   ├── NoAnswer             it was silent
│   ├── RefusedByDevice      it said no
│   └── PortsFailed          some of several ports were not set
└── PanelFault               ours
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "AddressRefused",
    "AlreadyThere",
    "Banned",
    "Busy",
    "CallerError",
    "Conflict",
    "DeviceFault",
    "Forbidden",
    "InUse",
    "Invalid",
    "NoAddress",
    "NoAnswer",
    "NoPowerDevice",
    "NoSwitchPorts",
    "NotConfirmed",
    "NotFound",
    "NotLoggedIn",
    "PanelError",
    "PanelFault",
    "PortsFailed",
    "Protected",
    "RefusedByDevice",
    "UserInUse",
    "WrongCredentials",
    "WrongState",
]


class PanelError(Exception):
    """The panel did not do what it was asked; the message says why in a person's words."""

    value: str = ""
    """What it was about, when one word says it: the field, the id, the device."""


class CallerError(PanelError):
    """It was asked wrongly."""


class NotLoggedIn(CallerError):
    """No token, or one that is unknown or has expired."""


class WrongCredentials(CallerError):
    """E-mail and password, or a key, that do not fit."""


class NotConfirmed(CallerError):
    """The session waits for its second factor."""


class Banned(CallerError):
    """Too many failed logins, or the next one too soon."""


class AddressRefused(CallerError):
    """The caller's address is in none of his access lists."""


class Forbidden(CallerError):
    """The caller's role does not include it."""


class NotFound(CallerError):
    """No such thing, or none that the caller may see."""

    def __init__(self, kind: str, key: object) -> None:
        super().__init__(f"no {kind} {key}")
        self.value = str(key)


class Invalid(CallerError):
    """A value that cannot be."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.value = field


class Conflict(PanelError):
    """Rightly asked, and refused by the state of things."""


class Busy(Conflict):
    """An operation is running on the server."""


class WrongState(Conflict):
    """The thing is not in a state in which this can be done."""


class Protected(Conflict):
    """The server is protected."""


class AlreadyThere(Conflict):
    """Something of that name exists; `name` is that name."""

    def __init__(self, message: str, name: object = "") -> None:
        super().__init__(message)
        self.value = str(name)


class InUse(Conflict):
    """Something else still needs it."""


class NoSwitchPorts(Conflict):
    """The server has no switch ports in the panel's records."""


class NoPowerDevice(Conflict):
    """Nothing is connected to the server that could switch its power."""


class NoAddress(Conflict):
    """No pool, or no free address in it."""


class UserInUse(Conflict):
    """The user still owns servers, or is the caller."""


class DeviceFault(PanelError):
    """A device did not do what the panel asked of it."""

    def __init__(self, device: str, message: str) -> None:
        super().__init__(f"{device}: {message}")
        self.device = device
        self.message = message
        self.value = device


class NoAnswer(DeviceFault):
    """It was silent."""


class RefusedByDevice(DeviceFault):
    """It answered, and said no."""


class PortsFailed(DeviceFault):
    """Some of several ports were not set; the others were, and the records say which."""

    def __init__(self, device: str, failed: Sequence[tuple[str, str]], count: int) -> None:
        reasons = "; ".join(f"{port} failed ({why})" for port, why in failed)
        super().__init__(device, f"{reasons}; {count - len(failed)} of {count} ports were set")
        self.failed = tuple(failed)


class PanelFault(PanelError):
    """Ours: something that must not happen did."""
