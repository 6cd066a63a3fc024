"""The executables `pmdci6` and `pmispmanager` as a BILLmanager calls them that is not ours: a process for each try, which
asks and tells a program mgrctl, and drives a DCImanager 6 or an ispmanager of a lab that is up.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from provisioner.clients.coremanager import CoreClient
from provisioner.clients.ispmanager import IspmanagerClient
from provisioner.clock import SystemClock
from provisioner.log import ModuleLog
from simulator.control.endpoints import endpoints
from simulator.control.up import stand
from simulator.lab import Lab
from simulator.lab.options import WireOptions
from tests.interop.programs import execute
from tests.interop.test_up import ROOT, Up
from tests.provisioner.support.little_billmanager import (
    ACTIVE,
    DELETED,
    PROCESSING,
    SUSPENDED,
    LittleBillManager,
    serve,
)

pytestmark = [pytest.mark.interop, pytest.mark.slow]
TARIFF = {"configuration": "E3-1230-16Gb-480SSD", "pool": "public"}
KILLED = -9


@pytest.fixture
def lab(tmp_path_factory: pytest.TempPathFactory):
    up = Up(tmp_path_factory.mktemp("lab"), "--clock", "scaled:600")
    yield up
    up.process.kill()
    up.process.communicate()


class Desk:
    """The little BILLmanager with pmdci6 connected to the lab."""

    def __init__(self, home: Path, lab: Up) -> None:
        self.here = LittleBillManager(home).install()
        self.admin = lab.places["admin"]["dci6"]
        self.url = lab.places["dci6"]
        given = {"url": self.url, "username": self.admin["email"], "password": self.admin["password"], "location": "1"}
        self.module = self.here.add_module("pmdci6", given)
        self.tariff = self.here.add_tariff("dedic", [self.module], **TARIFF)
        self.env = environment(self.here) | {"PROVISIONER_POLL": "0.2"}

    def queue(self) -> tuple[int, ET.Element | None]:
        """One try: the executable's status and what it printed."""
        done = serve(self.here, [sys.executable, "-m", "provisioner.processing", "pmdci6"], self.env)
        return done.returncode, ET.fromstring(done.stdout.encode()) if done.stdout else None

    def do(self, item: int, command: str) -> int:
        self.here.ask(item, command)
        return self.queue()[0]

    def call(self, command: str, stdin: str = "") -> ET.Element:
        """A command with the module and no item; what is printed."""
        words = [sys.executable, "-m", "provisioner.processing", "pmdci6", "--module", str(self.module)]
        done = subprocess.run(
            [*words, "--command", command], env=os.environ | self.env, cwd=ROOT, input=stdin, capture_output=True,
            text=True, timeout=60, check=False,
        )  # fmt: skip
        return ET.fromstring(done.stdout.encode())

    def panel(self, path: str) -> Any:
        with httpx.Client(base_url=self.url) as client:
            said = client.post("/auth/v4/public/token", json=self.admin).json()
            return client.get(path, headers={"x-xsrf-token": said["token"]}).json()

    def server(self) -> tuple[str | None, list[str], list[str]]:
        """Owner, addresses, the types of all operations."""
        row = self.panel("/dci/v3/server/1")
        operations = self.panel("/dci/v3/server/1/operation")["list"]
        return row["owner_email"], [each["name"] for each in row["ip"]], [each["type"] for each in operations]


def environment(here: LittleBillManager) -> dict[str, str]:
    """What a BILLmanager elsewhere, and with another database, has to be told."""
    return {
        "PROVISIONER_MGRCTL": str(here.program),
        "PROVISIONER_BILLMANAGER_DATABASE": here.url,
        "PYTHONPATH": str(ROOT),
    }


