"""Sensors, the log that they write, the watchdog and resets: what a BMC makes of its board."""

from __future__ import annotations

import pytest

from simulator.bmc import Bmc, personality_names
from simulator.bmc.commands.table import COMMANDS
from simulator.bmc.personality import load_personality
from simulator.ipmi.client import Request
from simulator.ipmi.sel import SystemEvent
from tests.bmc.support import FakeChassis
from tests.ipmi.support import USERS, Wire, code, console, device


def number(bmc: Bmc, name: str) -> int:
    return next(sensor.number for sensor in bmc.board.sensors if sensor.name == name)


def reading(wire: Wire, name: str) -> bytes:
    return wire.ask(Request(4, 0x2D, bytes((number(wire.bmc, name),))))


def log(bmc: Bmc) -> list[tuple[str, bool, int]]:
    events = [SystemEvent.decode(entry) for entry in bmc.board.log.entries.values()]
    names = {sensor.number: sensor.name for sensor in bmc.board.sensors}
    return [(names.get(event.sensor, "?"), event.asserted, event.data[0] & 0x0F) for event in events]


def test_a_reading_is_the_plants_at_that_moment() -> None:
    bmc, chassis = device()
    wire = console(bmc)
    assert reading(wire, "Inlet Temp")[:2] == bytes((24, 0xC0))
    assert reading(wire, "CPU Temp")[1] & 0x20, "a machine that is off has no CPU temperature"
    chassis.powered = True
    chassis.thermal.cpu = 61.4
    assert reading(wire, "CPU Temp") == bytes((61, 0xC0, 0xC0))
    chassis.thermal.cpu = 92.0
    assert reading(wire, "CPU Temp") == bytes((92, 0xC0, 0xC0 | 0b011000))


def test_a_dead_fan_is_logged_with_every_threshold_that_it_crosses_and_again_when_it_is_mended() -> None:
    bmc, chassis = device()
    chassis.powered = True
    chassis.thermal.fans[1] = 0.0
    bmc.sense("fans")
    assert log(bmc) == [("Fan 2", True, 0), ("Fan 2", True, 2), ("Fan 2", True, 4)]
    chassis.thermal.fans[1] = 4200.0
    bmc.sense("fans")
    assert log(bmc)[3:] == [("Fan 2", False, 0), ("Fan 2", False, 2), ("Fan 2", False, 4)]


def test_a_threshold_that_will_be_crossed_is_logged_when_it_is_and_nothing_ticks_before() -> None:
    bmc, chassis = device()
    chassis.powered = True
    bmc.sense("heat")
    assert chassis.alarms == []
    chassis.thermal.rising_to = 92.0
    bmc.sense("heat")
    assert [round(seconds, 1) for seconds, _ in chassis.alarms] == [25.0]
    chassis.ring()
    assert log(bmc) == [("CPU Temp", True, 7)]
    chassis.ring()
    assert log(bmc) == [("CPU Temp", True, 7), ("CPU Temp", True, 9)]
    chassis.thermal.rising_to = 50.0
    bmc.sense("heat")
    chassis.ring()
    chassis.ring()
    assert log(bmc)[2:] == [("CPU Temp", False, 9), ("CPU Temp", False, 7)]
    assert chassis.alarms == []


def test_a_supply_without_input_costs_redundancy_and_leaves_its_entries() -> None:
    bmc, chassis = device()
    chassis.psus[1].live = False
    bmc.sense("supplies")
    assert log(bmc) == [("PSU 2", True, 3), ("PSU Redundancy", False, 0), ("PSU Redundancy", True, 1)]
    wire = console(bmc)
    assert reading(wire, "PSU 2")[2] == 0x09
    assert reading(wire, "PSU Redundancy")[2] == 0x02


def test_a_failed_drive_is_an_event_and_shows_in_the_chassis_status() -> None:
    bmc, chassis = device()
    chassis.disks[0].failed = True
    bmc.sense("drives")
    assert log(bmc) == [("Drive 1", True, 1)]
    assert console(bmc).ask(Request(0, 1))[2] & 0x04


def test_lost_mains_is_logged_when_the_bmc_is_back() -> None:
    bmc, chassis = device()
    chassis.last_power_event = "ac_lost"
    bmc.power_lost()
    bmc.sense("bmc")
    assert log(bmc) == [("Power Unit", True, 4)]


def test_events_that_are_switched_off_are_not_logged() -> None:
    bmc, chassis = device()
    wire = console(bmc)
    drive = number(bmc, "Drive 1")
    wire.ask(Request(4, 0x28, bytes((drive, 0x40))))
    assert wire.ask(Request(4, 0x29, bytes((drive,))))[0] == 0x40
    chassis.disks[0].failed = True
    bmc.sense("drives")
    assert log(bmc) == []


def add(wire: Wire, offset: int = 7) -> int:
    body = SystemEvent(0, 0, 0x01, 0x30, 0x01, True, bytes((0x50 | offset, 60, 50))).encode()
    return code(wire, Request(0x0A, 0x44, body))


@pytest.mark.parametrize("model", personality_names())
def test_every_model_has_records_for_its_sensors(model: str) -> None:
    bmc = Bmc(FakeChassis(), USERS, load_personality(model), bytes)
    assert len(bmc.board.records) == len(bmc.board.sensors) + 2
    assert {sensor.reads for sensor in bmc.board.sensors} >= {"cpu", "inlet", "fan", "supply", "drive"}
    assert all(len(record) <= 64 for record in bmc.board.records)


@pytest.mark.parametrize("model", personality_names())
def test_a_model_lacks_only_what_others_have(model: str) -> None:
    assert load_personality(model).lacks <= set(COMMANDS)
