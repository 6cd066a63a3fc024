"""The executable `pmdci6` against a lab that is up: a process for each try, as BILLmanager starts them."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from provisioner.billmanager.manager import BillManager
from provisioner.clients.coremanager import CoreClient
from provisioner.clients.dci5 import Dci5Client
from provisioner.clients.dci6 import Dci6Client
from provisioner.clock import SystemClock
from provisioner.log import ModuleLog
from provisioner.modules.billmanager5.processing import pmdci5
from provisioner.modules.billmanager6 import pmdci6
from provisioner.ping import IcmpPing
from provisioner.services import State
from provisioner.sql_store import SqlStore
from tests.interop.test_up import ROOT, Up

pytestmark = [pytest.mark.interop, pytest.mark.slow]
PARAMS = {"configuration": "E3-1230-16Gb-480SSD", "os": "debian-12", "pool": "public"}


class Office:
    """A BILLmanager that leaves its operations to executables, and the executable."""

    def __init__(self, lab: Up, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'billing.db'}"
        self.env = os.environ | {
            "PROVISIONER_STORE": self.url,
            "PROVISIONER_POLL": "0.2",
            "PROVISIONER_MGRCTL": "",
            "PROVISIONER_PING": "true",
        }  # nothing of ours could answer an echo
        admin = lab.places["admin"]["dci6"]
        five = lab.places["admin"]["dci5"]
        self.connection5 = {"url": lab.places["dci5"], "username": five["username"], "password": five["password"]}
        self.connection = {"url": lab.places["dci6"], "username": admin["email"], "password": admin["password"]}

    def manager(self, work: Callable[[BillManager], Awaitable[Any] | Any]) -> Any:
        clock = SystemClock()
        log = ModuleLog(clock, keep=1)

        async def whole() -> Any:
            store = SqlStore(self.url)
            kinds = [
                pmdci6(
                    lambda to: Dci6Client(to["url"], to["username"], to["password"], clock=clock, log=log), clock, log
                ),
                pmdci5(
                    lambda to: Dci5Client(
                        CoreClient(to["url"], to["username"], to["password"], clock=clock, log=log)
                    ),
                    clock, log, lambda: IcmpPing("true"), store,
                ),
            ]  # fmt: skip
            manager = BillManager(clock, log, kinds, source=random.Random(1), store=store, works=False)
            try:
                result = work(manager)
                return await result if asyncio.iscoroutine(result) else result
            finally:
                await manager.close()
                store.close()

        return asyncio.run(whole())

    def call(self, *words: str, stdin: str = "", status: int = 0, module: str = "pmdci6") -> ET.Element:
        done = subprocess.run(
            [sys.executable, "-m", "provisioner.processing", module, *words],
            cwd=ROOT, env=self.env, input=stdin, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        return ET.fromstring(done.stdout.encode())


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory):
    up = Up(tmp_path_factory.mktemp("lab"), "--clock", "scaled:600")
    yield Office(up, tmp_path_factory.mktemp("billing"))
    up.process.kill()
    up.process.communicate()


@pytest.mark.requirement("B6-1", "B6-6", "B6-8")
def test_billmanager_sells_a_server_by_calling_the_executable(office: Office):
    login = "".join(f"<{name}>{value}</{name}>" for name, value in office.connection.items())
    form = f"<doc><processingmodule>{login}</processingmodule></doc>"
    assert office.call("--command", "check_connection", stdin=form).find("ok") is not None
    wrong = form.replace(office.connection["password"], "guess")
    error = office.call("--command", "check_connection", stdin=wrong, status=1).find("error")
    assert error is not None
    assert error.get("type") == "auth"

    async def set_up(manager: BillManager) -> None:
        await asyncio.sleep(0.1)  # the panel lets nobody in for a moment (of lab time) after a wrong password
        manager.office.add_department("Hall", ["tech@example.com"])
        manager.catalogue.add_datacenter("Main", dci6_managed=True, location=1)
        await manager.catalogue.add_module(
            "dci", "pmdci6", datacenter="Main", department="Hall", connection=office.connection
        )
        manager.catalogue.add_tariff("Dedicated", modules=["dci"], params=PARAMS)
        for name in ("web1", "web2"):
            manager.order(name, "alice@example.com", "Dedicated", by_client=False)
            await manager.pay(name)

    office.manager(set_up)
    config = office.call("--command", "get_server_config", "--module", "1")
    assert [each.text for each in config.findall("config/configurations/elem")] == [PARAMS["configuration"]]
    item = "<doc><item><configuration>none</configuration><os>debian-12</os><pool>public</pool></item></doc>"
    office.call("--command", "check_param", "--module", "1", stdin=item, status=1)
    item = item.replace("none", PARAMS["configuration"])
    assert office.call("--command", "check_param", "--module", "1", stdin=item).find("ok") is not None

    def state(name: str = "web1") -> State:
        return office.manager(lambda manager: manager.service(name).state)

    assert state() is State.ORDERED
    assert office.call("--command", "open", "--item", "1", "--runningoperation", "1").find("ok") is not None
    assert state() is State.ACTIVE
    error = office.call("--command", "open", "--item", "2", status=1).find("error")
    assert error is not None
    assert "no free server" in (error.findtext("msg") or "")
    assert office.manager(lambda manager: manager.operations.of("web2").handled) == 1
    assert "no operation suspend" in (
        office.call("--command", "suspend", "--item", "1", status=1).findtext("error/msg") or ""
    )
    for verb, command, after in (
        ("suspend", "suspend", State.SUSPENDED),
        ("unsuspend", "resume", State.ACTIVE),
        ("terminate", "close", State.CLOSED),
    ):
        office.manager(lambda manager, verb=verb: getattr(manager, verb)("web1"))
        office.call("--command", command, "--item", "1")
        assert state() is after


@pytest.mark.requirement("B5-1", "B5-8", "B5-11", "B5-12")
def test_billmanager_sells_a_server_of_dcimanager_5_by_calling_the_executable(office: Office):
    async def set_up(manager: BillManager) -> None:
        manager.office.add_department("Old hall", ["tech@example.com"])
        manager.catalogue.add_datacenter("Old")
        await manager.catalogue.add_module(
            "five", "pmdci5", datacenter="Old", department="Old hall", connection=office.connection5
        )
        params = {"configuration": PARAMS["configuration"], "os": "debian-12", "alias_addresses": 1}
        manager.catalogue.add_tariff("Old dedicated", modules=["five"], params=params)
        manager.order("old1", "bob@example.com", "Old dedicated", by_client=False)
        await manager.pay("old1")

    office.manager(set_up)
    number = str(office.manager(lambda manager: manager.items.of("old1").id))

    def state() -> State:
        return office.manager(lambda manager: manager.service("old1").state)

    for verb, command, after in (
        ("", "open", State.ACTIVE),
        ("suspend", "suspend", State.SUSPENDED),
        ("unsuspend", "resume", State.ACTIVE),
        ("terminate", "close", State.CLOSED),
    ):
        if verb:
            office.manager(lambda manager, verb=verb: getattr(manager, verb)("old1"))
        assert office.call("--command", command, "--item", number, module="pmdci5").find("ok") is not None
        assert state() is after
