"""The watchdog timer."""

from __future__ import annotations

import pytest

from simulator.bmc import Bmc
from simulator.ipmi.client import Request
from simulator.ipmi.sel import SystemEvent
from tests.ipmi.support import code, console, device


def log(bmc: Bmc) -> list[tuple[str, bool, int]]:
    events = [SystemEvent.decode(entry) for entry in bmc.board.log.entries.values()]
    names = {sensor.number: sensor.name for sensor in bmc.board.sensors}
    return [(names.get(event.sensor, "?"), event.asserted, event.data[0] & 0x0F) for event in events]


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
