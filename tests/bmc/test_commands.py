"""What a BMC answers in a session, and what it does to its chassis."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from simulator.bmc import Bmc, BootOverride, load_personality
from simulator.ipmi.client import Request
from simulator.ipmi.codes import Completion, Privilege
from simulator.ipmi.commands import (
    BootFlags,
    ChassisStatus,
    chassis_control,
    get_boot_flags,
    get_chassis_status,
    set_boot_flags,
)
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.interference import Answer, Interference, Match, Rule
from tests.bmc.support import FakeChassis
from tests.ipmi.support import USERS, Wire, client, device


def console(bmc: Bmc, seed: int = 2) -> Wire:
    wire = Wire(bmc, client(privilege=Privilege.ADMINISTRATOR, seed=seed))
    wire.run(close=False)
    return wire


def code(wire: Wire, request: Request) -> int:
    try:
        wire.ask(request)
    except CompletionError as error:
        return error.code
    return 0


PXE = BootFlags(True, False, False, "pxe")


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


def test_boot_flags_lapse_after_sixty_seconds_without_a_chassis_control() -> None:
    bmc, chassis = device()
    wire = console(bmc)
    wire.ask(set_boot_flags(PXE))
    assert chassis.boot_override == BootOverride("pxe", False, False)
    assert bmc.next_deadline == 60.0
    bmc.on_time(59.9)
    assert chassis.boot_override is not None
    bmc.on_time(60.0)
    assert chassis.boot_override is None
    assert bmc.next_deadline is None


def test_a_chassis_control_keeps_the_boot_flags() -> None:
    bmc, chassis = device()
    wire = console(bmc)
    wire.ask(set_boot_flags(PXE))
    wire.ask(chassis_control("on"))
    assert bmc.next_deadline is None
    assert chassis.boot_override is not None


@pytest.mark.parametrize("first", [True, False])
def test_parameter_3_keeps_the_boot_flags(first: bool) -> None:
    bmc, _ = device()
    wire = console(bmc)
    keep = Request(0, 8, b"\x03\x08")
    for request in (keep, set_boot_flags(PXE)) if first else (set_boot_flags(PXE), keep):
        wire.ask(request)
    assert bmc.next_deadline is None
    assert wire.ask(Request(0, 9, b"\x03\0\0")) == b"\x01\x03\x08"


def test_persistent_boot_flags_do_not_lapse() -> None:
    bmc, chassis = device()
    wire = console(bmc)
    wire.ask(set_boot_flags(PXE._replace(persistent=True, efi=True)))
    assert bmc.next_deadline is None
    assert chassis.boot_override == BootOverride("pxe", True, True)


def test_boot_flags_read_back_what_the_firmware_will_read() -> None:
    bmc, chassis = device()
    wire = console(bmc)
    flags = PXE._replace(rest=b"\x01\x02\x03")
    wire.ask(set_boot_flags(flags))
    assert BootFlags.decode(wire.ask(get_boot_flags())[2:]) == flags
    chassis.boot_override = None  # the firmware has read them
    assert BootFlags.decode(wire.ask(get_boot_flags())[2:]) == BootFlags(False, False, False, "none", b"\x01\x02\x03")


def test_set_in_progress_belongs_to_one_session_and_ends_with_it() -> None:
    bmc, _ = device()
    one, other = console(bmc, 5), console(bmc, 6)
    begin, end, look = (lambda: Request(0, 8, b"\0\1")), Request(0, 8, b"\0\0"), (lambda: Request(0, 9, b"\0\0\0"))
    assert code(one, begin()) == 0
    assert other.ask(look()) == b"\1\0\1"
    assert code(other, begin()) == 0x81
    one.carry(one.console.close(one.now))
    assert other.ask(look()) == b"\1\0\0"
    assert code(other, begin()) == 0
    assert code(other, end) == 0
    assert code(other, Request(0, 8, b"\0\3")) == 0xCC


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"\x08\x00", 0x80), (b"\x05\x80\x04", 0xC7), (b"\x05\x80\x3c\0\0\0", 0xCC), (b"\x04\x01\x01", 0), (b"", 0xC7)],
)
def test_boot_parameters_are_checked(data: bytes, expected: int) -> None:
    bmc, _ = device()
    assert code(console(bmc), Request(0, 8, data)) == expected


def test_boot_info_acknowledge_takes_the_masked_bits_only() -> None:
    bmc, _ = device()
    wire = console(bmc)
    wire.ask(Request(0, 8, b"\x04\x03\x01"))
    wire.ask(Request(0, 8, b"\x04\x02\x02"))
    assert wire.ask(Request(0, 9, b"\x04\0\0")) == b"\x01\x04\x00\x03"
    assert code(wire, Request(0, 9, b"\x08\0\0")) == 0x80


def test_users_are_shown_with_their_limits() -> None:
    bmc, _ = device()
    wire = console(bmc)
    assert wire.ask(Request(6, 0x44, b"\x0e\x02")) == bytes((16, 0x42, 0, 0x14))
    assert wire.ask(Request(6, 0x44, b"\x0e\x05")) == bytes((16, 0x02, 0, 0x0F))
    assert wire.ask(Request(6, 0x46, b"\x03")) == b"guest".ljust(16, b"\0")
    assert wire.ask(Request(6, 0x46, b"\x05")) == bytes(16)
    assert code(wire, Request(6, 0x46, b"\x11")) == 0xC9
    assert code(wire, Request(6, 0x44, b"\x03\x02")) == 0xCC


def test_a_disabled_user_cannot_log_in() -> None:
    bmc, _ = device((replace(USERS[0], enabled=False),))
    wire = Wire(bmc, client())
    wire.run()
    assert "unknown user" in str(wire.console.error)


def test_a_new_password_is_for_new_sessions() -> None:
    bmc, _ = device()
    wire = console(bmc)
    bmc.users = (replace(USERS[0], key=b"other".ljust(20, b"\0")),)
    assert wire.ask(get_chassis_status())
    late = Wire(bmc, client())
    late.run()
    assert "wrong password" in str(late.console.error)


def test_a_busy_bmc_runs_no_command_and_spares_sessions() -> None:
    bmc, chassis = device()
    bmc.interference = Interference(random.Random(1))
    busy = Rule(Match(), Answer(Completion.NODE_BUSY))
    bmc.interference.add(busy)
    wire = console(bmc)
    with pytest.raises(CompletionError, match=r"Chassis Control \(on\): node busy \(completion code C0h\)"):
        wire.ask(chassis_control("on"))
    assert chassis.calls == []
    bmc.interference.remove(busy)
    assert code(wire, chassis_control("on")) == 0


def test_an_observer_is_told_of_log_ins_and_commands() -> None:
    seen: list[tuple[str, object]] = []
    model = load_personality("generic")
    bmc = Bmc(
        FakeChassis(),
        USERS,
        model,
        random.Random(1).randbytes,
        observer=lambda what, detail: seen.append((what, detail)),
    )
    wire = Wire(bmc, client(privilege=Privilege.OPERATOR))
    wire.run(chassis_control("on"))
    assert [what for what, _ in seen] == ["login", "command", "command", "command", "session ended"]
    assert seen[2][1] == {"user": "ADMIN", "command": "Chassis Control", "data": "01", "code": 0}
    stranger = Wire(bmc, client("nobody"))
    stranger.run()
    assert seen[-1] == ("login refused", {"user": "nobody", "detail": "unknown user"})


def test_lost_power_forgets_the_boot_parameters_and_not_the_firmwares_flags() -> None:
    bmc, chassis = device()
    wire = console(bmc)
    wire.ask(Request(0, 8, b"\x03\x08"))
    wire.ask(set_boot_flags(PXE))
    bmc.power_lost()
    assert console(bmc, 9).ask(Request(0, 9, b"\x03\0\0")) == b"\x01\x03\x00"
    assert chassis.boot_override == BootOverride("pxe", False, False)
