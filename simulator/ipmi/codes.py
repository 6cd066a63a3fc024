"""The numbers of IPMI by their names: completion codes, RMCP+ statuses, privilege levels, network functions."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

__all__ = [
    "BMC_ADDRESS",
    "CONSOLE_ADDRESS",
    "Completion",
    "NetFn",
    "PayloadType",
    "Privilege",
    "Status",
    "completion_text",
    "status_text",
]

BMC_ADDRESS: Final = 0x20
CONSOLE_ADDRESS: Final = 0x81
"""Software id of remote console software (IPMI 2.0, table 5-4)."""


class NetFn(IntEnum):
    """Network functions of requests; an answer's is one higher (IPMI 2.0, table 5-1)."""

    CHASSIS = 0x00
    BRIDGE = 0x02
    SENSOR = 0x04
    APP = 0x06
    FIRMWARE = 0x08
    STORAGE = 0x0A
    TRANSPORT = 0x0C


class Privilege(IntEnum):
    """Privilege levels (IPMI 2.0, 6.8). `NONE`: what needs no session at all."""

    NONE = 0
    CALLBACK = 1
    USER = 2
    OPERATOR = 3
    ADMINISTRATOR = 4
    OEM = 5


class PayloadType(IntEnum):
    """RMCP+ payload types (IPMI 2.0, table 13-16)."""

    IPMI = 0x00
    SOL = 0x01
    OEM_EXPLICIT = 0x02
    OPEN_REQUEST = 0x10
    OPEN_RESPONSE = 0x11
    RAKP1 = 0x12
    RAKP2 = 0x13
    RAKP3 = 0x14
    RAKP4 = 0x15


class Completion(IntEnum):
    """Completion codes (IPMI 2.0, table 5-2)."""

    OK = 0x00
    NODE_BUSY = 0xC0
    INVALID_COMMAND = 0xC1
    INVALID_FOR_LUN = 0xC2
    TIMEOUT = 0xC3
    OUT_OF_SPACE = 0xC4
    RESERVATION = 0xC5
    DATA_TRUNCATED = 0xC6
    DATA_LENGTH = 0xC7
    FIELD_LENGTH = 0xC8
    OUT_OF_RANGE = 0xC9
    CANNOT_RETURN_BYTES = 0xCA
    NOT_PRESENT = 0xCB
    INVALID_FIELD = 0xCC
    ILLEGAL = 0xCD
    NO_RESPONSE = 0xCE
    DUPLICATE = 0xCF
    SDR_UPDATE = 0xD0
    FIRMWARE_UPDATE = 0xD1
    BMC_STARTING = 0xD2
    DESTINATION_UNAVAILABLE = 0xD3
    PRIVILEGE = 0xD4
    WRONG_STATE = 0xD5
    DISABLED = 0xD6
    UNSPECIFIED = 0xFF


_COMPLETION_TEXTS: Final[dict[int, str]] = {
    Completion.OK: "completed",
    Completion.NODE_BUSY: "node busy",
    Completion.INVALID_COMMAND: "unknown command",
    Completion.INVALID_FOR_LUN: "command not known on this LUN",
    Completion.TIMEOUT: "time-out while processing the command",
    Completion.OUT_OF_SPACE: "out of space",
    Completion.RESERVATION: "reservation cancelled or wrong",
    Completion.DATA_TRUNCATED: "request data truncated",
    Completion.DATA_LENGTH: "wrong length of request data",
    Completion.FIELD_LENGTH: "request data field too long",
    Completion.OUT_OF_RANGE: "parameter out of range",
    Completion.CANNOT_RETURN_BYTES: "cannot return so many bytes",
    Completion.NOT_PRESENT: "no such sensor, data or record",
    Completion.INVALID_FIELD: "invalid field in the request",
    Completion.ILLEGAL: "illegal for this sensor or record",
    Completion.NO_RESPONSE: "no response could be given",
    Completion.DUPLICATE: "duplicate request",
    Completion.SDR_UPDATE: "SDR repository in update mode",
    Completion.FIRMWARE_UPDATE: "device in firmware update mode",
    Completion.BMC_STARTING: "BMC initialisation in progress",
    Completion.DESTINATION_UNAVAILABLE: "destination unavailable",
    Completion.PRIVILEGE: "insufficient privilege",
    Completion.WRONG_STATE: "not supported in the present state",
    Completion.DISABLED: "command disabled",
    Completion.UNSPECIFIED: "unspecified error",
}


class Status(IntEnum):
    """RMCP+ and RAKP status codes (IPMI 2.0, table 13-15)."""

    OK = 0x00
    NO_RESOURCES = 0x01
    INVALID_SESSION = 0x02
    INVALID_PAYLOAD = 0x03
    INVALID_AUTHENTICATION = 0x04
    INVALID_INTEGRITY = 0x05
    NO_AUTHENTICATION_MATCH = 0x06
    NO_INTEGRITY_MATCH = 0x07
    INACTIVE_SESSION = 0x08
    INVALID_ROLE = 0x09
    UNAUTHORIZED_ROLE = 0x0A
    NO_RESOURCES_FOR_ROLE = 0x0B
    INVALID_NAME_LENGTH = 0x0C
    UNAUTHORIZED_NAME = 0x0D
    UNAUTHORIZED_GUID = 0x0E
    INVALID_CHECK_VALUE = 0x0F
    INVALID_CONFIDENTIALITY = 0x10
    NO_SUITE_MATCH = 0x11
    ILLEGAL_PARAMETER = 0x12


_STATUS_TEXTS: Final[dict[int, str]] = {
    Status.OK: "no errors",
    Status.NO_RESOURCES: "no free session slot",
    Status.INVALID_SESSION: "invalid session id",
    Status.INVALID_PAYLOAD: "invalid payload type",
    Status.INVALID_AUTHENTICATION: "invalid authentication algorithm",
    Status.INVALID_INTEGRITY: "invalid integrity algorithm",
    Status.NO_AUTHENTICATION_MATCH: "no matching authentication payload",
    Status.NO_INTEGRITY_MATCH: "no matching integrity payload",
    Status.INACTIVE_SESSION: "inactive session id",
    Status.INVALID_ROLE: "invalid role",
    Status.UNAUTHORIZED_ROLE: "privilege level not allowed for this user",
    Status.NO_RESOURCES_FOR_ROLE: "no free session slot at this privilege level",
    Status.INVALID_NAME_LENGTH: "invalid user name length",
    Status.UNAUTHORIZED_NAME: "unknown user",
    Status.UNAUTHORIZED_GUID: "unauthorized GUID",
    Status.INVALID_CHECK_VALUE: "invalid integrity check value",
    Status.INVALID_CONFIDENTIALITY: "invalid confidentiality algorithm",
    Status.NO_SUITE_MATCH: "no cipher suite matches the proposed algorithms",
    Status.ILLEGAL_PARAMETER: "illegal parameter",
}


def completion_text(code: int) -> str:
    """A completion code in a person's words."""
    return _COMPLETION_TEXTS.get(code) or ("command-specific error" if 0x80 <= code <= 0xBE else "error")


def status_text(status: int) -> str:
    """An RMCP+ status in a person's words."""
    return _STATUS_TEXTS.get(status, "unknown status")
