"""LAN parameters."""

from __future__ import annotations

from simulator.ipmi.client import Request
from tests.ipmi.support import code, console, device


def test_lan_parameters_are_read_and_written_where_they_may_be() -> None:
    bmc, _ = device()
    bmc.address = ("127.16.0.9", 6230)
    wire = console(bmc)
    assert wire.ask(Request(0x0C, 2, b"\x01\x03\0\0")) == b"\x11\x7f\x10\x00\x09"
    assert wire.ask(Request(0x0C, 2, b"\x01\x16\0\0"))[1] == len(bmc.personality.channel.suites)
    wire.ask(Request(0x0C, 1, b"\x01\x10" + b"hall".ljust(18, b"\0")))
    assert wire.ask(Request(0x0C, 2, b"\x01\x10\0\0")) == b"\x11hall" + bytes(14)
    assert code(wire, Request(0x0C, 1, b"\x01\x03\x7f\x10\x00\x09")) == 0, "as it is"
    assert code(wire, Request(0x0C, 1, b"\x01\x03\x7f\x00\x00\x01")) == 0x82
    assert code(wire, Request(0x0C, 1, b"\x01\x10\x7f")) == 0xC7
    assert code(wire, Request(0x0C, 2, b"\x01\x63\0\0")) == 0x80
    assert code(wire, Request(0x0C, 1, b"\x01\x00\x01")) == 0
    assert code(wire, Request(0x0C, 1, b"\x01\x00\x01")) == 0x81
    assert wire.ask(Request(0x0C, 2, b"\x81\x00\0\0")) == b"\x11"


def test_alert_destinations_are_kept_by_number() -> None:
    bmc, _ = device()
    wire = console(bmc)
    wire.ask(Request(0x0C, 1, b"\x01\x13\x02\x00\x00\x7f\x00\x00\x05" + bytes(6)))
    assert wire.ask(Request(0x0C, 2, b"\x01\x13\x02\x00"))[4:8] == b"\x7f\x00\x00\x05"
    assert code(wire, Request(0x0C, 2, b"\x01\x13\x09\x00")) == 0xC9


def test_a_mac_address_can_be_written_back_as_it_is_and_not_moved() -> None:
    bmc, _ = device()
    bmc.address = ("127.16.0.9", 6230)
    wire = console(bmc)
    present = wire.ask(Request(0x0C, 2, b"\x01\x05\0\0"))[1:]
    assert len(present) == 6
    assert any(present)
    assert code(wire, Request(0x0C, 1, b"\x01\x05" + present)) == 0
    assert code(wire, Request(0x0C, 1, b"\x01\x05" + bytes((*present[:5], present[5] ^ 1)))) == 0x82
    assert wire.ask(Request(0x0C, 2, b"\x01\x05\0\0"))[1:] == present
