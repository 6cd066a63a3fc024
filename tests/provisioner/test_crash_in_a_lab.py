"""The same stops in a simulated datacenter: the whole chain down to the disks, stopped at each order to the panel."""

from __future__ import annotations

import contextlib
import random

import httpx
import pytest

from provisioner.billing import Billing
from provisioner.clients.dci6 import Dci6Client
from provisioner.errors import ProvisioningError
from provisioner.log import ModuleLog
from provisioner.modules.whmcs6 import Whmcs6, Whmcs6Settings
from provisioner.services import State
from provisioner.store import MemoryStore
from simulator.kernel import run
from simulator.lab import Lab
from tests.provisioner.support.interruption import Fate, Killed, MortalStore

TARIFF = {
    "configuration": "E3-1230-16Gb-480SSD",
    "os": "debian-12",
    "pool": "public",
    "shutdown_after_termination": True,
    "suspend_on_termination": True,
}
EMAIL = "alice@example.com"


class Orders(httpx.AsyncBaseTransport):
    """Before each order to the panel and after it there is a point at which the process can end."""

    def __init__(self, inner: httpx.AsyncBaseTransport | None, fate: Fate) -> None:
        assert inner is not None
        self._inner = inner
        self._fate = fate

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        order = request.method != "GET" and "/auth/" not in request.url.path
        if order or self._fate.dead:
            self._fate.point()
        answer = await self._inner.handle_async_request(request)
        if order:
            self._fate.point()
        return answer


class Shadow(Fate):
    """Adds no points of its own, and ends with another fate."""

    def __init__(self, of: Fate) -> None:
        super().__init__()
        self.of = of

    def point(self) -> None:
        if self.of.dead:
            raise Killed


async def life(lab: Lab, at: int | None) -> tuple[list[object], int]:
    """Order and deletion, stopped once at point `at` (never when None); what there is after each, and how many points."""
    async with lab.simulated(seed=1) as here:
        store, fate, seen = MemoryStore(), Fate(at), list[object]()

        def process(*, mortal: bool) -> tuple[Billing, Dci6Client]:
            log, chance, wire = ModuleLog(here.clock), random.Random(1), here.billing_transport()
            client = Dci6Client(
                here.dci6_url,
                *here.admin,
                clock=here.clock,
                log=log,
                transport=Orders(wire, fate) if mortal else wire,
            )
            module = Whmcs6(client, Whmcs6Settings.from_mapping(TARIFF), here.clock, log, source=chance, poll=120)
            kept = MortalStore(store, Shadow(fate)) if mortal else store
            return Billing(module, here.clock, log, source=chance, store=kept), client

        for verb, state in (("create", State.ACTIVE), ("terminate", State.CLOSED)):
            billing, client = process(mortal=True)
            if verb == "create" and "web1" not in billing.services:
                billing.place("web1", EMAIL)
            with contextlib.suppress(ProvisioningError, Killed):
                await getattr(billing, verb)("web1")
            if fate.dead:
                billing, client = process(mortal=False)
                await billing.resume_interrupted()
                fate.dead, fate.at = False, None
            service, plant = billing.service("web1"), here.plant.servers["srv-1"]
            assert (service.state, service.error) == (state, "")
            row = await client.server(1)
            operations = await client._session.get("/dci/v3/server/1/operation")
            users = await client._session.get("/dci/v3/user")
            seen += [
                (row.owner_email, row.power_status, [address.name for address in row.addresses]),
                [(each["type"], each["status"]) for each in operations["list"]],
                sorted(user["email"] for user in users["list"]),
                (plant.powered, plant.os and plant.os.addresses, plant.disks_clean, plant.nics[0].link_up),
            ]
            await client.close()
        return seen, fate.points


@pytest.mark.requirement("HW-6")
def test_no_server_without_its_service_no_address_leaked_nothing_bought_twice(capsys: pytest.CaptureFixture[str]):
    lab = Lab.load("one")
    whole, points = run(life(lab, None))
    for at in range(points):
        seen, _ = run(life(lab, at))
        assert seen == whole, f"stopped at point {at} of {points}"
    with capsys.disabled():
        print(f"\nin a lab, stopped at {points} points of an order and a deletion")  # noqa: T201
    assert points > 20
