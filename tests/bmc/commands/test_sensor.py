"""Sensors as consoles set them."""

from __future__ import annotations

from simulator.bmc import Bmc
from simulator.ipmi.client import Request
from simulator.ipmi.sel import SystemEvent
from tests.ipmi.support import code, console, device


def number(bmc: Bmc, name: str) -> int:
    return next(sensor.number for sensor in bmc.board.sensors if sensor.name == name)


def log(bmc: Bmc) -> list[tuple[str, bool, int]]:
    events = [SystemEvent.decode(entry) for entry in bmc.board.log.entries.values()]
    names = {sensor.number: sensor.name for sensor in bmc.board.sensors}
    return [(names.get(event.sensor, "?"), event.asserted, event.data[0] & 0x0F) for event in events]


def test_thresholds_are_moved_and_act() -> None:
    bmc, chassis = device()
    chassis.powered = True
    wire = console(bmc)
    cpu = number(bmc, "CPU Temp")
    assert wire.ask(Request(4, 0x27, bytes((cpu,)))) == bytes((0x38, 0, 0, 0, 75, 90, 95))
    wire.ask(Request(4, 0x26, bytes((cpu, 0x08, 0, 0, 0, 45, 0, 0))))
    assert log(bmc) == [("CPU Temp", True, 7)]
    assert code(wire, Request(4, 0x26, bytes((cpu, 0x08, 0, 0, 0, 99, 0, 0)))) == 0xCC, "out of order"
    assert code(wire, Request(4, 0x26, bytes((cpu, 0x01, 9, 0, 0, 0, 0, 0)))) == 0xCC, "no such threshold"
    assert code(wire, Request(4, 0x27, bytes((number(bmc, "Drive 1"),)))) == 0xCD
    assert code(wire, Request(4, 0x2D, b"\xf0")) == 0xCB


def test_a_platform_event_is_logged() -> None:
    bmc, _ = device()
    assert console(bmc).ask(Request(4, 2, bytes((4, 1, 0x30, 1, 0x59, 0xFF, 0xFF)))) == b""
    assert log(bmc) == [("?", True, 9)]
