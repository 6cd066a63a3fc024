"""Commands about sensors and events (IPMI 2.0, 29 and 35)."""

from __future__ import annotations

from typing import Final

from simulator.bmc.controller import Controller
from simulator.bmc.sensors import Sensor
from simulator.ipmi.codes import BMC_ADDRESS, Completion, NetFn, Privilege
from simulator.ipmi.dispatch import Command, CommandTable, key
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.sdr import COMPARISONS
from simulator.ipmi.sessions import Call

__all__ = ["SENSOR_COMMANDS"]

_ENABLED: Final = 0xC0
_UNAVAILABLE: Final = 0x20
_NO_RECEIVER: Final = 0xFF
_CHUNK: Final = 64
"""More octets than this of a record are not given in one answer: CAh, and consoles ask for less."""


def _sensor(bmc: Controller, number: int) -> Sensor:
    sensor = bmc.board.sensor(number)
    if sensor is None:
        raise CompletionError(Completion.NOT_PRESENT)
    return sensor


def _analogue(bmc: Controller, number: int) -> Sensor:
    sensor = _sensor(bmc, number)
    if sensor.discrete:
        raise CompletionError(Completion.ILLEGAL)
    return sensor


def _set_event_receiver(bmc: Controller, call: Call, data: bytes) -> bytes:
    """29.1: the BMC is its own receiver, and no other can be set; FFh: sensors make no events until it starts anew."""
    if data[0] not in (BMC_ADDRESS, _NO_RECEIVER) or data[1]:
        raise CompletionError(Completion.INVALID_FIELD)
    bmc.board.generates = data[0] == BMC_ADDRESS
    return b""


def _get_event_receiver(bmc: Controller, call: Call, data: bytes) -> bytes:
    """29.2."""
    return bytes((BMC_ADDRESS if bmc.board.generates else _NO_RECEIVER, 0))


def _platform_event(bmc: Controller, call: Call, data: bytes) -> bytes:
    """29.3: an event message of somebody's, here of a console, goes to the log. `data`: revision to event data 3."""
    if data[0] not in (0x03, 0x04):
        raise CompletionError(Completion.INVALID_FIELD)
    body = b"\x02" + (bmc.board.now & 0xFFFFFFFF).to_bytes(4, "little") + b"\x41\x00\x04"
    if bmc.board.add_event(body + data[1:].ljust(6, b"\xff")) is None and bmc.board.logs:
        raise CompletionError(Completion.OUT_OF_SPACE)
    return b""


def _get_device_sdr_info(bmc: Controller, call: Call, data: bytes) -> bytes:
    """35.2: how many sensors, or, with bit 0, how many records; static, LUN 0."""
    board = bmc.board
    return bytes((len(board.records) if data and data[0] & 1 else len(board.sensors), 0x01))


def read_record(bmc: Controller, call: Call, data: bytes) -> bytes:
    """33.12 and 35.3: reservation, record id (0 first, FFFFh last), offset, count (FFh all); answers with the next id.

    A reservation is needed to read on from an offset (C5h); too much at once is CAh.
    """
    board = bmc.board
    number, offset, count = int.from_bytes(data[2:4], "little"), data[4], data[5]
    if offset and not board.reserved("sdr", int.from_bytes(data[:2], "little")):
        raise CompletionError(Completion.RESERVATION)
    ids = board.record_ids
    place = 0 if number == 0 else len(ids) - 1 if number == 0xFFFF else ids.index(number) if number in ids else -1
    if not 0 <= place < len(ids):
        raise CompletionError(Completion.NOT_PRESENT)
    record = board.records[place]
    if offset > len(record):
        raise CompletionError(Completion.OUT_OF_RANGE)
    part = record[offset:] if count == 0xFF else record[offset : offset + count]
    if len(part) > _CHUNK:
        raise CompletionError(Completion.CANNOT_RETURN_BYTES)
    following = ids[place + 1] if place + 1 < len(ids) else 0xFFFF
    return following.to_bytes(2, "little") + part


def reserve_records(bmc: Controller, call: Call, data: bytes) -> bytes:
    """33.11 and 35.4."""
    return bmc.board.reserve("sdr").to_bytes(2, "little")


def _get_reading_factors(bmc: Controller, call: Call, data: bytes) -> bytes:
    """35.5: linear, so the same for every reading."""
    return bytes((data[1],)) + _analogue(bmc, data[0]).factors.encode()


def _set_hysteresis(bmc: Controller, call: Call, data: bytes) -> bytes:
    """35.6."""
    sensor = _analogue(bmc, data[0])
    bmc.board.hysteresis[sensor.number] = (data[2], data[3])
    return b""


def _get_hysteresis(bmc: Controller, call: Call, data: bytes) -> bytes:
    """35.7."""
    return bytes(bmc.board.margin(_analogue(bmc, data[0])))


def _set_thresholds(bmc: Controller, call: Call, data: bytes) -> bytes:
    """35.8: only those that the sensor has. Each side must stay in its order."""
    sensor = _analogue(bmc, data[0])
    limits = list(bmc.board.limits(sensor))
    for index in range(6):
        if data[1] >> index & 1:
            if limits[index] is None:
                raise CompletionError(Completion.INVALID_FIELD)
            limits[index] = data[2 + index]
    rising = [limits[index] for index in (2, 1, 0, 3, 4, 5)]
    there = [limit for limit in rising if limit is not None]
    if there != sorted(there):
        raise CompletionError(Completion.INVALID_FIELD)
    bmc.board.set_limits(sensor, tuple(limits))
    return b""


