"""The fence agents, with which clusters switch ports and outlets, against everything that has what they ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from simulator.fabric import Endpoint, UdpFabric
from simulator.kernel import LoopClock
from simulator.snmp import User
from simulator.switch import personality, personality_names
from tests.interop.programs import execute, need
from tests.pdu.support import FakePdu, serve_pdu
from tests.switch.support import FakeSwitch, serve_switch

pytestmark = pytest.mark.interop
PASSWORD = "maplesyrup"
ANN = User("ann", "SHA", PASSWORD, "AES", PASSWORD)
V3 = ("-d", "3", "--username", "ann", "-b", "SHA", "-p", PASSWORD, "-B", "AES", "-P", PASSWORD, "-E", "authPriv")
WAYS = {"v1": ("-d", "1", "-c", "private"), "v2c": ("-d", "2c", "-c", "private"), "v3": V3}
APC = ["apc-ap8641", "apc-ap7902b", "apc-ap7920", "apc-ap9606", "apc-masterswitch-plus"]


async def fence(program: str, end: Endpoint, way: str, *arguments: str) -> tuple[int, str]:
    host, port = end.address
    outcome = await execute(need(program), "-a", host, "-u", str(port), *WAYS[way], "--power-wait", "0", *arguments)
    return outcome.status, outcome.text


@asynccontextmanager
async def pdu(model: str) -> AsyncIterator[tuple[FakePdu, Endpoint]]:
    fabric, hardware = UdpFabric(), FakePdu(LoopClock(), 8)
    try:
        place = ("127.48.0.12", 0)
        yield hardware, await serve_pdu(hardware, model, "private", fabric, place, hardware.clock, users=[ANN])
    finally:
        fabric.close()


@asynccontextmanager
async def switch(model: str) -> AsyncIterator[tuple[FakeSwitch, Endpoint]]:
    fabric, hardware = UdpFabric(), FakeSwitch(LoopClock(), 6)
    try:
        place = ("127.32.0.13", 0)
        yield hardware, await serve_switch(hardware, model, "private", fabric, place, hardware.clock, users=[ANN])
    finally:
        fabric.close()


@pytest.mark.parametrize(
    ("model", "way"),
    [
        pytest.param(model, way, marks=[] if (model, way) == ("apc-ap8641", "v3") else [pytest.mark.slow])
        for model in APC
        for way in WAYS
    ],
)
@pytest.mark.requirement("HW-2")
async def test_fence_apc_snmp_lists_asks_and_switches(model: str, way: str) -> None:
    plug = "1:5" if model == "apc-masterswitch-plus" else "5"
    async with pdu(model) as (hardware, end):
        status, text = await fence("fence_apc_snmp", end, way, "-o", "list")
        assert status == 0, text
        assert "Outlet 5" in text
        for action, on in (("off", False), ("on", True), ("reboot", True)):
            status, text = await fence("fence_apc_snmp", end, way, "-n", plug, "-o", action)
            assert (status, hardware.outlets[4].on) == (0, on), text
        assert (await fence("fence_apc_snmp", end, way, "-n", plug, "-o", "status"))[0] == 0
        hardware.outlets[4].turn_off()
        assert (await fence("fence_apc_snmp", end, way, "-n", plug, "-o", "status"))[0] == 2


@pytest.mark.parametrize(
    ("model", "way"),
    [
        pytest.param(model, way, marks=[] if (model, way) == ("cisco-c3560", "v3") else [pytest.mark.slow])
        for model in personality_names()
        for way in (WAYS if model == "cisco-c3560" else ["v2c", "v3"])
    ],
)
@pytest.mark.requirement("HW-3")
async def test_fence_ifmib_lists_asks_and_switches(model: str, way: str) -> None:
    """It has no reboot: a port that is down cuts a node off, and that is all it is for."""
    page = personality(model)
    async with switch(model) as (hardware, end):
        plug = str(page.port_index(3))
        status, text = await fence("fence_ifmib", end, way, "-o", "list")
        assert status == 0, text
        assert page.port_description.replace("{n}", "4").strip() in text
        for action, up in (("off", False), ("on", True)):
            status, text = await fence("fence_ifmib", end, way, "-n", plug, "-o", action)
            assert (status, hardware.ports[3].admin_up) == (0, up), text
        hardware.ports[3].set_admin(up=False)
        assert (await fence("fence_ifmib", end, way, "-n", plug, "-o", "status"))[0] == 2


@pytest.mark.parametrize(
    ("program", "model", "plug", "outlet"),
    [
        ("fence_eaton_snmp", "eaton-managed", "5", 5),
        ("fence_eaton_snmp", "eaton-switched", "5", 5),
        ("fence_tripplite_snmp", "tripplite", "5", 5),
        ("fence_tripplite_snmp", "tripplite-lx", "5", 5),
        ("fence_ipdu", "ibm-ipdu", "5", 5),
        ("fence_emerson", "vertiv-mph", "1.1.5", 5),
    ],
)
@pytest.mark.requirement("HW-2")
async def test_fence_agents_of_other_makes_switch_the_outlet_they_were_told_and_no_other(
    program: str, model: str, plug: str, outlet: int
) -> None:
    async with pdu(model) as (hardware, end):
        for action, on in (("off", False), ("on", True)):
            status, text = await fence(program, end, "v1", "-n", plug, "-o", action)
            assert status == 0, text
            assert [each.number for each in hardware.outlets if not each.on] == ([] if on else [outlet])
        assert (await fence(program, end, "v1", "-n", plug, "-o", "status"))[0] == 0
        hardware.outlets[outlet - 1].turn_off()
        assert (await fence(program, end, "v1", "-n", plug, "-o", "status"))[0] == 2
