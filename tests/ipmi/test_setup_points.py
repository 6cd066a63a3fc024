"""Each step that sets a session up or ends it is a message of its own, in both versions, and may meet any fate."""

from __future__ import annotations

import random

import pytest

from simulator.bmc.commands.table import COMMANDS
from simulator.ipmi.codes import NetFn
from simulator.ipmi.interference import SETUP_STEPS, Interference
from simulator.ipmi.session import Session
from simulator.kernel.wire import Error, Fate, Lost, Twice
from tests.ipmi.support import Console15, client, device
from tests.ipmi.support import Wire as Line

MD5 = 2
SETUP_OF_15 = ["Get Channel Authentication Capabilities", "Get Session Challenge", "Activate Session"]


def asking(fates: dict[str, Fate], times: int | None = None) -> tuple[Interference, list[str]]:
    """The rules of a BMC that asks for the fate of each message, and the messages in their order."""
    seen: list[str] = []

    def meet(number: int) -> Fate | None:
        command = COMMANDS.get(number)
        seen.append(SETUP_STEPS[number] if command is None else command.name)
        hit = times is None or seen.count(seen[-1]) <= times
        return fates.get(seen[-1]) if hit else None

    interference = Interference(random.Random(1))
    interference.meet = meet
    return interference, seen


def sessions(bmc: object) -> list[Session]:
    return list(bmc.table.active)  # type: ignore[attr-defined]


def test_a_session_of_version_2_has_a_point_for_each_step() -> None:
    bmc, _ = device()
    bmc.interference, seen = asking({})
    Line(bmc, client()).run()
    assert seen == ["RMCP+ Open Session", "RAKP 1", "RAKP 3", "Set Session Privilege Level", "Close Session"]


def log_in_15(console: Console15) -> bytes | None:
    console.ask(NetFn.APP, 0x38, b"\x0e\x04", kind=0, session=0)
    return console.login()


def test_a_session_of_version_1_5_has_a_point_for_each_step() -> None:
    bmc, _ = device(authentication=(MD5,))
    bmc.interference, seen = asking({})
    console = Console15(bmc, MD5)
    assert (log_in_15(console) or b"?")[0] == 0
    console.ask(NetFn.APP, 0x3C, console.session.to_bytes(4, "little"))
    assert seen == [*SETUP_OF_15, "Close Session"]
    assert not sessions(bmc)


@pytest.mark.parametrize("step", SETUP_OF_15)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_step_of_version_1_5_is_lost_on_either_way(step: str, when: str) -> None:
    bmc, _ = device(authentication=(MD5,))
    bmc.interference, seen = asking({step: Lost(when)})  # type: ignore[arg-type]
    console = Console15(bmc, MD5)
    first = console.ask(NetFn.APP, 0x38, b"\x0e\x04", kind=0, session=0)
    assert (first is None) is (step == SETUP_OF_15[0])
    answer = console.login()
    assert (answer is None) is (step != SETUP_OF_15[0])
    assert step in seen
    # An Activate Session whose answer was lost has opened the session all the same.
    assert len(sessions(bmc)) == (step == SETUP_OF_15[0] or (step, when) == ("Activate Session", "after"))


def test_an_activation_whose_answer_was_lost_is_answered_when_it_comes_again_unless_that_is_lost_too() -> None:
    bmc, _ = device(authentication=(MD5,))
    bmc.interference, seen = asking({"Activate Session": Lost("after")}, times=2)
    console = Console15(bmc, MD5)
    assert console.login() is None
    again = console.last
    assert console.deliver(again) is None
    assert (console.deliver(again) or b"?")[0] == 0
    assert seen.count("Activate Session") == 3
    assert len(sessions(bmc)) == 1


@pytest.mark.parametrize("step", SETUP_OF_15)
def test_a_step_of_version_1_5_is_refused_with_a_completion_code(step: str) -> None:
    bmc, _ = device(authentication=(MD5,))
    bmc.interference, _ = asking({step: Error({"code": 0xC0})})
    console = Console15(bmc, MD5)
    first = console.ask(NetFn.APP, 0x38, b"\x0e\x04", kind=0, session=0)
    assert (first == b"\xc0") is (step == SETUP_OF_15[0])
    assert (console.login() == b"\xc0") is (step != SETUP_OF_15[0])


@pytest.mark.parametrize("step", ["RMCP+ Open Session", "RAKP 1", "RAKP 3"])
def test_a_step_that_is_answered_twice_opens_one_session(step: str) -> None:
    bmc, _ = device()
    bmc.interference, _ = asking({step: Twice()})
    Line(bmc, client()).run(close=False)
    assert len(sessions(bmc)) == 1


@pytest.mark.parametrize("times", [1, 3])
def test_a_close_whose_answer_is_lost_has_ended_the_session(times: int) -> None:
    bmc, _ = device()
    bmc.interference, seen = asking({"Close Session": Lost("after")}, times)
    Line(bmc, client()).run()
    assert not sessions(bmc)
    assert "Close Session" in seen
