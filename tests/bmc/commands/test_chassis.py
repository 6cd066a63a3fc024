"""Power, restore policy, identify, counters, over the LAN."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.bmc.personality import load_personality
from simulator.ipmi.client import Request
from simulator.ipmi.commands import (
    ChassisStatus,
    chassis_control,
    get_chassis_status,
)
from tests.ipmi.support import code, console, device


@pytest.mark.requirement("HW-1")
@pytest.mark.parametrize(
    ("action", "call"),
    [
        ("on", "power_on"),
        ("off", "power_off"),
        ("cycle", "power_cycle"),
        ("reset", "reset"),
        ("soft", "soft_shutdown"),
        ("diag", "interrupt"),
    ],
)
def test_chassis_control_moves_the_chassis(action: str, call: str) -> None:
    bmc, chassis = device()
    chassis.powered = True
    assert code(console(bmc), chassis_control(action)) == 0
    assert chassis.calls == [call]


@pytest.mark.parametrize(
    ("action", "expected"), [("on", 0), ("off", 0), ("cycle", 0xD5), ("reset", 0xD5), ("soft", 0xD5), ("diag", 0xD5)]
)
def test_a_machine_that_is_off_can_only_be_switched(action: str, expected: int) -> None:
    bmc, chassis = device()
    assert code(console(bmc), chassis_control(action)) == expected
    assert bool(chassis.calls) is (expected == 0)


@pytest.mark.parametrize(("model", "expected"), [("dell-idrac8", 0xD5), ("supermicro-x10", 0), ("hpe-ilo4", 0)])
def test_a_machine_that_is_off_already_is_switched_off_again_but_not_by_an_idrac(model: str, expected: int) -> None:
    bmc, chassis = device()
    bmc.personality = load_personality(model)
    wire = console(bmc)
    assert code(wire, chassis_control("off")) == expected
    chassis.powered = True
    assert code(wire, chassis_control("off")) == 0
    assert code(wire, chassis_control("on")) == 0


def test_a_slow_chassis_says_yes_at_once_and_acts_seconds_later() -> None:
    bmc, chassis = device()
    bmc.personality = replace(bmc.personality, chassis_delay=4.0)
    wire = console(bmc)
    wire.ask(chassis_control("on"))
    assert not ChassisStatus.decode(wire.ask(get_chassis_status())).powered
    ((seconds, act),) = chassis.alarms
    assert seconds == 4.0
    act()
    assert ChassisStatus.decode(wire.ask(get_chassis_status())).powered


def test_what_the_chassis_cannot_do_is_an_invalid_field() -> None:
    bmc, chassis = device()
    chassis.powered = True
    wire = console(bmc)
    assert code(wire, Request(0, 2, b"\x09")) == 0xCC
    bmc.personality = replace(bmc.personality, soft_power=False)
    assert code(wire, chassis_control("soft")) == 0xCC
    assert chassis.calls == []


def test_restore_policy_is_set_asked_for_and_checked() -> None:
    bmc, chassis = device()
    wire = console(bmc)
    assert wire.ask(Request(0, 6, b"\x03")) == b"\x07"
    assert chassis.restore_policy == "previous"
    assert wire.ask(Request(0, 6, b"\x02")) == b"\x07"
    assert chassis.restore_policy == "on"
    assert code(wire, Request(0, 6, b"\x05")) == 0xCC


def test_identify_restart_cause_and_hours() -> None:
    bmc, chassis = device()
    wire = console(bmc)
    wire.ask(Request(0, 4))
    assert chassis.identified == 15
    assert wire.ask(Request(0, 1))[2] & 0x30 == 0x10
    wire.ask(Request(0, 4, b"\x00"))
    assert chassis.identified == 0
    wire.ask(Request(0, 4, b"\x00\x01"))
    assert chassis.identified == float("inf")
    chassis.restart_cause = "watchdog"
    assert wire.ask(Request(0, 7)) == b"\x04\x01"
    chassis.restart_cause = "restore policy"
    assert wire.ask(Request(0, 7)) == b"\x07\x01"
    chassis.seconds_on = 3 * 3600 + 59
    assert wire.ask(Request(0, 0x0F)) == b"\x3c\x03\0\0\0"
