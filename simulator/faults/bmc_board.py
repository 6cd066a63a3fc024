"""Faults of what a BMC keeps: its sensors, its log, its inventory, itself."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from simulator.bmc import Bmc
from simulator.faults.kinds import FaultKind, NotPossible, OnServer, Undo, World

__all__ = ["BMC_BOARD"]

_NO_SCANNING = 0x40
_FILLER = b"\xe0" + b"\xff" * 13
"""An entry of a maker's own kind, without its record id."""
_BOARD_AREA = 3
"""Octet of the inventory's header: where the board area starts, in units of 8."""


class OnSensor(OnServer):
    sensor: str = Field(default="CPU Temp", min_length=1)
    """Its name, as `ipmitool sdr` shows it."""


def _bmc(world: World, params: OnServer) -> Bmc:
    return world.bmc(params.server)


def _find_sensor(world: World, params: OnSensor) -> int:
    for sensor in world.bmc(params.server).board.sensors:
        if sensor.name == params.sensor:
            return sensor.number
    raise NotPossible(f"the BMC of {params.server} has no sensor {params.sensor!r}")


def _sensor_lost(world: World, params: OnSensor) -> Undo:
    number, disabled = _find_sensor(world, params), world.bmc(params.server).board.disabled
    before = disabled.get(number, 0)
    disabled[number] = before | _NO_SCANNING

    def mend() -> None:
        disabled[number] = before

    return mend


def _find_measuring(world: World, params: OnSensor) -> int:
    number = _find_sensor(world, params)
    if world.bmc(params.server).board.sensors[number - 1].discrete:
        raise NotPossible(f"{params.sensor!r} of the BMC of {params.server} has states, and no value to stay at")
    return number


def _sensor_frozen(world: World, params: OnSensor) -> Undo:
    number, board = _find_measuring(world, params), world.bmc(params.server).board
    board.frozen[number] = board.value(board.sensors[number - 1])

    def mend() -> None:
        board.frozen.pop(number, None)
        board.sense("fans")
        board.sense("heat")

    return mend


def _log_full(world: World, params: OnServer) -> Undo:
    board = world.bmc(params.server).board
    for _ in range(board.log.free):
        board.log.append(_FILLER, board.now)

    def mend() -> None:
        entries = board.log.entries
        for number in [number for number, entry in entries.items() if entry.endswith(_FILLER)]:
            del entries[number]

    return mend


def _inventory_spoiled(world: World, params: OnServer) -> Undo:
    inventory = world.bmc(params.server).board.inventory
    place = 8 * inventory[_BOARD_AREA] + 7  # the maker's name begins there: no checksum knows the new first letter
    inventory[place] ^= 0x01

    def mend() -> None:
        inventory[place] ^= 0x01

    return mend


def _restarts(world: World, params: OnServer) -> Undo:
    bmc = world.bmc(params.server)
    bmc.power_lost()
    bmc.chassis.restart_bmc()
    return lambda: None


def _kind(
    name: str, params: type[Any], summary: str, strike: Any, find: Any = _bmc, *, once: bool = False
) -> FaultKind:
    return FaultKind(name, "server", params, summary, strike, find, once=once)


BMC_BOARD: tuple[FaultKind, ...] = (
    _kind("bmc.sensor_lost", OnSensor, "a sensor gives no reading any more", _sensor_lost, _find_sensor),
    _kind(
        "bmc.sensor_frozen", OnSensor, "a sensor with thresholds stays at its value", _sensor_frozen, _find_measuring
    ),
    _kind("bmc.log_full", OnServer, "the BMC's event log is full", _log_full),
    _kind(
        "bmc.inventory_spoiled",
        OnServer,
        "a checksum of the BMC's inventory does not hold",
        _inventory_spoiled,
        once=True,
    ),
    _kind(
        "bmc.restarts", OnServer, "the BMC starts anew: its sessions are gone, and it is deaf for a while", _restarts
    ),
)
