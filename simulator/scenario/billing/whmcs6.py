"""WHMCS with DCImanager 6, as a scenario's billing side."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from provisioner.accounts import Accounts, Money, Tariff, cents
from provisioner.billing import Billing
from provisioner.clients.dci6 import Dci6Client
from provisioner.log import Call, ModuleLog
from provisioner.modules.whmcs6 import Whmcs6, Whmcs6Settings
from provisioner.modules.whmcs6.server_group import Connection, ServerGroup
from provisioner.periods import check_period
from provisioner.services import Service, State
from provisioner.store import MemoryStore
from simulator.invariants.base import Holding
from simulator.scenario.billing.calendar import Calendar
from simulator.scenario.billing.side import Side
from simulator.scenario.labs import LabRun
from simulator.scenario.plan import Action
from simulator.scenario.schema.steps import CreateArgs
from simulator.scenario.schema.whmcs6 import ConnectionArgs, EditCardArgs, PlaceArgs, PricingArgs, ServerGroupArgs

__all__ = ["Whmcs6Side"]

CRON_SECONDS: Final = 300.0


class _Tariffs:
    """One module for each operating system: in WHMCS another OS is another product, with settings of its own."""

    def __init__(
        self, make: Callable[[Whmcs6Settings], Whmcs6], settings: Whmcs6Settings, os_of: Mapping[str, str]
    ) -> None:
        self.settings = settings
        self._make = make
        self._by_os: dict[str, Whmcs6] = {}
        self._os_of = os_of

    def of(self, service: Service) -> Whmcs6:
        os = self._os_of.get(service.name, self.settings.os)
        if os not in self._by_os:
            self._by_os[os] = self._make(dataclasses.replace(self.settings, os=os))
        return self._by_os[os]

    def check_client(self, service: Service) -> None:
        self.of(service).check_client(service)

    async def create(self, service: Service) -> None:
        await self.of(service).create(service)

    async def suspend(self, service: Service) -> None:
        await self.of(service).suspend(service)

    async def unsuspend(self, service: Service) -> None:
        await self.of(service).unsuspend(service)

    async def terminate(self, service: Service) -> None:
        await self.of(service).terminate(service)

    async def left(self, service: Service, step: str, what: Any) -> tuple[str, Any]:
        return await self.of(service).left(service, step, what)

    async def remove_temporary_addresses(self, service: Service, addresses: Sequence[Sequence[Any]]) -> None:
        await self.of(service).remove_temporary_addresses(service, addresses)


class Whmcs6Side(Side):
    """See `Side`."""

    def __init__(self, run: LabRun, settings: Mapping[str, Any], log: ModuleLog) -> None:
        self.settings = Whmcs6Settings.from_mapping(settings)
        self._run, self._log = run, log
        self._chance = run.streams.secret("billing")
        self._os_of: dict[str, str] = {}
        self._clients: list[Dci6Client] = []
        store = MemoryStore()
        self._group = ServerGroup([self._connection(ConnectionArgs(name="DCImanager 6"))], store)
        self._billing = Billing(self._group, run.clock, log, source=self._chance, store=store)
        self._clock = run.clock
        self._tariff: Tariff | None = None
        self._tariff_of: dict[str, Tariff] = {}
        self._accounts = Accounts(self._billing, self._tariff_of.get, self._billing.suspend, self._billing.unsuspend)
        self._calendar = Calendar(run.clock, self._accounts)
        # Where nothing is left to it, it does nothing and is not run.
        leaves = self.settings.dont_wait and self.settings.remove_temporary_ips
        self._cron = asyncio.ensure_future(self._every_five_minutes()) if leaves else None

    def _connection(self, args: ConnectionArgs) -> Connection:
        run, (email, password) = self._run, self._run.admin
        client = Dci6Client(
            run.dci6_url if args.url is None else args.url,
            email if args.username is None else args.username,
            password if args.password is None else args.password,
            clock=run.clock,
            log=self._log,
            transport=run.billing_transport(),
        )
        self._clients.append(client)

        def make(tariff: Whmcs6Settings) -> Whmcs6:
            return Whmcs6(client, tariff, run.clock, self._log, source=self._chance)

        return Connection(args.name, _Tariffs(make, self.settings, self._os_of), args.most, args.disabled)

    @property
    def billing(self) -> Billing:
        return self._billing

    async def do(self, action: Action, server: int | None) -> None:
        try:
            await self._do(action, server)
        finally:
            self._calendar.look()

    async def _do(self, action: Action, server: int | None) -> None:
        match action.args:
            case CreateArgs():
                await self._create(action.args, server)
            case PlaceArgs():
                self._place(action.args, None)
            case EditCardArgs():
                self._edit_card(action.args, server)
            case ServerGroupArgs():
                self._group.edit([self._connection(each) for each in action.args.connections], action.args.fill)
            case PricingArgs():
                check_period(action.args.period)
                self._tariff = Tariff(action.args.period, cents("price", action.args.price))
            case _ if action.verb == "renew":
                await self._accounts.renew(action.service)
            case _ if action.verb in ("activate_module", "deactivate_module"):
                self.billing.activated = action.verb == "activate_module"
            case _:
                await getattr(self.billing, action.verb)(action.service, by_client=action.by_client)

    async def _create(self, args: CreateArgs, server: int | None) -> None:
        if args.os is not None:
            self._os_of[args.service] = args.os
        if args.service not in self.billing.services:
            self._place(args, server)
        else:
            self.billing.register(args.client, verified=args.verified)
        await self.billing.create(args.service, by_client=args.by_client)

    def _place(self, args: CreateArgs | PlaceArgs, server: int | None) -> None:
        self.billing.register(args.client, verified=args.verified)
        self.billing.place(
            args.service, args.client, configuration=args.configuration or "", server=server, options=args.options
        )
        if self._tariff is not None:
            self._tariff_of[args.service] = self._tariff

    def _edit_card(self, args: EditCardArgs, server: int | None) -> None:
        billing, service = self.billing, self.billing.service(args.service)
        if args.server is not None:
            billing.choose_server(args.service, server)
        if args.dedicated_ip is not None or args.assigned_ips is not None:
            dedicated = service.dedicated_ip if args.dedicated_ip is None else args.dedicated_ip
            assigned = service.assigned_ips if args.assigned_ips is None else tuple(args.assigned_ips)
            billing.write_addresses(args.service, dedicated, assigned)

    def money(self) -> Mapping[str, Money]:
        return self._accounts.money()

    def connection(self, service: str) -> str:
        return self._group.connection(service)

    def call(self, call: Call) -> str:
        """`POST /dci/v3/server/3/os_install`."""
        return f"{call.method} {call.path.partition('?')[0]}"

    def meant_to_stay(self, held: Holding, services: Sequence[Service]) -> tuple[bool, int]:
        """The owner after termination (W6-S14) is meant to stay."""
        meant = self.settings.owner_after_termination.lower()
        closed = any(service.state is State.CLOSED for service in services)
        return bool(closed and meant and held.owner.lower() == meant), 0

    def permits(self, invariant: str, service: Service) -> str:
        """The settings that the document has for it."""
        settings = self.settings
        if invariant == "installed" and settings.dont_wait:
            return "W6-S3: where the OS install is not waited for, a service is called active before it has a system"
        if invariant == "ports-closed" and service.state is State.CLOSED and not settings.suspend_on_termination:
            return "W6-S12, W6-D8: after termination the ports are closed only where the setting says so"
        if invariant == "addresses-accounted" and service.state is State.FAILED:
            return "W6-A10: of giving back what an order has taken that failed nothing is said"
        if invariant == "others-data" and settings.disable_disk_clearing:
            return "W6-S13, W6-D6: without disk clearing the next client gets the disks as they are"
        if (
            invariant == "operations-watched"
            and service.state is State.CLOSED
            and not settings.shutdown_after_termination
        ):
            return "W6-D6: without the option to shut down, diagnostics of more than 60 minutes are left to the panel"
        if invariant == "idle-power" and not settings.shutdown_after_termination:
            return "W6-S11, W6-D7: after termination the server is shut down only where the setting says so"
        return ""

    async def _every_five_minutes(self) -> None:
        """WHMCS's own cron."""
        while True:
            await self._clock.sleep(CRON_SECONDS)
            await self.billing.cron()

    async def close(self) -> None:
        if self._cron is not None:
            self._cron.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._cron
        await self._calendar.close()
        for client in self._clients:
            await client.close()
