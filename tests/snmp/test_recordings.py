"""Recorded walks of real devices, loaded and served by our agent, come back as they were: order, types and values."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.pdu import personality as pdu_personality
from simulator.snmp import Agent, Manager, Version, ber, dotted, oid, subids
from simulator.switch import Personality, personality
from tests.snmp.support import COMMUNITY, Instance, agent_of, every_name, load, names, path_of

MANAGER = Manager(COMMUNITY)
SMALL = 25_000
"""Octets of a file up to which its walk belongs to the quick tests."""
LARGE = 400_000
"""Octets from which on a file is left out unless RACKLOOP_ALL_RECORDINGS is set: hundreds of thousands of instances take
minutes, and nothing is new in them.
"""
PDUS = ["UPS/apc-8641", "UPS/apc-7902b", "UPS/apc-8932"]


def files() -> list[object]:
    wanted = set(PDUS)
    found = [(name, path_of(name).stat().st_size) for name in names()]
    return [
        pytest.param(name, marks=[] if size < SMALL or name in wanted else [pytest.mark.slow])
        for name, size in found
        if size < LARGE or os.environ.get("RACKLOOP_ALL_RECORDINGS")
    ]


def walk(agent: Agent[None], repetitions: int, manager: Manager = MANAGER) -> list[Instance]:
    found: list[Instance] = []
    name = oid("0.0")
    while True:
        answer = agent.handle(manager.get_bulk([name], max_repetitions=repetitions).octets)
        response = manager.response(answer) if answer else None
        assert response is not None
        for item in response.varbinds:
            if item.missing:
                return found
            found.append(Instance(item.name, item.tag, item.content))
        name = found[-1].name


@pytest.mark.parametrize("name", files())
def test_a_recorded_walk_that_is_served_comes_back_equal(name: str) -> None:
    recorded = load(name)
    found = walk(agent_of(recorded), 50)
    assert found == list(recorded)
    order = [subids(item.name) for item in found]
    assert order == sorted(order)
    load.cache_clear()


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 120), st.integers(484, 3000), st.data())
def test_chains_of_get_next_and_of_get_bulk_agree_from_anywhere_whatever_fits(
    repetitions: int, room: int, data: st.DataObject
) -> None:
    recorded = load("UPS/apc-7902b")
    fitting = tuple(item for item in recorded if len(item.content) < 300)
    agent = agent_of(fitting, room)
    place = data.draw(st.integers(0, len(fitting) - 1))
    answer = agent.handle(MANAGER.get_bulk([fitting[place].name], max_repetitions=repetitions).octets)
    response = MANAGER.response(answer or b"")
    assert response is not None
    many = [Instance(item.name, item.tag, item.content) for item in response.varbinds if not item.missing]
    assert many == list(fitting[place + 1 : place + 1 + len(many)])
    assert many or place == len(fitting) - 1
    answer = agent.handle(MANAGER.get_next([fitting[place].name]).octets)
    response = MANAGER.response(answer or b"")
    assert response is not None
    assert [item.name for item in response.varbinds if not item.missing] == [item.name for item in many[:1]]


def test_version_1_walks_the_same_without_the_64_bit_counters() -> None:
    recorded = load("network/switch/cisco-c3560")
    part = tuple(item for item in recorded if item.name.startswith(oid("1.3.6.1.2.1.31")))
    agent, manager = agent_of(part), Manager(COMMUNITY, version=Version.V1)
    found, name = [], oid("0.0")
    while True:
        response = manager.response(agent.handle(manager.get_next([name]).octets) or b"")
        assert response is not None
        if response.status:
            break
        found.append(Instance(*response.varbinds[0]))
        name = found[-1].name
    assert found == [item for item in part if item.tag != ber.COUNTER64]
    assert len(found) < len(part)


# what the personalities claim of the models, held against the recordings

PAGES = {
    "cisco-c3560": "network/switch/cisco-c3560",
    "cisco-c3750": "network/switch/cisco-c3750",
    "cisco-nexus-5000": "network/switch/cisco-n5000",
    "brocade-icx6430": "network/switch/brocade-icx6430-24",
    "hp-procurve-6120": "network/switch/hpe-procurve-516733-b21",
    "huawei-s12704": "network/switch/huawei-s12704",
    "arista-7150s": "cloud/arista-dcs-7150s-52-cl",
    "dlink-des3200": "network/switch/dlink-des3200",
}
DESCRIPTION, OBJECT_ID = oid("1.3.6.1.2.1.1.1.0"), oid("1.3.6.1.2.1.1.2.0")
HEAVY = {"network/switch/huawei-s12704"}


def pages() -> list[object]:
    there = set(names())
    return [
        pytest.param(model, name, marks=[pytest.mark.slow] if path_of(name).stat().st_size > 250_000 else [])
        for model, name in PAGES.items()
        if name in there and name not in HEAVY
    ]


def column(recorded: dict[bytes, Instance], name: str) -> dict[int, bytes]:
    root = oid(name)
    return {
        subids(item.name)[-1]: item.content
        for item in recorded.values()
        if item.name.startswith(root) and len(subids(item.name)) == len(subids(root)) + 1
    }


def first_words(text: bytes, count: int = 2) -> list[bytes]:
    return text.replace(b",", b" ").split()[:count]


@pytest.mark.parametrize(("model", "name"), pages())
@pytest.mark.requirement("HW-3")
def test_a_switch_s_page_says_of_a_model_what_a_real_one_said(model: str, name: str) -> None:
    page: Personality = personality(model)
    recorded = {item.name: item for item in load(name)}
    assert dotted(recorded[OBJECT_ID].content) == page.object_id
    assert first_words(recorded[DESCRIPTION].content) == first_words(page.description.encode())
    types, descriptions = column(recorded, "1.3.6.1.2.1.2.2.1.3"), column(recorded, "1.3.6.1.2.1.2.2.1.2")
    names = column(recorded, "1.3.6.1.2.1.31.1.1.1.1")
    index = page.port_index(0)
    assert types[index] == b"\x06", "port 1 is an Ethernet port of that ifIndex"
    assert descriptions[index].decode() == page.port_description.replace("{n}", "1")
    assert descriptions[page.port_index(1)].decode() == page.port_description.replace("{n}", "2")
    if names:
        assert names[index].decode() == page.port_name.replace("{n}", "1")
    trees = {"1.3.6.1.2.1.17.7.1.4.2": "q_bridge", "1.3.6.1.4.1.9.9.46": "vtp", "1.3.6.1.2.1.47.1.1.1": "entity"}
    for root, tree in trees.items():
        if any(each.startswith(oid(root)) for each in recorded):
            assert tree in page.trees, f"a real one has {tree}"


@pytest.mark.parametrize(("model", "name"), [("apc-ap8641", "UPS/apc-8641"), ("apc-ap7902b", "UPS/apc-7902b")])
@pytest.mark.requirement("HW-2")
def test_a_pdu_s_page_says_of_a_model_what_a_real_one_said(model: str, name: str) -> None:
    page = pdu_personality(model)
    recorded = {item.name: item for item in load(name)}
    assert dotted(recorded[OBJECT_ID].content) == page.object_id
    said, ours = recorded[DESCRIPTION].content.decode(), page.description
    for form in (
        "APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.7.2 PN:apc_hw05_aos_672.bin",
        "AN1:apc_hw05_rpdu2g_672",
    ):
        assert form in said
        assert form in ours
    shown = {item.object for item in page.outlets}
    outlets = column(recorded, "1.3.6.1.4.1.318.1.1.12.3.5.1.1.4")
    assert outlets, "it has outlets"
    there = every_name(name)
    assert [each for each in shown if not any(item.startswith(oid(each)) for item in there)] == [], (
        "columns that no real one of this model shows"
    )
    # Its trees say the same of every outlet. (The third one's states were not kept in the recording.)
    assert outlets == column(recorded, "1.3.6.1.4.1.318.1.1.4.4.2.1.3")
