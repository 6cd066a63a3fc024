"""A BILLmanager in front of the small DCImanager 5, in virtual time."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx

from provisioner.billing import Billing
from provisioner.billmanager.office import Office
from provisioner.clients.coremanager import CoreClient
from provisioner.clients.dci5 import Dci5Client
from provisioner.log import ModuleLog
from provisioner.modules.billmanager5 import BillManager5, BillManager5Settings
from provisioner.modules.billmanager5.desk import Desk
from provisioner.store import Store
from simulator.kernel import LoopClock, run
from tests.provisioner.support.dcimanager5 import ADMIN, CONFIGURATION, Panel5

T = TypeVar("T")
EMAIL = "alice@example.com"
BOSS = "boss@example.com"


class Shop5:
    """The parts by name, so that a test can look at any of them."""

    def __init__(
        self,
        settings: dict[str, Any],
        servers: int = 3,
        login: tuple[str, str] = ADMIN,
        *,
        panel: Panel5 | None = None,
        store: Store | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.clock = LoopClock()
        self.panel = panel or Panel5(self.clock, servers)
        self.log = ModuleLog(self.clock)
        wire = transport or self.panel.transport
        self.core = CoreClient("http://panel", *login, clock=self.clock, log=self.log, transport=wire)
        chosen = {"configuration": CONFIGURATION, "os": "Debian-12", "administrators": [BOSS]} | settings
        source = random.Random(1)
        self.office = Office(self.clock, store)
        self.module = BillManager5(
            Dci5Client(self.core),
            BillManager5Settings.from_mapping(chosen),
            self.clock,
            self.log,
            self.panel,
            self.office,
            source=source,
            store=store,
        )
        self.billing = Billing(self.module, self.clock, self.log, source=source, store=store)
        self.desk = Desk(self.billing, self.module, self.office, self.log)

    @property
    def steps(self) -> list[str]:
        """Numbers of the steps begun, each once in a row."""
        begun = [step.number for step in self.log.steps if step.phase == "begin"]
        return [number for index, number in enumerate(begun) if not index or begun[index - 1] != number]

    @property
    def functions(self) -> list[str]:
        return [call["func"] for call in self.panel.calls]


def shop5(
    main: Callable[[Shop5], Awaitable[T]], *, servers: int = 3, login: tuple[str, str] = ADMIN, **settings: Any
) -> T:
    """Run `main` with a shop, and close it."""

    async def whole() -> T:
        it = Shop5(settings, servers, login)
        try:
            return await main(it)
        finally:
            await it.core.close()

    return run(whole())
