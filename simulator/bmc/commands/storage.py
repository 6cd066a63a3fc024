"""Commands about what a BMC stores: sensor data records, the event log, the inventory (IPMI 2.0, 31, 33 and 34)."""

from __future__ import annotations

from typing import Final

from simulator.bmc.commands.sensor import read_record, reserve_records
from simulator.bmc.controller import Controller
from simulator.ipmi.codes import Completion, NetFn, Privilege
from simulator.ipmi.dispatch import Command, CommandTable, key
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.sel import ENTRY_OCTETS
from simulator.ipmi.sessions import Call

__all__ = ["STORAGE_COMMANDS"]

_VERSION: Final = 0x51
_ERASED: Final = 0x01
_FRU_CHUNK: Final = 64
_WRITE_PROTECTED: Final = 0x80


def _little(value: int, octets: int = 2) -> bytes:
    return value.to_bytes(octets, "little")


# the inventory


def _inventory(bmc: Controller, number: int) -> bytes | bytearray:
    """Of a FRU device; those beside the board's own are of a recorded model."""
    recorded = bmc.personality.recorded
    if recorded is not None and number not in recorded.inventories:
        raise CompletionError(Completion.NOT_PRESENT)
    if number == 0:
        return bmc.board.inventory
    if recorded is None:
        raise CompletionError(Completion.NOT_PRESENT)
    return recorded.inventories[number]


def _get_fru_area(bmc: Controller, call: Call, data: bytes) -> bytes:
    """34.1: size in octets, accessed by octets."""
    return _little(len(_inventory(bmc, data[0]))) + b"\0"


def _read_fru(bmc: Controller, call: Call, data: bytes) -> bytes:
    """34.2."""
    offset, count = int.from_bytes(data[1:3], "little"), data[3]
    inventory = _inventory(bmc, data[0])
    if count == 0 or offset >= len(inventory):
        raise CompletionError(Completion.OUT_OF_RANGE)
    if count > _FRU_CHUNK:
        raise CompletionError(Completion.CANNOT_RETURN_BYTES)
    part = bytes(inventory[offset : offset + count])
    return bytes((len(part),)) + part


def _write_fru(bmc: Controller, call: Call, data: bytes) -> bytes:
    """34.3."""
    offset, octets = int.from_bytes(data[1:3], "little"), data[3:]
    inventory = _inventory(bmc, data[0])
    if not isinstance(inventory, bytearray):
        raise CompletionError(_WRITE_PROTECTED)
    if offset + len(octets) > len(inventory):
        raise CompletionError(Completion.OUT_OF_RANGE)
    inventory[offset : offset + len(octets)] = octets
    return bytes((len(octets),))


# the repository


def _get_repository_info(bmc: Controller, call: Call, data: bytes) -> bytes:
    """33.9: version, records, free space, last addition and erasure, what it supports: reservations."""
    records = bmc.board.records
    return bytes((_VERSION,)) + _little(len(records)) + _little(0) + bytes(8) + b"\x03"


def _get_repository_allocation(bmc: Controller, call: Call, data: bytes) -> bytes:
    """33.10: one record of up to 64 octets is a unit; none is free."""
    return _little(len(bmc.board.records)) + _little(64) + bytes(4) + b"\x01"


def _get_repository_time(bmc: Controller, call: Call, data: bytes) -> bytes:
    """33.17."""
    return _little(bmc.board.now & 0xFFFFFFFF, 4)


# the log


def _get_log_info(bmc: Controller, call: Call, data: bytes) -> bytes:
    """31.2: can delete, reserve and tell its allocation."""
    log = bmc.board.log
    return (
        bytes((_VERSION,))
        + _little(len(log.entries))
        + _little(min(log.free * ENTRY_OCTETS, 0xFFFF))
        + _little(log.added_at & 0xFFFFFFFF, 4)
        + _little(log.erased_at & 0xFFFFFFFF, 4)
        + bytes((0x0B | (0x80 if log.overflowed else 0),))
    )


def _get_log_allocation(bmc: Controller, call: Call, data: bytes) -> bytes:
    """31.3."""
    log = bmc.board.log
    return _little(log.capacity) + _little(ENTRY_OCTETS) + _little(log.free) * 2 + b"\x01"


def _reserve_log(bmc: Controller, call: Call, data: bytes) -> bytes:
    """31.4."""
    return _little(bmc.board.reserve("sel"))


def _check_reservation(bmc: Controller, octets: bytes) -> None:
    if not bmc.board.reserved("sel", int.from_bytes(octets, "little")):
        raise CompletionError(Completion.RESERVATION)


def _get_entry(bmc: Controller, call: Call, data: bytes) -> bytes:
    """31.5: reservation (needed from an offset on), record id, offset, count (FFh all)."""
    log = bmc.board.log
    offset, count = data[4], data[5]
    if offset:
        _check_reservation(bmc, data[:2])
    number, following = log.find(int.from_bytes(data[2:4], "little"))
    entry = log.entries[number]
    if offset >= ENTRY_OCTETS or (count != 0xFF and offset + count > ENTRY_OCTETS):
        raise CompletionError(Completion.OUT_OF_RANGE)
    return _little(following) + (entry[offset:] if count == 0xFF else entry[offset : offset + count])


