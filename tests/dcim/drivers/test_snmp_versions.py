"""The panel's own drivers in SNMP v1, v2c and v3: the same ports and outlets, and what goes wrong in v3 alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from simulator.dcim.drivers.base import DeviceRefused, DeviceSilent, SnmpAccess
from simulator.dcim.drivers.own_snmp import OwnPduDriver, OwnSwitchDriver
from simulator.fabric import Conditions, MemoryFabric
from simulator.faults import CATALOGUE
from simulator.files.problems import FileProblems
from simulator.kernel import LoopClock, Streams, run
from simulator.lab import Lab
from simulator.snmp import User
from simulator.switch import personality, personality_names
from tests.pdu.support import FakePdu, serve_pdu
from tests.switch.support import FakeSwitch, serve_switch

PLACE = ("127.32.0.1", 1161)
PASSWORD = "maplesyrup"
ANN = User("ann", "SHA-256", PASSWORD, "AES", PASSWORD)
VERSIONS: list[Any] = ["1", "2c", "3"]


def access(handler: str, version: Any = "3", user: User = ANN) -> SnmpAccess:
    return SnmpAccess("sw-a1", *PLACE, "private", handler, version, user if version == "3" else None)


@asynccontextmanager
async def switch(model: str, *, community: str | None = "private") -> AsyncIterator[tuple[MemoryFabric, FakeSwitch]]:
    fabric, hardware = MemoryFabric(Streams(3)), FakeSwitch(LoopClock(), 18)
    end = await serve_switch(hardware, model, community, fabric, PLACE, hardware.clock, users=[ANN])
    yield fabric, hardware
    end.close()


@pytest.mark.parametrize("model", personality_names())
@pytest.mark.requirement("HW-3")
def test_a_switch_is_the_same_in_every_version(model: str) -> None:
    async def main() -> None:
        async with switch(model) as (fabric, hardware):
            hardware.ports[4].cable = False
            seen = []
            for version in VERSIONS:
                driver = OwnSwitchDriver(access(personality(model).handler, version), fabric, bytes)
                hardware.ports[2].set_admin(up=True)
                await driver.set_port((await driver.ports())[2].identity, up=False)
                assert not hardware.ports[2].admin_up
                # v1 has no 64-bit counters, so it cannot tell these.
                seen.append([port._replace(octets_in=None, octets_out=None) for port in await driver.ports()])
                await driver.close()
            assert seen[0] == seen[1] == seen[2]
            assert [port.oper_up for port in seen[0][:6]] == [True, True, False, True, False, True]

    run(main())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("model", ["apc-ap8641", "raritan-px3", "aten-pe"])
@pytest.mark.requirement("HW-2")
def test_a_pdu_is_switched_in_every_version(model: str, version: Any) -> None:
    async def main() -> None:
        fabric, hardware = MemoryFabric(Streams(3)), FakePdu(LoopClock(), 8)
        await serve_pdu(hardware, model, "private", fabric, PLACE, hardware.clock, users=[ANN])
        handler = {"apc-ap8641": "apc", "raritan-px3": "raritan", "aten-pe": "aten"}[model]
        driver = OwnPduDriver(access(handler, version), fabric)
        await driver.set_outlet("7", on=False)
        await hardware.clock.sleep(5)
        assert [view.on for view in await driver.outlets()] == [True] * 6 + [False, True]
        await driver.close()

    run(main())


def test_equipment_of_version_3_alone_hears_no_community() -> None:
    async def main() -> None:
        async with switch("cisco-c3560", community=None) as (fabric, _):
            assert len(await OwnSwitchDriver(access("cisco-catalyst"), fabric).ports()) == 18
            with pytest.raises(DeviceSilent):
                await OwnSwitchDriver(access("cisco-catalyst", "2c"), fabric).ports()

    run(main())


@pytest.mark.parametrize(
    ("user", "why"),
    [
        (replace(ANN, name="bob"), "it does not know this user"),
        (replace(ANN, auth_password="another one"), "wrong authentication key or protocol"),
        (replace(ANN, auth="MD5"), "wrong authentication key or protocol"),
        (replace(ANN, priv_password="another one"), "wrong privacy key or protocol"),
        (replace(ANN, priv=None), "SNMP error authorizationError"),
    ],
)
def test_a_wrong_user_is_told_apart_from_silence(user: User, why: str) -> None:
    async def main() -> None:
        async with switch("cisco-c3560") as (fabric, _):
            with pytest.raises(DeviceRefused, match=why):
                await OwnSwitchDriver(access("cisco-catalyst", user=user), fabric).ports()
            assert fabric.time.now() < 1, "it was told at once"

    run(main())


def test_a_bad_line_costs_time_but_not_the_answer() -> None:
    async def main() -> None:
        async with switch("cisco-c3560") as (fabric, hardware):
            fabric.set_conditions(PLACE[0], Conditions(loss=0.1, duplication=0.3, reordering=0.3, jitter=0.01))
            driver = OwnSwitchDriver(access("cisco-catalyst"), fabric)
            for turn in range(6):
                await driver.set_port("10103", up=bool(turn % 2))
                assert len(await driver.ports()) == 18
            assert hardware.ports[2].admin_up

    run(main())


def in_lab(scene: Any) -> None:
    async def main() -> None:
        async with Lab.load("secure").simulated(seed=5) as lab:
            await lab.clock.sleep(20)
            await scene(lab)

    run(main())


def strike(lab: Any, kind: str, **values: Any) -> None:
    lab.faults.inject(kind, CATALOGUE[kind].params.model_validate(values))


def panel_switch(lab: Any) -> Any:
    return lab.panel.inventory.switches.get(1)


@pytest.mark.requirement("HW-3")
def test_a_panel_of_version_3_finds_its_switch_again_after_a_restart_and_not_with_stale_boots() -> None:
    async def scene(lab: Any) -> None:
        read = lab.panel.devices.read_switch
        await read(1)
        strike(lab, "snmp.restart", switch="sw-s1")
        await lab.clock.sleep(60)
        await read(1)
        assert panel_switch(lab).error is None
        strike(lab, "snmp.stale", switch="sw-s1")
        with pytest.raises(Exception, match="switch sw-s1"):
            await read(1)
        assert "no answer to SNMP" in panel_switch(lab).error
        lab.faults.clear("snmp.stale")
        await read(1)
        assert panel_switch(lab).error is None

    in_lab(scene)


def test_a_fault_of_the_community_is_not_possible_where_there_is_none() -> None:
    async def scene(lab: Any) -> None:
        with pytest.raises(ValueError, match="sw-s1 speaks SNMPv3 with its users only"):
            strike(lab, "snmp.community", switch="sw-s1")

    in_lab(scene)


RACK = {"name": "A1", "switches": [{"name": "sw-1"}], "servers": []}


@pytest.mark.parametrize(
    ("snmp", "why"),
    [
        ({"version": 3}, "needs a `user`"),
        ({"version": 2}, "not possible here"),
        ({"version": "2c", "user": "ann"}, "users and keys are those of `version: 3`"),
        ({"version": 3, "user": "ann", "auth": "sha256"}, "`auth` needs a `auth_key` of at least eight"),
        ({"version": 3, "user": "ann", "priv": "aes", "priv_key": PASSWORD}, "`priv` needs `auth`"),
        ({"version": 3, "user": "ann", "auth_key": PASSWORD}, "of no use without `auth`"),
        ({"version": 3, "user": "ann", "auth": "sha3"}, "not possible here"),
    ],
)
def test_a_lab_file_says_what_is_wrong_with_a_user(snmp: dict[str, Any], why: str) -> None:
    rack = {**RACK, "switches": [{"name": "sw-1", "snmp": snmp}]}
    with pytest.raises(FileProblems) as caught:
        Lab.load({"lab": "x", "racks": [rack]})
    assert why in str(caught.value)


def test_a_device_s_own_setting_goes_before_its_rack_s() -> None:
    three = {"version": 3, "user": "ann", "auth": "md5", "auth_key": PASSWORD, "priv": "des", "priv_key": PASSWORD}
    rack = {**RACK, "snmp": three, "switches": [{"name": "sw-1"}, {"name": "sw-2", "snmp": {"version": 1}}]}
    switches = Lab.load({"lab": "x", "racks": [rack]}).plan.switches
    assert [switches[name].snmp.version for name in ("sw-1", "sw-2")] == ["3", "1"]


@pytest.mark.parametrize(
    ("kind", "values", "why"),
    [
        ("snmp.drop", {}, "no answer to SNMP"),
        ("snmp.error", {"status": "resourceUnavailable"}, "SNMP error resourceUnavailable"),
        ("snmp.too_big", {"operation": "set"}, "SNMP error tooBig"),
        ("snmp.truncated", {}, "no answer to SNMP"),
        ("snmp.wrong_id", {}, "no answer to SNMP"),
        ("snmp.set_ignored", {}, "was set administratively down, but is not"),
        ("snmp.restart", {}, "no answer to SNMP"),
    ],
)
def test_what_goes_wrong_with_an_agent_goes_wrong_in_version_3_too(kind: str, values: dict[str, Any], why: str) -> None:
    async def scene(lab: Any) -> None:
        access = panel_switch(lab).access
        assert access.version == "3"
        driver = OwnSwitchDriver(access, lab.fabric)
        await driver.set_port("10103", up=True)
        strike(lab, kind, switch="sw-s1", **values)
        with pytest.raises((DeviceRefused, DeviceSilent), match=why):
            await driver.set_port("10103", up=False)
        lab.faults.clear()
        await lab.clock.sleep(60)
        await driver.set_port("10103", up=False)
        assert not lab.plant.switches["sw-s1"].ports[2].admin_up
        await driver.close()

    in_lab(scene)
