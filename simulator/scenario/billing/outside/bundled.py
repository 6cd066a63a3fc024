"""The bundled modules through the contract: a scenario that speaks of any module asks for a server, and what each of them wants
before it sells one (the panel added; a data center, a module, a tariff plan) is done first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.billing import Billing
from provisioner.billmanager.rows import MessageRow, TaskRow
from provisioner.errors import IllegalEvent
from provisioner.log import Call, ModuleLog
from provisioner.services import Service
from simulator.invariants.base import Holding
from simulator.scenario.billing.billmanager5 import BillManager5Side
from simulator.scenario.billing.billmanager6 import BillManagerSide
from simulator.scenario.billing.outside.known import Known, meant_to_stay, permits
from simulator.scenario.billing.side import Side
from simulator.scenario.billing.whmcs6 import Whmcs6Side
from simulator.scenario.labs import LabRun
from simulator.scenario.plan import Action

__all__ = ["BundledSide"]

_TAKEN: Mapping[str, Sequence[str]] = {
    "whmcs6": ("configuration", "os", "pool", "install_timeout", "diagnostic_pool"),
    "billmanager5": ("configuration", "os", "install_timeout"),
    "billmanager6": (),
}
_OF_TARIFF = ("configuration", "os", "pool", "install_timeout", "diagnostic_pool")


class BundledSide(Side):
    """See `Side`."""

    def __init__(
        self, run: LabRun, settings: Mapping[str, Any], log: ModuleLog, name: str, known: Sequence[Known]
    ) -> None:
        own = {key: value for key, value in settings.items() if key in _TAKEN[name]}
        self._settings = settings
        self._known = known
        self._main_stays = name == "billmanager5"
        self._prepared = False
        self._side: Side
        if name == "whmcs6":
            self._side = Whmcs6Side(run, own, log)
        elif name == "billmanager5":
            templates = [each.name for each in run.plan.panel.templates if each.type == "os"]
            self._side = BillManager5Side(run, {**own, "templates": templates}, log)
        else:
            self._side = BillManagerSide(run, {"tries": 1}, log)

    @property
    def billing(self) -> Billing:
        return self._side.billing

    async def do(self, action: Action, server: int | None) -> None:
        side = self._side
        if isinstance(side, BillManager5Side) and not self._prepared:
            await side.desk.add_panel()
            self._prepared = True
        if isinstance(side, BillManagerSide) and action.create is not None:
            await self._sell(side, action, server)
        else:
            await side.do(action, server)

    async def _sell(self, side: BillManagerSide, action: Action, server: int | None) -> None:
        """A tariff plan for what is ordered, an order by it, and its payment."""
        args, manager = action.create, side.manager
        assert args is not None
        if not self._prepared:
            manager.office.add_department("Technicians", [])
            run = side.run
            manager.catalogue.add_datacenter("Hall", dci6_managed=True, location=run.plan.panel.location.id)
            connection = {"url": run.dci6_url, "username": run.admin[0], "password": run.admin[1]}
            await manager.catalogue.add_module(
                "dci", "pmdci6", datacenter="Hall", department="Technicians", sort=0, connection=connection
            )
            self._prepared = True
        if args.service in manager.billing.services:
            raise IllegalEvent(
                f"the service {args.service} is ordered; its processing is tried again by BILLmanager itself"
            )
        params = {key: value for key, value in self._settings.items() if key in _OF_TARIFF}
        if args.configuration is not None:
            params["configuration"] = args.configuration
        if args.os is not None:
            params["os"] = args.os
        tariff = f"Dedicated of {args.service}"
        manager.catalogue.add_tariff(tariff, itemtype="dedic", modules=["dci"], params=params)
        if args.client not in manager.billing.clients:
            manager.register(args.client)
        manager.order(args.service, args.client, tariff, params={}, server=server)
        await manager.pay(args.service)

    # as the side behind it

    def call(self, call: Call) -> str:
        return self._side.call(call)

    def permits(self, invariant: str, service: Service) -> str:
        """What the module's own document leaves, and what is declared of it."""
        return self._side.permits(invariant, service) or permits(self._known, invariant, service)

    def meant_to_stay(self, held: Holding, services: Sequence[Service]) -> tuple[bool, int]:
        """What the module's document leaves, and what the side behind it means anyway."""
        owner, addresses = self._side.meant_to_stay(held, services)
        more_owner, more = meant_to_stay(self._known, held, services, main_stays=self._main_stays)
        return owner or more_owner, max(addresses, more)

    def messages(self) -> Sequence[MessageRow]:
        return self._side.messages()

    def tickets(self) -> Sequence[TaskRow]:
        return self._side.tickets()

    def saved(self, service: str) -> Any:
        return self._side.saved(service)

    async def close(self) -> None:
        await self._side.close()
