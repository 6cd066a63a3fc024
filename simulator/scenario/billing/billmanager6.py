"""BILLmanager 6 with its processing modules, as a scenario's billing side: the provider, clients and staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from provisioner.accounts import Money, cents
from provisioner.billing import Billing
from provisioner.billmanager.manager import BillManager
from provisioner.billmanager.rows import MessageRow, TaskRow
from provisioner.billmanager.settings import BillManagerSettings
from provisioner.clients.dci6 import Dci6Client
from provisioner.errors import BadSettings
from provisioner.log import ModuleLog
from provisioner.modules.billmanager6 import TYPE as PMDCI6
from provisioner.modules.billmanager6 import pmdci6
from provisioner.modules.ispmanager import NAME as PMISPMANAGER
from provisioner.modules.ispmanager import ispmanager_type
from provisioner.services import Service, State
from provisioner.store import MemoryStore
from simulator.scenario.billing.calendar import Calendar
from simulator.scenario.billing.side import Side
from simulator.scenario.labs import LabRun
from simulator.scenario.plan import Action
from simulator.scenario.schema.billmanager6 import (
    AddDatacenterArgs,
    AddDepartmentArgs,
    AddModuleArgs,
    AddTariffArgs,
    ChangeArgs,
    ConfirmArgs,
    ModuleArgs,
    OrderArgs,
    RegisterArgs,
    TariffModuleArgs,
    TaskArgs,
)

__all__ = ["BillManagerSide"]

LOOK_SECONDS = 10.0
"""How often staff look whether an installation that they began has ended."""


class BillManagerSide(Side):
    """See `Side`."""

    def __init__(self, run: LabRun, settings: Mapping[str, Any], log: ModuleLog) -> None:
        self._run = run
        self._log = log
        chosen = BillManagerSettings.from_mapping(settings)
        chance, store = run.streams.secret("billing"), MemoryStore()
        self.manager = BillManager(
            run.clock,
            log,
            [
                pmdci6(lambda to: self._client(to, log), run.clock, log, source=chance),
                ispmanager_type(run.clock, log, store, transport=run.billing_transport()),
            ],
            source=chance,
            store=store,
            tries=chosen.tries,
            retry=chosen.retry_interval,
        )
        self._calendar = Calendar(run.clock, self.manager.accounts)
        self.manager.set_confirm_by_email(chosen.confirm_by_email)

    def _client(self, to: Mapping[str, str], log: ModuleLog) -> Dci6Client:
        run = self._run
        return Dci6Client(
            to["url"], to["username"], to["password"], clock=run.clock, log=log, transport=run.billing_transport()
        )

    @property
    def run(self) -> LabRun:
        return self._run

    @property
    def billing(self) -> Billing:
        return self.manager.billing

    async def do(self, action: Action, server: int | None) -> None:
        try:
            await self._do(action, server)
        finally:
            self._calendar.look()

    def money(self) -> Mapping[str, Money]:
        return self.manager.accounts.money()

    async def _do(self, action: Action, server: int | None) -> None:
        """Verbs with parameters of their own first; the others are the manager's methods of the same name."""
        manager, name, args = self.manager, action.service, action.args
        if await self._provider(args, action.verb):
            return
        match args:
            case RegisterArgs():
                manager.register(args.client)
            case ConfirmArgs():
                manager.confirm(args.client, args.code if args.code is not None else self._code(args.client))
            case OrderArgs():
                if args.client not in manager.billing.clients:
                    manager.register(args.client)
                manager.order(name, args.client, args.tariff, params=args.params, server=server)
            case ChangeArgs():
                await manager.change(name, args.params, by_client=args.by_client)
            case TaskArgs():
                await self._staff(args, action.verb, server)
            case _ if action.verb in ("pay", "renew"):
                await getattr(manager, action.verb)(name)
            case _:
                await getattr(manager, action.verb)(name, by_client=action.by_client)

    async def _provider(self, args: Any, verb: str) -> bool:
        """What the provider sets up; False when it is something else."""
        manager, catalogue = self.manager, self.manager.catalogue
        match args:
            case AddDepartmentArgs():
                manager.office.add_department(args.name, args.staff)
            case AddDatacenterArgs():
                catalogue.add_datacenter(args.name, dci6_managed=args.dci6, location=args.location, sort=args.sort)
            case AddModuleArgs():
                with self._log.during("", "Add processing module"):
                    await catalogue.add_module(
                        args.name,
                        args.type,
                        datacenter=args.datacenter,
                        department=args.department,
                        sort=args.sort,
                        connection=self._connection(args),
                    )
            case ModuleArgs():
                with self._log.during("", "Update configuration"):
                    await catalogue.refresh(args.module)
            case AddTariffArgs():
                catalogue.add_tariff(
                    args.name,
                    itemtype=args.itemtype,
                    modules=args.modules,
                    params=args.params,
                    period=args.period,
                    price=cents("price", args.price),
                )
            case TariffModuleArgs():
                (catalogue.enable if verb == "enable_module" else catalogue.disable)(args.tariff, args.module)
            case _:
                return False
        return True

    def _connection(self, args: AddModuleArgs) -> dict[str, str]:
        """The lab's own panel and administrator, where nothing else was typed in."""
        run = self._run
        own: dict[str, str] = {}
        if args.type == PMDCI6:
            own = {"url": run.dci6_url, "username": run.admin[0], "password": run.admin[1]}
        elif args.type == PMISPMANAGER:
            if run.ispmanager_url is None or run.plan.ispmanager is None:
                raise BadSettings("the lab has no ispmanager")
            admin = run.plan.ispmanager.admin
            own = {"url": run.ispmanager_url, "username": admin.name, "password": admin.password}
        typed = {"url": args.url, "username": args.username, "password": args.password}
        return own | {key: value for key, value in typed.items() if value is not None}

    def _code(self, client: str) -> str:
        """The client reads it in the newest message that he got."""
        texts = [each.text for each in self.manager.office.messages if each.to == client]
        return texts[-1].rpartition(" ")[2] if texts else ""

    async def _staff(self, args: TaskArgs, verb: str, server: int | None) -> None:
        manager, task = self.manager, self.manager.office.open_task(args.service).id
        if verb == "assign_task":
            params = dict(args.params)
            if server is not None:
                await self._prepare(args.service, server)
                params["server"] = server
            manager.assign_task(args.staff, task, module=args.module, params=params)
        elif verb == "close_task":
            await manager.close_task(args.staff, task)
        else:
            await manager.return_task(args.staff, task)

    async def _prepare(self, name: str, server: int) -> None:
        """Staff prepare a server in the panel itself: owner, ports, address, system."""
        url, (email, password) = self._run.dci6_url, self._run.admin
        log = ModuleLog(self._run.clock, keep=1)
        staff = Dci6Client(
            url, email, password, clock=self._run.clock, log=log, transport=self._run.observer_transport()
        )
        try:
            client = self.billing.service(name).client.email
            user = await staff.find_user(client) or await staff.create_user(client, "by-hand-1A")
            params = self.manager.items.of(name).params
            pool, template = await staff.find_pool(params["pool"]), await staff.find_template(params["os"], "os")
            assert pool is not None
            assert template is not None
            await staff.set_owner(server, user.id)
            await staff.ports_on(server)
            await staff.add_ips(server, pool.id)
            operation = await staff.os_install(server, template.id, "by-hand-1A")
            while not (await staff.operation(operation)).ended:
                await self._run.clock.sleep(LOOK_SECONDS)
        finally:
            await staff.close()

    # for expectations

    def permits(self, invariant: str, service: Service) -> str:
        """What its documents do not have the module do."""
        if invariant == "ports-closed" and service.state is State.CLOSED:
            return "BILLmanager 6: a deleted service's disks are cleared and its server is shut down; of ports nothing is said"
        if invariant == "addresses-accounted" and service.state is State.FAILED:
            return "BILLmanager 6: of giving back what an order has taken that failed nothing is said"
        return ""

    def messages(self) -> Sequence[MessageRow]:
        return self.manager.office.messages

    def tickets(self) -> Sequence[TaskRow]:
        return self.manager.office.tasks

    def saved(self, service: str) -> Any:
        """Of a dedicated server; None while there is none."""
        params = self.manager.items.of(service).params
        if "panelid" not in params:
            return None
        names = ("label", "ip", "domain", "owner")
        return SimpleNamespace(os=params.get("ostempl", ""), **{name: params.get(name, "") for name in names})

    async def close(self) -> None:
        await self._calendar.close()
        await self.manager.close()
