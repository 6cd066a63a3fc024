"""A billing system in front of the small panel, in virtual time."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx

from provisioner.billing import Billing
from provisioner.clients.dci6 import Dci6Client
from provisioner.log import ModuleLog
from provisioner.modules.whmcs6 import POLL_SECONDS, Whmcs6, Whmcs6Settings
from provisioner.store import Store
from simulator.kernel import LoopClock, run
from tests.provisioner.support.dcimanager6 import ADMIN, CONFIGURATION, Panel

T = TypeVar("T")

EMAIL = "alice@example.com"


class Shop:
    """The parts by name, so that a test can look at any of them."""

    def __init__(
        self,
        settings: dict[str, Any],
        servers: int = 3,
        login: tuple[str, str] = ADMIN,
        *,
        panel: Panel | None = None,
        store: Store | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        poll: float = POLL_SECONDS,
    ) -> None:
        self.clock = LoopClock()
        self.panel = panel or Panel(self.clock, servers)
        self.log = ModuleLog(self.clock)
        wire = transport or self.panel.transport
        self.client = Dci6Client("http://panel", *login, clock=self.clock, log=self.log, transport=wire)
        chosen = {"configuration": CONFIGURATION, "os": "debian-12", "pool": "public"} | settings
        source = random.Random(1)
        tariff = Whmcs6Settings.from_mapping(chosen)
        self.module = Whmcs6(self.client, tariff, self.clock, self.log, source=source, poll=poll)
        self.billing = Billing(self.module, self.clock, self.log, source=source, store=store)

    @property
    def steps(self) -> list[str]:
        """Numbers of the steps begun."""
        return [step.number for step in self.log.steps if step.phase == "begin"]

    def detail(self, number: str) -> str:
        return next(step.detail for step in self.log.steps if step.number == number and step.phase == "end")


def shop(
    main: Callable[[Shop], Awaitable[T]], *, servers: int = 3, login: tuple[str, str] = ADMIN, **settings: Any
) -> T:
    """Run `main` with a shop, and close it."""

    async def whole() -> T:
        it = Shop(settings, servers, login)
        try:
            return await main(it)
        finally:
            await it.client.close()

    return run(whole())
