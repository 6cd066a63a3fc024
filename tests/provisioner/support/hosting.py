"""A BILLmanager with two processing modules for shared hosting, manual and ispmanager, in front of a small ispmanager."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx

from provisioner.billmanager.manager import BillManager
from provisioner.log import ModuleLog
from provisioner.modules.ispmanager import NAME, ispmanager_type
from provisioner.services import State
from provisioner.store import MemoryStore, Store
from simulator.kernel import LoopClock, run
from simulator.web.in_process import InProcessTransport
from tests.ispmanager.support import ROOT, Server
from tests.provisioner.support.interruption import Fate, MortalStore

T = TypeVar("T")
EMAIL = "alice@example.com"
STAFF = "sam@example.com"
OTHER = "olga@example.com"
URL = "http://hosting"


class Wire(httpx.AsyncBaseTransport):
    """To the ispmanager; `lose` and `drop` say of which functions the next answers, or requests, get lost."""

    def __init__(self, server: Server, fate: Fate | None = None) -> None:
        self._inner = InProcessTransport(server.app)
        self._fate = fate or Fate()
        self.lose: list[str] = []
        self.drop: list[str] = []
        self.deaf = ""
        """A function after which nothing is answered any more."""
        self.functions: list[str] = []

    def heal(self) -> None:
        """From now on everything is answered."""
        self.lose, self.drop, self.deaf = [], [], ""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        func = dict(httpx.QueryParams((await request.aread()).decode()))["func"]
        self.functions.append(func)
        if func in self.drop or "*" in self.drop:
            if func in self.drop:
                self.drop.remove(func)
            raise httpx.ConnectError("refused", request=request)
        self._fate.point()
        answer = await self._inner.handle_async_request(request)
        self._fate.point()
        if func == self.deaf:
            self.drop = ["*"]
        if func in self.lose:
            self.lose.remove(func)
            raise httpx.ReadError("reset by peer", request=request)
        return answer


class Provider:
    """Sells the tariff Hosting; the ispmanager module is enabled for it, the manual one exists."""

    def __init__(
        self,
        clock: LoopClock,
        server: Server,
        store: Store,
        fate: Fate | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """With a `fate`, a process that can end: see `tests.provisioner.support.interruption`."""
        self.clock = clock
        self.server = server
        self.store = store = store if fate is None else MortalStore(store, fate)
        self.log = ModuleLog(clock)
        self.wire = Wire(server, fate)
        self.kind = ispmanager_type(clock, self.log, store, transport=transport or self.wire)
        self.bm = BillManager(clock, self.log, [self.kind], source=random.Random(1), store=store)

    async def set_up(self, *, sort: int = 0) -> None:
        bm = self.bm
        bm.office.add_department("Hosting", [STAFF])
        bm.office.add_department("Sales", [OTHER])
        login = {"url": URL, "username": ROOT[0], "password": ROOT[1]}
        await bm.catalogue.add_module("manual", "pmmanual", department="Hosting", sort=sort)
        await bm.catalogue.add_module("ispmanager", NAME, department="Hosting", sort=10, connection=login)
        bm.catalogue.add_tariff("Hosting", itemtype="vhost", modules=["ispmanager"], params={"preset": "start"})
        bm.register(EMAIL, full_name="Alice Ames")

    def manual_only(self) -> None:
        """IM-1, IM-2."""
        self.bm.catalogue.disable("Hosting", "ispmanager")
        self.bm.catalogue.enable("Hosting", "manual")

    async def ordered(self, name: str = "web1") -> None:
        """IM-3, IM-4."""
        self.bm.order(name, EMAIL, "Hosting")
        await self.bm.pay(name)

    def both(self) -> None:
        """IM-5."""
        self.bm.catalogue.enable("Hosting", "ispmanager")

    async def bound(self, username: str, password: str, name: str = "web1") -> None:
        """IM-6, IM-7."""
        task = next(task for task in self.bm.tasks(STAFF) if task.service == name)
        params = {"username": username, "password": password}
        self.bm.assign_task(STAFF, task.id, module="ispmanager", params=params)
        await self.bm.close_task(STAFF, task.id)

    def state(self, name: str = "web1") -> State:
        return self.bm.service(name).state

    def account(self, name: str = "web1") -> str:
        return self.bm.service(name).server_name

    @property
    def names(self) -> list[str]:
        """Users of the ispmanager."""
        return [account.name for account in self.server.hosting if account.name != ROOT[0]]


async def waiting(it: Provider, name: str = "web1") -> None:
    """Up to step 5: paid for, both modules enabled, the task with the department."""
    it.manual_only()
    await it.ordered(name)
    it.both()


def provider(scene: Callable[[Provider], Awaitable[T]]) -> T:
    """Play a scene with a provider who is set up."""

    async def whole() -> T:
        clock = LoopClock()
        it = Provider(clock, Server(clock), MemoryStore())
        try:
            await it.set_up()
            return await scene(it)
        finally:
            await it.bm.close()
            await it.server.http.aclose()

    return run(whole())
