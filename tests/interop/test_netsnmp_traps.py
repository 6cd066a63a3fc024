"""snmptrapd as a sink: what it makes of our traps and informs. The fence agents: how clusters drive switches and PDUs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from simulator.fabric import Endpoint, UdpFabric
from simulator.kernel import LoopClock
from simulator.pdu import serve_pdu
from simulator.snmp import User, Version
from simulator.snmp.station import Sink
from simulator.switch import personality, serve_switch
from tests.interop.programs import execute, need
from tests.pdu.fakes import FakePdu
from tests.switch.fakes import FakeSwitch

pytestmark = pytest.mark.interop
PASSWORD = "maplesyrup"
TRAPPER = User("trapper", "SHA", PASSWORD, "AES", PASSWORD)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@asynccontextmanager
async def snmptrapd(folder: Path) -> AsyncIterator[tuple[int, asyncio.StreamReader]]:
    """The daemon, and what it prints, line by line."""
    config, port = folder / "snmptrapd.conf", free_port()
    config.write_text(
        f"disableAuthorization yes\ncreateUser -e 0x800000090473772d6131 trapper SHA {PASSWORD} AES {PASSWORD}\n"
        "authUser log trapper\n"
    )
    process = await asyncio.create_subprocess_exec(
        need("snmptrapd"),
        *("-f", "-Lo", "-C", "-c", str(config), "-m", "", "-On", "-Oe", "-F", "TRAP %P|%N %w %q|%v\\n"),
        *("--persistentDir=" + str(folder), f"udp:127.0.0.1:{port}"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        while b"NET-SNMP version" not in await process.stdout.readline():
            pass
        yield port, process.stdout
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize(
    "form",
    [{"version": Version.V1}, {"version": Version.V2C}, {"inform": True}, {"user": TRAPPER}],
    ids=["v1", "v2c", "inform", "v3"],
)
@pytest.mark.requirement("HW-3")
async def test_snmptrapd_hears_a_link_go_down(form: dict[str, Any], tmp_path: Path) -> None:
    fabric, hardware = UdpFabric(), FakeSwitch(LoopClock())
    stations: dict[str, Any] = {}
    try:
        await serve_switch(
            hardware, "cisco-c3560", "private", fabric, ("127.32.0.11", 0), hardware.clock,
            users=[TRAPPER], stations=stations,
        )  # fmt: skip
        async with snmptrapd(tmp_path) as (port, out):
            stations["sw-a1"].sinks.append(Sink(("127.0.0.1", port), **form))
            hardware.ports[2].set_admin(up=False)
            link_changed, _ = hardware.watchers
            link_changed(hardware.ports[2])
            async with asyncio.timeout(10):
                text = ""
                while "10103" not in text:
                    line = (await out.readline()).decode()
                    assert line, text
                    text += line
            assert ".1.3.6.1.2.1.2.2.1.8.10103 = INTEGER: 2" in text
            assert ".1.3.6.1.6.3.1.1.5.3" in text or " 2 0" in text or "TRAP" in text
    finally:
        fabric.close()


@asynccontextmanager
async def pdu(model: str) -> AsyncIterator[tuple[FakePdu, Endpoint]]:
    fabric, hardware = UdpFabric(), FakePdu(LoopClock())
    try:
        yield (
            hardware,
            await serve_pdu(hardware, model, "private", fabric, ("127.48.0.11", 0), hardware.clock, users=[TRAPPER]),
        )
    finally:
        fabric.close()


async def fence(program: str, end: Endpoint, *arguments: str, secret: bool = False) -> tuple[int, str]:
    host, port = end.address
    who = ("-d", "2c", "-c", "private")
    if secret:
        who = ("-d", "3", "--username", "trapper", "-b", "SHA", "-p", PASSWORD, "-B", "AES", "-P", PASSWORD)
        who += ("-E", "authPriv")
    outcome = await execute(need(program), "-a", host, "-u", str(port), *who, *arguments)
    return outcome.status, outcome.text


@pytest.mark.parametrize("model", ["apc-ap8641", "apc-ap7902b", "apc-ap7920", "apc-ap9606"])
@pytest.mark.requirement("HW-2")
async def test_fence_apc_snmp_drives_every_apc(model: str) -> None:
    async with pdu(model) as (hardware, end):
        status, text = await fence("fence_apc_snmp", end, "-o", "list")
        assert status == 0, text
        assert "7,Outlet 7" in text
        for action, on in (("off", False), ("on", True)):
            status, text = await fence("fence_apc_snmp", end, "-n", "7", "-o", action)
            assert (status, hardware.outlets[6].on) == (0, on), text
        assert (await fence("fence_apc_snmp", end, "-n", "7", "-o", "status"))[0] == 0


@pytest.mark.requirement("HW-2")
async def test_fence_apc_snmp_reboots_an_outlet_over_v3() -> None:
    async with pdu("apc-ap8641") as (hardware, end):
        status, text = await fence("fence_apc_snmp", end, "-n", "3", "-o", "reboot", "--power-wait", "0", secret=True)
        assert status == 0, text
        assert hardware.outlets[2].on


@pytest.mark.parametrize("model", ["cisco-c3560", "brocade-icx6430", "huawei-s12704"])
@pytest.mark.requirement("HW-3")
async def test_fence_ifmib_drives_a_port(model: str) -> None:
    fabric, hardware = UdpFabric(), FakeSwitch(LoopClock())
    try:
        end = await serve_switch(hardware, model, "private", fabric, ("127.32.0.12", 0), hardware.clock)
        index = {"cisco-c3560": 10104, "brocade-icx6430": 4, "huawei-s12704": 9}[model]
        for action, up in (("off", False), ("on", True)):
            status, text = await fence("fence_ifmib", end, "-n", str(index), "-o", action)
            assert (status, hardware.ports[3].admin_up) == (0, up), text
        status, text = await fence("fence_ifmib", end, "-o", "list")
        assert status == 0
        assert personality(model).port_description.replace("{n}", "4") in text
    finally:
        fabric.close()
