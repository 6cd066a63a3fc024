"""DCMI."""

from __future__ import annotations

from simulator.bmc import load_personality
from simulator.ipmi.client import Request
from tests.ipmi.support import code, console, device


def test_capabilities_agree_with_each_other_and_with_what_is_answered() -> None:
    bmc, _ = device()
    wire = console(bmc)

    def capabilities(parameter: int) -> bytes:
        return wire.ask(Request(0x2C, 1, bytes((0xDC, parameter))))[4:]

    access, channels = capabilities(1)[2], capabilities(4)
    assert channels == b"\x01\xff\xff", "the LAN; no second one, no serial channel"
    assert access & 0x06 == 0
    assert capabilities(1)[1] == 1, "power management"
    for command, data in (
        (0x02, b"\xdc\x01\0\0"),
        (0x05, b"\xdc\0\0\0"),
        (0x06, b"\xdc\0\x10"),
        (0x0C, b"\xdc\x37\x01"),
    ):
        assert code(wire, Request(0x2C, command, data)) == 0
    assert capabilities(2)[2] & 0x04, "the asset tag"
    bmc.personality = load_personality("lenovo-imm2")
    assert not capabilities(2)[2] & 0x04
    assert code(wire, Request(0x2C, 0x06, b"\xdc\0\x10")) == 0xC1


def test_dcmi_tells_power_and_keeps_the_asset_tag() -> None:
    bmc, chassis = device()
    wire = console(bmc)
    power = Request(0x2C, 2, b"\xdc\x01\0\0")
    assert wire.ask(power)[1:3] == b"\x0c\x00"
    chassis.powered = True
    assert wire.ask(Request(0x2C, 2, b"\xdc\x01\0\0"))[1:3] == b"\x78\x00"
    assert wire.ask(Request(0x2C, 8, b"\xdc\x00\x05A-113")) == b"\xdc\x05"
    assert wire.ask(Request(0x2C, 6, b"\xdc\x00\x10")) == b"\xdc\x05A-113"
    assert wire.ask(Request(0x2C, 9, b"\xdc\x00\x10"))[2:8] == b"srv-01"
    assert code(wire, Request(0x2C, 3, b"\xdc\0\0")) == 0x80
    assert code(wire, Request(0x2C, 2, b"\x00\x01\0\0")) == 0xC1
