"""Sensors, the log that they write, the watchdog and resets: what a BMC makes of its board."""

from __future__ import annotations

import pytest

from simulator.bmc import Bmc, personality_names
from simulator.bmc.commands.table import COMMANDS
from simulator.bmc.personality import load_personality
from simulator.ipmi.client import Request
from simulator.ipmi.sel import SystemEvent
from tests.bmc.support import EPOCH, FakeChassis
from tests.bmc.test_commands import code, console
from tests.ipmi.support import PEER, USERS, Wire, client, device


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


def test_records_are_read_whole_and_in_parts_with_a_reservation() -> None:
    bmc, _ = device()
    wire = console(bmc)
    count = int.from_bytes(wire.ask(Request(0x0A, 0x20))[1:3], "little")
    seen, following = [], 0
    while following != 0xFFFF:
        answer = wire.ask(Request(0x0A, 0x23, bytes(2) + following.to_bytes(2, "little") + b"\x00\xff"))
        following = int.from_bytes(answer[:2], "little")
        record = answer[2:]
        assert record[4] == len(record) - 5
        seen.append(int.from_bytes(record[:2], "little"))
    assert seen == list(range(1, count + 1))
    reservation = wire.ask(Request(0x0A, 0x22))
    part = Request(0x0A, 0x23, reservation + b"\x03\x00\x05\x08")
    assert len(wire.ask(part)) == 10
    assert code(wire, Request(0x0A, 0x23, bytes(2) + b"\x03\x00\x05\x08")) == 0xC5
    wire.ask(Request(0x0A, 0x22))
    assert code(wire, Request(0x0A, 0x23, reservation + b"\x03\x00\x05\x08")) == 0xC5, "an older reservation"
    assert code(wire, Request(0x0A, 0x23, bytes(2) + b"\xf0\x00\x00\xff")) == 0xCB


def add(wire: Wire, offset: int = 7) -> int:
    body = SystemEvent(0, 0, 0x01, 0x30, 0x01, True, bytes((0x50 | offset, 60, 50))).encode()
    return code(wire, Request(0x0A, 0x44, body))


def test_the_log_is_added_to_read_deleted_from_and_cleared() -> None:
    bmc, chassis = device()
    chassis.lab_time = 100.0
    wire = console(bmc)
    assert code(wire, Request(0x0A, 0x43, bytes(2) + b"\x00\x00\x00\xff")) == 0xCB, "empty"
    assert [add(wire), add(wire, 9)] == [0, 0]
    answer = wire.ask(Request(0x0A, 0x43, bytes(2) + b"\x00\x00\x00\xff"))
    assert answer[:2] == b"\x02\x00"
    assert SystemEvent.decode(answer[2:]).time == EPOCH + 100
    assert code(wire, Request(0x0A, 0x47, bytes(2) + b"CLR\xaa")) == 0xC5
    reservation = wire.ask(Request(0x0A, 0x42))
    assert wire.ask(Request(0x0A, 0x46, reservation + b"\x01\x00")) == b"\x01\x00"
    assert code(wire, Request(0x0A, 0x46, reservation + b"\x02\x00")) == 0xC5, "a deletion cancels reservations"
    reservation = wire.ask(Request(0x0A, 0x42))
    assert code(wire, Request(0x0A, 0x47, reservation + b"CLX\xaa")) == 0xCC
    assert wire.ask(Request(0x0A, 0x47, reservation + b"CLR\xaa")) == b"\x01"
    assert log(bmc) == [("Event Log", True, 2)]


def test_a_full_log_takes_no_more_and_says_so() -> None:
    bmc, _ = device()
    bmc.board.log.capacity = 2
    wire = console(bmc)
    assert [add(wire) for _ in range(3)] == [0, 0, 0xC4]
    assert wire.ask(Request(0x0A, 0x40))[13] & 0x80
    reservation = wire.ask(Request(0x0A, 0x42))
    wire.ask(Request(0x0A, 0x47, reservation + b"CLR\xaa"))
    assert not wire.ask(Request(0x0A, 0x40))[13] & 0x80


