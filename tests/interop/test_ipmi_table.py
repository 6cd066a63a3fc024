"""The table of command lines: each is run, and does what the docs say."""

from __future__ import annotations

import random
import re
import shlex
from pathlib import Path

import pytest

from simulator.bmc import Bmc, load_personality, serve_bmc
from simulator.fabric import UdpFabric
from simulator.ipmi.channel import user
from simulator.ipmi.codes import Privilege
from tests.bmc.chassis import FakeChassis
from tests.interop.ipmi_table import ROWS, Row
from tests.interop.programs import execute, need

pytestmark = pytest.mark.interop

USERS = (user(2, "ADMIN", "secret"), user(3, "operator", "lever", Privilege.OPERATOR))
HOST = "127.16.0.77"


WITH_CACHE = ("ipmi-sensors", "ipmi-sel", "ipmi-fru", "ipmi-config")


def command(row: Row, program: str, port: int, cache: Path) -> list[str]:
    line = shlex.split(row.line)
    if row.program == "ipmitool":
        where = ["-I", "lanplus", "-H", HOST, "-p", str(port), "-U", "ADMIN", "-P", "secret"]
        return [program, *where, *line]
    where = ["-h", f"{HOST}:{port}", "-u", "ADMIN", "-p", "secret", "-D", "LAN_2_0"]
    if row.program == "ipmi-raw":
        return [program, *where, *line]
    options = ["-l", "ADMIN"] if row.program != "ipmipower" else ["-l", "OPERATOR"]
    if row.program in WITH_CACHE:
        options.append(f"--sdr-cache-directory={cache}")
    return [program, *where, *options, *line]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.program} {row.line}".replace("/", "") for row in ROWS])
async def test_a_foreign_program_gets_what_it_wants(row: Row, tmp_path: Path) -> None:
    program = need(row.program)
    fabric = UdpFabric()
    chassis = FakeChassis()
    chassis.powered = True
    bmc = Bmc(chassis, USERS, load_personality("generic"), random.Random(7).randbytes)
    endpoint = await serve_bmc(bmc, fabric, (HOST, 0))
    try:
        outcome = await execute(*command(row, program, endpoint.address[1], tmp_path))
    finally:
        endpoint.close()
        fabric.close()
    assert outcome.status == row.status, outcome.text
    assert re.search(row.holds, outcome.text, re.MULTILINE), outcome.text
    if row.status == 0:
        assert not re.search(
            r"Invalid (command|data|arg)|internal IPMI error|[Uu]nable to|command failed|rror:", outcome.text
        ), outcome.text
