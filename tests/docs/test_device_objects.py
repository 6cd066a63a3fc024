"""Pages of PDUs and switches against the list in the docs, and against the makers' own modules where they are present."""

from __future__ import annotations

import pytest

from docs.device_objects import PAGE, text
from simulator.kernel import LoopClock, run
from simulator.pdu import PduDevice
from simulator.pdu import personality as pdu_page
from simulator.pdu import personality_names as pdu_names
from simulator.snmp import Manager, dotted, oid
from simulator.snmp.message import EXCEPTIONS
from simulator.snmp.station import Station
from simulator.switch import SwitchDevice
from simulator.switch import personality as switch_page
from simulator.switch import personality_names as switch_names
from tests.pdu.support import FakePdu
from tests.snmp.modules import PRESENT, Answer, faults, touched
from tests.switch.support import FakeSwitch

MODELS = [*pdu_names(), *switch_names()]


def walk(device: Station) -> list[Answer]:
    manager, name, found = Manager("private"), oid("1.0"), []
    while True:
        octets = device.handle(manager.get_bulk([name], max_repetitions=40).octets)
        assert octets is not None
        response = manager.response(octets)
        assert response is not None
        for varbind in response.varbinds:
            if varbind.tag in EXCEPTIONS:
                return found
            found.append(Answer(tuple(map(int, dotted(varbind.name).split("."))), varbind.tag, varbind.content))
            name = varbind.name


def answers_of(model: str) -> list[Answer]:
    async def main() -> list[Answer]:
        clock = LoopClock()
        if model in pdu_names():
            return walk(PduDevice(FakePdu(clock, 8), model, "private", clock))
        return walk(SwitchDevice(FakeSwitch(clock, 8), model, "private", clock))

    return run(main())


def test_the_list_of_what_devices_answer_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(), "run: python -m docs.device_objects"


@pytest.mark.parametrize("model", MODELS)
def test_an_object_that_is_said_to_be_absent_is_not_answered(model: str) -> None:
    page = pdu_page(model) if model in pdu_names() else switch_page(model)
    shown = {answer.name for answer in answers_of(model)}
    for each in page.absent:
        entry = tuple(map(int, each.entry.split(".")))
        assert not [name for name in shown if name[: len(entry)] == entry and name[len(entry)] in each.numbers]


@pytest.mark.skipif(not PRESENT, reason="the makers' MIB modules are not part of this project")
@pytest.mark.parametrize("model", MODELS)
def test_a_model_answers_what_its_makers_modules_say(model: str) -> None:
    page = pdu_page(model) if model in pdu_names() else switch_page(model)
    answers = answers_of(model)
    assert faults(answers) == []
    said = {tuple(map(int, each.entry.split("."))): set[int]() for each in page.absent}
    for each in page.absent:
        said[tuple(map(int, each.entry.split(".")))] |= set(each.numbers)
    unsaid = {group: missing - said.get(group, set()) for group, missing in touched(answers).items()}
    assert {group: missing for group, missing in unsaid.items() if missing} == {}
