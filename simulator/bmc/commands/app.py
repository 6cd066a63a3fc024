"""Commands about the BMC itself: who it is, resets, watchdog, system texts (IPMI 2.0, 20, 22 and 27)."""

from __future__ import annotations

from typing import Final

from simulator.bmc.commands.oem import SYSTEM_INFO
from simulator.bmc.controller import Controller
from simulator.bmc.settings import in_progress
from simulator.ipmi.codes import Completion, NetFn, Privilege
from simulator.ipmi.dispatch import Command, CommandTable, key
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.sessions import Call

__all__ = ["APP_COMMANDS"]

_WORKING: Final = 0x00
_SOFT_OFF: Final = 0x05
_NO_CHANGE: Final = 0x7F
_LEGACY_ON: Final = 0x20
_EVENT_LOGGING: Final = 0x08
_TEXTS: Final = range(1, 6)
_BLOCKS: Final = 4


def _get_device_id(bmc: Controller, call: Call, data: bytes) -> bytes:
    """20.1."""
    return bmc.personality.device_id_octets


def _reset(bmc: Controller, call: Call, data: bytes) -> bytes:
    """20.2 and 20.3: the answer is still sent, then the BMC is gone until it has started."""
    bmc.restart()
    return b""


def _get_self_test_results(bmc: Controller, call: Call, data: bytes) -> bytes:
    """20.4: no error."""
    return b"\x55\x00"


def _set_acpi_state(bmc: Controller, call: Call, data: bytes) -> bytes:
    """20.6: what the host says of itself. The BMC sees for itself whether power is on, so that a state that is to be set
    (bit 7) and is not there is CCh.
    """
    for wanted, present in zip(data, _get_acpi_state(bmc, call, b""), strict=True):
        if wanted & 0x80 and wanted & 0x7F not in (present, _NO_CHANGE):
            raise CompletionError(Completion.INVALID_FIELD)
    return b""


def _get_acpi_state(bmc: Controller, call: Call, data: bytes) -> bytes:
    """20.7: system and device state."""
    return bytes((_WORKING if bmc.chassis.powered else _SOFT_OFF, _WORKING))


def _get_guid(bmc: Controller, call: Call, data: bytes) -> bytes:
    """20.8 and 22.14."""
    return bmc.guid


def _reset_watchdog(bmc: Controller, call: Call, data: bytes) -> bytes:
    """27.5."""
    bmc.board.watchdog.feed(call.now)
    return b""


def _set_watchdog(bmc: Controller, call: Call, data: bytes) -> bytes:
    """27.6."""
    bmc.board.watchdog.set(data, call.now)
    return b""


def _get_watchdog(bmc: Controller, call: Call, data: bytes) -> bytes:
    """27.7."""
    return bmc.board.watchdog.get(call.now)


def _set_enables(bmc: Controller, call: Call, data: bytes) -> bytes:
    """22.1: event logging, until the BMC starts anew. There is no message channel to the host (CCh for other bits)."""
    if data[0] & ~_EVENT_LOGGING:
        raise CompletionError(Completion.INVALID_FIELD)
    bmc.board.logs = bool(data[0])
    return b""


def _get_enables(bmc: Controller, call: Call, data: bytes) -> bytes:
    """22.2."""
    return bytes((_EVENT_LOGGING if bmc.board.logs else 0,))


def _clear_flags(bmc: Controller, call: Call, data: bytes) -> bytes:
    """22.3: there is nothing in the message buffers."""
    return b""


def _get_flags(bmc: Controller, call: Call, data: bytes) -> bytes:
    """22.4."""
    return b"\0"


def _set_system_info(bmc: Controller, call: Call, data: bytes) -> bytes:
    """22.14a: texts 1 to 5, in blocks of 16 octets; 80h for another."""
    number = data[0]
    if number == 0:
        bmc.settings.system_in_progress = in_progress(bmc.settings.system_in_progress, data[1])
        return b""
    if number not in _TEXTS:
        raise CompletionError(0x80)
    if len(data) < 2 or data[1] >= _BLOCKS:
        raise CompletionError(Completion.OUT_OF_RANGE)
    bmc.settings.system[number, data[1]] = data[2:].ljust(16, b"\0")
    return b""


def _get_system_info(bmc: Controller, call: Call, data: bytes) -> bytes:
    """22.14b: by default the firmware's version, and the machine's name."""
    number, block = data[1], data[2]
    if data[0] & 0x80:
        return b"\x11"
    if number == 0:
        return bytes((0x11, bmc.settings.system_in_progress))
    own = SYSTEM_INFO.get(bmc.personality.oem or "", {}).get(number)
    if own is not None:
        return b"\x11" + own[0](bmc)
    if number not in _TEXTS:
        raise CompletionError(0x80)
    if block >= _BLOCKS:
        raise CompletionError(Completion.OUT_OF_RANGE)
    stored = bmc.settings.system.get((number, block))
    if stored is None:
        device = bmc.personality.device_id
        default = {
            1: f"{device.firmware_major}.{device.firmware_minor:02}",
            2: bmc.chassis.name,
        }.get(number, "")
        octets = default.encode()
        whole = (bytes((0, len(octets))) + octets).ljust(16 * _BLOCKS, b"\0")
        stored = whole[16 * block : 16 * block + 16]
    return b"\x11" + bytes((block,)) + stored


_A: Final = NetFn.APP

APP_COMMANDS: CommandTable = {
    key(_A, 0x01): Command("Get Device ID", Privilege.USER, 0, 0, _get_device_id),
    key(_A, 0x02): Command("Cold Reset", Privilege.ADMINISTRATOR, 0, 0, _reset),
    key(_A, 0x03): Command("Warm Reset", Privilege.ADMINISTRATOR, 0, 0, _reset),
    key(_A, 0x04): Command("Get Self Test Results", Privilege.USER, 0, 0, _get_self_test_results),
    key(_A, 0x06): Command("Set ACPI Power State", Privilege.ADMINISTRATOR, 2, 2, _set_acpi_state),
    key(_A, 0x07): Command("Get ACPI Power State", Privilege.USER, 0, 0, _get_acpi_state),
    key(_A, 0x08): Command("Get Device GUID", Privilege.USER, 0, 0, _get_guid),
    key(_A, 0x22): Command("Reset Watchdog Timer", Privilege.OPERATOR, 0, 0, _reset_watchdog),
    key(_A, 0x24): Command("Set Watchdog Timer", Privilege.OPERATOR, 6, 6, _set_watchdog),
    key(_A, 0x25): Command("Get Watchdog Timer", Privilege.USER, 0, 0, _get_watchdog),
    key(_A, 0x2E): Command("Set BMC Global Enables", Privilege.ADMINISTRATOR, 1, 1, _set_enables),
    key(_A, 0x2F): Command("Get BMC Global Enables", Privilege.USER, 0, 0, _get_enables),
    key(_A, 0x30): Command("Clear Message Flags", Privilege.ADMINISTRATOR, 1, 1, _clear_flags),
    key(_A, 0x31): Command("Get Message Flags", Privilege.USER, 0, 0, _get_flags),
    key(_A, 0x37): Command("Get System GUID", Privilege.NONE, 0, 0, _get_guid),
    key(_A, 0x58): Command("Set System Info Parameters", Privilege.ADMINISTRATOR, 2, 18, _set_system_info),
    key(_A, 0x59): Command("Get System Info Parameters", Privilege.USER, 4, 4, _get_system_info),
}
