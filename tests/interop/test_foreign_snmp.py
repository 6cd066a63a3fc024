"""pysnmp, as the panel's foreign drivers use it, against our agents on real UDP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from simulator.dcim.drivers import foreign_snmp
from simulator.dcim.drivers.base import DeviceRefused, DeviceSilent, SnmpAccess
from simulator.dcim.drivers.foreign_snmp import ForeignPduDriver, ForeignSwitchDriver, PysnmpStack
from simulator.dcim.drivers.own_snmp import OwnPduDriver, OwnSwitchDriver
from simulator.fabric import UdpFabric
from simulator.kernel import LoopClock
from simulator.pdu import serve_pdu
from simulator.switch import personality, personality_names, serve_switch
from tests.pdu.fakes import FakePdu
from tests.switch.fakes import FakeSwitch

pytestmark = pytest.mark.interop


@asynccontextmanager
async def network() -> AsyncIterator[tuple[UdpFabric, PysnmpStack]]:
    fabric = UdpFabric()
    stack = PysnmpStack(fabric.activity)
    try:
        yield fabric, stack
    finally:
        await stack.close()
        fabric.close()
        await asyncio.sleep(0)


@pytest.mark.parametrize("model", personality_names())
@pytest.mark.requirement("HW-3")
async def test_pysnmp_and_our_own_client_see_the_same_ports(model: str) -> None:
    async with network() as (fabric, stack):
        switch = FakeSwitch(LoopClock(), 26)
        switch.ports[4].cable = False
        end = await serve_switch(switch, model, "private", fabric, ("127.0.0.1", 0), switch.clock)
        access = SnmpAccess("sw-a1", *end.address, "private", personality(model).handler)
        foreign, own = ForeignSwitchDriver(access, stack), OwnSwitchDriver(access, fabric)
        await foreign.set_port((await foreign.ports())[2].identity, up=False)
        seen = await foreign.ports()
        assert list(seen) == list(await own.ports())
        assert [port.oper_up for port in seen[:6]] == [True, True, False, True, False, True]
        assert not switch.ports[2].admin_up
        await own.close()
        await foreign.close()


@pytest.mark.parametrize(("model", "handler"), [("apc-ap8641", "apc"), ("raritan-px3", "raritan")])
@pytest.mark.requirement("HW-2")
async def test_pysnmp_switches_an_outlet(model: str, handler: str) -> None:
    async with network() as (fabric, stack):
        pdu = FakePdu(LoopClock(), 24)
        end = await serve_pdu(pdu, model, "private", fabric, ("127.0.0.1", 0), pdu.clock)
        access = SnmpAccess("pdu-a1", *end.address, "private", handler)
        foreign, own = ForeignPduDriver(access, stack), OwnPduDriver(access, fabric)
        await foreign.set_outlet("7", on=False)
        assert not pdu.outlets[6].on
        assert list(await foreign.outlets()) == list(await own.outlets())
        await own.set_outlet("7", on=True)
        assert (await foreign.outlets())[6].on is True
        await own.close()


async def test_pysnmp_hears_why_it_is_refused() -> None:
    async with network() as (fabric, stack):
        switch = FakeSwitch(LoopClock())
        end = await serve_switch(
            switch, "cisco-c3560", "private", fabric, ("127.0.0.1", 0), switch.clock, read_community="public"
        )
        driver = ForeignSwitchDriver(SnmpAccess("sw-a1", *end.address, "public", "cisco-catalyst"), stack)
        assert len(await driver.ports()) == 24
        with pytest.raises(DeviceRefused, match="sw-a1: port 10103: SNMP error noAccess"):
            await driver.set_port("10103", up=False)
        assert switch.ports[2].admin_up


async def test_a_switch_without_power_is_silence_to_pysnmp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_snmp, "TIMEOUT", 0.1)
    async with network() as (fabric, stack):
        switch = FakeSwitch(LoopClock(), alive=False)
        end = await serve_switch(switch, "cisco-c3560", "private", fabric, ("127.0.0.1", 0), switch.clock)
        driver = ForeignSwitchDriver(SnmpAccess("sw-a1", *end.address, "private", "cisco-catalyst"), stack)
        with pytest.raises(DeviceSilent, match=r"sw-a1: no answer to SNMP at 127\.0\.0\.1:"):
            await driver.ports()
        assert fabric.activity.in_flight == 0
