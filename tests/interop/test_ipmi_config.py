"""FreeIPMI's ipmi-config: what it reads from a BMC it can write back, and a setting that it writes acts."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulator.bmc import Bmc, load_personality, serve_bmc
from simulator.fabric import UdpFabric
from simulator.ipmi.channel import user
from simulator.ipmi.codes import Privilege
from tests.bmc.support import FakeChassis
from tests.interop.programs import Outcome, execute, need

pytestmark = pytest.mark.interop

USERS = (user(2, "ADMIN", "secret"), user(3, "guest", "look", Privilege.USER))


class Tool:
    def __init__(self, bmc: Bmc, where: str, home: Path) -> None:
        self.bmc, self._where, self._home = bmc, where, home

    async def __call__(self, *options: str, name: str = "ADMIN", password: str = "secret") -> Outcome:
        login = ("--driver-type=LAN_2_0", "-h", self._where, "-u", name, "-p", password, "-l", "ADMIN")
        cache = f"--sdr-cache-directory={self._home}"
        return await execute(need("ipmi-config"), *login, *options, *([cache] if "sensors" in options[0] else []))


@asynccontextmanager
async def tool(home: Path, model: str = "generic") -> AsyncIterator[Tool]:
    fabric = UdpFabric()
    chassis = FakeChassis()
    chassis.powered = True
    bmc = Bmc(chassis, USERS, load_personality(model), random.Random(7).randbytes)
    endpoint = await serve_bmc(bmc, fabric, ("127.16.0.77", 0))
    host, port = endpoint.address
    try:
        yield Tool(bmc, f"{host}:{port}", home)
    finally:
        endpoint.close()
        fabric.close()


@pytest.mark.parametrize("category", ["core", "sensors", "pef", "dcmi"])
async def test_a_configuration_that_was_read_is_written_back_without_a_word(category: str, tmp_path: Path) -> None:
    file = str(tmp_path / "config")
    async with tool(tmp_path) as config:
        # Its status is 1 where a board lacks something that it knows of, such as IPv6; what it reads is in the file.
        read = await config(f"--category={category}", "--checkout", "-n", file)
        assert (read.status in (0, 1), "ERROR" in read.text) == (True, False)
        written = await config(f"--category={category}", "--commit", "-n", file)
        assert (written.status, written.err) == (0, "")
        compared = await config(f"--category={category}", "--diff", "-n", file)
        assert (compared.status, compared.text.strip()) == (0, "")


async def test_a_privilege_limit_that_is_committed_holds(tmp_path: Path) -> None:
    async with tool(tmp_path) as config:
        key = "Lan_Channel:Volatile_Channel_Privilege_Limit=Operator"
        assert (await config("--category=core", "--commit", "-e", key)).status == 0
        refused = await config("--category=core", "--checkout", "-S", "User2")
        assert refused.status != 0
        assert "privilege" in refused.text