def test_an_order_at_billmanager_gets_a_server_of_the_panel_and_its_end_gives_it_back(lab: Up, tmp_path: Path):
    desk = Desk(tmp_path, lab)
    item = desk.here.buy(desk.tariff, "alice@example.com", ostempl="debian-12")
    other = desk.here.buy(desk.tariff, "bob@example.com", ostempl="debian-12")
    assert desk.queue()[0] == 0
    owner, addresses, operations = desk.server()
    assert (desk.here.status(item), owner) == (ACTIVE, "alice@example.com")
    params = desk.here.params(item)
    assert [params["ip"]] == addresses
    assert (params["panelid"], params["label"]) == ("1", desk.panel("/dci/v3/server/1")["name"])
    assert operations.count("os_install") == 1
    # the second order: there is no free server, and its administrator sees it
    status, said = desk.queue()
    assert status == 1
    assert said is not None
    assert "no free server" in (said.findtext("error/msg") or "")
    error = desk.here.error(other)
    assert error is not None
    assert (error.get("type"), error.findtext("msg")) == ("refused", said.findtext("error/msg"))
    assert desk.here.status(other) == PROCESSING
    with desk.here.opened() as db:
        db.execute("DELETE FROM runningoperation")
    assert desk.do(item, "suspend") == 0
    assert desk.here.status(item) == SUSPENDED
    ports = desk.panel("/dci/v3/server/1")["switch_connection"]
    assert {each["admin_status"] for each in ports if not each.get("is_ipmi_connection")} == {"down"}
    assert desk.do(item, "resume") == 0
    assert desk.here.status(item) == ACTIVE
    assert desk.do(item, "close") == 0
    owner, addresses, _ = desk.server()
    assert (desk.here.status(item), owner, addresses) == (DELETED, None, [])


def test_the_configuration_is_read_from_the_panel_and_orders_are_checked_by_it(lab: Up, tmp_path: Path):
    desk = Desk(tmp_path, lab)
    assert desk.call("get_server_config").findtext("config/configurations/elem") == TARIFF["configuration"]
    kept = ET.fromstring(desk.here.rows("SELECT config FROM processingmodule")[0]["config"].encode())
    assert [each.text for each in kept.findall("configurations/elem")] == [TARIFF["configuration"]]
    assert "debian-12" in [each.text for each in kept.findall("templates/elem")]
    item = "<doc><item><configuration>{}</configuration><ostempl>debian-12</ostempl><pool>public</pool></item></doc>"
    assert desk.call("check_param", item.format(TARIFF["configuration"])).find("ok") is not None
    error = desk.call("check_param", item.format("none")).find("error")
    assert error is not None
    assert error.get("type") == "value"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_that_is_killed_at_any_call_of_mgrctl_buys_no_second_server(lab: Up, tmp_path: Path, when: str):
    desk = Desk(tmp_path, lab)
    item = desk.here.buy(desk.tariff, "alice@example.com", ostempl="debian-12")
    killed = 0
    while desk.here.rows("SELECT * FROM runningoperation"):
        (desk.here.home / "var/kill").write_text(f"{int(when == 'before')} {when}")
        status = desk.queue()[0]
        assert status in (0, KILLED)
        killed += status == KILLED
        assert killed < 30
    assert killed > 3
    owner, addresses, operations = desk.server()
    assert (desk.here.status(item), owner, addresses) == (ACTIVE, "alice@example.com", [desk.here.params(item)["ip"]])
    assert operations.count("os_install") == 1
    assert desk.panel("/dci/v3/server?where=&limit=0,10")["list"][0]["owner_email"] == "alice@example.com"
    assert sorted(set(desk.here.functions)) == ["dedic.open", "service.saveparam"]


def test_where_the_program_mgrctl_is_not_there_the_answer_says_so(tmp_path: Path):
    words = ["/usr/bin/env", f"PROVISIONER_MGRCTL={tmp_path}/sbin/mgrctl", f"PYTHONPATH={ROOT}"]
    words += [f"PROVISIONER_STORE=sqlite:///{tmp_path}/p.db", sys.executable, "-m", "provisioner.processing", "pmdci6"]
    done = asyncio.run(execute(*words, "--command", "open", "--item", "42", "--runningoperation", "1"))
    assert done.status == 1
    error = ET.fromstring(done.out.encode()).find("error")
    assert error is not None
    assert error.get("type") == "billmgr"
    assert "cannot be run: No such file" in (error.findtext("msg") or "")


# ispmanager