def _get_thresholds(bmc: Controller, call: Call, data: bytes) -> bytes:
    """35.9."""
    limits = bmc.board.limits(_analogue(bmc, data[0]))
    readable = sum(1 << index for index, limit in enumerate(limits) if limit is not None)
    return bytes((readable, *(limit or 0 for limit in limits)))


def _set_event_enable(bmc: Controller, call: Call, data: bytes) -> bytes:
    """35.10: all of a sensor's events, its scanning, and (bits 5 and 4) single events to switch on or off."""
    sensor, board = _sensor(bmc, data[0]), bmc.board
    single = data[1] & 0x30
    if single == 0x30:
        raise CompletionError(Completion.INVALID_FIELD)
    board.disabled[sensor.number] = board.disabled.get(sensor.number, 0) & ~_ENABLED | ~data[1] & _ENABLED
    if single:
        asserted, deasserted = (int.from_bytes(data[at : at + 2], "little") & 0x7FFF for at in (2, 4))
        board.choose_events(sensor, asserted, deasserted, on=single == 0x10)
    return b""


def _events(sensor: Sensor, mask: int) -> bytes:
    """A mask of thresholds as the event mask of table 42-2; that of a discrete sensor is its own."""
    if not sensor.discrete:
        mask = sum(1 << offset for index, offset in enumerate(COMPARISONS) if mask >> index & 1)
    return mask.to_bytes(2, "little")


def _get_event_enable(bmc: Controller, call: Call, data: bytes) -> bytes:
    """35.11."""
    sensor = _sensor(bmc, data[0])
    masks = (mask.to_bytes(2, "little") for mask in bmc.board.event_masks(sensor))
    return bytes((_ENABLED & ~bmc.board.disabled.get(sensor.number, 0),)) + b"".join(masks)


def _rearm(bmc: Controller, call: Call, data: bytes) -> bytes:
    """35.12: sensors re-arm by themselves here."""
    _sensor(bmc, data[0])
    return b""


def _get_event_status(bmc: Controller, call: Call, data: bytes) -> bytes:
    """35.13."""
    sensor = _sensor(bmc, data[0])
    return (
        bytes((_ENABLED & ~bmc.board.disabled.get(sensor.number, 0),))
        + _events(sensor, bmc.board.asserted(sensor))
        + b"\0\0"
    )


def _get_reading(bmc: Controller, call: Call, data: bytes) -> bytes:
    """35.14."""
    board, sensor = bmc.board, _sensor(bmc, data[0])
    off = board.disabled.get(sensor.number, 0)
    if sensor.discrete:
        states = sensor.states(board.chassis)
        return bytes((0, _ENABLED & ~off, states & 0xFF, 0x80 | states >> 8))
    value = None if off & 0x40 else board.value(sensor)
    if value is None:
        return bytes((0, _ENABLED & ~off | _UNAVAILABLE, 0xC0))
    return bytes((sensor.factors.raw(value), _ENABLED & ~off, 0xC0 | board.crossed(sensor)))


def _get_type(bmc: Controller, call: Call, data: bytes) -> bytes:
    """35.16."""
    kind = _sensor(bmc, data[0]).kind
    return bytes((kind.type, kind.event_type))


_S: Final = NetFn.SENSOR

SENSOR_COMMANDS: CommandTable = {
    key(_S, 0x00): Command("Set Event Receiver", Privilege.ADMINISTRATOR, 2, 2, _set_event_receiver),
    key(_S, 0x01): Command("Get Event Receiver", Privilege.USER, 0, 0, _get_event_receiver),
    key(_S, 0x02): Command("Platform Event", Privilege.OPERATOR, 5, 7, _platform_event),
    key(_S, 0x20): Command("Get Device SDR Info", Privilege.USER, 0, 1, _get_device_sdr_info),
    key(_S, 0x21): Command("Get Device SDR", Privilege.USER, 6, 6, read_record),
    key(_S, 0x22): Command("Reserve Device SDR Repository", Privilege.USER, 0, 0, reserve_records),
    key(_S, 0x23): Command("Get Sensor Reading Factors", Privilege.USER, 2, 2, _get_reading_factors),
    key(_S, 0x24): Command("Set Sensor Hysteresis", Privilege.OPERATOR, 4, 4, _set_hysteresis),
    key(_S, 0x25): Command("Get Sensor Hysteresis", Privilege.USER, 1, 2, _get_hysteresis),
    key(_S, 0x26): Command("Set Sensor Thresholds", Privilege.OPERATOR, 8, 8, _set_thresholds),
    key(_S, 0x27): Command("Get Sensor Thresholds", Privilege.USER, 1, 1, _get_thresholds),
    key(_S, 0x28): Command("Set Sensor Event Enable", Privilege.OPERATOR, 2, 6, _set_event_enable),
    key(_S, 0x29): Command("Get Sensor Event Enable", Privilege.USER, 1, 1, _get_event_enable),
    key(_S, 0x2A): Command("Re-arm Sensor Events", Privilege.OPERATOR, 2, 6, _rearm),
    key(_S, 0x2B): Command("Get Sensor Event Status", Privilege.USER, 1, 1, _get_event_status),
    key(_S, 0x2D): Command("Get Sensor Reading", Privilege.USER, 1, 1, _get_reading),
    key(_S, 0x2F): Command("Get Sensor Type", Privilege.USER, 1, 1, _get_type),
}
