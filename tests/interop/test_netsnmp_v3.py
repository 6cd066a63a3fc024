"""net-snmp's tools against our agents in SNMPv3: every pair of digest and cipher that they have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from simulator.control.endpoints import endpoints, greeting
from simulator.control.up import stand
from simulator.fabric import Endpoint, UdpFabric
from simulator.kernel import LoopClock
from simulator.lab import Lab
from simulator.lab.options import WireOptions
from simulator.snmp import User, oid
from simulator.snmp.usm import AUTH_PROTOCOLS, PRIV_PROTOCOLS
from tests.interop.programs import Outcome, execute, need
from tests.pdu.support import FakePdu, serve_pdu
from tests.switch.support import FakeSwitch, serve_switch

pytestmark = pytest.mark.interop

PASSWORD = "maplesyrup"
IF = ".1.3.6.1.2.1.2.2.1"
PAIRS = [(auth, priv) for auth in AUTH_PROTOCOLS for priv in (None, *PRIV_PROTOCOLS)]
USERS = [
    User(f"{auth}{priv or ''}", auth, PASSWORD, priv, PASSWORD if priv else "")  # type: ignore[arg-type]
    for auth, priv in PAIRS
] + [
    User("nobody"),
    User("reader", "SHA", PASSWORD, write=False),
    User("system", "SHA", PASSWORD, view=(oid("1.3.6.1.2.1.1"),)),
]


@asynccontextmanager
async def switch(model: str = "cisco-c3560") -> AsyncIterator[tuple[FakeSwitch, Endpoint]]:
    fabric = UdpFabric()
    hardware = FakeSwitch(LoopClock())
    try:
        yield (
            hardware,
            await serve_switch(hardware, model, "private", fabric, ("127.32.0.10", 0), hardware.clock, users=USERS),
        )
    finally:
        fabric.close()


async def tool(
    program: str, end: Endpoint, user: str, *arguments: str, auth: str | None, priv: str | None, context: str = ""
) -> Outcome:
    level = "authPriv" if priv else "authNoPriv" if auth else "noAuthNoPriv"
    options = ["-m", "", "-On", "-Oe", "-t", "2", "-r", "0", "-v3", "-u", user, "-l", level, "-n", context]
    if auth:
        options += ["-a", auth, "-A", PASSWORD]
    if priv:
        options += ["-x", priv, "-X", PASSWORD]
    host, port = end.address
    return await execute(need(program), *options, f"{host}:{port}", *arguments)


@pytest.mark.requirement("HW-3")
async def test_every_digest_and_cipher_reads_and_sets() -> None:
    async with switch() as (hardware, end):
        for auth, priv in PAIRS:
            user = f"{auth}{priv or ''}"
            answer = await tool("snmpget", end, user, f"{IF}.2.10101", auth=auth, priv=priv)
            assert answer.out == f'{IF}.2.10101 = STRING: "GigabitEthernet0/1"\n', (auth, priv, answer.text)
        for auth, priv in (("MD5", "DES"), ("SHA-512", "AES-256")):
            hardware.ports[2].admin_up = True
            answer = await tool("snmpset", end, f"{auth}{priv}", f"{IF}.7.10103", "i", "2", auth=auth, priv=priv)
            assert answer.status == 0, answer.text
            assert not hardware.ports[2].admin_up


async def test_walks_in_v3_agree_with_those_in_v2c() -> None:
    async with switch() as (_, end):
        secret = await tool("snmpbulkwalk", end, "SHA-256AES", f"{IF}", auth="SHA-256", priv="AES")
        host, port = end.address
        plain = await execute(
            need("snmpwalk"), "-m", "", "-On", "-Oe", "-v2c", "-c", "private", f"{host}:{port}", f"{IF}"
        )
        assert secret.out == plain.out
        assert len(secret.out.splitlines()) == 26 * 22


@pytest.mark.parametrize(
    ("user", "auth", "priv", "reason"),
    [
        ("stranger", "SHA", None, "Unknown user name"),
        ("MD5", "SHA", None, "Authentication failure"),
        ("MD5", "MD5", "DES", "Unsupported security level"),
        ("SHAAES", "SHA", "DES", "Decryption error|Timeout"),
        ("MD5", None, None, "authorizationError"),
    ],
)
async def test_the_tools_are_told_what_is_wrong(user: str, auth: str, priv: str, reason: str) -> None:
    async with switch() as (_, end):
        answer = await tool("snmpget", end, user, f"{IF}.2.10101", auth=auth, priv=priv)
        assert answer.status != 0
        assert any(word in answer.text for word in reason.split("|")), answer.text


async def test_a_user_reads_only_or_sees_a_part_of_the_tree() -> None:
    async with switch() as (hardware, end):
        assert (await tool("snmpget", end, "nobody", f"{IF}.2.10101", auth=None, priv=None)).status == 0
        refused = await tool("snmpset", end, "reader", f"{IF}.7.10103", "i", "2", auth="SHA", priv=None)
        assert "noAccess" in refused.text
        assert hardware.ports[2].admin_up
        part = await tool("snmpwalk", end, "system", ".1", auth="SHA", priv=None)
        assert part.out.count("\n.1.3.6.1.2.1.1.9.") == 19
        assert "No more variables" in part.out
        hidden = await tool("snmpget", end, "system", f"{IF}.2.10101", auth="SHA", priv=None)
        assert "No Such Object" in hidden.out


async def test_a_context_names_a_vlan_of_a_catalyst() -> None:
    async with switch() as (hardware, end):
        hardware.ports[0].stations = (bytes((2, 0, 0, 0, 0, 1)),)
        fdb = ".1.3.6.1.2.1.17.4.3.1.2"
        found = await tool("snmpwalk", end, "SHA", fdb, auth="SHA", priv=None, context="vlan-1")
        assert found.out == f"{fdb}.2.0.0.0.0.1 = INTEGER: 1\n"
        missing = await tool("snmpget", end, "SHA", ".1.3.6.1.2.1.1.1.0", auth="SHA", priv=None, context="vlan-9")
        assert missing.status != 0


async def test_a_restart_is_told_by_boots_and_a_manager_finds_its_way() -> None:
    fabric, hardware = UdpFabric(), FakePdu(LoopClock())
    try:
        end = await serve_pdu(hardware, "apc-ap8641", "x", fabric, ("127.48.0.10", 0), hardware.clock, users=USERS)
        for booted in (0.0, 1.0):
            hardware.booted_at = booted
            answer = await tool("snmpget", end, "SHAAES", ".1.3.6.1.2.1.1.5.0", auth="SHA", priv="AES")
            assert answer.out == '.1.3.6.1.2.1.1.5.0 = STRING: "pdu-a1"\n'
    finally:
        fabric.close()


async def test_the_line_that_is_printed_for_a_rack_of_version_3_works_as_it_stands() -> None:
    plan = Lab.load("secure").plan
    async with stand(plan, WireOptions(devices="as planned"), control_port=0) as standing:
        told = endpoints(standing)
        assert told["switches"][0] | {"host": "", "port": 0} == {
            "name": "sw-s1", "host": "", "port": 0, "version": "3", "user": "dcimanager",
            "auth": "sha256", "auth_key": "correct-horse", "priv": "aes", "priv_key": "battery-staple",
        }  # fmt: skip
        (line,) = (line for line in greeting(standing) if "switch sw-s1" in line)
        _, _, command = line.partition("snmpwalk ")
        answer = await execute(need("snmpwalk"), "-m", "", "-On", *command.split())
        assert '.1.3.6.1.2.1.1.5.0 = STRING: "sw-s1"' in answer.out, answer.text
