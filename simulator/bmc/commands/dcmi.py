"""DCMI: power reading and limit, asset tag, identifiers (DCMI 1.5, 6). Every request and answer opens with DCh."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from simulator.bmc.controller import Controller
from simulator.bmc.power_limit import (
    LOG,
    PERSISTENT,
    POWER_OFF,
    THERMAL_LOG,
    THERMAL_POWER_OFF,
    PowerLimit,
    ThermalLimit,
)
from simulator.ipmi.codes import Completion, Privilege
from simulator.ipmi.dispatch import Command, CommandTable, key
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.sessions import Call

__all__ = ["DCMI_COMMANDS"]

_GROUP: Final = b"\xdc"
_NETFN: Final = 0x2C
_VERSION: Final = b"\x01\x05\x02"
_NO_LIMIT: Final = 0x80
_GET_ASSET_TAG: Final = 0x06
_GUID, _ASSET_TAG = 0x01, 0x04
_LIMIT_OUT_OF_RANGE: Final = 0x84
_PERIOD_OUT_OF_RANGE: Final = 0x89
_INLET: Final = (0x37, 0x40)
"""Entities: IPMI's, and DCMI's own."""
_ASSET_TAG_OCTETS: Final = 63
_CONTROLLER_OCTETS: Final = 64

Handler = Callable[[Controller, Call, bytes], bytes]


def _capabilities(bmc: Controller, call: Call, data: bytes) -> bytes:
    """6.1.1: power management; the system interface, and no second LAN and no serial channel; log size, tags, temperatures
    that are read each second; power statistics over no rolling averages.
    """
    values = {
        1: b"\x00\x01\x01",
        2: (bmc.personality.log_entries & 0x0FFF).to_bytes(2, "little") + bytes((_tags(bmc), 1, 1)),
        3: b"\x20\x00",
        4: b"\x01\xff\xff",
        5: b"\0",
    }.get(data[0])
    if values is None:
        raise CompletionError(Completion.OUT_OF_RANGE)
    return _VERSION + values


def _tags(bmc: Controller) -> int:
    """By what a machine can be told from others: its GUID, and its asset tag where the model knows of one."""
    return _GUID | (0 if key(_NETFN, _GET_ASSET_TAG) in bmc.personality.lacks else _ASSET_TAG)


def _power_reading(bmc: Controller, call: Call, data: bytes) -> bytes:
    """6.6.1, mode 1: the present draw; statistics are not kept, so least, most and average are the same."""
    if data[0] != 0x01:
        raise CompletionError(Completion.INVALID_FIELD)
    watts = round(bmc.chassis.watts).to_bytes(2, "little")
    now = (bmc.board.now & 0xFFFFFFFF).to_bytes(4, "little")
    return watts * 4 + now + (1000).to_bytes(4, "little") + b"\x40"


def _get_power_limit(bmc: Controller, call: Call, data: bytes) -> bytes:
    """6.6.2: while it is not active, 80h with the limit that would be."""
    limit = bmc.power.limit
    value = b"%b%c%b%b%b%b" % (
        bytes(2),
        limit.action,
        limit.watts.to_bytes(2, "little"),
        limit.correction_ms.to_bytes(4, "little"),
        bytes(2),
        limit.sampling.to_bytes(2, "little"),
    )
    if not bmc.power.active:
        raise CompletionError(_NO_LIMIT, data=_GROUP + value)
    return value


def _set_power_limit(bmc: Controller, call: Call, data: bytes) -> bytes:
    """6.6.3: the action of an exception, watts, milliseconds to correct it, seconds between samples."""
    action, watts = data[3], int.from_bytes(data[4:6], "little")
    correction, sampling = int.from_bytes(data[6:10], "little"), int.from_bytes(data[12:14], "little")
    if action not in (0, POWER_OFF, LOG):
        raise CompletionError(Completion.INVALID_FIELD)
    if not watts:
        raise CompletionError(_LIMIT_OUT_OF_RANGE)
    if not sampling:
        raise CompletionError(_PERIOD_OUT_OF_RANGE)
    bmc.power.set(PowerLimit(action, watts, correction, sampling))
    return b""


def _activate_power_limit(bmc: Controller, call: Call, data: bytes) -> bytes:
    """6.6.4: 1 activates, 0 deactivates."""
    if data[0] > 1:
        raise CompletionError(Completion.INVALID_FIELD)
    bmc.power.activate(active=bool(data[0]))
    return b""


def _require_inlet(bmc: Controller, entity: int, instance: int) -> None:
    if entity not in _INLET or instance != 1 or not bmc.board.has("inlet"):
        raise CompletionError(Completion.NOT_PRESENT)


def _set_thermal_limit(bmc: Controller, call: Call, data: bytes) -> bytes:
    """6.7.1: entity and instance (the inlet), actions, degrees, seconds of patience."""
    _require_inlet(bmc, data[0], data[1])
    if data[2] & ~(PERSISTENT | THERMAL_POWER_OFF | THERMAL_LOG):
        raise CompletionError(Completion.INVALID_FIELD)
    bmc.power.set_thermal(ThermalLimit(data[2], data[3], int.from_bytes(data[4:6], "little")))
    return b""


def _get_thermal_limit(bmc: Controller, call: Call, data: bytes) -> bytes:
    """6.7.2."""
    _require_inlet(bmc, data[0], data[1])
    limit = bmc.power.thermal
    return bytes((limit.actions, limit.celsius)) + limit.seconds.to_bytes(2, "little")


def _text(store: bytes, data: bytes) -> bytes:
    offset, count = data[0], data[1]
    if count > 16 or offset + count > _CONTROLLER_OCTETS:
        raise CompletionError(Completion.OUT_OF_RANGE)
    return bytes((len(store),)) + store[offset : offset + count]


def _store(store: bytes, data: bytes, limit: int) -> bytes:
    offset, count = data[0], data[1]
    if count > 16 or offset + count > limit or len(data) != 2 + count:
        raise CompletionError(Completion.OUT_OF_RANGE)
    return store[:offset].ljust(offset, b"\0") + data[2:]


def _get_asset_tag(bmc: Controller, call: Call, data: bytes) -> bytes:
    """6.4.2."""
    return _text(bmc.settings.asset_tag, data)


def _set_asset_tag(bmc: Controller, call: Call, data: bytes) -> bytes:
    """6.4.3."""
    bmc.settings.asset_tag = _store(bmc.settings.asset_tag, data, _ASSET_TAG_OCTETS)
    return bytes((len(bmc.settings.asset_tag),))


def _sensor_info(bmc: Controller, call: Call, data: bytes) -> bytes:
    """6.5.2: the records of the sensors of a type and entity; DCMI's own entity 40h is the inlet, 41h the processor."""
    wanted = {0x40: "inlet", 0x37: "inlet", 0x41: "cpu", 0x03: "cpu"}.get(data[1])
    found = [sensor.number for sensor in bmc.board.sensors if sensor.reads == wanted and sensor.kind.type == data[0]]
    records = b"".join((number + 2).to_bytes(2, "little") for number in found[:8])
    return bytes((len(found), len(found[:8]))) + records


