"""DCImanager 5 as a processing module of a BILLmanager."""

from __future__ import annotations

import random
from typing import Any

import pytest

from provisioner.billmanager.catalogue import WrongDatacenter
from provisioner.billmanager.manager import BillManager
from provisioner.clients.coremanager import CoreClient
from provisioner.clients.dci5 import Dci5Client
from provisioner.errors import BadSettings
from provisioner.log import ModuleLog
from provisioner.modules.billmanager5.processing import pmdci5
from provisioner.services import State
from provisioner.store import MemoryStore
from simulator.kernel import LoopClock, run
from tests.provisioner.support.dcimanager5 import ADMIN, CONFIGURATION, Panel5

EMAIL = "alice@example.com"
CONNECTION = {"url": "http://panel", "username": ADMIN[0], "password": ADMIN[1]}
TARIFF = {"configuration": CONFIGURATION, "os": "Debian-12", "alias_addresses": 1}


class Provider:
    def __init__(self, servers: int = 2) -> None:
        clock = LoopClock()
        self.panel = Panel5(clock, servers)
        self.log = ModuleLog(clock)
        store = MemoryStore()

        def connect(to: Any) -> Dci5Client:
            core = CoreClient(
                to["url"], to["username"], to["password"], clock=clock, log=self.log, transport=self.panel.transport
            )
            return Dci5Client(core)

        kind = pmdci5(connect, clock, self.log, lambda: self.panel, store, source=random.Random(1))
        self.manager = BillManager(clock, self.log, [kind], source=random.Random(2), store=store)

    async def set_up(self) -> None:
        manager = self.manager
        manager.office.add_department("Hall", ["tech@example.com"])
        manager.catalogue.add_datacenter("Main")
        await manager.catalogue.add_module("dci", "pmdci5", datacenter="Main", department="Hall", connection=CONNECTION)
        manager.catalogue.add_tariff("Dedicated", modules=["dci"], params=TARIFF)
        manager.register(EMAIL)


def provider(scene: Any) -> None:
    async def whole() -> None:
        it = Provider()
        await it.set_up()
        await scene(it)
        await it.manager.close()

    run(whole())


@pytest.mark.requirement("B5-8", "B5-11", "B5-12")
def test_a_billmanager_sells_changes_suspends_and_returns_a_server_of_dcimanager_5():
    async def scene(it: Provider) -> None:
        manager, box = it.manager, it.panel.boxes[1]
        assert manager.catalogue.modules["dci"].config == {
            "configurations": [CONFIGURATION],
            "templates": ["Debian-12"],
        }
        manager.order("web1", EMAIL, "Dedicated")
        await manager.pay("web1")
        service, params = manager.service("web1"), manager.items.of("web1").params
        assert (service.state, service.server, it.panel.users[box.owner or 0][0]) == (
            State.ACTIVE,
            1,
            "aliceexamplecom",
        )
        assert (params["panelid"], params["ip"], params["owner"]) == (1, "192.0.2.10", "aliceexamplecom")
        assert box.password == service.password
        await manager.change("web1", {"alias_addresses": 3})
        assert [ip for ip, _ in box.ips.values()] == list(service.addresses)
        assert len(box.ips) == 4
        await manager.change("web1", {"alias_addresses": 0})
        assert [ip for ip, _ in box.ips.values()] == ["192.0.2.10"] == list(service.addresses)
        await manager.suspend("web1")
        assert set(box.ports.values()) == {False}
        await manager.unsuspend("web1")
        assert set(box.ports.values()) == {True}
        await manager.terminate("web1")
        assert (service.state, box.owner, box.hostname, box.disabled) == (State.CLOSED, None, "free.ds", True)

    provider(scene)


def test_what_the_panel_does_not_offer_is_refused_before_anything_is_asked():
    async def scene(it: Provider) -> None:
        calls = len(it.panel.calls)
        for wrong in ({"configuration": "E5"}, {"os": "Minix-3"}, {"os": ""}):
            with pytest.raises(BadSettings):
                it.manager.order("web1", EMAIL, "Dedicated", params=wrong)
        assert len(it.panel.calls) == calls

    provider(scene)


@pytest.mark.requirement("B6-4")
def test_a_data_center_made_for_dcimanager_6_is_refused_for_dcimanager_5():
    async def scene(it: Provider) -> None:
        it.manager.catalogue.add_datacenter("New", dci6_managed=True, location=1)
        with pytest.raises(WrongDatacenter):
            await it.manager.catalogue.add_module(
                "six", "pmdci5", datacenter="New", department="Hall", connection=CONNECTION
            )

    provider(scene)
