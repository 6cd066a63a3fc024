"""A BMC's alerts as snmptrapd, pyghmi and FreeIPMI's ipmi-pet see them."""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulator.bmc import Bmc, load_personality, serve_bmc
from simulator.bmc.settings import Destination
from simulator.fabric import SharedUdpFabric, UdpFabric, can_share
from simulator.ipmi.channel import user
from simulator.ipmi.pet import ENTERPRISE
from tests.bmc.support import FakeChassis
from tests.interop.programs import execute, need
from tests.interop.test_netsnmp_traps import snmptrapd

pytestmark = pytest.mark.interop

HOST = "127.16.0.79"


async def trap_of(out: asyncio.StreamReader, specific: int) -> list[str]:
    """The octets of the next trap with this specific number, as snmptrapd prints them: in lines of sixteen."""
    text = ""
    async with asyncio.timeout(10):
        while not re.search(rf" 6 \.{specific}\|.*C1 *\n", text, re.DOTALL):
            line = (await out.readline()).decode()
            assert line, text
            text += line
    assert f".{ENTERPRISE} 6 .{specific}|.{ENTERPRISE}.1 = Hex-STRING" in text
    return text.rpartition("Hex-STRING:")[2].split()


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Bmc, FakeChassis, str]]:
    fabric, chassis = (SharedUdpFabric if can_share() else UdpFabric)(), FakeChassis()
    chassis.powered = True
    bmc = Bmc(chassis, (user(2, "ADMIN", "secret"),), load_personality("generic"), random.Random(7).randbytes)
    try:
        host, port = (await serve_bmc(bmc, fabric, (HOST, 0))).address
        yield bmc, chassis, f"{host}:{port}"
    finally:
        fabric.close()


@pytest.mark.requirement("HW-1")
async def test_a_dead_fan_reaches_snmptrapd_and_others_can_read_it(tmp_path: Path) -> None:
    async with served() as (bmc, chassis, where), snmptrapd(tmp_path) as (port, out):
        bmc.alert_to([("127.0.0.1", port)])
        chassis.thermal.fans[0] = 0.0
        bmc.sense("fans")
        octets = await trap_of(out, 0x040104)
        options = ["-h", where, "-u", "ADMIN", "-p", "secret", "-D", "LAN_2_0", "-l", "ADMIN"]
        told = await execute(
            *(need("ipmi-pet"), *options, f"--sdr-cache-directory={tmp_path}", str(0x040104)),
            *(f"0x{octet}" for octet in octets),
        )
        assert told.status == 0, told.text
        assert "Fan 1" in told.out
        assert "Lower Non-recoverable" in told.out
        read = await execute(
            *(sys.executable, "-m", "tests.interop.pyghmi_client", where, "ADMIN", "secret"),
            *("decode_pet", str(0x040104), "0x:" + "".join(octets)),
        )
        assert read.status == 0, read.text
        event = json.loads(read.out)
        assert (event["component_type"], event["deassertion"]) == ("Fan", False)
        assert "non-recoverable" in event["event"].lower()


async def test_a_receiver_that_acknowledges_ends_the_retries(tmp_path: Path) -> None:
    async with served() as (bmc, chassis, where), snmptrapd(tmp_path) as (port, out):
        bmc.alert_to([("127.0.0.1", port)])
        bmc.settings.destinations[1].type = 0x80
        bmc.settings.destinations[1].timeout = 100
        chassis.disks[0].failed = True
        bmc.sense("drives")
        assert bmc.alerts.due is not None
        octets = await trap_of(out, 0x0D6F01)
        words = [need("ipmi-pet"), "-h", where, "-u", "ADMIN", "-p", "secret", "-D", "LAN_2_0", "-l", "ADMIN"]
        done = await execute(*words, "--pet-acknowledge", str(0x0D6F01), *(f"0x{octet}" for octet in octets))
        assert done.status == 0, done.text
        assert bmc.alerts.due is None


async def test_ipmitool_sets_alerts_up_and_a_trap_is_sent(tmp_path: Path) -> None:
    """All of it over the LAN, but for the port: a receiver on 162 needs privileges."""
    async with served() as (bmc, chassis, where), snmptrapd(tmp_path) as (port, out):
        host, _, number = where.rpartition(":")
        login = [need("ipmitool"), "-I", "lanplus", "-H", host, "-p", number, "-U", "ADMIN", "-P", "secret"]
        bmc.settings.destinations[1] = Destination(port=port)
        for line in (
            "lan alert set 1 1 ipaddr 127.0.0.1",
            "lan alert set 1 1 type pet",
            "lan set 1 snmp hall",
            "raw 0x06 0x40 0x01 0x82 0x00",  # `lan set 1 alert on` of ipmitool 1.8.19 sets the bit that disables
            "pef policy enable 1",
            "raw 0x04 0x12 0x01 0x01",
        ):
            done = await execute(*login, *line.split())
            assert done.status == 0, done.text
        chassis.psus[1].live = False
        bmc.sense("supplies")
        assert len(await trap_of(out, 0x086F03)) >= 47
