"""DCMI."""

from __future__ import annotations

from simulator.ipmi.client import Request
from tests.ipmi.support import code, console, device


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
