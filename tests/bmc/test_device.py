"""A BMC as a whole: what it is while it starts, is busy, or is told less than others."""

from __future__ import annotations

import random

import pytest

from simulator.bmc import Bmc, load_personality
from simulator.ipmi.client import Request
from simulator.ipmi.codes import Completion, Privilege
from simulator.ipmi.commands import (
    chassis_control,
)
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.interference import Interference, Match, Rule
from simulator.ipmi.sel import SystemEvent
from simulator.kernel.wire import Error
from tests.bmc.support import FakeChassis
from tests.ipmi.support import PEER, USERS, Wire, client, code, console, device


def log(bmc: Bmc) -> list[tuple[str, bool, int]]:
    events = [SystemEvent.decode(entry) for entry in bmc.board.log.entries.values()]
    names = {sensor.number: sensor.name for sensor in bmc.board.sensors}
    return [(names.get(event.sensor, "?"), event.asserted, event.data[0] & 0x0F) for event in events]


def add(wire: Wire, offset: int = 7) -> int:
    body = SystemEvent(0, 0, 0x01, 0x30, 0x01, True, bytes((0x50 | offset, 60, 50))).encode()
    return code(wire, Request(0x0A, 0x44, body))


def test_a_busy_bmc_runs_no_command_and_spares_sessions() -> None:
    bmc, chassis = device()
    bmc.interference = Interference(random.Random(1))
    busy = Rule(Match(), Error({"code": Completion.NODE_BUSY}))
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
    assert seen[2][1] == {"user": "ADMIN", "command": "Chassis Control", "data": "01", "code": 0, "answer": ""}
    stranger = Wire(bmc, client("nobody"))
    stranger.run()
    assert seen[-1] == ("login refused", {"user": "nobody", "detail": "unknown user"})


@pytest.mark.parametrize(("request_", "expected"), [((6, 0x43, b"\x91\x02\x07\0"), 0xCC), ((6, 0x2E, b"\xff"), 0xCC)])
def test_fields_are_checked(request_: tuple[int, int, bytes], expected: int) -> None:
    bmc, _ = device()
    assert code(console(bmc), Request(*request_)) == expected


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


def test_what_a_model_lacks_it_does_not_know() -> None:
    bmc, chassis = device()
    bmc.personality = load_personality("asus-asmb8")
    wire = Wire(bmc, client())
    wire.run(close=False)
    assert code(wire, Request(0x2C, 2, b"\xdc\x01\0\0")) == 0xC1
    del chassis
