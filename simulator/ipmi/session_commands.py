"""The commands that are about sessions and their channel. They need nothing of the device (IPMI 2.0, 22.13 to 22.20)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NoReturn

from simulator.ipmi.channel import Channel, User
from simulator.ipmi.codes import Completion, NetFn, PayloadType, Privilege
from simulator.ipmi.crypto import suite_records
from simulator.ipmi.dispatch import Command, CommandTable, key
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.lan15 import authentication_bits
from simulator.ipmi.server15 import SESSION15_COMMANDS
from simulator.ipmi.session import Session
from simulator.ipmi.sessions import Call

__all__ = ["CURRENT_CHANNEL", "IPMB", "SESSION_COMMANDS", "SYSTEM_INTERFACE", "require_channel", "require_lan"]

CURRENT_CHANNEL: Final = 0x0E
IPMB: Final = 0x00
SYSTEM_INTERFACE: Final = 0x0F
_SESSION_LESS: Final = 0x82
_NO_SUCH_SESSION: Final = 0x87
_ABOVE_LIMIT: Final = 0x81
_LEVEL_UNAVAILABLE: Final = 0x80

_ANONYMOUS, _NULL_USERS, _NAMED_USERS = 0x01, 0x02, 0x04
_NO_USER_LEVEL, _NO_PER_MESSAGE, _KG_SET = 0x08, 0x10, 0x20
"""Authentication status of Get Channel Authentication Capabilities (table 22-15, octet 3)."""


def require_lan(channel: Channel, number: int) -> None:
    """As `require_channel`, for commands that a channel without sessions does not know (82h)."""
    if number & 0x0F in (IPMB, SYSTEM_INTERFACE):
        raise CompletionError(_SESSION_LESS)
    require_channel(channel, number)


def require_channel(channel: Channel, number: int) -> None:
    """Raises CompletionError CCh when this is not the LAN channel."""
    if number & 0x0F not in (CURRENT_CHANNEL, channel.number):
        raise CompletionError(Completion.INVALID_FIELD)


def _get_authentication_capabilities(device: object, call: Call, data: bytes) -> bytes:
    """22.13: the IPMI 1.5 authentication types; with bit 7 of the request, that IPMI 2.0 is spoken too."""
    channel, host = call.table.channel, call.table.host
    require_channel(channel, data[0])
    level = data[1] & 0x0F
    if not Privilege.CALLBACK <= level <= Privilege.OEM:
        raise CompletionError(Completion.INVALID_FIELD)
    extended = data[0] & 0x80
    types = channel.authentication_at(level)
    status = _NULL_USERS if "authcap" in channel.quirks else _users_status(host.users)
    status |= (0 if channel.per_message else _NO_PER_MESSAGE) | (0 if channel.user_level else _NO_USER_LEVEL)
    if host.kg:
        status |= _KG_SET
    versions = (0x02 | bool(types)) if extended else 0
    return bytes((channel.number, extended | authentication_bits(types), status, versions, 0, 0, 0, 0))


def _users_status(users: Sequence[User]) -> int:
    """Which kinds of users are enabled: with a name, without one, without a password either."""
    status = 0
    for user in users:
        if user.enabled:
            status |= _NAMED_USERS if user.name else _NULL_USERS if user.key.strip(b"\0") else _ANONYMOUS
    return status


def _get_cipher_suites(device: object, call: Call, data: bytes) -> bytes:
    """22.15: the suite records, or the algorithms alone, 16 octets an index; the last part is short. Serial over LAN has
    no suites of its own.
    """
    channel = call.table.channel
    require_channel(channel, data[0])
    if data[1] & 0x3F not in (PayloadType.IPMI, PayloadType.SOL):
        raise CompletionError(Completion.INVALID_FIELD)
    if data[2] & 0x80:
        records = suite_records(channel.suites)
    else:
        numbers: dict[int, None] = {}
        for shift, field in ((0x00, "authentication"), (0x40, "integrity"), (0x80, "confidentiality")):
            numbers |= dict.fromkeys(shift | getattr(suite, field) for suite in channel.suites)
        records = bytes(numbers)
    start = 16 * (data[2] & 0x3F)
    return bytes((channel.number,)) + records[start : start + 16]


def _own_session(call: Call) -> Session:
    session = call.session
    assert session is not None, "the privilege check lets none through without a session"
    return session


def _set_privilege(device: object, call: Call, data: bytes) -> bytes:
    """22.18: 0 asks for the present level."""
    session = _own_session(call)
    level = data[0] & 0x0F
    if level > Privilege.ADMINISTRATOR:
        raise CompletionError(_LEVEL_UNAVAILABLE)
    if level > min(session.limit, call.table.channel.limit):
        raise CompletionError(_ABOVE_LIMIT)
    if level:
        session.privilege = level
    return bytes((session.privilege,))


def _close(device: object, call: Call, data: bytes) -> bytes:
    """22.19: by id, or with id 0 by handle. Another's session is closed by administrators only."""
    number = int.from_bytes(data[:4], "little")
    session = call.table.session(number)
    if number == 0 and len(data) == 5:
        session = next((other for other in call.table.active if other.handle == data[4]), None)
    if session is None:
        raise CompletionError(_NO_SUCH_SESSION)
    if session is not call.session and call.privilege < Privilege.ADMINISTRATOR:
        raise CompletionError(Completion.PRIVILEGE)
    call.table.close(session)
    return b""


def _get_session_info(device: object, call: Call, data: bytes) -> bytes:
    """22.20: index 0 is the asking session, FEh by handle, FFh by id, else the n-th active one."""
    table = call.table
    active = table.active
    index = data[0]
    if index == 0:
        session = call.session
    elif index == 0xFE:
        session = next((other for other in active if other.handle == data[1]), None) if len(data) == 2 else _length()
    elif index == 0xFF:
        session = table.session(int.from_bytes(data[1:], "little")) if len(data) == 5 else _length()
    else:
        session = active[index - 1] if index <= len(active) else None
    counts = bytes((table.channel.session_limit, len(active)))
    if session is None:
        if index >= 0xFE:
            raise CompletionError(Completion.INVALID_FIELD)
        return b"\0" + counts
    host, port = session.peer
    parts = host.rpartition(":")[2].split(".")
    octets = (
        bytes(int(part) & 0xFF for part in parts) if len(parts) == 4 and all(map(str.isdecimal, parts)) else bytes(4)
    )
    return b"%c%b%c%c%c%b%b%b" % (
        session.handle,
        counts,
        session.user.slot if session.user else 0,
        session.privilege,
        table.channel.number | (0x10 if session.authentication is None else 0),  # bits 7 to 4: 1 is RMCP+
        octets,
        bytes(6),
        port.to_bytes(2, "little"),
    )


def _length() -> NoReturn:
    raise CompletionError(Completion.DATA_LENGTH)


SESSION_COMMANDS: CommandTable = {
    key(NetFn.APP, 0x38): Command(
        "Get Channel Authentication Capabilities", Privilege.NONE, 2, 2, _get_authentication_capabilities
    ),
    **SESSION15_COMMANDS,
    key(NetFn.APP, 0x3B): Command("Set Session Privilege Level", Privilege.CALLBACK, 1, 1, _set_privilege),
    key(NetFn.APP, 0x3C): Command("Close Session", Privilege.CALLBACK, 4, 5, _close),
    key(NetFn.APP, 0x3D): Command("Get Session Info", Privilege.USER, 1, 5, _get_session_info),
    key(NetFn.APP, 0x54): Command("Get Channel Cipher Suites", Privilege.NONE, 3, 3, _get_cipher_suites),
}
