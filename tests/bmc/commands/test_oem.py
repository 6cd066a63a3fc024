"""Makers' own commands: by which port the BMC reaches its network, as their tools ask and set it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.bmc import load_personality
from simulator.ipmi.client import Request
from tests.bmc.support import FakeChassis
from tests.ipmi.support import Wire, code, console, device


def of(model: str) -> tuple[Wire, FakeChassis]:
    bmc, chassis = device()
    bmc.personality = replace(load_personality(model), channel=bmc.personality.channel)
    return console(bmc), chassis


def settle(chassis: FakeChassis) -> None:
    """What waits for the answer to be out happens now."""
    due, chassis.alarms = chassis.alarms, []
    for _, callback in due:
        callback()


@pytest.mark.parametrize(("octet", "mode"), [(1, "shared"), (2, "failover"), (0, "dedicated")])
def test_supermicros_lan_mode_is_set_and_read_back(octet: int, mode: str) -> None:
    wire, chassis = of("supermicro-x10")
    ask = Request(0x30, 0x70, b"\x0c\x00")
    assert wire.ask(ask) == b"\x00"
    wire.ask(Request(0x30, 0x70, bytes((0x0C, 1, octet))))
    settle(chassis)
    assert chassis.lan_mode == mode
    assert wire.ask(Request(0x30, 0x70, b"\x0c\x00")) == bytes((octet,))
    assert code(wire, Request(0x30, 0x70, b"\x0c\x01\x03")) == 0xCC
    assert code(wire, Request(0x30, 0x70, b"\x0c\x01")) == 0xC7
    assert code(wire, Request(0x30, 0x70, b"\x66\x00")) == 0xC1, "others of its functions are not there"


def test_a_dell_says_its_generation_and_shares_its_first_lom() -> None:
    wire, chassis = of("dell-idrac8")
    assert wire.ask(Request(0x06, 0x59, b"\x00\xdd\x02\x00"))[10] == 0x20
    assert wire.ask(Request(0x30, 0x29)) == b"\x01\x00"
    assert wire.ask(Request(0x30, 0xC1, b"\x00\x00\x00")) == b"\x05\x01"
    wire.ask(Request(0x30, 0x28, b"\x02\x00"))
    settle(chassis)
    assert chassis.lan_mode == "shared"
    assert wire.ask(Request(0x30, 0x29)) == b"\x02\x00"
    assert wire.ask(Request(0x30, 0xC1)) == b"\x01\x01"
    assert code(wire, Request(0x30, 0x28, b"\x03\x00")) == 0xCC, "there is no second LOM"
    assert code(wire, Request(0x30, 0x28, b"\x02\x06")) == 0xCC, "nor one to fall over to"


def test_an_ilo_goes_over_to_its_other_port_when_it_is_reset() -> None:
    wire, chassis = of("hpe-ilo4")
    ask = b"\x01\xe0\x00\x00"
    assert wire.ask(Request(0x0C, 2, ask))[3:] == b"\x00\x00"
    wire.ask(Request(0x0C, 1, b"\x01\xe0\xaa\x55\x01\xff"))
    assert wire.ask(Request(0x0C, 2, ask))[3:] == b"\x01\x01", "reset needed"
    assert chassis.lan_mode == "dedicated"
    assert wire.ask(Request(0x0C, 2, b"\x01\xc5\x00\x00"))[1:3] == b"\x01\x01"
    assert code(wire, Request(0x0C, 1, b"\x01\xe0\xaa\x55\x02\xff")) == 0xCC
    wire.bmc.power_lost()
    assert chassis.lan_mode == "shared"
    assert console(wire.bmc, 4).ask(Request(0x0C, 2, ask))[3:] == b"\x01\x00"


@pytest.mark.parametrize("model", ["generic", "intel-s2600", "lenovo-imm2", "asus-asmb8"])
def test_others_know_none_of_it(model: str) -> None:
    wire, _ = of(model)
    assert code(wire, Request(0x30, 0x70, b"\x0c\x00")) == 0xC1
    assert code(wire, Request(0x30, 0x29)) == 0xC1
    assert code(wire, Request(0x0C, 2, b"\x01\xe0\x00\x00")) == 0x80
    assert code(wire, Request(0x06, 0x59, b"\x00\xdd\x02\x00")) == 0x80
