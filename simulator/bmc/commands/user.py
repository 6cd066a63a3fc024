"""Users, their passwords and what they may do on which channel (IPMI 2.0, 22.22 to 22.30)."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import Final

from simulator.bmc.controller import Controller
from simulator.bmc.settings import LINK_AND_MESSAGES
from simulator.ipmi.channel import NAME_OCTETS, User
from simulator.ipmi.codes import Completion, NetFn, Privilege
from simulator.ipmi.dispatch import Command, CommandTable, key
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.session_commands import IPMB, SYSTEM_INTERFACE, require_channel, require_lan
from simulator.ipmi.sessions import Call

__all__ = ["USER_COMMANDS"]

_IPMI_FORUM: Final = (7154).to_bytes(3, "little")
_NO_ACCESS: Final = 0x0F
_MESSAGES: Final = 0x10
_CALLBACK_ONLY: Final = 0x40
_KEY_OCTETS: Final = 20
_STORED, _PRESENT, _RESERVED = 0x40, 0x80, 0xC0
"""Which of a channel's settings are meant (22.22, bits 7 and 6)."""
_MODE_NOT_SUPPORTED: Final = 0x83
_NO_INTERRUPTS: Final = b"\xff\xff"
_KG: Final = 0x01
_KEY_TOO_SHORT: Final = 0x81
_KEY_NOT_USED: Final = 0x84
_PASSWORD_DIFFERS: Final = 0x80
_PASSWORD_SIZE_DIFFERS: Final = 0x81


def _set_channel_access(bmc: Controller, call: Call, data: bytes) -> bytes:
    """22.22: access mode and privilege limit, each as stored (01b) or as it is until the BMC starts anew (10b). A LAN
    channel is always available or disabled (83h for other modes).
    """
    require_lan(bmc.personality.channel, data[0])
    settings = bmc.settings
    where, mode, limit = data[1] & 0xC0, data[1] & 0x3F, data[2] & 0x0F
    if _RESERVED in (where, data[2] & 0xC0):
        raise CompletionError(Completion.INVALID_FIELD)
    if where and mode & 0x07 not in (0, 2):
        raise CompletionError(_MODE_NOT_SUPPORTED)
    if data[2] & 0xC0 and not Privilege.CALLBACK <= limit <= Privilege.ADMINISTRATOR:
        raise CompletionError(Completion.INVALID_FIELD)
    # What is stored does not act before the next start.
    settings.present_mode, settings.present_limit = settings.mode, settings.limit
    if where == _STORED:
        settings.channel_mode = mode
    elif where:
        settings.present_mode = mode
    if data[2] & 0xC0 == _STORED:
        settings.channel_limit = limit
    elif data[2] & 0xC0:
        settings.present_limit = limit
    bmc.apply_settings()
    return b""


def _get_channel_access(bmc: Controller, call: Call, data: bytes) -> bytes:
    """22.23: as stored, or as it is."""
    require_lan(bmc.personality.channel, data[0])
    settings, which = bmc.settings, data[1] & 0xC0
    if which == _STORED:
        return bytes((settings.channel_mode, settings.channel_limit))
    if which != _PRESENT:
        raise CompletionError(Completion.INVALID_FIELD)
    return bytes((settings.mode, settings.limit))


def _get_channel_info(bmc: Controller, call: Call, data: bytes) -> bytes:
    """22.24: an 802.3 LAN with many sessions; IPMB and the system interface, which have none."""
    channel = bmc.personality.channel
    if data[0] & 0x0F == IPMB:
        return bytes((IPMB, 0x01, 0x01, 0x00)) + _IPMI_FORUM + b"\0\0"
    if data[0] & 0x0F == SYSTEM_INTERFACE:
        return bytes((SYSTEM_INTERFACE, 0x0C, 0x05, 0x00)) + _IPMI_FORUM + _NO_INTERRUPTS
    require_channel(channel, data[0])
    return bytes((channel.number, 0x04, 0x01, 0x80 | len(bmc.table.active))) + _IPMI_FORUM + b"\0\0"


def _user(bmc: Controller, slot: int) -> User | None:
    """Raises CompletionError C9h for a slot that this model does not have."""
    if not 1 <= slot <= bmc.personality.user_slots:
        raise CompletionError(Completion.OUT_OF_RANGE)
    return next((user for user in bmc.users if user.slot == slot), None)


def _store(bmc: Controller, user: User) -> None:
    others = [other for other in bmc.users if other.slot != user.slot]
    bmc.users = tuple(sorted((*others, user), key=lambda each: each.slot))


def _effective(flags: int, limit: int) -> Privilege:
    """What a session of this user may have: nothing without IPMI messaging or with "no access", and no more than callback
    where he is restricted to it.
    """
    if not flags & _MESSAGES or limit > Privilege.ADMINISTRATOR:
        return Privilege.NONE
    return Privilege.CALLBACK if flags & _CALLBACK_ONLY else Privilege(limit)


def _access(bmc: Controller, user: User) -> tuple[int, int]:
    return bmc.settings.access.get(user.slot, (LINK_AND_MESSAGES, user.limit))


