"""Several DCImanager 6 behind one product of WHMCS: its server group."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from provisioner.billing import Billing
from provisioner.clients.dci6 import Dci6Client
from provisioner.errors import BadSettings, NoFreeServer
from provisioner.log import ModuleLog
from provisioner.modules.whmcs6 import Whmcs6, Whmcs6Settings
from provisioner.modules.whmcs6.server_group import Connection, Fill, ServerGroup
from provisioner.services import State
from provisioner.sql_store import SqlStore
from provisioner.store import MemoryStore, Store
from simulator.kernel import LoopClock, run
from tests.provisioner.support.dcimanager6 import ADMIN, CONFIGURATION, Panel

TARIFF = {"configuration": CONFIGURATION, "os": "debian-12", "pool": "public"}


class Shops:
    """A WHMCS in front of two panels, `north` and `south`."""

    def __init__(
        self, store: Store, panels: Mapping[str, Panel], fill: Fill, how: Mapping[str, Mapping[str, Any]]
    ) -> None:
        clock = next(iter(panels.values())).clock
        log = ModuleLog(clock)
        self.panels = panels
        self.clients = {
            name: Dci6Client(f"http://{name}", *ADMIN, clock=clock, log=log, transport=panel.transport)
            for name, panel in panels.items()
        }
        tariff, chance = Whmcs6Settings.from_mapping(TARIFF), random.Random(1)
        self.group = ServerGroup(
            [
                Connection(name, Whmcs6(client, tariff, clock, log, source=chance, panel=name), **how.get(name, {}))
                for name, client in self.clients.items()
            ],
            store,
            fill=fill,
        )
        self.billing = Billing(self.group, clock, log, source=chance, store=store)

    def sold(self, panel: str) -> int:
        return sum(box.owner is not None for box in self.panels[panel].boxes.values())

    async def close(self) -> None:
        for client in self.clients.values():
            await client.close()


def shops(
    main: Callable[[Shops], Awaitable[None]],
    *,
    fill: Fill = "least",
    **how: Mapping[str, Any],
) -> None:
    async def whole() -> None:
        it = Shops(MemoryStore(), {name: Panel(LoopClock(), 3) for name in ("north", "south")}, fill, how)
        try:
            await main(it)
        finally:
            await it.close()

    run(whole())


@pytest.mark.requirement("W6-S2")
def test_orders_go_to_the_connection_with_the_fewest_services_and_stay_with_it() -> None:
    async def main(it: Shops) -> None:
        for number in range(4):
            await it.billing.order(f"web{number}", "alice@example.com")
        assert [it.group.connection(f"web{number}") for number in range(4)] == ["north", "south", "north", "south"]
        assert (it.sold("north"), it.sold("south")) == (2, 2)
        # The panels' servers have the same ids: what is done goes to the right one.
        await it.billing.suspend("web1")
        assert it.panels["south"].boxes[1].ports == ["down"]
        assert it.panels["north"].boxes[1].ports == ["up"]
        await it.billing.unsuspend("web1")
        await it.billing.terminate("web0")
        assert (it.sold("north"), it.sold("south")) == (1, 2)
        await it.billing.order("web4", "alice@example.com")
        assert it.group.connection("web4") == "north"

    shops(main)


@pytest.mark.requirement("W6-S2")
def test_connections_are_filled_one_by_one_where_the_group_says_so() -> None:
    async def main(it: Shops) -> None:
        for number in range(3):
            await it.billing.order(f"web{number}", "alice@example.com")
        assert [it.group.connection(f"web{number}") for number in range(3)] == ["north", "north", "south"]
        with pytest.raises(NoFreeServer, match="full or disabled"):
            await it.billing.order("web3", "alice@example.com")
        assert it.billing.service("web3").state is State.FAILED
        await it.billing.terminate("web0")
        await it.billing.create("web3")
        assert it.group.connection("web3") == "north"

    shops(main, fill="one by one", north={"most": 2}, south={"most": 1})


@pytest.mark.requirement("W6-S2")
def test_a_disabled_connection_gets_nothing_new_and_a_panel_without_servers_is_not_made_up_for_by_another() -> None:
    async def disabled(it: Shops) -> None:
        await it.billing.order("web1", "alice@example.com")
        assert (it.sold("north"), it.sold("south")) == (0, 1)

    shops(disabled, north={"disabled": True})

    async def empty(it: Shops) -> None:
        it.panels["north"].boxes.clear()
        with pytest.raises(NoFreeServer):
            await it.billing.order("web1", "alice@example.com")
        assert it.panels["south"].acts == []

    shops(empty)


@pytest.mark.requirement("W6-S2")
def test_a_service_is_with_its_connection_after_the_process_was_started_again(tmp_path: Path) -> None:
    async def order(it: Shops) -> None:
        await it.billing.order("web1", "alice@example.com")
        await it.billing.order("web2", "alice@example.com")

    async def delete(it: Shops) -> None:
        assert it.group.connection("web2") == "south"
        await it.billing.terminate("web2")
        assert it.billing.service("web2").state is State.CLOSED
        assert (it.sold("north"), it.sold("south")) == (1, 0)

    async def both() -> None:
        two = {name: Panel(LoopClock(), 3) for name in ("north", "south")}
        for main in (order, delete):
            store = SqlStore(f"sqlite:///{tmp_path / 'billing.db'}")
            it = Shops(store, two, "least", {})
            await main(it)
            await it.close()
            store.close()

    run(both())


def test_a_group_without_connections_or_with_two_of_a_name_is_refused() -> None:
    with pytest.raises(BadSettings):
        ServerGroup([], MemoryStore())

    async def main(it: Shops) -> None:
        one = it.group.connections["north"]
        with pytest.raises(BadSettings):
            ServerGroup([one, one], MemoryStore())

    shops(main)
