"""The executable `pmispmanager` against an ispmanager on a socket, over TLS: a process for each try, as BILLmanager starts
them.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from provisioner.billmanager.manager import BillManager
from provisioner.clients.coremanager import CoreClient
from provisioner.clients.ispmanager import IspmanagerClient
from provisioner.clock import SystemClock
from provisioner.log import ModuleLog
from provisioner.modules.ispmanager import NAME, ispmanager_type
from provisioner.services import State
from provisioner.sql_store import SqlStore
from simulator.control.endpoints import endpoints
from simulator.control.up import stand
from simulator.files.lab_file import data_directory
from simulator.lab import Lab
from simulator.lab.options import WireOptions
from tests.interop.programs import execute

pytestmark = [pytest.mark.interop, pytest.mark.slow]
ROOT = data_directory("scenarios").parent
STAFF = "sam@example.com"


class Office:
    """A BILLmanager that leaves its operations to executables, and the executable."""

    def __init__(self, places: dict[str, Any], folder: Any) -> None:
        self.url = f"sqlite:///{folder / 'billing.db'}"
        self.connection = {"url": places["ispmanager"], **places["admin"]["ispmanager"]}

    def panel(self) -> IspmanagerClient:
        clock, at = SystemClock(), self.connection
        log = ModuleLog(clock, keep=1)
        return IspmanagerClient(
            CoreClient(at["url"], at["username"], at["password"], clock=clock, log=log, manager="ispmgr", verify=False)
        )

    async def manager(self, work: Callable[[BillManager], Awaitable[Any] | Any]) -> Any:
        clock = SystemClock()
        log, store = ModuleLog(clock, keep=1), SqlStore(self.url)
        kinds = [ispmanager_type(clock, log, store, verify=False)]
        manager = BillManager(clock, log, kinds, source=random.Random(1), store=store, works=False)
        try:
            result = work(manager)
            return await result if asyncio.iscoroutine(result) else result
        finally:
            await manager.close()
            store.close()

    async def call(self, *words: str, status: int = 0) -> ET.Element:
        settings = [f"PROVISIONER_STORE={self.url}", "PROVISIONER_INSECURE=1", f"PYTHONPATH={ROOT}"]
        settings.append("PROVISIONER_MGRCTL=")
        module = [sys.executable, "-m", "provisioner.processing", NAME]
        done = await execute("/usr/bin/env", *settings, f"PATH={os.environ['PATH']}", *module, *words)
        assert done.status == status, done.text
        return ET.fromstring(done.out.encode())


@pytest.mark.requirement("IM-8")
def test_billmanager_opens_and_closes_accounts_by_calling_the_executable(tmp_path):
    async def main() -> None:
        lab = Lab.load("hosting")
        async with stand(
            lab.plan, WireOptions(clock="stepped", tls=True, devices="as planned"), control_port=0
        ) as standing:
            office = Office(endpoints(standing), tmp_path)
            panel = office.panel()
            try:
                await scene(office, panel)
            finally:
                await panel.close()

    async def scene(office: Office, panel: IspmanagerClient) -> None:
        async def set_up(manager: BillManager) -> None:
            manager.office.add_department("Hosting", [STAFF])
            catalogue = manager.catalogue
            await catalogue.add_module("manual", "pmmanual", department="Hosting")
            await catalogue.add_module("isp", NAME, department="Hosting", sort=1, connection=office.connection)
            catalogue.add_tariff("Hosting", itemtype="vhost", modules=["isp"], params={"preset": "start"})
            manager.order("web1", "alice@example.com", "Hosting", by_client=False)
            await manager.pay("web1")

        await office.manager(set_up)
        config = await office.call("--command", "get_server_config", "--module", "2")
        assert [each.text for each in config.findall("config/presets/elem")] == ["start", "shop"]

        async def state(name: str = "web1") -> State:
            return await office.manager(lambda manager: manager.service(name).state)

        assert await state() is State.ORDERED
        assert (await office.call("--command", "open", "--item", "1")).find("ok") is not None
        assert await state() is State.ACTIVE
        password = await office.manager(lambda manager: manager.service("web1").password)
        assert await panel.knows("user1", password)
        account = await panel.account("user1")
        assert account is not None
        assert account.preset == "start"
        await office.call("--command", "setparam", "--item", "1", "--param", "password", "--value", "another-secret")
        assert await panel.knows("user1", "another-secret")
        for verb, command, after in (
            ("suspend", "suspend", State.SUSPENDED),
            ("unsuspend", "resume", State.ACTIVE),
            ("terminate", "close", State.CLOSED),
        ):
            await office.manager(lambda manager, verb=verb: getattr(manager, verb)("web1"))
            await office.call("--command", command, "--item", "1")
            assert await state() is after
        assert await panel.account("user1") is None

    asyncio.run(main())