def _set_user_access(bmc: Controller, call: Call, data: bytes) -> bytes:
    """22.26, which lets him in again who was locked out (table 23-4, parameter 26). The fourth octet: how many sessions he
    may have at once. There are no links to authenticate on a LAN (bit 5).
    """
    require_channel(bmc.personality.channel, data[0])
    slot, limit = data[1] & 0x3F, data[2] & 0x0F
    user = _user(bmc, slot)
    if not (Privilege.CALLBACK <= limit <= Privilege.ADMINISTRATOR or limit == _NO_ACCESS):
        raise CompletionError(Completion.INVALID_FIELD)
    if user is None:
        user = User(slot, b"", bytes(_KEY_OCTETS), Privilege.NONE, enabled=False)
    flags = data[0] & 0x70 if data[0] & 0x80 else _access(bmc, user)[0]
    bmc.settings.access[slot] = (flags, limit)
    sessions = data[3] & 0x0F if len(data) > 3 else user.sessions
    _store(bmc, replace(user, limit=_effective(flags, limit), sessions=sessions, locked=False))
    bmc.table.logins.forgive(user.name)
    return b""


def _get_user_access(bmc: Controller, call: Call, data: bytes) -> bytes:
    """22.27."""
    require_channel(bmc.personality.channel, data[0])
    user = _user(bmc, data[1] & 0x3F)
    enabled = sum(other.enabled for other in bmc.users)
    if user is None:
        return bytes((bmc.personality.user_slots, enabled, 0, _NO_ACCESS))
    flags, limit = _access(bmc, user)
    state = 0x40 if user.enabled else 0x80
    return bytes((bmc.personality.user_slots, state | enabled, 0, flags | (limit or _NO_ACCESS)))


def _set_user_name(bmc: Controller, call: Call, data: bytes) -> bytes:
    """22.28: a name that another slot has is refused (CCh), and on most models any for user 1, who is the null user."""
    slot = data[0] & 0x3F
    user = _user(bmc, slot)
    name = data[1:].rstrip(b"\0\xff")
    if name and slot == 1 and bmc.personality.null_user:
        raise CompletionError(Completion.INVALID_FIELD)
    if name and any(other.name == name and other.slot != slot for other in bmc.users):
        raise CompletionError(Completion.INVALID_FIELD)
    if user is None:
        bmc.settings.access[slot] = (0, _NO_ACCESS)
        user = User(slot, b"", bytes(_KEY_OCTETS), Privilege.NONE, enabled=False)
    _store(bmc, replace(user, name=name))
    return b""


def _get_user_name(bmc: Controller, call: Call, data: bytes) -> bytes:
    """22.29: 16 octets; an empty slot has an empty name."""
    user = _user(bmc, data[0] & 0x3F)
    return (b"" if user is None else user.name).ljust(NAME_OCTETS, b"\0")


def _set_user_password(bmc: Controller, call: Call, data: bytes) -> bytes:
    """22.30: disable, enable, set, test. Where the model keeps 16 octets, a longer password is refused (C8h)."""
    operation, long = data[1] & 0x03, bool(data[0] & 0x80)
    user = _user(bmc, data[0] & 0x3F)
    password = data[2:]
    if operation >= 2 and len(password) > (20 if long else 16):
        raise CompletionError(Completion.DATA_LENGTH)
    if operation >= 2 and len(password.rstrip(b"\0")) > bmc.personality.password_octets:
        raise CompletionError(Completion.FIELD_LENGTH)
    if user is None:
        raise CompletionError(Completion.INVALID_FIELD)
    octets = password.ljust(_KEY_OCTETS, b"\0")
    if operation == 3:
        if not long and user.key[16:].strip(b"\0"):
            raise CompletionError(_PASSWORD_SIZE_DIFFERS)
        if not hmac.compare_digest(user.key, octets):
            raise CompletionError(_PASSWORD_DIFFERS)
    elif operation == 2:
        _store(bmc, replace(user, key=octets))
    else:
        _store(bmc, replace(user, enabled=operation == 1, locked=False))
        bmc.table.logins.forgive(user.name)
    return b""


def _set_security_keys(bmc: Controller, call: Call, data: bytes) -> bytes:
    """22.25: read or set the BMC's key K_g, which is never locked. K_r belongs to a way of logging in that nobody speaks."""
    require_channel(bmc.personality.channel, data[0])
    operation, which, value = data[1] & 0x03, data[2], data[3:]
    if operation > 1:
        raise CompletionError(Completion.INVALID_FIELD)
    if which != _KG:
        raise CompletionError(_KEY_NOT_USED)
    if operation == 0:
        return b"\0" + bmc.kg.ljust(_KEY_OCTETS, b"\0")
    if len(value) != _KEY_OCTETS:
        raise CompletionError(_KEY_TOO_SHORT)
    bmc.kg = value.rstrip(b"\0")
    return b"\0"


_A: Final = NetFn.APP

USER_COMMANDS: CommandTable = {
    key(_A, 0x40): Command("Set Channel Access", Privilege.ADMINISTRATOR, 3, 3, _set_channel_access),
    key(_A, 0x41): Command("Get Channel Access", Privilege.USER, 2, 2, _get_channel_access),
    key(_A, 0x42): Command("Get Channel Info", Privilege.USER, 1, 1, _get_channel_info),
    key(_A, 0x43): Command("Set User Access", Privilege.ADMINISTRATOR, 3, 4, _set_user_access),
    key(_A, 0x44): Command("Get User Access", Privilege.OPERATOR, 2, 2, _get_user_access),
    key(_A, 0x45): Command("Set User Name", Privilege.ADMINISTRATOR, 17, 17, _set_user_name),
    key(_A, 0x46): Command("Get User Name", Privilege.OPERATOR, 1, 1, _get_user_name),
    key(_A, 0x47): Command("Set User Password", Privilege.ADMINISTRATOR, 2, 22, _set_user_password),
    key(_A, 0x56): Command("Set Channel Security Keys", Privilege.ADMINISTRATOR, 3, 23, _set_security_keys),
}