class Hosting:
    """The little BILLmanager with pmispmanager connected to an ispmanager of the lab."""

    def __init__(self, home: Path, places: Mapping[str, Any]) -> None:
        self.here = LittleBillManager(home).install()
        self.connection = {"url": places["ispmanager"], **places["admin"]["ispmanager"]}
        module = self.here.add_module("pmispmanager", self.connection)
        self.tariff = self.here.add_tariff("vhost", [module], preset="start")

    async def queue(self) -> int:
        env = environment(self.here) | {"PROVISIONER_INSECURE": "1"}
        executable = [sys.executable, "-m", "provisioner.processing", "pmispmanager"]
        return (await asyncio.to_thread(serve, self.here, executable, env)).returncode

    async def do(self, item: int, command: str) -> int:
        self.here.ask(item, command)
        return await self.queue()


def in_hosting(tmp_path: Path, scene: Callable[[Hosting, IspmanagerClient], Any]) -> None:
    async def main() -> None:
        plan = Lab.load("hosting").plan
        async with stand(
            plan, WireOptions(clock="stepped", tls=True, devices="as planned"), control_port=0
        ) as standing:
            desk, clock = Hosting(tmp_path, endpoints(standing)), SystemClock()
            at, log = desk.connection, ModuleLog(SystemClock(), keep=1)
            core = CoreClient(
                at["url"], at["username"], at["password"], clock=clock, log=log, manager="ispmgr", verify=False
            )
            panel = IspmanagerClient(core)
            try:
                await scene(desk, panel)
            finally:
                await panel.close()

    asyncio.run(main())


def test_an_order_at_billmanager_gets_an_account_of_the_ispmanager(tmp_path: Path):
    async def scene(desk: Hosting, panel: IspmanagerClient) -> None:
        item = desk.here.buy(desk.tariff)
        assert await desk.queue() == 0
        params = desk.here.params(item)
        assert (desk.here.status(item), params["username"]) == (ACTIVE, f"user{item}")
        assert await panel.knows(params["username"], params["password"])
        account = await panel.account(params["username"])
        assert account is not None
        assert account.preset == "start"
        # the client chooses another password in BILLmanager
        with desk.here.opened() as db:
            db.execute("UPDATE itemcryptedparam SET value = ?", [desk.here.secrets.encrypted("Another-secret1")])
        assert await desk.do(item, "setparam") == 0
        assert await panel.knows(params["username"], "Another-secret1")
        assert await desk.do(item, "suspend") == 0
        account = await panel.account(params["username"])
        assert account is not None
        assert (desk.here.status(item), account.active) == (SUSPENDED, False)
        assert await desk.do(item, "resume") == 0
        assert desk.here.status(item) == ACTIVE
        assert await desk.do(item, "close") == 0
        assert desk.here.status(item) == DELETED
        assert await panel.account(params["username"]) is None

    in_hosting(tmp_path, scene)


def test_a_process_that_is_killed_at_any_call_of_mgrctl_makes_no_second_account(tmp_path: Path):
    async def scene(desk: Hosting, panel: IspmanagerClient) -> None:
        before = len(await panel.accounts())
        item, killed = desk.here.buy(desk.tariff), 0
        while desk.here.rows("SELECT * FROM runningoperation"):
            (desk.here.home / "var/kill").write_text("0 after")
            killed += await desk.queue() == KILLED
            assert killed < 30
        assert killed > 3
        params = desk.here.params(item)
        assert (desk.here.status(item), len(await panel.accounts())) == (ACTIVE, before + 1)
        assert await panel.knows(params["username"], params["password"])

    in_hosting(tmp_path, scene)


def test_a_name_that_is_taken_is_an_error_that_the_administrator_sees(tmp_path: Path):
    async def scene(desk: Hosting, panel: IspmanagerClient) -> None:
        taken = (await panel.accounts())[0].name
        item = desk.here.buy(desk.tariff, username=taken)
        assert await desk.queue() == 1
        error = desk.here.error(item)
        assert error is not None
        assert f"there is a user {taken} in ispmanager already" in (error.findtext("msg") or "")
        assert desk.here.status(item) == PROCESSING

    in_hosting(tmp_path, scene)
