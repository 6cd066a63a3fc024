"""Boot parameters: which are kept, for how long, and who may set them."""

from __future__ import annotations

import pytest

from simulator.bmc import BootOverride
from simulator.ipmi.client import Request
from simulator.ipmi.commands import (
    BootFlags,
    chassis_control,
    get_boot_flags,
    set_boot_flags,
)
from tests.ipmi.support import code, console, device

PXE = BootFlags(True, False, False, "pxe")


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
    [(b"\x08\x00", 0x80), (b"\x05\x80\x04", 0xC7), (b"\x05\x80\x28\0\0\0", 0xCC), (b"\x04\x01\x01", 0), (b"", 0xC7)],
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


def test_lost_power_forgets_the_boot_parameters_and_not_the_firmwares_flags() -> None:
    bmc, chassis = device()
    wire = console(bmc)
    wire.ask(Request(0, 8, b"\x03\x08"))
    wire.ask(set_boot_flags(PXE))
    bmc.power_lost()
    assert console(bmc, 9).ask(Request(0, 9, b"\x03\0\0")) == b"\x01\x03\x00"
    assert chassis.boot_override == BootOverride("pxe", False, False)


def test_initiator_and_mailbox_are_kept() -> None:
    bmc, _ = device()
    wire = console(bmc)
    wire.ask(Request(0, 8, b"\x07\x01hello"))
    assert wire.ask(Request(0, 9, b"\x07\x01\0"))[3:8] == b"hello"
    wire.ask(Request(0, 8, b"\x06" + bytes(range(9))))
    assert wire.ask(Request(0, 9, b"\x06\0\0"))[2:] == bytes(range(9))
    assert code(wire, Request(0, 9, b"\x07\x09\0")) == 0xC9
