"""net-snmp's tools against our agents on real UDP: another's idea of SNMP, numeric throughout."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from simulator.fabric import Endpoint, UdpFabric
from simulator.kernel import LoopClock
from tests.interop.programs import Outcome, execute, need
from tests.pdu.support import FakePdu, serve_pdu
from tests.switch.support import FakeSwitch, serve_switch

pytestmark = pytest.mark.interop

IF = ".1.3.6.1.2.1.2.2.1"
APC = ".1.3.6.1.4.1.318.1.1"


@asynccontextmanager
async def switch(model: str = "cisco-c3560") -> AsyncIterator[tuple[FakeSwitch, Endpoint]]:
    fabric = UdpFabric()
    hardware = FakeSwitch(LoopClock())
    try:
        yield (
            hardware,
            await serve_switch(
                hardware, model, "private", fabric, ("127.32.0.9", 0), hardware.clock, read_community="public"
            ),
        )
    finally:
        fabric.close()


@asynccontextmanager
async def pdu(model: str) -> AsyncIterator[tuple[FakePdu, Endpoint]]:
    fabric = UdpFabric()
    hardware = FakePdu(LoopClock(rate=1000.0))
    try:
        yield hardware, await serve_pdu(hardware, model, "private", fabric, ("127.48.0.9", 0), hardware.clock)
    finally:
        fabric.close()


async def tool(
    program: str, end: Endpoint, *arguments: str, community: str = "private", version: str = "2c"
) -> Outcome:
    options = ("-m", "", "-On", "-Oe", "-t", "5", "-r", "0", f"-v{version}", "-c", community)
    host, port = end.address
    extra = arguments[: len(arguments) - 1] if program == "snmpbulkwalk" else ()
    rest = arguments[len(extra) :]
    return await execute(need(program), *options, *extra, f"{host}:{port}", *rest)


@pytest.mark.requirement("HW-3")
async def test_snmpget_reads_a_port() -> None:
    async with switch() as (hardware, end):
        hardware.ports[0].octets_in = 2**33
        names = (f"{IF}.2.10101", f"{IF}.8.10101", ".1.3.6.1.2.1.31.1.1.1.6.10101", ".1.3.6.1.2.1.1.2.0")
        answer = await tool("snmpget", end, *names, community="public")
        assert answer.out.splitlines() == [
            f'{IF}.2.10101 = STRING: "GigabitEthernet0/1"',
            f"{IF}.8.10101 = INTEGER: 1",
            ".1.3.6.1.2.1.31.1.1.1.6.10101 = Counter64: 8589934592",
            ".1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.9.1.617",
        ]
        assert answer.status == 0


@pytest.mark.parametrize("version", ["1", "2c"])
@pytest.mark.requirement("HW-3")
async def test_snmpset_switches_a_port(version: str) -> None:
    async with switch() as (hardware, end):
        answer = await tool("snmpset", end, f"{IF}.7.10103", "i", "2", version=version)
        assert answer.out == f"{IF}.7.10103 = INTEGER: 2\n"
        assert not hardware.ports[2].admin_up
        assert (await tool("snmpget", end, f"{IF}.8.10103", version=version)).out == f"{IF}.8.10103 = INTEGER: 2\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((f"{IF}.7.10103", "i", "7"), "wrongValue"),
        ((f"{IF}.7.10103", "s", "down"), "wrongType"),
        ((f"{IF}.7.10199", "i", "2"), "noCreation"),
        ((f"{IF}.8.10103", "i", "2"), "notWritable"),
    ],
)
async def test_snmpset_is_told_why_not(arguments: tuple[str, ...], reason: str) -> None:
    async with switch() as (hardware, end):
        answer = await tool("snmpset", end, *arguments)
        assert reason in answer.text
        assert answer.status != 0
        assert all(port.admin_up for port in hardware.ports)


async def test_the_read_community_may_not_set_and_another_hears_nothing() -> None:
    async with switch() as (hardware, end):
        refused = await tool("snmpset", end, f"{IF}.7.10103", "i", "2", community="public")
        assert "noAccess" in refused.text
        host, port = end.address
        silent = await execute(
            need("snmpget"), "-m", "", "-t", "0.2", "-r", "0", "-v2c", "-c", "guess", f"{host}:{port}", f"{IF}.7.10103"
        )
        assert "Timeout: No Response" in silent.text
        assert hardware.ports[2].admin_up


@pytest.mark.parametrize("model", ["cisco-c3560", "dlink-des3200", "hp-procurve-6120"])
async def test_snmpwalk_and_snmpbulkwalk_find_the_same_and_both_end(model: str) -> None:
    async with switch(model) as (_, end):
        one = await tool("snmpwalk", end, f"{IF}")
        many = await tool("snmpbulkwalk", end, "-Cr25", f"{IF}")
        assert one.out == many.out
        assert one.status == many.status == 0
        assert len(one.out.splitlines()) == 26 * 22


async def test_a_walk_of_everything_ends_in_order() -> None:
    """The tools stop with an error of their own at a name that does not increase."""
    async with switch() as (_, end):
        everything = await tool("snmpbulkwalk", end, "-Cr40", ".1")
        assert everything.status == 0
        assert "not increasing" not in everything.text
        assert everything.out.splitlines()[-1].endswith(
            "No more variables left in this MIB View (It is past the end of the MIB tree)"
        )
        assert len(everything.out.splitlines()) > 700
        old = await tool("snmpwalk", end, ".1.3.6.1.2.1.31", version="1")
        assert old.status == 0
        assert "Counter64" not in old.out
        assert ".1.3.6.1.2.1.31.1.1.1.18.10124" in old.out


@pytest.mark.requirement("HW-2")
async def test_an_apc_is_commanded_in_one_tree_and_read_in_the_others() -> None:
    async with pdu("apc-ap8641") as (hardware, end):
        await tool("snmpset", end, f"{APC}.12.3.3.1.1.4.5", "i", "2")
        await hardware.clock.sleep(2)  # an APC's relay moves a second after its command
        assert not hardware.outlets[4].on
        names = (f"{APC}.4.4.2.1.3.5", f"{APC}.12.3.5.1.1.4.5", f"{APC}.26.9.2.3.1.5.5")
        answer = await tool("snmpget", end, *names)
        assert [line.rpartition(" ")[2] for line in answer.out.splitlines()] == ["2", "2", "1"]


@pytest.mark.requirement("HW-2")
async def test_a_raritan_is_switched() -> None:
    async with pdu("raritan-px3") as (hardware, end):
        await tool("snmpset", end, ".1.3.6.1.4.1.13742.6.4.1.2.1.2.1.5", "i", "0")
        assert not hardware.outlets[4].on
        answer = await tool("snmpget", end, ".1.3.6.1.4.1.13742.6.4.1.2.1.3.1.5")
        assert answer.out.endswith("INTEGER: 8\n")


async def test_a_device_without_power_is_silent() -> None:
    async with switch() as (hardware, end):
        hardware.alive = False
        host, port = end.address
        answer = await execute(
            need("snmpget"),
            "-m",
            "",
            "-t",
            "0.2",
            "-r",
            "0",
            "-v2c",
            "-c",
            "private",
            f"{host}:{port}",
            f"{IF}.7.10101",
        )
        assert "Timeout: No Response" in answer.text


@pytest.mark.requirement("HW-3")
async def test_snmpset_sets_speed_and_duplex_in_one_request_or_neither() -> None:
    speed, duplex = (f".1.3.6.1.4.1.9.5.1.4.1.1.{column}.1.3" for column in (9, 10))
    async with switch() as (hardware, end):
        answer = await tool("snmpset", end, speed, "i", "100000000", duplex, "i", "1")
        assert answer.out.splitlines() == [f"{speed} = INTEGER: 100000000", f"{duplex} = INTEGER: 1"]
        assert hardware.ports[2].setting == (10**8, False)
        answer = await tool("snmpget", end, ".1.3.6.1.2.1.10.7.2.1.19.10103", f"{IF}.5.10103", community="public")
        assert answer.out.splitlines() == [
            ".1.3.6.1.2.1.10.7.2.1.19.10103 = INTEGER: 2",
            f"{IF}.5.10103 = Gauge32: 100000000",
        ]
        answer = await tool("snmpset", end, duplex, "i", "2", speed, "i", "10")
        assert "wrongValue" in answer.err
        answer = await tool("snmpset", end, speed, "i", "1000000000")
        assert "inconsistentValue" in answer.err
        assert hardware.ports[2].setting == (10**8, False)


@pytest.mark.requirement("HW-3")
async def test_snmpset_gives_a_mau_another_default_type_and_ends_its_negotiation() -> None:
    kind, negotiation = ".1.3.6.1.2.1.26.2.1.1.11.3.1", ".1.3.6.1.2.1.26.5.1.1.1.3.1"
    async with switch("hp-procurve-6120") as (hardware, end):
        answer = await tool("snmpset", end, kind, "o", ".1.3.6.1.2.1.26.4.11", negotiation, "i", "2")
        assert answer.out.splitlines() == [f"{kind} = OID: .1.3.6.1.2.1.26.4.11", f"{negotiation} = INTEGER: 2"]
        assert hardware.ports[2].setting == (10**7, True)
        answer = await tool("snmpwalk", end, ".1.3.6.1.2.1.26.2.1.1.3")
        assert answer.out.splitlines()[2] == ".1.3.6.1.2.1.26.2.1.1.3.3.1 = OID: .1.3.6.1.2.1.26.4.11"
