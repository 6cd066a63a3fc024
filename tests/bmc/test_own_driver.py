"""The panel's own driver and a BMC on the in-memory network, in virtual time."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from simulator.bmc import Bmc, BootOverride, load_personality, serve_bmc
from simulator.dcim.drivers import own_ipmi
from simulator.dcim.drivers.base import BmcAccess, DeviceDenied, DeviceError, DeviceRefused, DeviceSilent
from simulator.dcim.drivers.own_ipmi import OwnBmcDriver
from simulator.fabric import Conditions, Endpoint, MemoryFabric
from simulator.ipmi.channel import user
from simulator.kernel import Streams, run
from tests.bmc.support import FakeChassis

ADDRESS = ("127.16.0.3", 6230)
ACCESS = BmcAccess("BMC of srv-03", *ADDRESS, "ADMIN", "secret")


class Bench:
    def __init__(self, model: str, seed: int) -> None:
        self.streams = Streams(seed)
        self.fabric = MemoryFabric(self.streams)
        self.chassis = FakeChassis("srv-03")
        self.bmc = Bmc(
            self.chassis, (user(2, "ADMIN", "secret"),), load_personality(model), self.streams["bmc/srv-03"].randbytes
        )
        self.endpoint: Endpoint

    def driver(self, access: BmcAccess = ACCESS) -> OwnBmcDriver:
        return OwnBmcDriver(access, self.fabric, self.streams["panel/srv-03"].randbytes)


def on_bench(work: Callable[[Bench], Awaitable[None]], model: str = "generic", seed: int = 1) -> None:
    async def main() -> None:
        bench = Bench(model, seed)
        bench.endpoint = await serve_bmc(bench.bmc, bench.fabric, ADDRESS)
        await work(bench)
        bench.endpoint.close()
        assert bench.fabric.activity.in_flight == 0
        assert list(bench.fabric._ends) == []

    run(main())


@pytest.mark.requirement("HW-1")
@pytest.mark.parametrize("model", ["generic", "supermicro-x10", "dell-idrac8"])
def test_the_driver_sees_and_switches_power_and_boot_device(model: str) -> None:
    async def work(bench: Bench) -> None:
        driver = bench.driver()
        assert await driver.power_status() is False
        await driver.power("on")
        assert await driver.power_status() is True
        for action in ("cycle", "reset", "off"):
            await driver.power(action)  # type: ignore[arg-type]
        assert bench.chassis.calls == ["power_on", "power_cycle", "reset", "power_off"]
        await driver.set_boot_device("pxe")
        assert bench.chassis.boot_override == BootOverride("pxe", False, False)
        await driver.set_boot_device("disk", persistent=True)
        assert bench.chassis.boot_override == BootOverride("disk", True, False)
        await driver.set_boot_device("none")
        assert bench.chassis.boot_override is None
        assert bench.bmc.sessions == []
        await driver.close()

    on_bench(work, model)


def test_a_call_takes_few_packets_and_the_suite_is_learned_once() -> None:
    async def work(bench: Bench) -> None:
        driver = bench.driver()
        await driver.power_status()
        assert bench.fabric.sent == 12  # suite 17 was proposed first
        before = bench.fabric.sent
        await driver.power_status()
        assert bench.fabric.sent - before == 10
        before = bench.fabric.sent
        await driver.power("on")
        assert bench.fabric.sent - before == 12

    on_bench(work, "supermicro-x10")


async def failure(work: Awaitable[object]) -> DeviceError:
    with pytest.raises(DeviceError) as caught:
        await work
    return caught.value


def test_errors_name_the_machine_and_the_reason() -> None:
    async def work(bench: Bench) -> None:
        error = await failure(bench.driver(replace(ACCESS, password="guess")).power_status())
        assert (type(error), str(error)) == (DeviceDenied, "BMC of srv-03: wrong password")
        error = await failure(bench.driver(replace(ACCESS, username="nobody")).power_status())
        assert (type(error), str(error)) == (
            DeviceRefused,
            "BMC of srv-03: login refused: unknown user (status 0Dh)",
        )
        error = await failure(bench.driver().power("reset"))
        assert "Chassis Control (reset): not supported in the present state (completion code D5h)" in str(error)
        assert isinstance(error, DeviceRefused)
        error = await failure(bench.driver(replace(ACCESS, password="x" * 21)).power_status())
        assert "at most 20 octets" in str(error)
        assert bench.fabric.time.now() < 1

    on_bench(work)


def test_a_dead_bmc_is_silence_after_seven_and_a_half_seconds() -> None:
    async def work(bench: Bench) -> None:
        bench.chassis.bmc_alive = False
        error = await failure(bench.driver().power_status())
        assert type(error) is DeviceSilent
        assert str(error) == "BMC of srv-03: no answer from 127.16.0.3:6230 after 5 tries in 4.5 s"
        assert bench.fabric.time.now() == pytest.approx(4.5)

    on_bench(work)


def test_a_bmc_that_dies_in_a_session_is_silence_too() -> None:
    async def work(bench: Bench) -> None:
        def die(what: str, detail: object) -> None:
            bench.chassis.bmc_alive = what != "login"

        bench.bmc.observer = die
        error = await failure(bench.driver().power("on"))
        assert type(error) is DeviceSilent
        assert "to Set Session Privilege Level after 5 tries" in str(error)
        assert bench.chassis.calls == []

    on_bench(work)


def test_a_bad_link_costs_time_and_no_command_runs_twice() -> None:
    async def work(bench: Bench) -> None:
        bench.fabric.set_conditions(ADDRESS[0], Conditions(loss=0.15, duplication=0.2, reordering=0.1, jitter=0.01))
        driver = bench.driver()
        for round_ in range(20):
            await driver.power("on")
            assert len(bench.chassis.calls) == round_ + 1

    on_bench(work, seed=11)


def test_many_calls_at_once_do_not_disturb_each_other() -> None:
    async def work(bench: Bench) -> None:
        driver = bench.driver()
        assert await asyncio.gather(*(driver.power_status() for _ in range(8))) == [False] * 8

    on_bench(work)


def test_a_cancelled_call_leaves_nothing_behind() -> None:
    async def work(bench: Bench) -> None:
        bench.chassis.bmc_alive = False
        task = asyncio.create_task(bench.driver().power_status())
        await bench.fabric.time.sleep(1)
        assert bench.fabric.activity.in_flight == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    on_bench(work)


def test_the_panels_boot_device_waits_as_long_as_it_must_and_others_lapse() -> None:
    async def work(bench: Bench) -> None:
        await bench.driver().set_boot_device("pxe")
        await bench.fabric.time.sleep(3600)
        assert bench.chassis.boot_override is not None
        bench.bmc.power_lost()  # forgets that flags shall be kept
        bench.bmc.boot._clearing = 0
        bench.bmc.boot.due = bench.fabric.time.now() + 60
        await bench.driver().power_status()  # the endpoint looks at the deadline after every datagram
        await bench.fabric.time.sleep(61)
        assert bench.chassis.boot_override is None

    on_bench(work)


def test_the_same_seed_gives_the_same_octets() -> None:
    def octets(seed: int) -> list[bytes]:
        seen: list[bytes] = []

        async def work(bench: Bench) -> None:
            carry = bench.fabric._carry

            def tap(data: bytes, source: tuple[str, int], to: tuple[str, int]) -> None:
                seen.append(data)
                carry(data, source, to)

            bench.fabric._carry = tap  # type: ignore[method-assign]
            await bench.driver().power("on")

        on_bench(work, seed=seed)
        return seen

    assert octets(4) == octets(4)
    assert octets(4) != octets(5)


def test_a_conversation_that_has_ended_is_no_garbage_that_has_to_be_looked_for() -> None:
    """A panel that polls has some each second; what knows itself in a circle stays until all that there is has been looked through."""

    async def work(bench: Bench) -> None:
        gc.collect()
        gc.disable()
        try:
            driver = bench.driver()
            for _ in range(3):
                await driver.power_status()
            await driver.close()
            kept = [each for each in gc.get_objects() if isinstance(each, own_ipmi._Conversation)]
        finally:
            gc.enable()
        assert kept == []

    on_bench(work)
