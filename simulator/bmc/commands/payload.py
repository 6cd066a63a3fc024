"""Payloads of a session beside IPMI messages, which is Serial over LAN (IPMI 2.0, 24)."""

from __future__ import annotations

from typing import Final

from simulator.bmc.commands.lan import sol_port, sol_value
from simulator.bmc.controller import Controller
from simulator.ipmi.codes import Completion, NetFn, PayloadType, Privilege
from simulator.ipmi.dispatch import Command, CommandTable, key
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.session_commands import require_channel
from simulator.ipmi.sessions import Call

__all__ = ["PAYLOAD_COMMANDS"]

_ALREADY_ACTIVE: Final = 0x80
_ALREADY_INACTIVE: Final = 0x80
_DISABLED: Final = 0x81
_LIMIT: Final = 0x82
_NO_ENCRYPTION: Final = 0x83
_ENCRYPTION_NEEDED: Final = 0x84
_UNKNOWN_PAYLOAD: Final = 0x80
_ENCRYPT: Final = 0x80
_FORCE_ENCRYPTION: Final = 0x80
_FORCE_AUTHENTICATION: Final = 0x40
_SIZE: Final = 204
"""Octets of a SOL payload: 4 of header, 200 of text."""
_NO_VLAN: Final = b"\xff\xff"


def _require_sol(data: bytes) -> None:
    if data[0] & 0x3F != PayloadType.SOL:
        raise CompletionError(Completion.INVALID_FIELD)


def _instance(bmc: Controller, data: bytes) -> int:
    """Which instance is meant. Raises CompletionError CCh for one that this model does not have."""
    number = data[1] & 0x0F
    if not 1 <= number <= bmc.personality.consoles:
        raise CompletionError(Completion.INVALID_FIELD)
    return number


def _activate(bmc: Controller, call: Call, data: bytes) -> bytes:
    """24.1: sizes and port are answered, least significant octet first."""
    _require_sol(data)
    session = call.session
    assert session is not None
    if not sol_value(bmc, 1)[0] & 1:
        raise CompletionError(_DISABLED)
    slot = session.user.slot if session.user is not None else 0
    if slot in bmc.settings.no_payload or call.privilege < sol_value(bmc, 2)[0] & 0x0F:
        raise CompletionError(Completion.PRIVILEGE)
    instance = _instance(bmc, data)
    if bmc.consoles.owner(instance) is not None:
        raise CompletionError(_ALREADY_ACTIVE)
    if bmc.consoles.of(session):
        raise CompletionError(_LIMIT)
    encrypts = session.keys is not None and session.keys.encrypts
    wanted = bool(data[2] & _ENCRYPT)
    if wanted and not encrypts:
        raise CompletionError(_NO_ENCRYPTION)
    if sol_value(bmc, 2)[0] & _FORCE_ENCRYPTION and not encrypts:
        raise CompletionError(_ENCRYPTION_NEEDED)
    if sol_value(bmc, 2)[0] & _FORCE_AUTHENTICATION and not (session.keys is not None and session.keys.signs):
        raise CompletionError(Completion.INVALID_FIELD)
    tries, interval = sol_value(bmc, 4)
    bmc.consoles.attach(instance, session, tries & 0x07, interval / 100)
    quirks = bmc.personality.channel.quirks
    size = (0 if "solpayloadsize" in quirks else _SIZE).to_bytes(2, "little")
    port = sol_port(bmc) ^ (0x0100 if "solport" in quirks else 0)
    return bytes(4) + size * 2 + port.to_bytes(2, "little") + _NO_VLAN


def _deactivate(bmc: Controller, call: Call, data: bytes) -> bytes:
    """24.2: also another's; its owner is told."""
    _require_sol(data)
    instance = _instance(bmc, data)
    owner = bmc.consoles.owner(instance)
    if owner is None:
        raise CompletionError(_ALREADY_INACTIVE)
    bmc.consoles.detach(instance, tell=owner is not call.session)
    return b""


def _get_status(bmc: Controller, call: Call, data: bytes) -> bytes:
    """24.4: how many there can be, and which are active."""
    _require_sol(data)
    taken = sum(1 << instance - 1 for instance in bmc.consoles.active)
    return bytes((bmc.personality.consoles,)) + taken.to_bytes(2, "little")


def _get_instance(bmc: Controller, call: Call, data: bytes) -> bytes:
    """24.5: the owner's session id as the console knows it, and the serial port."""
    _require_sol(data)
    owner = bmc.consoles.owner(_instance(bmc, data))
    return bytes(12) if owner is None else owner.bmc_id.to_bytes(4, "little") + b"\x01" + bytes(7)


def _slot(bmc: Controller, octet: int) -> int:
    slot = octet & 0x3F
    if not 1 <= slot <= bmc.personality.user_slots:
        raise CompletionError(Completion.OUT_OF_RANGE)
    return slot


def _set_user_access(bmc: Controller, call: Call, data: bytes) -> bytes:
    """24.6: enable or disable (bit 6) Serial over LAN for a user; there are no other payloads to choose (CCh)."""
    require_channel(bmc.personality.channel, data[0])
    slot = _slot(bmc, data[1])
    if data[1] & 0x80 or data[2] & ~0x02 or any(data[3:]):
        raise CompletionError(Completion.INVALID_FIELD)
    if data[2] & 0x02:
        if data[1] >> 6 & 1:
            bmc.settings.no_payload.add(slot)
        else:
            bmc.settings.no_payload.discard(slot)
    return b""


def _get_user_access(bmc: Controller, call: Call, data: bytes) -> bytes:
    """24.7."""
    require_channel(bmc.personality.channel, data[0])
    return bytes((0 if _slot(bmc, data[1]) in bmc.settings.no_payload else 0x02, 0, 0, 0))


def _get_support(bmc: Controller, call: Call, data: bytes) -> bytes:
    """24.8: IPMI messages, Serial over LAN, session set-up."""
    require_channel(bmc.personality.channel, data[0])
    return b"\x03\x00\x3f" + bytes(5)


def _get_version(bmc: Controller, call: Call, data: bytes) -> bytes:
    """24.9."""
    require_channel(bmc.personality.channel, data[0])
    if data[1] & 0x3F not in (PayloadType.IPMI, PayloadType.SOL):
        raise CompletionError(_UNKNOWN_PAYLOAD)
    return b"\x10"


_A: Final = NetFn.APP

PAYLOAD_COMMANDS: CommandTable = {
    key(_A, 0x48): Command("Activate Payload", Privilege.USER, 6, 6, _activate),
    key(_A, 0x49): Command("Deactivate Payload", Privilege.USER, 2, 6, _deactivate),
    key(_A, 0x4A): Command("Get Payload Activation Status", Privilege.USER, 1, 1, _get_status),
    key(_A, 0x4B): Command("Get Payload Instance Info", Privilege.USER, 2, 2, _get_instance),
    key(_A, 0x4C): Command("Set User Payload Access", Privilege.ADMINISTRATOR, 6, 6, _set_user_access),
    key(_A, 0x4D): Command("Get User Payload Access", Privilege.OPERATOR, 2, 2, _get_user_access),
    key(_A, 0x4E): Command("Get Channel Payload Support", Privilege.USER, 1, 1, _get_support),
    key(_A, 0x4F): Command("Get Channel Payload Version", Privilege.USER, 2, 2, _get_version),
}
