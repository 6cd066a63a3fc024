"""The panel's pyghmi driver against our BMCs on real UDP."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from simulator.bmc import Bmc, BootOverride, load_personality, serve_bmc
from simulator.dcim.drivers.base import BmcAccess, DeviceRefused, DeviceSilent
from simulator.dcim.drivers.foreign_ipmi import ForeignBmcDriver, ForeignBmcPool
from simulator.fabric import UdpFabric
from simulator.ipmi.channel import user
from simulator.ipmi.codes import Completion, Privilege
from simulator.ipmi.interference import Interference, Match, Rule
from simulator.kernel.wire import Error
from tests.bmc.support import FakeChassis

pytestmark = pytest.mark.interop


class Hall:
    """BMCs on the wire, and one pool of pyghmi."""

    def __init__(self) -> None:
        self.fabric = UdpFabric()
        self.pool = ForeignBmcPool(self.fabric.activity, self.fabric.time)
        self.chassis: list[FakeChassis] = []
        self.bmcs: list[Bmc] = []
        self.accesses: list[BmcAccess] = []

    async def add(self, model: str) -> ForeignBmcDriver:
        number = len(self.bmcs) + 1
        chassis = FakeChassis(f"srv-{number:02}")
        users = (user(2, "ADMIN", "secret"),)
        bmc = Bmc(chassis, users, load_personality(model), random.Random(number).randbytes)
        endpoint = await serve_bmc(bmc, self.fabric, (f"127.16.1.{number}", 0))
        access = BmcAccess(f"BMC of {chassis.name}", *endpoint.address, "ADMIN", "secret")
        self.chassis.append(chassis)
        self.bmcs.append(bmc)
        self.accesses.append(access)
        return ForeignBmcDriver(access, self.pool)


@asynccontextmanager
async def hall() -> AsyncIterator[Hall]:
    here = Hall()
    try:
        yield here
    finally:
        await here.pool.close()
        here.fabric.close()


@pytest.mark.requirement("HW-1")
@pytest.mark.parametrize("model", ["generic", "supermicro-x10"])
async def test_pyghmi_switches_power_and_boot_device(model: str) -> None:
    async with hall() as here:
        driver = await here.add(model)
        chassis = here.chassis[0]
        assert await driver.power_status() is False
        await driver.power("on")
        assert await driver.power_status() is True
        await driver.power("cycle")
        await driver.power("reset")
        await driver.power("off")
        assert chassis.calls == ["power_on", "power_cycle", "reset", "power_off"]
        await driver.set_boot_device("pxe")
        assert chassis.boot_override == BootOverride("pxe", False, False)
        await driver.set_boot_device("disk", persistent=True)
        assert chassis.boot_override == BootOverride("disk", True, False)
        await driver.set_boot_device("none")
        assert chassis.boot_override is None


async def test_every_call_can_log_in_again() -> None:
    async with hall() as here:
        driver = await here.add("generic")
        for _ in range(3):
            assert await driver.power_status() is False
            here.bmcs[0].power_lost()


async def test_many_machines_at_once() -> None:
    async with hall() as here:
        drivers = [await here.add("generic") for _ in range(6)]
        for chassis in here.chassis[::2]:
            chassis.powered = True
        answers = await asyncio.gather(*(driver.power_status() for driver in drivers))
        assert answers == [True, False, True, False, True, False]


async def test_a_refusal_names_the_machine_and_the_reason() -> None:
    async with hall() as here:
        driver = await here.add("generic")
        access = here.accesses[0]
        with pytest.raises(DeviceRefused, match=r"^BMC of srv-01: .*password"):
            await ForeignBmcDriver(
                BmcAccess(access.name, access.host, access.port, "ADMIN", "guess"), here.pool
            ).power_status()
        with pytest.raises(DeviceRefused, match=r"^BMC of srv-01: .*name"):
            await ForeignBmcDriver(
                BmcAccess(access.name, access.host, access.port, "nobody", "secret"), here.pool
            ).power_status()
        with pytest.raises(DeviceRefused, match="D5h"):
            await driver.power("cycle")
        here.bmcs[0].interference = Interference(random.Random(1))
        here.bmcs[0].interference.add(Rule(Match(), Error({"code": Completion.NODE_BUSY})))
        with pytest.raises(DeviceRefused, match="Node Busy"):
            await driver.power_status()


async def test_a_key_of_the_bmc_and_a_role_above_the_users_are_told_apart() -> None:
    async with hall() as here:
        await here.add("generic")
        bmc, access = here.bmcs[0], here.accesses[0]
        bmc.kg = b"hall"
        bmc.users = (*bmc.users, user(3, "viewer", "look", Privilege.USER))
        assert await ForeignBmcDriver(replace(access, kg="hall"), here.pool).power_status() is False
        with pytest.raises(DeviceRefused, match=r"^BMC of srv-01: .*RAKP4.*Kg"):
            await ForeignBmcDriver(replace(access, kg="wrong"), here.pool).power_status()
        viewer = replace(access, kg="hall", username="viewer", password="look")
        with pytest.raises(DeviceRefused, match=r"^BMC of srv-01: Unauthorized role or privilege level .*RAKP2"):
            await ForeignBmcDriver(viewer, here.pool).power_status()


@pytest.mark.slow  # pyghmi's own time-outs
async def test_silence_ends_and_the_next_call_works_again() -> None:
    async with hall() as here:
        driver = await here.add("generic")
        here.chassis[0].bmc_alive = False
        with pytest.raises(DeviceSilent, match=r"^BMC of srv-01: no answer from 127\.16\.1\.1:"):
            await driver.power_status()
        here.chassis[0].bmc_alive = True
        assert await driver.power_status() is False


async def test_the_process_is_replaced_when_it_died() -> None:
    async with hall() as here:
        driver = await here.add("generic")
        assert await driver.power_status() is False
        process = here.pool._process
        assert process is not None
        process.kill()
        await process.wait()
        assert here.pool._reader is not None
        await here.pool._reader  # it has seen the end of the answers
        assert await driver.power_status() is False
        assert here.pool._process is not process


async def test_a_closed_pool_takes_no_calls() -> None:
    async with hall() as here:
        driver = await here.add("generic")
        await here.pool.close()
        with pytest.raises(RuntimeError, match="closed"):
            await driver.power_status()


@pytest.mark.slow
@pytest.mark.requirement("HW-1")
async def test_pyghmi_lets_somebody_into_a_bmc_who_then_logs_in_himself() -> None:
    async with hall() as here:
        driver = await here.add("generic")
        slot = await driver.set_user(None, "client1", "let-me-in", 4)
        assert [(one.name, one.level) for one in await driver.users()] == [("ADMIN", 4), ("client1", 4)]
        client = ForeignBmcDriver(replace(here.accesses[0], username="client1", password="let-me-in"), here.pool)
        assert await client.power_status() is False
        await driver.remove_user(slot)
        assert [one.name for one in await driver.users()] == ["ADMIN"]
        with pytest.raises(DeviceRefused):
            await client.power_status()
