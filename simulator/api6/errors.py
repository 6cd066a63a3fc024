"""The panel's errors in the words of the DCImanager 6 API: HTTP status and code, in one table.

1000, 1106, 3001 and 3080 are the real product's (its clients look at them); codes from 9000 are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

from simulator.dcim import errors

__all__ = [
    "HANDLER_NOT_FOUND",
    "METHOD_NOT_ALLOWED",
    "OURS",
    "TOO_LARGE",
    "UNAVAILABLE",
    "body",
    "refuse",
    "respond",
    "words",
]

HANDLER_NOT_FOUND = (404, 1106)
METHOD_NOT_ALLOWED = (405, 1106)
UNAVAILABLE = (503, 503)
TOO_LARGE = (413, 9418)
OURS = (500, 9500)

TABLE: dict[type[errors.PanelError], tuple[int, int]] = {
    errors.CallerError: (400, 9400),
    errors.NotLoggedIn: (401, 1000),
    errors.WrongCredentials: (401, 9401),
    errors.NotConfirmed: (401, 9403),
    errors.Banned: (403, 9404),
    errors.AddressRefused: (403, 9405),
    errors.Forbidden: (403, 3001),
    errors.NotFound: (404, 3080),
    errors.Invalid: (400, 9402),
    errors.Conflict: (409, 9409),
    errors.Busy: (409, 9410),
    errors.WrongState: (409, 9411),
    errors.Protected: (409, 9412),
    errors.AlreadyThere: (409, 9413),
    errors.NoSwitchPorts: (409, 9414),
    errors.InUse: (409, 9417),
    errors.NoPowerDevice: (409, 9419),
    errors.NoAddress: (409, 9415),
    errors.UserInUse: (400, 9416),  # auth v4 answers 400 or 403 to the deletion of a user who owns something
    errors.DeviceFault: (502, 9502),
    errors.NoAnswer: (502, 9503),
    errors.RefusedByDevice: (502, 9504),
    errors.PortsFailed: (502, 9505),
    errors.PanelFault: OURS,
}


def words(error: errors.PanelError) -> tuple[int, int]:
    """HTTP status and code of an error: those of the nearest class in the table."""
    return next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), OURS)


def body(code: int, message: str, value: str = "") -> dict[str, Any]:
    """The error shape of all the platform's services (API guide)."""
    return {"error": {"code": code, "msg": message, "value": value}}


def respond(status: int, code: int, message: str, value: str = "") -> JSONResponse:
    return JSONResponse(body(code, message, value), status)


def refuse(words: Mapping[str, Any]) -> JSONResponse:
    """An error with this `status`, `code` and `message`; of those that are missing, what the table has for a wrong call."""
    status, code = TABLE[errors.CallerError]
    status = int(words.get("status", status))
    code = int(words.get("code", next((own for at, own in TABLE.values() if at == status), code)))
    return respond(status, code, str(words.get("message", "refused")))
