"""snmptrapd as a sink: what it makes of our traps and informs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from simulator.fabric import UdpFabric
from simulator.kernel import LoopClock
from simulator.snmp import User, Version
from simulator.snmp.station import Sink
from tests.interop.programs import need
from tests.switch.support import FakeSwitch, serve_switch

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
