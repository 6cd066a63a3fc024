"""A BILLmanager in front of the small DCImanager 6, in virtual time."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx

from provisioner.billmanager.manager import BillManager
from provisioner.clients.dci6 import Dci6Client
from provisioner.dci6.operations import POLL_SECONDS
from provisioner.log import ModuleLog
from provisioner.modules.billmanager6 import pmdci6
from provisioner.store import Store
from simulator.kernel import LoopClock, run
from tests.provisioner.support.dcimanager6 import ADMIN, CONFIGURATION, Panel

T = TypeVar("T")
EMAIL = "alice@example.com"
STAFF = "tech@example.com"
CONNECTION = {"url": "http://panel", "username": ADMIN[0], "password": ADMIN[1]}
TARIFF = {"configuration": CONFIGURATION, "os": "debian-12", "pool": "public"}


class BillShop:
    """The parts by name, so that a test can look at any of them."""

    def __init__(
        self,
        servers: int = 3,
        *,
        panel: Panel | None = None,
        store: Store | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        poll: float = POLL_SECONDS,
        retry: float = 300.0,
        tries: int = 10,
    ) -> None:
        self.clock = LoopClock()
        self.panel = panel or Panel(self.clock, servers)
        self.log = ModuleLog(self.clock)
        self.source = random.Random(1)
        wire = transport or self.panel.transport

        def connect(to: Any) -> Dci6Client:
            return Dci6Client(to["url"], to["username"], to["password"], clock=self.clock, log=self.log, transport=wire)

        types = [pmdci6(connect, self.clock, self.log, source=self.source, poll=poll)]
        self.manager = BillManager(
            self.clock, self.log, types, source=self.source, store=store, retry=retry, tries=tries
        )

    async def set_up(self, **params: Any) -> None:
        """One data center, one processing module, one tariff."""
        manager = self.manager
        manager.office.add_department("Hall", [STAFF])
        manager.catalogue.add_datacenter("Main", dci6_managed=True, location=1)
        await self.connect("dci")
        manager.catalogue.add_tariff("Dedicated", modules=["dci"], params=TARIFF | params)

    async def connect(self, name: str, datacenter: str = "Main", **more: Any) -> None:
        catalogue = self.manager.catalogue
        given = {"connection": CONNECTION, "department": "Hall"} | more
        await catalogue.add_module(name, "pmdci6", datacenter=datacenter, **given)

    def order(self, name: str = "web1", **params: Any) -> None:
        if EMAIL not in self.manager.billing.clients:
            self.manager.register(EMAIL)
        self.manager.order(name, EMAIL, "Dedicated", params=params)

    async def sell(self, name: str = "web1", **params: Any) -> None:
        self.order(name, **params)
        await self.manager.pay(name)

    @property
    def steps(self) -> list[str]:
        return [step.number for step in self.log.steps if step.phase == "begin"]


def billshop(main: Callable[[BillShop], Awaitable[T]], **how: Any) -> T:
    """Run `main` with a shop, and close it."""

    async def whole() -> T:
        it = BillShop(**how)
        try:
            return await main(it)
        finally:
            await it.manager.close()

    return run(whole())
