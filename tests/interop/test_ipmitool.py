"""Our BMCs on real UDP, driven by ipmitool."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from simulator.bmc import Bmc, BootOverride, load_personality, serve_bmc
from simulator.fabric import Endpoint, UdpFabric
from simulator.ipmi.channel import user
from simulator.ipmi.codes import Privilege
from tests.bmc.support import FakeChassis
from tests.interop.programs import Outcome, execute, need

pytestmark = pytest.mark.interop

USERS = (user(2, "ADMIN", "secret"), user(3, "operator", "lever", Privilege.OPERATOR))


@dataclass
class Bench:
    """One BMC on the wire, and ipmitool beside it."""

    program: str
    bmc: Bmc
    endpoint: Endpoint
    chassis: FakeChassis
    options: list[str] = field(default_factory=list)

    async def __call__(self, line: str, *, username: str = "ADMIN", password: str = "secret") -> Outcome:
        host, port = self.endpoint.address
        return await execute(
            *(self.program, "-I", "lanplus", "-H", host, "-p", str(port), "-U", username, "-P", password),
            *self.options,
            *line.split(),
        )

    async def says(self, line: str) -> str:
        outcome = await self(line)
        assert outcome.status == 0, outcome.text
        return outcome.out


@asynccontextmanager
async def bench(model: str = "generic", host: str = "127.16.0.1", *options: str) -> AsyncIterator[Bench]:
    program = need("ipmitool")
    fabric = UdpFabric()
    chassis = FakeChassis()
    bmc = Bmc(chassis, USERS, load_personality(model), random.Random(7).randbytes)
    endpoint = await serve_bmc(bmc, fabric, (host, 0))
    try:
        yield Bench(program, bmc, endpoint, chassis, list(options))
    finally:
        endpoint.close()
        fabric.close()


@pytest.mark.requirement("HW-1")
@pytest.mark.parametrize(("model", "suite"), [("generic", "3"), ("generic", "17"), ("supermicro-x10", "2")])
async def test_power_is_switched_and_told(model: str, suite: str) -> None:
    async with bench(model, "127.16.0.1", "-C", suite) as tool:
        assert "is off" in await tool.says("chassis power status")
        assert "Up/On" in await tool.says("chassis power on")
        assert "is on" in await tool.says("chassis power status")
        for line in ("cycle", "reset", "soft", "off"):
            await tool.says(f"chassis power {line}")
            tool.chassis.powered = line != "soft"
        assert tool.chassis.calls == ["power_on", "power_cycle", "reset", "soft_shutdown", "power_off"]
        assert tool.bmc.sessions == []


async def test_a_machine_that_is_off_cannot_be_reset() -> None:
    async with bench() as tool:
        for line in ("cycle", "reset", "soft"):
            outcome = await tool(f"chassis power {line}")
            assert outcome.status == 1
            assert "not supported in present state" in outcome.err
        assert tool.chassis.calls == []


@pytest.mark.parametrize(
    ("model", "lines"),
    [
        ("supermicro-x10", ("Firmware Revision         : 3.19", "Manufacturer ID           : 10876", "1579 (0x062b)")),
        ("dell-idrac8", ("Firmware Revision         : 2.70", "Manufacturer ID           : 674", "256 (0x0100)")),
        ("generic", ("Firmware Revision         : 1.00", "IPMI Version              : 2.0", "Chassis Device")),
    ],
)
async def test_the_model_shows_in_the_device_id(model: str, lines: tuple[str, ...]) -> None:
    async with bench(model) as tool:
        out = await tool.says("mc info")
        for line in lines:
            assert line in out


async def test_identity_and_self_test() -> None:
    async with bench() as tool:
        assert "passed" in await tool.says("mc selftest")
        assert "13121110-1514-1716-1819-1a1b1c1d1e1f" in await tool.says("mc guid")


async def test_chassis_status_and_restore_policy() -> None:
    async with bench() as tool:
        tool.chassis.last_power_event = "ac_lost"
        out = await tool.says("chassis status")
        assert "System Power         : off" in out
        assert "Power Restore Policy : previous" in out
        assert "ac-failed" in out
        listed = await tool.says("chassis policy list")
        assert {"always-off", "always-on", "previous"} <= set(listed.split())
        await tool.says("chassis policy always-on")
        assert tool.chassis.restore_policy == "on"
        assert "Power Restore Policy : always-on" in await tool.says("chassis status")


@pytest.mark.parametrize(
    ("line", "override", "shown"),
    [
        ("pxe", BootOverride("pxe", False, False), "Force PXE"),
        ("disk", BootOverride("disk", False, False), "Force Boot from default Hard-Drive"),
        ("cdrom", BootOverride("cdrom", False, False), "Force Boot from CD/DVD"),
        ("bios options=persistent,efiboot", BootOverride("bios", True, True), "BIOS EFI boot"),
        ("none", None, "No override"),
    ],
)
async def test_boot_device_is_set_and_read_back(line: str, override: BootOverride | None, shown: str) -> None:
    async with bench() as tool:
        tool.chassis.boot_override = BootOverride("pxe", True, False)
        await tool.says(f"chassis bootdev {line}")
        assert tool.chassis.boot_override == override
        out = await tool.says("chassis bootparam get 5")
        assert shown in out
        assert ("all future boots" in out) is (override is not None and override.persistent)


@pytest.mark.parametrize(
    ("word", "told", "boots"),
    [
        ("pxe", "Force PXE", "pxe"),
        ("disk", "Force Boot from default Hard-Drive", "disk"),
        ("safe", "Force Boot from default Hard-Drive, request Safe-Mode", "disk"),
        ("diag", "Force Boot from Diagnostic Partition", "diagnostic"),
        ("cdrom", "Force Boot from CD/DVD", "cdrom"),
        ("bios", "Force Boot into BIOS Setup", "bios"),
        ("floppy", "Force Boot from Floppy/primary removable media", "floppy"),
    ],
)
async def test_every_boot_device_is_taken_and_read_back(word: str, told: str, boots: str) -> None:
    async with bench() as tool:
        await tool.says(f"chassis bootdev {word}")
        assert told in await tool.says("chassis bootparam get 5")
        assert tool.chassis.boot_override is not None
        assert tool.chassis.boot_override.device == boots


async def test_channel_session_and_users_are_listed() -> None:
    async with bench("supermicro-x10") as tool:
        assert "802.3 LAN" in await tool.says("channel info")
        info = await tool.says("session info active")
        assert "IPMIv2/RMCP+" in info
        assert "127.0.0.1" in info
        users = {line.split()[1]: line for line in (await tool.says("user list")).splitlines()[1:] if len(line) > 8}
        assert users["ADMIN"].endswith("ADMINISTRATOR")
        assert users["operator"].endswith("OPERATOR")
        ciphers = await tool.says("channel getciphers ipmi")
        assert [line.split()[0] for line in ciphers.splitlines()[1:]] == ["1", "2", "3"]


async def test_what_a_model_lacks_is_an_unknown_command() -> None:
    async with bench("asus-asmb8") as tool:
        outcome = await tool("raw 0x2c 0x02 0xdc 0x01 0 0")
        assert outcome.status == 1
        assert "Invalid command" in outcome.text


@pytest.mark.parametrize("suite", ["3", "17"])
async def test_strangers_are_turned_away_at_once(suite: str) -> None:
    async with bench("generic", "127.16.0.1", "-C", suite) as tool:
        assert "Unable to establish" in (await tool("mc info", password="guess")).err
        wrong = await tool("-v mc info", username="nobody")
        assert wrong.status == 1
        assert "unauthorized name" in wrong.text
        assert tool.bmc.sessions == []


async def test_suite_that_the_model_lacks_is_refused() -> None:
    async with bench("supermicro-x10", "127.16.0.1", "-C", "17") as tool:
        outcome = await tool("-v mc info")
        assert outcome.status == 1
        assert "invalid authentication algorithm" in outcome.text


async def test_an_operator_is_no_administrator_and_a_user_switches_nothing() -> None:
    async with bench() as tool:
        refused = await tool("-L ADMINISTRATOR chassis power status", username="operator", password="lever")
        assert refused.status == 1
        granted = await tool("-L OPERATOR chassis power on", username="operator", password="lever")
        assert granted.status == 0, granted.text
        tool.chassis.calls.clear()
        outcome = await tool("-L USER chassis power off")
        assert outcome.status == 1
        assert "Insufficient privilege level" in outcome.text
        assert tool.chassis.calls == []


async def test_two_machines_of_the_same_port_are_two_machines() -> None:
    async with bench("generic", "127.16.0.1") as first:
        fabric = UdpFabric()
        chassis = FakeChassis("srv-02")
        bmc = Bmc(chassis, USERS, load_personality("dell-idrac8"), random.Random(8).randbytes)
        endpoint = await serve_bmc(bmc, fabric, ("127.16.0.2", first.endpoint.address[1]))
        second = Bench(first.program, bmc, endpoint, chassis)
        await second.says("chassis power on")
        assert (first.chassis.powered, chassis.powered) == (False, True)
        assert "674" in await second.says("mc info")
        endpoint.close()
        fabric.close()


async def test_makers_own_ways_are_what_their_tools_expect() -> None:
    async with bench("dell-idrac8") as tool:
        assert "dedicated" in await tool.says("delloem lan get")
        assert "dedicated" in await tool.says("delloem lan get active")
        assert "configured successfully" in await tool.says("delloem lan set shared with lom1")
        assert "not supported in present state" in (await tool("power off")).err
    async with bench("supermicro-x10") as tool:
        assert (await tool.says("raw 0x30 0x70 0x0c 0")).strip() == "00"
        await tool.says("raw 0 8 5 0xe0 0x24 0 0 0")
        assert tool.chassis.boot_override == BootOverride("disk", persistent=True, efi=True)
        assert "e024000000" in await tool.says("chassis bootparam get 5")