def _get_controller_id(bmc: Controller, call: Call, data: bytes) -> bytes:
    """6.4.4: a text that ends with a zero octet."""
    return _text((bmc.settings.controller or bmc.chassis.name.encode()[:63]) + b"\0", data)


def _set_controller_id(bmc: Controller, call: Call, data: bytes) -> bytes:
    """6.4.5."""
    bmc.settings.controller = _store(bmc.settings.controller, data, _CONTROLLER_OCTETS).split(b"\0")[0]
    return bytes((len(bmc.settings.controller) + 1,))


def _temperatures(bmc: Controller, call: Call, data: bytes) -> bytes:
    """6.7.3: whole degrees of a type's instances."""
    reads = {0x40: "inlet", 0x41: "cpu"}.get(data[1])
    sensors = [sensor for sensor in bmc.board.sensors if sensor.reads == reads]
    found = [value for sensor in sensors if (value := bmc.board.value(sensor)) is not None]
    readings = b"".join(bytes((min(round(value), 127), index)) for index, value in enumerate(found[:8], 1))
    return bytes((len(found), len(found[:8]))) + readings


def _command(name: str, privilege: Privilege, shortest: int, longest: int, handler: Handler) -> Command[Controller]:
    def grouped(bmc: Controller, call: Call, data: bytes) -> bytes:
        if data[:1] != _GROUP:
            raise CompletionError(Completion.INVALID_COMMAND)
        return _GROUP + handler(bmc, call, data[1:])

    return Command(f"DCMI {name}", privilege, shortest + 1, longest + 1, grouped)


DCMI_COMMANDS: CommandTable = {
    key(_NETFN, 0x01): _command("Get Capabilities Info", Privilege.NONE, 1, 1, _capabilities),
    key(_NETFN, 0x02): _command("Get Power Reading", Privilege.USER, 3, 3, _power_reading),
    key(_NETFN, 0x03): _command("Get Power Limit", Privilege.USER, 2, 2, _get_power_limit),
    key(_NETFN, 0x04): _command("Set Power Limit", Privilege.OPERATOR, 14, 14, _set_power_limit),
    key(_NETFN, 0x05): _command("Activate Power Limit", Privilege.OPERATOR, 3, 3, _activate_power_limit),
    key(_NETFN, _GET_ASSET_TAG): _command("Get Asset Tag", Privilege.USER, 2, 2, _get_asset_tag),
    key(_NETFN, 0x07): _command("Get Sensor Info", Privilege.OPERATOR, 4, 4, _sensor_info),
    key(_NETFN, 0x08): _command("Set Asset Tag", Privilege.OPERATOR, 2, 18, _set_asset_tag),
    key(_NETFN, 0x09): _command("Get Management Controller Id", Privilege.USER, 2, 2, _get_controller_id),
    key(_NETFN, 0x0A): _command("Set Management Controller Id", Privilege.ADMINISTRATOR, 2, 18, _set_controller_id),
    key(_NETFN, 0x0B): _command("Set Thermal Limit", Privilege.OPERATOR, 6, 6, _set_thermal_limit),
    key(_NETFN, 0x0C): _command("Get Thermal Limit", Privilege.USER, 2, 2, _get_thermal_limit),
    key(_NETFN, 0x10): _command("Get Temperature Readings", Privilege.OPERATOR, 4, 4, _temperatures),
}
