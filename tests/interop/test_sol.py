"""Serial over LAN with ipmitool and ipmiconsole: what the host prints is shown, and keys reach it."""

from __future__ import annotations

import asyncio
import os
import pty
import random
from dataclasses import replace

import pytest

from simulator.bmc import Bmc, load_personality, serve_bmc
from simulator.fabric import UdpFabric
from simulator.ipmi.channel import user
from tests.bmc.support import FakeChassis
from tests.interop.programs import execute, need

pytestmark = pytest.mark.interop

# ipmiconsole takes no port of five digits, so it is fixed: another than labs take for all addresses at once, and each worker
# of a test run has its own address.
PORT = 6239
HOST = f"127.16.7.{1 + int(os.environ.get('PYTEST_XDIST_WORKER', 'gw0')[2:])}"


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
    ("program", "options", "ready", "send_break"),
    [
        ("ipmitool", "-I lanplus -H {host} -p {port} -U ADMIN -P secret sol activate", b"SOL Session oper", b"\r~B"),
        ("ipmiconsole", "-h {host}:{port} -u ADMIN -p secret", b"SOL established", b"&B"),
    ],
)
async def test_the_hosts_console_is_seen_and_typed_on(
    program: str, options: str, ready: bytes, send_break: bytes
) -> None:
    path = need(program)
    fabric = UdpFabric()
    chassis = Host()
    bmc = Bmc(chassis, (user(2, "ADMIN", "secret"),), load_personality("generic"), random.Random(7).randbytes)
    endpoint = await serve_bmc(bmc, fabric, (HOST, PORT))
    port = endpoint.address[1]
    terminal = await Terminal.start(path, *options.format(host=HOST, port=port).split())
    try:
        await terminal.until(ready)
        chassis.printed("Booting debian-12 from disk\r\n")
        await terminal.until(b"Booting debian-12")
        terminal.type(b"root")
        await terminal.until(b"ROOT")
        assert chassis.keys == b"root"
        terminal.type(send_break)
        terminal.type(b"after")
        await terminal.until(b"AFTER")
        assert b"<break>" in chassis.keys
        chassis.printed("x" * 600 + "end of a long line\r\n")
        await terminal.until(b"end of a long line")
        ipmitool = need("ipmitool")
        login = ("-I", "lanplus", "-H", HOST, "-p", str(port), "-U", "ADMIN", "-P", "secret")
        second = await execute(ipmitool, *login, "sol", "activate")
        assert "already active" in second.text
        third = await Terminal.start(ipmitool, *login, "sol", "activate", "instance=2")
        try:
            await third.until(b"SOL Session oper")
            assert bmc.consoles.active == [1, 2]
            chassis.printed("all see this\r\n")
            await third.until(b"all see this")
            await terminal.until(b"all see this")
        finally:
            await third.end()
        await execute(ipmitool, *login, "sol", "deactivate", "instance=2")
        await execute(ipmitool, *login, "sol", "deactivate")
        assert bmc.consoles.active == []
        chassis.printed("nobody sees this\r\n")
        assert b"nobody sees this" not in terminal.shown
    finally:
        await terminal.end()
        endpoint.close()
        fabric.close()


def odd(quirk: str) -> Bmc:
    model = load_personality("generic")
    model = replace(model, channel=replace(model.channel, quirks=frozenset({quirk})))
    return Bmc(Host(), (user(2, "ADMIN", "secret"),), model, random.Random(7).randbytes)


LOGIN = ("-u", "ADMIN", "-p", "secret")


async def test_odd_payload_sizes_need_the_workaround_that_ipmiconsole_has_for_them() -> None:
    fabric = UdpFabric()
    try:
        await serve_bmc(odd("solpayloadsize"), fabric, (HOST, PORT))
        for workaround, said in (((), b"BMC Implementation"), (("-W", "solpayloadsize"), b"SOL established")):
            terminal = await Terminal.start(need("ipmiconsole"), "-h", f"{HOST}:{PORT}", *LOGIN, *workaround)
            try:
                await terminal.until(said)
            finally:
                await terminal.end()
    finally:
        fabric.close()


async def test_ipmiconsole_goes_to_an_odd_port_unless_its_workaround_keeps_it() -> None:
    fabric, strayed = UdpFabric(), asyncio.Event()
    try:
        try:
            await serve_bmc(odd("solport"), fabric, (HOST, 623))  # its workaround knows no other port
        except PermissionError:
            pytest.skip("port 623 needs privileges")
        await fabric.open((HOST, 623 ^ 0x0100), lambda data, source: strayed.set())
        terminal = await Terminal.start(need("ipmiconsole"), "-h", HOST, *LOGIN)
        try:
            async with asyncio.timeout(10):
                await strayed.wait()
            assert b"SOL established" not in terminal.shown
        finally:
            await terminal.end()
        terminal = await Terminal.start(need("ipmiconsole"), "-h", HOST, *LOGIN, "-W", "solport")
        try:
            await terminal.until(b"SOL established")
        finally:
            await terminal.end()
    finally:
        fabric.close()
