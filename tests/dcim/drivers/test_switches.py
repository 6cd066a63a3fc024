"""The panel's own SNMP driver against switches on the in-memory network, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from simulator.dcim.drivers.base import DeviceRefused, DeviceSilent, SnmpAccess
from simulator.dcim.drivers.handlers import switch_handler_names
from simulator.dcim.drivers.own_snmp import OwnSwitchDriver
from simulator.fabric import Address, Conditions, MemoryFabric
from simulator.kernel import LoopClock, Streams, run
from simulator.kernel.pages import UnknownPage
from simulator.snmp import decode_message
from simulator.snmp.message import RESPONSE, encode_message, encode_varbind
from simulator.snmp.oid import oid
from simulator.switch import personality, personality_names
from tests.switch.support import FakeSwitch, serve_switch

PLACE = ("127.32.0.1", 1161)
UPTIME = oid("1.3.6.1.2.1.1.3.0")


def access(community: str = "private", handler: str = "cisco-catalyst") -> SnmpAccess:
    return SnmpAccess("sw-a1", *PLACE, community, handler)


@asynccontextmanager
async def hall(model: str = "cisco-c3560", ports: int = 24) -> AsyncIterator[tuple[MemoryFabric, FakeSwitch]]:
    fabric = MemoryFabric(Streams(7))
    switch = FakeSwitch(LoopClock(), ports)
    end = await serve_switch(switch, model, "private", fabric, PLACE, switch.clock, read_community="public")
    yield fabric, switch
    end.close()


@pytest.mark.requirement("HW-3")
def test_the_panel_sees_the_physical_ports_in_front_order() -> None:
    async def main() -> None:
        async with hall() as (fabric, switch):
            switch.ports[4].set_admin(up=False)
            switch.ports[5].cable = False
            switch.ports[6].speed = 10_000_000_000
            driver = OwnSwitchDriver(access(), fabric)
            ports = await driver.ports()
            assert [port.identity for port in ports] == [str(10101 + n) for n in range(24)]
            assert ports[2].description == "GigabitEthernet0/3"
            assert [(port.admin_up, port.oper_up) for port in ports[3:7]] == [
                (True, True),
                (False, False),
                (True, False),
                (True, True),
            ]
            assert [port.speed for port in ports[5:8]] == [10**9, 10**10, 10**9]
            assert fabric.sent <= 14
            await driver.close()

    run(main())


def test_every_model_and_size_is_read_with_the_handler_that_its_page_names() -> None:
    async def main() -> None:
        for model in personality_names():
            assert personality(model).handler in switch_handler_names()
            for size in (1, 15, 16, 17, 52, min(300, personality(model).most_ports)):
                async with hall(model, size) as (fabric, switch):
                    driver = OwnSwitchDriver(access(handler=personality(model).handler), fabric)
                    for _ in range(2):
                        ports = await driver.ports()
                        assert len(ports) == size
                        assert all(port.oper_up and port.description for port in ports)
                    await driver.set_port(ports[-1].identity, up=False)
                    assert not switch.ports[-1].admin_up
                    await driver.close()

    run(main())


@pytest.mark.requirement("HW-3")
def test_the_panel_switches_a_port_and_sees_that_it_is_so() -> None:
    async def main() -> None:
        async with hall() as (fabric, switch):
            driver = OwnSwitchDriver(access(), fabric)
            await driver.set_port("10103", up=False)
            assert not switch.ports[2].admin_up
            assert not (await driver.ports())[2].oper_up
            await driver.set_port("10103", up=True)
            assert switch.ports[2].admin_up

    run(main())


def test_a_port_that_does_not_stay_as_it_was_set_is_an_error() -> None:
    async def main() -> None:
        async with hall() as (fabric, switch):
            switch.ports[2].set_admin = lambda up: None  # type: ignore[method-assign]
            with pytest.raises(DeviceRefused, match="sw-a1: port 10103 was set administratively down, but is not"):
                await OwnSwitchDriver(access(), fabric).set_port("10103", up=False)

    run(main())


@pytest.mark.parametrize(
    ("community", "port", "message"),
    [
        ("public", "10103", "sw-a1: port 10103: SNMP error noAccess"),
        ("private", "10199", "sw-a1: port 10199: SNMP error noCreation .it has no such row."),
        ("private", "1", "sw-a1: port 1: SNMP error notWritable"),
        ("private", "Gi0/3", "sw-a1: it has no port 'Gi0/3'"),
    ],
)
def test_a_refusal_names_the_switch_the_port_and_the_error(community: str, port: str, message: str) -> None:
    async def main() -> None:
        async with hall() as (fabric, _):
            with pytest.raises(DeviceRefused, match=message) as caught:
                await OwnSwitchDriver(access(community), fabric).set_port(port, up=False)
            assert caught.value.device == "sw-a1"

    run(main())


@pytest.mark.parametrize("why", ["power", "community", "link"])
@pytest.mark.requirement("HW-8")
def test_silence_is_told_after_three_tries_of_a_second(why: str) -> None:
    async def main() -> None:
        async with hall() as (fabric, switch):
            switch.alive = why != "power"
            if why == "link":
                fabric.set_conditions(PLACE[0], Conditions(loss=1.0))
            driver = OwnSwitchDriver(access("wrong" if why == "community" else "private"), fabric)
            with pytest.raises(DeviceSilent, match=r"sw-a1: no answer to SNMP at 127\.32\.0\.1:1161 in 3 tries"):
                await driver.ports()
            assert fabric.time.now() == pytest.approx(3.0)
            assert fabric.sent == 3
            assert fabric.activity.in_flight == 0

    run(main())


def test_a_bad_line_costs_time_but_not_the_answer() -> None:
    async def main() -> None:
        async with hall() as (fabric, switch):
            fabric.set_conditions(PLACE[0], Conditions(loss=0.1, duplication=0.3, reordering=0.3, jitter=0.01))
            driver = OwnSwitchDriver(access(), fabric)
            for turn in range(10):
                await driver.set_port("10103", up=bool(turn % 2))
                assert (await driver.ports())[2].admin_up is bool(turn % 2)
            assert switch.ports[2].admin_up

    run(main())


def test_requests_to_one_switch_may_overlap() -> None:
    async def main() -> None:
        async with hall() as (fabric, switch):
            driver = OwnSwitchDriver(access(), fabric)
            await asyncio.gather(*(driver.set_port(str(10101 + n), up=False) for n in range(24)), driver.ports())
            assert not any(port.admin_up for port in switch.ports)
            await driver.close()

    run(main())


def test_closing_ends_whoever_still_waits() -> None:
    async def main() -> None:
        async with hall() as (fabric, switch):
            switch.alive = False
            driver = OwnSwitchDriver(access(), fabric)
            waiting = asyncio.ensure_future(driver.ports())
            await fabric.time.sleep(0.5)
            await driver.close()
            with pytest.raises(DeviceSilent):
                await waiting
            assert fabric.time.now() == pytest.approx(0.5)

    run(main())


def test_answers_of_others_are_not_taken() -> None:
    async def main() -> None:
        async with hall() as (fabric, switch):
            switch.alive = False
            heard: list[Address] = []
            end = await fabric.open(None, lambda data, source: None)
            driver = OwnSwitchDriver(access(), fabric)
            task = asyncio.ensure_future(driver.set_port("10103", up=False))
            await fabric.time.sleep(0.1)
            for port in range(49152, 49160):
                heard.append(("10.0.0.1", port))
                end.send(encode_message(1, b"private", RESPONSE, 1, 0, 0, ()), heard[-1])
            with pytest.raises(DeviceSilent):
                await task

    run(main())


@pytest.mark.parametrize("manner", ["stands still", "says nothing", "another type"])
def test_a_switch_that_talks_nonsense_is_refused_and_not_walked_for_ever(manner: str) -> None:
    async def main() -> None:
        fabric = MemoryFabric(Streams(1))

        def nonsense(data: bytes, source: Address) -> None:
            request = decode_message(data)
            name = request.varbinds[0].name
            if name == UPTIME:
                good = [encode_varbind(name, b"\x43\x01\x07")]
                end.send(encode_message(1, request.community, RESPONSE, request.request_id, 0, 0, good), source)
                return
            value = b"\x99\x00" if manner == "another type" else b"\x02\x01\x01"
            first = name + b"\x01" if len(name) == 9 else name
            bindings = [] if manner == "says nothing" else [encode_varbind(first, value)] * 5
            end.send(encode_message(1, request.community, RESPONSE, request.request_id, 0, 0, bindings), source)

        end = await fabric.open(PLACE, nonsense)
        with pytest.raises(DeviceRefused, match="sw-a1: its answer makes no sense"):
            await OwnSwitchDriver(access(), fabric).ports()

    run(main())


def test_names_are_asked_for_once_and_anew_after_a_restart() -> None:
    async def main() -> None:
        async with hall() as (fabric, _):
            fabric.exact = True  # what is counted here is played
            driver = OwnSwitchDriver(access(), fabric)
            await fabric.time.sleep(100)
            first = await driver.ports()
            before = fabric.sent
            assert await driver.ports() == first
            again = fabric.sent - before
            started = FakeSwitch(LoopClock(), 24, booted_at=90.0)
            place = ("127.32.0.2", 1161)
            await serve_switch(started, "dlink-des3200", "private", fabric, place, started.clock)
            driver._client._address = place  # type: ignore[attr-defined]
            renamed = await driver.ports()
            assert fabric.sent - before - again > again
            assert [port.identity for port in renamed] == [str(number) for number in range(1, 25)]
            assert renamed[0].description != first[0].description

    run(main())


def test_an_unknown_handler_is_told_with_the_nearest_one() -> None:
    async def main() -> None:
        with pytest.raises(UnknownPage, match="no switch handler 'cisco-catalist'; did you mean 'cisco-catalyst'"):
            OwnSwitchDriver(access(handler="cisco-catalist"), MemoryFabric(Streams(1)))

    run(main())


def test_a_table_that_has_grown_since_the_last_poll_is_read_whole() -> None:
    async def main() -> None:
        async with hall(ports=8) as (fabric, _):
            driver = OwnSwitchDriver(access(), fabric)
            assert len(await driver.ports()) == 8
            grown = FakeSwitch(LoopClock(), 48)
            place = ("127.32.0.2", 1161)
            await serve_switch(grown, "cisco-c3560", "private", fabric, place, grown.clock)
            driver._client._address = place  # type: ignore[attr-defined]
            before = fabric.sent
            assert len(await driver.ports()) == 48
            assert fabric.sent - before < 28

    run(main())
