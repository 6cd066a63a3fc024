"""WHMCS with DCImanager 6, as a scenario's billing side."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from provisioner.billing import Billing
from provisioner.clients.dci6 import Dci6Client
from provisioner.log import Call, ModuleLog
from provisioner.modules.whmcs6 import Whmcs6, Whmcs6Settings
from provisioner.services import Service, State
from simulator.invariants.base import Holding
from simulator.scenario.billing.side import Side
from simulator.scenario.labs import LabRun
from simulator.scenario.plan import Action

__all__ = ["Whmcs6Side"]

CRON_SECONDS: Final = 300.0


class _Tariffs:
    """One module for each operating system: in WHMCS another OS is another product, with settings of its own."""

    def __init__(self, make: Callable[[Whmcs6Settings], Whmcs6], settings: Whmcs6Settings) -> None:
        self.settings = settings
        self._make = make
        self._by_os: dict[str, Whmcs6] = {}
        self.os_of: dict[str, str] = {}

    def of(self, service: Service) -> Whmcs6:
        os = self.os_of.get(service.name, self.settings.os)
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
        chance = run.streams.secret("billing")
        email, password = run.admin
        self._client = Dci6Client(
            run.dci6_url, email, password, clock=run.clock, log=log, transport=run.billing_transport()
        )
        self._tariffs = _Tariffs(
            lambda tariff: Whmcs6(self._client, tariff, run.clock, log, source=chance), self.settings
        )
        self._billing = Billing(self._tariffs, run.clock, log, source=chance)
        self._clock = run.clock
        # Where nothing is left to it, it does nothing and is not run.
        leaves = self.settings.dont_wait and self.settings.remove_temporary_ips
        self._cron = asyncio.ensure_future(self._every_five_minutes()) if leaves else None

    @property
    def billing(self) -> Billing:
        return self._billing

    async def do(self, action: Action, server: int | None) -> None:
        if action.create is None:
            await getattr(self.billing, action.verb)(action.service, by_client=action.by_client)
            return
        args = action.create
        if args.os is not None:
            self._tariffs.os_of[args.service] = args.os
        self.billing.register(args.client, verified=args.verified)
        if args.service not in self.billing.services:
            self.billing.place(
                args.service,
                args.client,
                configuration=args.configuration or "",
                server=server,
                options=args.options,
            )
        await self.billing.create(args.service, by_client=args.by_client)

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
        if invariant == "others-data" and settings.disable_disk_clearing:
            return "W6-S13, W6-D6: without disk clearing the next client gets the disks as they are"
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
        await self._client.close()
