"""Commands of platform event filtering and alerts (IPMI 2.0, 30). An unknown parameter is 80h, one that is only read 82h."""

from __future__ import annotations

from typing import Final

from simulator.bmc.alerts import NO_STATUS, PENDING
from simulator.bmc.controller import Controller
from simulator.bmc.event_filtering import (
    ACTIONS,
    BLOCK_OCTETS,
    BLOCKS,
    DELAY,
    DELAY_ALERTS,
    ENABLED,
    LOG_ACTIONS,
    TEXTS,
)
from simulator.bmc.settings import in_progress
from simulator.ipmi.codes import BMC_ADDRESS, Completion, NetFn, Privilege
from simulator.ipmi.dispatch import Command, CommandTable, key
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.pef import FILTER_OCTETS, POLICY_OCTETS, EventFilter, Policy
from simulator.ipmi.pet import specific_trap
from simulator.ipmi.sel import SystemEvent
from simulator.ipmi.session_commands import require_channel
from simulator.ipmi.sessions import Call

__all__ = ["PEF_COMMANDS"]

_VERSION: Final = 0x51
_REVISION: Final = b"\x11"
_UNKNOWN: Final = 0x80
_READ_ONLY: Final = 0x82
_ALERT_IN_PROGRESS: Final = 0x81

_LENGTHS: Final = {
    0: 1,
    1: 1,
    2: 1,
    3: 1,
    4: 1,
    6: 1 + FILTER_OCTETS,
    7: 2,
    9: 1 + POLICY_OCTETS,
    10: 17,
    12: 3,
    13: 2 + BLOCK_OCTETS,
}
"""Parameters that may be written, and their octets (table 30-6)."""
_COUNTS: Final = (5, 8, 11)
"""Parameters that are only read. Group controls (14 on) are optional, and not there."""


def _get_capabilities(bmc: Controller, call: Call, data: bytes) -> bytes:
    """30.1: version 1.5, the actions there are, and how many filters."""
    return bytes((_VERSION, ACTIONS, len(bmc.filtering.filters)))


def _arm_postpone_timer(bmc: Controller, call: Call, data: bytes) -> bytes:
    """30.2."""
    return bytes((bmc.filtering.postpone(data[0], call.now),))


def _place(number: int, count: int, first: int = 1) -> int:
    """The index of an entry. Raises CompletionError C9h when there is none of this number."""
    if not first <= number < first + count:
        raise CompletionError(Completion.OUT_OF_RANGE)
    return number - first


def _set(bmc: Controller, call: Call, data: bytes) -> bytes:
    """30.3. Writes act at once, so that to commit is to end."""
    parameter, value = data[0] & 0x7F, data[1:]
    length = _LENGTHS.get(parameter)
    if length is None:
        raise CompletionError(_READ_ONLY if parameter in _COUNTS else _UNKNOWN)
    if len(value) != length and not (parameter == 13 and 2 < len(value) < length):
        raise CompletionError(Completion.DATA_LENGTH)
    pef = bmc.filtering
    if parameter == 0:
        pef.in_progress = in_progress(pef.in_progress, value[0])
    elif parameter == 1:
        known = ENABLED | DELAY | DELAY_ALERTS | (LOG_ACTIONS if bmc.board.has("pef") else 0)
        if value[0] & ~known:
            raise CompletionError(Completion.INVALID_FIELD)
        pef.switch(value[0])
    elif parameter == 2:
        if value[0] & ~ACTIONS:
            raise CompletionError(Completion.INVALID_FIELD)
        pef.permitted = value[0]
    elif parameter == 3:
        pef.delay = value[0]
    elif parameter == 4:
        pef.alert_delay = value[0]
    elif parameter == 6:
        place = _place(value[0] & 0x7F, len(pef.filters))
        pef.filters[place] = _checked(EventFilter.decode(value[1:]))
    elif parameter == 7:
        place = _place(value[0] & 0x7F, len(pef.filters))
        pef.filters[place] = EventFilter.decode(value[1:2] + pef.filters[place].encode()[1:])
    elif parameter == 9:
        pef.policies[_place(value[0] & 0x7F, len(pef.policies))] = Policy.decode(value[1:])
    elif parameter == 10:
        pef.guid = value[1:] if value[0] & 1 else None
    elif parameter == 12:
        pef.keys[_place(value[0] & 0x7F, TEXTS + 1, 0)] = (value[1] & 0x7F, value[2] & 0x7F)
    else:
        _set_text(bmc, value)
    return b""


def _checked(entry: EventFilter) -> EventFilter:
    if entry.actions & ~ACTIONS:
        raise CompletionError(Completion.INVALID_FIELD)
    return entry


def _set_text(bmc: Controller, value: bytes) -> None:
    """A block of an alert string; blocks count from 1."""
    texts = bmc.filtering.texts
    place, start = _place(value[0] & 0x7F, TEXTS + 1, 0), BLOCK_OCTETS * _place(value[1], BLOCKS)
    block = value[2:].ljust(BLOCK_OCTETS, b"\0")
    texts[place] = texts[place][:start] + block + texts[place][start + BLOCK_OCTETS :]