def _add_entry(bmc: Controller, call: Call, data: bytes) -> bytes:
    """31.6: a system event gets the log's time; an OEM entry without one is taken as it is."""
    board = bmc.board
    body = data[2:]
    if body[0] < 0xE0:
        body = body[:1] + _little(board.now & 0xFFFFFFFF, 4) + body[5:]
    number = board.add_entry(body)
    if number is None:
        raise CompletionError(Completion.OUT_OF_SPACE)
    board.cancel_reservations("sel")
    return _little(number)


def _delete_entry(bmc: Controller, call: Call, data: bytes) -> bytes:
    """31.8."""
    board = bmc.board
    _check_reservation(bmc, data[:2])
    number = board.log.delete(int.from_bytes(data[2:4], "little"), board.now)
    board.cancel_reservations("sel")
    return _little(number)


def _clear_log(bmc: Controller, call: Call, data: bytes) -> bytes:
    """31.9: reservation, "CLR", AAh to erase or 00h to ask how far it is: done at once."""
    _check_reservation(bmc, data[:2])
    if data[2:5] != b"CLR" or data[5] not in (0x00, 0xAA):
        raise CompletionError(Completion.INVALID_FIELD)
    if data[5] == 0xAA:
        bmc.board.clear_log()
        bmc.filtering.log_cleared()
    return bytes((_ERASED,))


def _get_log_time(bmc: Controller, call: Call, data: bytes) -> bytes:
    """31.10."""
    return _little(bmc.board.now & 0xFFFFFFFF, 4)


def _set_log_time(bmc: Controller, call: Call, data: bytes) -> bytes:
    """31.11."""
    board = bmc.board
    board.log.clock_offset = int.from_bytes(data, "little") - board.chassis.wall_clock
    return b""


def _get_utc_offset(bmc: Controller, call: Call, data: bytes) -> bytes:
    """31.11a: minutes, 07FFh is not said."""
    return _little(bmc.board.log.utc_offset & 0xFFFF)


def _set_utc_offset(bmc: Controller, call: Call, data: bytes) -> bytes:
    """31.11b."""
    minutes = int.from_bytes(data, "little", signed=True)
    if minutes != 0x07FF and not -1440 <= minutes <= 1440:
        raise CompletionError(Completion.INVALID_FIELD)
    bmc.board.log.utc_offset = minutes
    return b""


_S: Final = NetFn.STORAGE

STORAGE_COMMANDS: CommandTable = {
    key(_S, 0x10): Command("Get FRU Inventory Area Info", Privilege.USER, 1, 1, _get_fru_area),
    key(_S, 0x11): Command("Read FRU Data", Privilege.USER, 4, 4, _read_fru),
    key(_S, 0x12): Command("Write FRU Data", Privilege.OPERATOR, 4, 67, _write_fru),
    key(_S, 0x20): Command("Get SDR Repository Info", Privilege.USER, 0, 0, _get_repository_info),
    key(_S, 0x21): Command("Get SDR Repository Allocation Info", Privilege.USER, 0, 0, _get_repository_allocation),
    key(_S, 0x22): Command("Reserve SDR Repository", Privilege.USER, 0, 0, reserve_records),
    key(_S, 0x23): Command("Get SDR", Privilege.USER, 6, 6, read_record),
    key(_S, 0x28): Command("Get SDR Repository Time", Privilege.USER, 0, 0, _get_repository_time),
    key(_S, 0x40): Command("Get SEL Info", Privilege.USER, 0, 0, _get_log_info),
    key(_S, 0x41): Command("Get SEL Allocation Info", Privilege.USER, 0, 0, _get_log_allocation),
    key(_S, 0x42): Command("Reserve SEL", Privilege.USER, 0, 0, _reserve_log),
    key(_S, 0x43): Command("Get SEL Entry", Privilege.USER, 6, 6, _get_entry),
    key(_S, 0x44): Command("Add SEL Entry", Privilege.OPERATOR, 16, 16, _add_entry),
    key(_S, 0x46): Command("Delete SEL Entry", Privilege.OPERATOR, 4, 4, _delete_entry),
    key(_S, 0x47): Command("Clear SEL", Privilege.OPERATOR, 6, 6, _clear_log),
    key(_S, 0x48): Command("Get SEL Time", Privilege.USER, 0, 0, _get_log_time),
    key(_S, 0x49): Command("Set SEL Time", Privilege.OPERATOR, 4, 4, _set_log_time),
    key(_S, 0x5C): Command("Get SEL Time UTC Offset", Privilege.USER, 0, 0, _get_utc_offset),
    key(_S, 0x5D): Command("Set SEL Time UTC Offset", Privilege.OPERATOR, 2, 2, _set_utc_offset),
}
