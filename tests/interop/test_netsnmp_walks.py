"""net-snmp's walkers over every switch and PDU that there is: whole walks end, are in order, and their forms agree."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulator.fabric import Endpoint, UdpFabric
from simulator.kernel import LoopClock
from simulator.pdu import personality_names as pdus
from simulator.switch import personality_names as switches
from tests.interop.programs import execute, need
from tests.pdu.support import FakePdu, serve_pdu
from tests.switch.support import FakeSwitch, serve_switch

pytestmark = pytest.mark.interop
QUICK = {"cisco-c3560", "huawei-s12704", "apc-ap8641"}
CHANGING = (
    ".1.3.6.1.2.1.1.3.0 ",
    ".1.3.6.1.6.3.10.2.1.3.0 ",
    ".1.3.6.1.2.1.11.",
    ".1.3.6.1.2.1.4.",
    ".1.3.6.1.2.1.17.2.3.0 ",
)
"""The time, and the agent's own counters of what it is asked."""


@asynccontextmanager
async def device(model: str, size: int = 12) -> AsyncIterator[Endpoint]:
    fabric = UdpFabric()
    try:
        if model in switches():
            switch = FakeSwitch(LoopClock(), size)
            switch.ports[0].octets_in = 2**40
            switch.ports[2].stations = (bytes((2, 0, 0, 200, 0, 1)), bytes((2, 0, 0, 0, 0, 1)))
            yield await serve_switch(switch, model, "private", fabric, ("127.32.0.19", 0), switch.clock)
        else:
            pdu = FakePdu(LoopClock(), size)
            yield await serve_pdu(pdu, model, "private", fabric, ("127.48.0.19", 0), pdu.clock)
    finally:
        fabric.close()


async def walk(end: Endpoint, program: str, version: str, *options: str) -> list[str]:
    """All from `.1` on. The walkers stop with an error of their own at a name that does not increase."""
    host, port = end.address
    form = ("-m", "", "-On", "-Oe", "-Ox", "-Ot", "-t", "5", f"-v{version}", "-c", "private")
    outcome = await execute(need(program), *form, *options, f"{host}:{port}", ".1")
    assert outcome.status == 0, outcome.text
    assert "not increasing" not in outcome.text
    found = outcome.out.splitlines()
    if version != "1":
        assert "past the end of the MIB tree" in found.pop()
    return [line for line in found if line.startswith(".") and not line.startswith(CHANGING)]


@pytest.mark.parametrize(
    "model",
    [pytest.param(each, marks=[] if each in QUICK else [pytest.mark.slow]) for each in (*switches(), *pdus())],
)
async def test_a_whole_walk_ends_in_order_and_is_the_same_in_every_form(model: str) -> None:
    async with device(model) as end:
        single = await walk(end, "snmpwalk", "2c")
        assert single == await walk(end, "snmpbulkwalk", "2c", "-Cr7")
        assert single == await walk(end, "snmpbulkwalk", "2c", "-Cr60")
        old = await walk(end, "snmpwalk", "1")
        assert old == [line for line in single if "= Counter64: " not in line]
        order = [tuple(map(int, line.partition(" ")[0].strip(".").split("."))) for line in single]
        assert order == sorted(set(order))
        assert len(order) > 15


MIB = """RACKLOOP-TEST-MIB DEFINITIONS ::= BEGIN
mib2 OBJECT IDENTIFIER ::= { iso org(3) dod(6) internet(1) mgmt(2) 1 }
interfaces OBJECT IDENTIFIER ::= { mib2 2 }
ports OBJECT-TYPE SYNTAX SEQUENCE OF Port MAX-ACCESS not-accessible STATUS current DESCRIPTION "" ::= { interfaces 2 }
port OBJECT-TYPE SYNTAX Port MAX-ACCESS not-accessible STATUS current DESCRIPTION "" INDEX { number } ::= { ports 1 }
Port ::= SEQUENCE { number INTEGER, name OCTET STRING, admin INTEGER, oper INTEGER }
number OBJECT-TYPE SYNTAX INTEGER MAX-ACCESS read-only STATUS current DESCRIPTION "" ::= { port 1 }
name OBJECT-TYPE SYNTAX OCTET STRING MAX-ACCESS read-only STATUS current DESCRIPTION "" ::= { port 2 }
admin OBJECT-TYPE SYNTAX INTEGER MAX-ACCESS read-write STATUS current DESCRIPTION "" ::= { port 7 }
oper OBJECT-TYPE SYNTAX INTEGER MAX-ACCESS read-only STATUS current DESCRIPTION "" ::= { port 8 }
END
"""
"""snmptable wants to know what is a table; Debian has none of the IETF's modules, so this says as much as is needed."""


@pytest.mark.parametrize("options", [(), ("-CB",)], ids=["by GETBULK", "by GETNEXT"])
@pytest.mark.requirement("HW-3")
async def test_snmptable_prints_the_ports(options: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "RACKLOOP-TEST-MIB.txt").write_text(MIB)
    async with device("cisco-c3560", 3) as end:
        host, port = end.address
        outcome = await execute(
            need("snmptable"), "-M", str(tmp_path), "-m", "RACKLOOP-TEST-MIB", "-v2c", "-c", "private",
            "-Cf", ";", "-Ci", *options, f"{host}:{port}", "RACKLOOP-TEST-MIB::ports",
        )  # fmt: skip
    assert [line for line in outcome.out.splitlines() if ";" in line] == [
        "index;number;name;admin;oper",
        '1;1;"Vlan1";1;1',
        '10101;10101;"GigabitEthernet0/1";1;1',
        '10102;10102;"GigabitEthernet0/2";1;1',
        '10103;10103;"GigabitEthernet0/3";1;1',
        '10501;10501;"Null0";1;1',
    ], outcome.text
