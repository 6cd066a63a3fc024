"""The table of command lines: each is run, and does what the docs say."""

from __future__ import annotations

import random
import re
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulator.bmc import Bmc, load_personality, serve_bmc
from simulator.fabric import UdpFabric
from simulator.ipmi.channel import user
from simulator.ipmi.codes import Privilege
from tests.bmc.support import FakeChassis
from tests.interop.ipmi_table import PYGHMI, ROWS, Row
from tests.interop.programs import execute, need

pytestmark = pytest.mark.interop

USERS = (user(2, "ADMIN", "secret"), user(3, "operator", "lever", Privilege.OPERATOR))
HOST = "127.16.0.78"


WITH_CACHE = ("ipmi-sensors", "ipmi-sel", "ipmi-fru")


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


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    """The generic board, switched on; the port of its BMC."""
    fabric, chassis = UdpFabric(), FakeChassis()
    chassis.powered = True
    bmc = Bmc(chassis, USERS, load_personality("generic"), random.Random(7).randbytes)
    try:
        yield (await serve_bmc(bmc, fabric, (HOST, 0))).address[1]
    finally:
        fabric.close()


MINUTES = {"lan set 1 auth ADMIN MD2"}
"""What ipmitool reads back until it finds what it set: of a setting that is refused, twenty times, three seconds apart."""

PROGRAMS = [
    pytest.param(
        row,
        id=f"{row.program} {row.line}".replace("/", ""),
        marks=[pytest.mark.slow] if row.line in MINUTES else [],
    )
    for row in ROWS
    if row.program != "pyghmi"
]


@pytest.mark.parametrize("row", PROGRAMS)
async def test_a_foreign_program_gets_what_it_wants(row: Row, tmp_path: Path) -> None:
    async with served() as port:
        outcome = await execute(*command(row, need(row.program), port, tmp_path))
    assert outcome.status == row.status, outcome.text
    assert re.search(row.holds, outcome.text, re.MULTILINE), outcome.text
    if row.status == 0:
        assert not re.search(
            r"Invalid (command|data|arg)|internal IPMI error|[Uu]nable to|command failed|rror:", outcome.text
        ), outcome.text


async def test_pyghmi_gets_what_it_wants() -> None:
    words: list[str] = []
    for line, _ in PYGHMI:
        words += ["--", *shlex.split(line)]
    async with served() as port:
        outcome = await execute(
            *(sys.executable, "-m", "tests.interop.pyghmi_client", f"{HOST}:{port}", "ADMIN", "secret", *words[1:])
        )
    assert outcome.status == 0, outcome.text
    answers = outcome.out.splitlines()
    assert len(answers) == len(PYGHMI), outcome.text
    for (line, holds), answer in zip(PYGHMI, answers, strict=True):
        assert re.search(holds, answer), f"{line}: {answer}"


ABSENT = re.compile(
    r"Unable to checkout (\w+:Serial_\w+|\w*Serial\w*:\w+|Lan6_Conf:\w+|\w+:K_R"
    r"|Rmcpplus_Conf_Privilege:\w+_Id_(?!(3|17)$)\d+"
    r"|DCMI_Conf:(Power_Limit_Requested|Correction_Time_Limit|\w+_Sampling_Period|Exception_Actions))( : Not Supported)?$"
)
"""There is no serial channel, IPv6 or key K_r, suites that are not offered have no privilege, and no power limit is set."""


@pytest.mark.parametrize("category", ["core", "chassis", "sensors", "pef", "dcmi"])
async def test_ipmi_config_reads_every_parameter_that_there_is(category: str, tmp_path: Path) -> None:
    row = Row("ipmi-config", f"--checkout --verbose --verbose --category={category}", "")
    async with served() as port:
        outcome = await execute(*command(row, need(row.program), port, tmp_path))
    assert "EndSection" in outcome.out
    missing = [line for line in outcome.text.splitlines() if "Unable to checkout" in line]
    assert [line for line in missing if ABSENT.search(line) is None] == []
    assert outcome.status == (1 if missing else 0), outcome.text


async def test_a_key_of_the_bmc_that_is_set_over_the_lan_is_asked_for_from_then_on() -> None:
    key = "0x" + b"hall".hex().ljust(40, "0")
    setting = Row("ipmi-config", f"--commit --key-pair=Lan_Conf_Security_Keys:K_G={key}", "")
    async with served() as port:
        assert (await execute(*command(setting, need("ipmi-config"), port, Path()))).status == 0
        status = Row("ipmitool", "chassis power status", "")
        without, given = command(status, need("ipmitool"), port, Path()), ["-k", "hall"]
        assert (await execute(*without)).status == 1
        assert "is on" in (await execute(*without[:-3], *given, *without[-3:])).out
