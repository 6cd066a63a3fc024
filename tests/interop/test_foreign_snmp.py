"""pysnmp, as the panel's foreign drivers use it, against our agents on real UDP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from simulator.dcim.drivers import foreign_snmp
from simulator.dcim.drivers.base import DeviceRefused, DeviceSilent, SnmpAccess
from simulator.dcim.drivers.foreign_snmp import ForeignPduDriver, ForeignSwitchDriver, PysnmpStack
from simulator.dcim.drivers.own_snmp import OwnPduDriver, OwnSwitchDriver
from simulator.fabric import UdpFabric
from simulator.kernel import LoopClock
from simulator.snmp import User
from simulator.snmp.usm import AUTH_PROTOCOLS, PRIV_PROTOCOLS
from simulator.switch import personality, personality_names
from tests.pdu.support import FakePdu, serve_pdu
from tests.switch.support import FakeSwitch, serve_switch

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
        pdu = FakePdu(LoopClock(rate=1000.0), 24)
        end = await serve_pdu(pdu, model, "private", fabric, ("127.0.0.1", 0), pdu.clock)
        access = SnmpAccess("pdu-a1", *end.address, "private", handler)
        foreign, own = ForeignPduDriver(access, stack), OwnPduDriver(access, fabric)
        await foreign.set_outlet("7", on=False)
        await pdu.clock.sleep(2)  # an APC's relay moves a second after its command
        assert not pdu.outlets[6].on
        assert list(await foreign.outlets()) == list(await own.outlets())
        await own.set_outlet("7", on=True)
        await pdu.clock.sleep(2)
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


ANN = User("ann", "SHA-256", "maplesyrup", "AES", "maplesyrup")
VERSIONS: list[Any] = ["1", "2c", "3"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.requirement("HW-3")
async def test_pysnmp_sees_and_switches_the_same_in_every_version(version: Any) -> None:
    async with network() as (fabric, stack):
        switch, pdu = FakeSwitch(LoopClock(), 20), FakePdu(LoopClock(rate=1000.0), 8)
        at = ("127.0.0.1", 0)
        end = await serve_switch(switch, "cisco-nexus-5000", "private", fabric, at, switch.clock, users=[ANN])
        user = ANN if version == "3" else None
        access = SnmpAccess("sw-a1", *end.address, "private", "cisco-nexus", version, user)
        foreign, own = ForeignSwitchDriver(access, stack), OwnSwitchDriver(access, fabric)
        await foreign.set_port((await foreign.ports())[2].identity, up=False)
        assert not switch.ports[2].admin_up
        assert list(await foreign.ports()) == list(await own.ports())
        end = await serve_pdu(pdu, "apc-ap7902b", "private", fabric, at, pdu.clock, users=[ANN])
        access = SnmpAccess("pdu-a1", *end.address, "private", "apc", version, user)
        strip, ours = ForeignPduDriver(access, stack), OwnPduDriver(access, fabric)
        await strip.set_outlet("7", on=False)
        await pdu.clock.sleep(2)  # an APC's relay moves a second after its command
        assert not pdu.outlets[6].on
        assert list(await strip.outlets()) == list(await ours.outlets())
        await own.close()
        await ours.close()


async def test_pysnmp_speaks_every_pair_of_digest_and_cipher() -> None:
    pairs = [(auth, priv) for auth in AUTH_PROTOCOLS for priv in (None, *PRIV_PROTOCOLS)]
    users = [
        User(f"{auth}{priv or ''}", auth, "maplesyrup", priv, "maplesyrup" if priv else "")  # type: ignore[arg-type]
        for auth, priv in pairs
    ]
    async with network() as (fabric, stack):
        switch = FakeSwitch(LoopClock(), 3)
        end = await serve_switch(
            switch, "cisco-c3560", None, fabric, ("127.0.0.1", 0), switch.clock, users=[*users, User("nobody")]
        )
        for user in [*users, User("nobody")]:
            access = SnmpAccess("sw-a1", *end.address, "", "cisco-catalyst", "3", user)
            await ForeignSwitchDriver(access, stack).set_port("10102", up=not switch.ports[1].admin_up)
        assert switch.ports[1].admin_up is (len(users) % 2 == 1)


async def test_pysnmp_is_told_of_a_wrong_user_or_password() -> None:
    async with network() as (fabric, stack):
        switch = FakeSwitch(LoopClock(), 3)
        end = await serve_switch(switch, "cisco-c3560", None, fabric, ("127.0.0.1", 0), switch.clock, users=[ANN])
        for user, why in (
            (replace(ANN, name="bob"), "[Uu]nknown"),
            (replace(ANN, name="ann", auth_password="another one"), "digest|authentication"),
        ):
            access = SnmpAccess("sw-a1", *end.address, "", "cisco-catalyst", "3", user)
            with pytest.raises(DeviceRefused, match=why):
                await ForeignSwitchDriver(access, stack).ports()
            await stack.close()


@pytest.mark.parametrize("model", ["cisco-c3560", "dlink-des3200", "hp-procurve-6120"])
@pytest.mark.requirement("HW-3")
async def test_pysnmp_makes_a_vlan_and_puts_a_port_into_it(model: str) -> None:
    async with network() as (fabric, stack):
        switch = FakeSwitch(LoopClock(), 12)
        end = await serve_switch(switch, model, "private", fabric, ("127.0.0.1", 0), switch.clock)
        driver = ForeignSwitchDriver(SnmpAccess("sw-a1", *end.address, "private", personality(model).handler), stack)
        ports = await driver.ports()
        assert {port.vlan for port in ports} == {1}
        await driver.set_vlan(ports[2].identity, 20, "clients")
        assert [port.vlan for port in await driver.ports()][1:4] == [1, 20, 1]
        assert switch.vlans[20].name == "clients"
        await driver.set_vlan(ports[2].identity, 1, "default")
        await driver.remove_vlan(20)
        assert 20 not in switch.vlans
        await driver.remove_vlan(20)


@pytest.mark.parametrize("model", ["cisco-c3560", "hp-procurve-6120"])
@pytest.mark.requirement("HW-3")
async def test_pysnmp_sets_speed_and_duplex_as_our_own_client_does(model: str) -> None:
    async with network() as (fabric, stack):
        switch = FakeSwitch(LoopClock())
        end = await serve_switch(switch, model, "private", fabric, ("127.0.0.1", 0), switch.clock)
        access = SnmpAccess("sw-a1", *end.address, "private", personality(model).handler)
        foreign, own = ForeignSwitchDriver(access, stack), OwnSwitchDriver(access, fabric)
        for driver, port, duplex in ((foreign, 2, "half"), (own, 3, "full")):
            identity = (await driver.ports())[port].identity
            await driver.set_link(identity, 10**8, duplex)
            assert switch.ports[port].setting == (10**8, duplex == "full")
            seen = (await driver.ports())[port]
            assert (seen.speed, seen.duplex) == (10**8, duplex)
            with pytest.raises(DeviceRefused):
                await driver.set_link(identity, 10**10, "full")
            await driver.set_link(identity, 0, "auto")
            assert switch.ports[port].setting == (None, None)
        await own.close()
        await foreign.close()