def test_the_logs_clock_is_set_and_runs_on() -> None:
    bmc, chassis = device()
    wire = console(bmc)
    wire.ask(Request(0x0A, 0x49, (1_000_000_000).to_bytes(4, "little")))
    chassis.lab_time = 5.0
    assert int.from_bytes(wire.ask(Request(0x0A, 0x48)), "little") == 1_000_000_005
    assert wire.ask(Request(0x0A, 0x5C)) == b"\xff\x07"
    wire.ask(Request(0x0A, 0x5D, (-60).to_bytes(2, "little", signed=True)))
    assert wire.ask(Request(0x0A, 0x5C)) == (-60).to_bytes(2, "little", signed=True)


def test_a_platform_event_is_logged() -> None:
    bmc, _ = device()
    assert console(bmc).ask(Request(4, 2, bytes((4, 1, 0x30, 1, 0x59, 0xFF, 0xFF)))) == b""
    assert log(bmc) == [("?", True, 9)]


@pytest.mark.parametrize(
    ("action", "done"), [(0, []), (1, ["watchdog_reset"]), (2, ["power_off"]), (3, ["power_cycle"])]
)
def test_a_watchdog_that_nobody_feeds_does_what_it_was_told_to(action: int, done: list[str]) -> None:
    bmc, chassis = device()
    chassis.powered = True
    wire = console(bmc)
    assert code(wire, Request(6, 0x22)) == 0x80, "not set yet"
    wire.ask(Request(6, 0x24, bytes((4, action, 0, 0x10)) + (100).to_bytes(2, "little")))
    assert bmc.next_deadline is None
    wire.ask(Request(6, 0x22))
    assert bmc.next_deadline == 10.0
    wire.now = 6.0
    assert wire.ask(Request(6, 0x25)) == bytes((0x44, action, 0, 0)) + bytes((100, 0, 40, 0))
    wire.ask(Request(6, 0x22))
    bmc.on_time(15.9)
    assert chassis.calls == []
    bmc.on_time(16.0)
    assert chassis.calls == done
    assert bmc.next_deadline is None
    assert wire.ask(Request(6, 0x25))[3] == 0x10
    assert ("Watchdog", True, action) in log(bmc)


def test_a_cold_reset_is_real() -> None:
    bmc, chassis = device()
    wire = console(bmc)
    add(wire)
    wire.ask(Request(6, 2))
    assert chassis.calls == ["restart_bmc"]
    assert bmc.sessions == []
    assert bmc.receive(wire.sent[0], PEER, wire.now) == [], "deaf"
    chassis.bmc_alive, chassis.bmc_started_at, chassis.lab_time = True, 45.0, 46.0
    again = console(bmc, 9)
    assert code(again, Request(0, 1)) == 0xD2
    chassis.lab_time = 56.0
    assert code(again, Request(0, 1)) == 0
    assert len(log(bmc)) == 1, "the log is kept"


@pytest.mark.parametrize("model", personality_names())
def test_every_model_has_records_for_its_sensors(model: str) -> None:
    bmc = Bmc(FakeChassis(), USERS, load_personality(model), bytes)
    assert len(bmc.board.records) == len(bmc.board.sensors) + 2
    assert {sensor.reads for sensor in bmc.board.sensors} >= {"cpu", "inlet", "fan", "supply", "drive"}
    assert all(len(record) <= 64 for record in bmc.board.records)


@pytest.mark.parametrize("model", personality_names())
def test_a_model_lacks_only_what_others_have(model: str) -> None:
    assert load_personality(model).lacks <= set(COMMANDS)


def test_what_a_model_lacks_it_does_not_know() -> None:
    bmc, chassis = device()
    bmc.personality = load_personality("asus-asmb8")
    wire = Wire(bmc, client())
    wire.run(close=False)
    assert code(wire, Request(0x2C, 2, b"\xdc\x01\0\0")) == 0xC1
    del chassis
