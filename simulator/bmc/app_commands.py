"""Commands about the BMC itself, its users and its channel (IPMI 2.0, 20 and 22)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.ipmi.channel import NAME_OCTETS, User
from simulator.ipmi.codes import Completion, NetFn, Privilege
from simulator.ipmi.dispatch import Call, Command, CommandTable, key
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.session_commands import require_channel

if TYPE_CHECKING:
    from simulator.bmc.device import Bmc

__all__ = ["APP_COMMANDS"]

_IPMI_FORUM: Final = (7154).to_bytes(3, "little")
_NO_ACCESS: Final = 0x0F


def _get_device_id(bmc: Bmc, call: Call, data: bytes) -> bytes:
    """20.1."""
    return bmc.personality.device_id_octets


def _get_self_test_results(bmc: Bmc, call: Call, data: bytes) -> bytes:
    """20.4: no error."""
    return b"\x55\x00"


def _get_guid(bmc: Bmc, call: Call, data: bytes) -> bytes:
    """20.8 and 22.14."""
    return bmc.guid


def _get_channel_access(bmc: Bmc, call: Call, data: bytes) -> bytes:
    """22.23: always available, no alerting, administrators may log in; stored and present settings are the same."""
    require_channel(bmc.personality.channel, data[0])
    if data[1] & 0xC0 not in (0x40, 0x80):
        raise CompletionError(Completion.INVALID_FIELD)
    return bytes((0x22, Privilege.ADMINISTRATOR))


def _get_channel_info(bmc: Bmc, call: Call, data: bytes) -> bytes:
    """22.24: an 802.3 LAN with many sessions."""
    channel = bmc.personality.channel
    require_channel(channel, data[0])
    return bytes((channel.number, 0x04, 0x01, 0x80 | len(bmc.sessions))) + _IPMI_FORUM + b"\0\0"


def _user(bmc: Bmc, slot: int) -> User | None:
    """Raises CompletionError C9h for a slot that this model does not have."""
    if not 1 <= slot <= bmc.personality.user_slots:
        raise CompletionError(Completion.OUT_OF_RANGE)
    return next((user for user in bmc.users if user.slot == slot), None)


def _get_user_access(bmc: Bmc, call: Call, data: bytes) -> bytes:
    """22.27."""
    require_channel(bmc.personality.channel, data[0])
    user = _user(bmc, data[1] & 0x3F)
    enabled = sum(other.enabled for other in bmc.users)
    state = 0 if user is None else 0x40 if user.enabled else 0x80
    access = _NO_ACCESS if user is None else 0x10 | user.limit
    return bytes((bmc.personality.user_slots, state | enabled, 0, access))


def _get_user_name(bmc: Bmc, call: Call, data: bytes) -> bytes:
    """22.29: 16 octets; an empty slot has an empty name."""
    user = _user(bmc, data[0] & 0x3F)
    return (b"" if user is None else user.name).ljust(NAME_OCTETS, b"\0")


APP_COMMANDS: CommandTable = {
    key(NetFn.APP, 0x01): Command("Get Device ID", Privilege.USER, 0, 0, _get_device_id),
    key(NetFn.APP, 0x04): Command("Get Self Test Results", Privilege.USER, 0, 0, _get_self_test_results),
    key(NetFn.APP, 0x08): Command("Get Device GUID", Privilege.USER, 0, 0, _get_guid),
    key(NetFn.APP, 0x37): Command("Get System GUID", Privilege.NONE, 0, 0, _get_guid),
    key(NetFn.APP, 0x41): Command("Get Channel Access", Privilege.USER, 2, 2, _get_channel_access),
    key(NetFn.APP, 0x42): Command("Get Channel Info", Privilege.USER, 1, 1, _get_channel_info),
    key(NetFn.APP, 0x44): Command("Get User Access", Privilege.OPERATOR, 2, 2, _get_user_access),
    key(NetFn.APP, 0x46): Command("Get User Name", Privilege.OPERATOR, 1, 1, _get_user_name),
}
