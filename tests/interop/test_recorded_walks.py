"""Recorded walks of real devices, served by our agent on real UDP, as net-snmp's own walker sees them."""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from simulator.fabric import Endpoint, UdpFabric
from simulator.fabric.serve import serve
from simulator.snmp import ber, dotted
from tests.interop.programs import execute, need
from tests.snmp.support import COMMUNITY, Instance, agent_of, load

pytestmark = pytest.mark.interop
QUICK = ["UPS/apc-7902b", "network/switch/dlink-des3038", "UPS/eaton-93e-80"]
LONG = ["network/switch/cisco-c3560", "UPS/apc-8641", "UPS/apc-8932", "network/switch/brocade-icx6430-24"]
_KINDS = {ber.INTEGER: "INTEGER", ber.COUNTER32: "Counter32", ber.GAUGE32: "Gauge32", ber.COUNTER64: "Counter64"}


@asynccontextmanager
async def served(instances: tuple[Instance, ...]) -> AsyncIterator[Endpoint]:
    fabric = UdpFabric()
    try:
        yield await serve(fabric, ("127.32.0.21", 0), agent_of(instances, 1472).handle)
    finally:
        fabric.close()


def shown(item: Instance) -> str:
    """As `-On -Ox -Oe -Ot` print it, without line breaks inside of hexadecimal."""
    return f".{dotted(item.name)} = {_value(item)}"


def _value(item: Instance) -> str:
    signed = int.from_bytes(item.content, "big", signed=True)
    if item.tag in _KINDS:
        return f"{_KINDS[item.tag]}: {signed}"
    if item.tag == ber.TIME_TICKS:
        return str(signed)
    if item.tag == ber.OBJECT_IDENTIFIER:
        text = dotted(item.content)
        return f"OID: .{text}"
    if item.tag == ber.IP_ADDRESS:
        return f"IpAddress: {ipaddress.IPv4Address(item.content)}"
    return f"Hex-STRING: {item.content.hex(' ').upper()} " if item.content else '""'


def lines(out: str) -> list[str]:
    """One for each variable: long values go on in further lines."""
    found: list[str] = []
    for line in out.splitlines():
        if line.startswith("."):
            found.append(line)
        else:
            found[-1] += line
    return found


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in LONG)])
async def test_net_snmp_walks_a_recording_from_end_to_end_and_sees_what_was_recorded(name: str) -> None:
    recorded = tuple(item for item in load(name) if item.tag != ber.OPAQUE and len(item.content) < 1300)
    async with served(recorded) as end:
        host, port = end.address
        options = ("-m", "", "-On", "-Ox", "-Oe", "-Ot", "-t", "5", "-v2c", "-c", COMMUNITY)
        walked = await execute(need("snmpbulkwalk"), *options, "-Cr40", f"{host}:{port}", ".1")
    assert walked.status == 0, walked.err
    found = lines(walked.out)
    assert "No more variables left" in found.pop()
    assert found == [shown(item) for item in recorded]