def _get(bmc: Controller, call: Call, data: bytes) -> bytes:
    """30.4: with bit 7 of the parameter the revision alone."""
    parameter, selector, block = data[0] & 0x7F, data[1], data[2]
    if data[0] & 0x80:
        return _REVISION
    pef = bmc.filtering
    if parameter in _COUNTS:
        value = bytes(({5: len(pef.filters), 8: len(pef.policies), 11: TEXTS}[parameter],))
    elif parameter in (0, 1, 2, 3, 4):
        value = bytes(((pef.in_progress, pef.control, pef.permitted, pef.delay, pef.alert_delay)[parameter],))
    elif parameter in (6, 7):
        entry = pef.filters[_place(selector & 0x7F, len(pef.filters))].encode()
        value = bytes((selector & 0x7F,)) + (entry if parameter == 6 else entry[:1])
    elif parameter == 9:
        value = bytes((selector & 0x7F,)) + pef.policies[_place(selector & 0x7F, len(pef.policies))].encode()
    elif parameter == 10:
        value = b"\0" + bmc.guid if pef.guid is None else b"\x01" + pef.guid
    elif parameter == 12:
        value = bytes((selector, *pef.keys[_place(selector & 0x7F, TEXTS + 1, 0)]))
    elif parameter == 13:
        text = pef.texts[_place(selector & 0x7F, TEXTS + 1, 0)]
        start = BLOCK_OCTETS * _place(block, BLOCKS)
        value = bytes((selector, block)) + text[start : start + BLOCK_OCTETS]
    else:
        raise CompletionError(_UNKNOWN)
    return _REVISION + value


def _set_last_processed(bmc: Controller, call: Call, data: bytes) -> bytes:
    """30.5: bit 0 says whether it is the BMC's or the software's."""
    number = int.from_bytes(data[1:3], "little")
    if data[0] & 1:
        bmc.filtering.last_bmc = number
    else:
        bmc.filtering.last_software = number
    return b""


def _get_last_processed(bmc: Controller, call: Call, data: bytes) -> bytes:
    """30.6: when the log was last added to, its last entry (FFFFh: none), and the last ones looked at."""
    log, pef = bmc.board.log, bmc.filtering
    last = next(reversed(log.entries), 0xFFFF)
    return log.added_at.to_bytes(4, "little") + b"".join(
        number.to_bytes(2, "little") for number in (last, pef.last_software, pef.last_bmc)
    )


def _alert_immediate(bmc: Controller, call: Call, data: bytes) -> bytes:
    """30.7: an alert, of an event that is given or to try whether alerts get through; its status is asked for later."""
    require_channel(bmc.personality.channel, data[0])
    if len(data) not in (3, 11):
        raise CompletionError(Completion.DATA_LENGTH)
    alerts, operation = bmc.alerts, data[1] >> 6
    if operation == 1:
        return bytes((alerts.status,))
    if operation == 2:
        alerts.status = NO_STATUS
        return b""
    if operation:
        raise CompletionError(Completion.INVALID_FIELD)
    if alerts.status == PENDING:
        raise CompletionError(_ALERT_IN_PROGRESS)
    event = None
    if len(data) == 11:
        _, _, kind, sensor, trigger = data[3:8]
        now = bmc.board.now
        event = SystemEvent(0, now, kind, sensor, trigger & 0x7F, not trigger & 0x80, data[8:11], BMC_ADDRESS)
    pef = bmc.filtering
    text = pef.text(data[2] & 0x7F) if data[2] & 0x80 else b""
    alerts.send(pef.trap(event, text=text), specific_trap(event), data[1] & 0x0F, immediate=True)
    return b""


def _acknowledge(bmc: Controller, call: Call, data: bytes) -> bytes:
    """30.8: whoever got a trap says so; no session is needed. A trap that is not under way is none's loss."""
    bmc.alerts.acknowledge(data)
    return b""


_S: Final = NetFn.SENSOR

PEF_COMMANDS: CommandTable = {
    key(_S, 0x10): Command("Get PEF Capabilities", Privilege.USER, 0, 0, _get_capabilities),
    key(_S, 0x11): Command("Arm PEF Postpone Timer", Privilege.ADMINISTRATOR, 1, 1, _arm_postpone_timer),
    key(_S, 0x12): Command("Set PEF Configuration Parameters", Privilege.ADMINISTRATOR, 1, 22, _set),
    key(_S, 0x13): Command("Get PEF Configuration Parameters", Privilege.OPERATOR, 3, 3, _get),
    key(_S, 0x14): Command("Set Last Processed Event ID", Privilege.ADMINISTRATOR, 3, 3, _set_last_processed),
    key(_S, 0x15): Command("Get Last Processed Event ID", Privilege.ADMINISTRATOR, 0, 0, _get_last_processed),
    key(_S, 0x16): Command("Alert Immediate", Privilege.ADMINISTRATOR, 3, 11, _alert_immediate),
    key(_S, 0x17): Command("PET Acknowledge", Privilege.NONE, 12, 12, _acknowledge),
}
