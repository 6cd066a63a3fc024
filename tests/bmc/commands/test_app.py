"""The BMC about itself."""

from __future__ import annotations

from simulator.ipmi.client import Request
from tests.ipmi.support import code, console, device


def test_system_texts_are_told_and_set() -> None:
    bmc, _ = device()
    wire = console(bmc)
    assert wire.ask(Request(6, 0x59, b"\0\x02\0\0"))[4:10] == b"srv-01"
    wire.ask(Request(6, 0x58, b"\x02\x00\x00\x03abc"))
    assert wire.ask(Request(6, 0x59, b"\0\x02\0\0"))[4:7] == b"abc"
    assert code(wire, Request(6, 0x59, b"\0\x20\0\0")) == 0x80
