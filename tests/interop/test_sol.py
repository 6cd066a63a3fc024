"""Serial over LAN with ipmitool and ipmiconsole: what the host prints is shown, and keys reach it."""

from __future__ import annotations

import asyncio
import os
import pty
import random

import pytest

from simulator.bmc import Bmc, load_personality, serve_bmc
from simulator.fabric import UdpFabric
from simulator.ipmi.channel import user
from tests.bmc.chassis import FakeChassis
from tests.interop.programs import execute, need

pytestmark = pytest.mark.interop

HOST = "127.16.0.78"


class Host(FakeChassis):
    """It echoes what is typed, in capitals."""

    def typed(self, octets: bytes) -> None:
        super().typed(octets)
        self.printed(octets.decode("latin-1").upper())


class Terminal:
    """A console program on a terminal of its own."""

    def __init__(self, process: asyncio.subprocess.Process, master: int) -> None:
        self.process = process
        self._master = master
        self.shown = b""
        self._news = asyncio.Event()
        asyncio.get_running_loop().add_reader(master, self._read)

    @classmethod
    async def start(cls, *command: str) -> Terminal:
        master, slave = pty.openpty()
        command = (need("setsid"), "--ctty", "--wait", *command)  # ipmiconsole wants it to be its own
        process = await asyncio.create_subprocess_exec(*command, stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        return cls(process, master)

    def _read(self) -> None:
        try:
            self.shown += os.read(self._master, 4096)
        except OSError:  # the program has ended
            asyncio.get_running_loop().remove_reader(self._master)
        self._news.set()

    def type(self, octets: bytes) -> None:
        os.write(self._master, octets)

    async def until(self, text: bytes) -> None:
        async with asyncio.timeout(15):
            while text not in self.shown:
                assert self.process.returncode is None, self.shown
                self._news.clear()
                await self._news.wait()

    async def end(self) -> None:
        if self.process.returncode is None:
            self.process.terminate()
        await self.process.wait()
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)


@pytest.mark.parametrize(
    ("program", "options", "ready"),
    [
        ("ipmitool", "-I lanplus -H {host} -p {port} -U ADMIN -P secret sol activate", b"SOL Session operational"),
        ("ipmiconsole", "-h {host}:{port} -u ADMIN -p secret", b"SOL established"),
    ],
)
async def test_the_hosts_console_is_seen_and_typed_on(program: str, options: str, ready: bytes) -> None:
    path = need(program)
    fabric = UdpFabric()
    chassis = Host()
    bmc = Bmc(chassis, (user(2, "ADMIN", "secret"),), load_personality("generic"), random.Random(7).randbytes)
    endpoint = await serve_bmc(bmc, fabric, (HOST, 6230))  # ipmiconsole takes no port of five digits
    port = endpoint.address[1]
    terminal = await Terminal.start(path, *options.format(host=HOST, port=port).split())
    try:
        await terminal.until(ready)
        chassis.printed("Booting debian-12 from disk\r\n")
        await terminal.until(b"Booting debian-12")
        terminal.type(b"root")
        await terminal.until(b"ROOT")
        assert chassis.keys == b"root"
        chassis.printed("x" * 600 + "end of a long line\r\n")
        await terminal.until(b"end of a long line")
        ipmitool = need("ipmitool")
        login = ("-I", "lanplus", "-H", HOST, "-p", str(port), "-U", "ADMIN", "-P", "secret")
        second = await execute(ipmitool, *login, "sol", "activate")
        assert "already active" in second.text
        await execute(ipmitool, *login, "sol", "deactivate")
        assert bmc.console is None
        chassis.printed("nobody sees this\r\n")
        assert b"nobody sees this" not in terminal.shown
    finally:
        await terminal.end()
        endpoint.close()
        fabric.close()
