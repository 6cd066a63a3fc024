"""Devices that others have written: net-snmp's snmpd over a table, and OpenIPMI's simulator with sensors and an inventory."""

from __future__ import annotations

import asyncio
import grp
import os
import pwd
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulator.dcim.drivers.base import BmcAccess, SnmpAccess
from simulator.fabric import UdpFabric
from simulator.recording.bmc_session import bmc_session
from tests.interop.programs import need

__all__ = ["free_port", "ipmi_sim", "snmpd", "snmpsim"]

TABLE = Path(__file__).with_name("pass_table.py")


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def _running(*command: str, **env: str) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, **env},
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


@asynccontextmanager
async def snmpd(folder: Path, walk: str, root: str, object_id: str, *writable: str) -> AsyncIterator[tuple[str, int]]:
    """Where it answers: its own system group, and below `root` the table of `walk`; the community `private` may write."""
    port = free_port()
    (folder / "table").write_text(walk)
    (folder / "snmpd.conf").write_text(
        f"agentaddress udp:127.0.0.1:{port}\n"
        "view shown included .1.3.6.1.2.1.1\n"
        f"view shown included .{root}\n"
        "com2sec writer default private\n"
        "com2sec reader default public\n"
        "group writers v1 writer\n"
        "group writers v2c writer\n"
        "group readers v2c reader\n"
        'access writers "" any noauth exact shown shown none\n'
        'access readers "" any noauth exact shown none none\n'
        "sysDescr Rack PDU, played\n"
        "sysName rack-7-pdu\n"
        f"sysObjectID .{object_id}\n"
        f"pass_persist .{root} {sys.executable} {TABLE} {folder / 'table'} {' '.join(writable)}\n"
    )
    options = ("-f", "-Ln", "-C", "-c", str(folder / "snmpd.conf"))
    async with _running(need("snmpd"), *options, SNMP_PERSISTENT_DIR=str(folder), MIBS=""):
        await _answers(port)
        yield "127.0.0.1", port


@asynccontextmanager
async def snmpsim(folder: Path, walk: str, writable: str) -> AsyncIterator[tuple[str, int]]:
    """Where it answers with the walk; below `writable` its INTEGERs may be written. It is no program that must be there."""
    program = shutil.which("snmpsim-command-responder")
    if program is None:
        pytest.skip("snmpsim is not installed (pip install snmpsim pysmi)")
    port = free_port()
    for name in ("data", "cache"):
        (folder / name).mkdir()
    lines = [line.split("|", 2) for line in walk.splitlines()]
    (folder / "data" / "public.snmprec").write_text(
        "".join(
            f"{name}|2:writecache|value={value}\n"
            if kind == "2" and name.startswith(f"{writable}.")
            else f"{name}|{kind}|{value}\n"
            for name, kind, value in lines
        )
    )
    who = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    options = ("--data-dir", str(folder / "data"), "--cache-dir", str(folder / "cache"))
    options += ("--agent-udpv4-endpoint", f"127.0.0.1:{port}", "--process-user", who[0], "--process-group", who[1])
    options += (f"--variation-module-options=writecache:file:{folder / 'cache' / 'written'}",)
    async with _running(program, *options):
        await _answers(port)
        yield "127.0.0.1", port


async def _answers(port: int) -> None:
    """Return when it does."""
    from simulator.dcim.drivers.own_snmp import SnmpSession

    fabric = UdpFabric()
    session = SnmpSession(SnmpAccess("snmpd", "127.0.0.1", port, "public", ""), fabric, bytes)
    try:
        for _ in range(5):
            try:
                await session.get("1.3.6.1.2.1.1.3.0")
            except Exception:
                continue
            return
        raise AssertionError("snmpd does not answer")
    finally:
        await session.close()
        fabric.close()


def _octets(data: bytes) -> str:
    return " ".join(f"0x{octet:02x}" for octet in data)


def _record(number: int, kind: int, unit: int, name: bytes) -> bytes:
    body = bytes((0x20, 0, number, 3, 1, 0x67, 0x88, kind, 1, 0, 0x70, 0, 0x70, 0x38, 0x38, 0, unit, 0))
    body += bytes((0, 1, 0, 0, 0, 0, 0, 3, 0x60, 0xB0, 0, 0xFF, 0, 0, 0xA0, 0x90, 0, 0, 0, 1, 1, 0, 0, 0))
    body += bytes((0xC0 | len(name),)) + name
    return bytes((0, 0, 0x51, 1, len(body))) + body


def _inventory() -> bytes:
    fields = b"".join(bytes((0xC0 | len(text),)) + text for text in (b"Acme", b"Board1", b"SN123456", b"PN1"))
    area = bytes((1, 0, 25, 0, 0, 0)) + fields + b"\xc1"
    area += bytes(-(len(area) + 1) % 8)
    area = bytes((1, (len(area) + 1) // 8)) + area[2:]
    head = bytes((1, 0, 0, 1, 0, 0, 0))
    return (head + bytes((-sum(head) & 0xFF,)) + area + bytes((-sum(area) & 0xFF,))).ljust(0x60, b"\0")


LAN = """\
name "iron"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 {port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "{program}"
  user 2 true "root" "calvin" admin 10 none md2 md5 straight
"""
MACHINE = f"""\
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
sel_enable 0x20 1000 0x0a
sensor_add 0x20 0 1 0x01 0x01
sensor_set_value 0x20 0 1 0x60 0
sensor_set_threshold 0x20 0 1 settable 011000 0xa0 0x90 0x70 0x00 0x00 0x00
sensor_add 0x20 0 2 0x04 0x01
sensor_set_value 0x20 0 2 0x35 0
main_sdr_add 0x20 {_octets(_record(1, 1, 0x01, b"DJTemp"))}
main_sdr_add 0x20 {_octets(_record(2, 4, 0x12, b"Fan1"))}
mc_add_fru_data 0x20 0 96 data {_octets(_inventory())}
mc_enable 0x20
"""
CHASSIS = """\
#!/bin/sh
# `get|set power|boot [value]`; each call is a line of the file `calls`, its state is a file beside it.
here=$(dirname "$0")
case "$1" in set) echo "$1 $2 $3" >> "$here/calls" ;; esac
case "$1 $2" in
  "get power") echo "power:$(cat "$here/power" 2>/dev/null || echo 0)" ;;
  "set power") echo "$3" > "$here/power" ;;
  "get boot") echo "boot:$(cat "$here/boot" 2>/dev/null || echo none)" ;;
  "set boot") echo "$3" > "$here/boot" ;;
  *) exit 0 ;;
esac
"""


@asynccontextmanager
async def ipmi_sim(folder: Path) -> AsyncIterator[BmcAccess]:
    """One machine with two sensors and an inventory; what its chassis is told stands in `folder/calls`."""
    port, program = free_port(), folder / "chassis"
    program.write_text(CHASSIS)
    program.chmod(0o755)
    (folder / "lan.conf").write_text(LAN.format(port=port, program=program))
    (folder / "machine.emu").write_text(MACHINE)
    (folder / "state").mkdir()
    files = ("-c", str(folder / "lan.conf"), "-f", str(folder / "machine.emu"), "-s", str(folder / "state"))
    access = BmcAccess("ipmi_sim", "127.0.0.1", port, "root", "calvin")
    async with _running(need("ipmi_sim"), "-n", *files):
        fabric = UdpFabric()
        try:
            async with bmc_session(access, fabric) as session:  # which waits until it is up
                await session.ask(0x06, 0x01)
        finally:
            fabric.close()
        yield access
