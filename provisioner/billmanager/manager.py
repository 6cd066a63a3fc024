"""A BILLmanager: its clients order and pay, its processing modules do the work, its staff do the rest."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from provisioner.accounts import Accounts, Tariff
from provisioner.billing import Billing
from provisioner.billmanager.catalogue import Catalogue
from provisioner.billmanager.office import Office
from provisioner.billmanager.operations import RETRY_SECONDS, TRIES, Items, Operations, Router
from provisioner.billmanager.protocol import MANUAL, ModuleType
from provisioner.billmanager.rows import ConfirmationRow, ProblemRow, SettingRow, TaskRow
from provisioner.clock import Clock
from provisioner.errors import BadSettings, EmailNotVerified, IllegalEvent, ProvisioningError, Refused, UnknownService
from provisioner.log import ModuleLog, without_secrets
from provisioner.services import Client, Service, State, generate_password
from provisioner.store import MemoryStore, Store

__all__ = ["BillManager"]

_CONFIRM = "confirm_by_email"


class BillManager:
    """Every method that acts raises ProvisioningError; `by_client` says that the client himself asks, in the client
    area, and not the provider or the daily run.
    """

    def __init__(
        self,
        clock: Clock,
        log: ModuleLog,
        types: Sequence[ModuleType] = (),
        *,
        source: random.Random | None = None,
        store: Store | None = None,
        tries: int = TRIES,
        retry: float = RETRY_SECONDS,
        works: bool = True,
    ) -> None:
        """`types` of processing modules beside "Manual processing". `source` of passwords and codes: the host's secure
        one unless given. Without a `store` everything ends with the process. `works`: whether operations are carried
        out here; else they wait for the modules' executables (`provisioner.processing`).
        """
        self.clock = clock
        self.log = log
        self.store: Store = MemoryStore() if store is None else store
        self.office = Office(clock, self.store)
        self.catalogue = Catalogue({each.name: each for each in (*types, MANUAL)}, self.office, self.store)
        self.items = Items(self.store)
        router = Router(self.catalogue, self.items, self._check_client, self._problem)
        self.billing = Billing(router, clock, log, source=source, store=self.store)
        self.operations = Operations(
            self.billing,
            self.catalogue,
            self.office,
            self.items,
            clock,
            self.store,
            tries=tries,
            retry=retry,
            works=works,
        )
        self.accounts = Accounts(self.billing, self._tariff_of, self.suspend, self.unsuspend)
        self._source = source
        self._codes = {row.email: row for row in self.store.read(ConfirmationRow) if row.code}

    # clients

    @property
    def confirm_by_email(self) -> bool:
        """Provider, Global settings, Clients verification, Confirmation by email: after registration (B6-2)."""
        return any(row.name == _CONFIRM and row.value for row in self.store.read(SettingRow))

    def set_confirm_by_email(self, on: bool) -> None:
        self.store.write(SettingRow(_CONFIRM, on))

    def register(self, email: str, *, full_name: str = "", phone: str = "") -> Client:
        """A new client; where confirmation is required, a code goes to the e-mail."""
        if email in self.billing.clients:
            raise Refused(f"there is a client {email} already")
        verified = not self.confirm_by_email
        client = self.billing.register(email, full_name=full_name, verified=verified, phone=phone)
        if not verified:
            self._codes[email] = ConfirmationRow(email, generate_password(self._source, 8))
            self.store.write(self._codes[email])
            self.office.write([email], "Confirm your e-mail", f"Your code: {self._codes[email].code}")
        return client

    def confirm(self, email: str, code: str) -> None:
        """The client enters the code. Raises Refused for a wrong one."""
        row = self._codes.get(email)
        if row is None or row.code != code:
            raise Refused(f"this is not the code that was sent to {email}")
        client = self.billing.clients[email]
        self.billing.register(email, full_name=client.full_name, verified=True, phone=client.phone)
        self.store.write(replace(row, code=""))
        del self._codes[email]

    def _check_client(self, email: str) -> None:
        client = self.billing.clients.get(email)
        if client is None:
            raise Refused(f"there is no client {email}")
        if self.confirm_by_email and not client.verified:
            raise EmailNotVerified(f"the client cannot use services before the e-mail {email} is confirmed")

    # orders

    def order(
        self,
        name: str,
        email: str,
        tariff: str,
        *,
        params: Mapping[str, Any] | None = None,
        server: int | None = None,
        by_client: bool = True,
    ) -> Service:
        """Order a tariff plan; `params` over the tariff's. It waits for its payment (IM-3)."""
        row = self.catalogue.tariff(tariff)
        if by_client:
            self._check_client(email)
        elif email not in self.billing.clients:
            self.register(email)
        candidates = self.catalogue.candidates(row.id)
        if not candidates:
            raise BadSettings(f"the tariff {tariff} has no enabled processing module")
        whole = {**row.params, **(params or {})}
        self.catalogue.running(candidates[0].id).check_param(whole)
        item = self.items.draft(name, row.id, whole)
        service = self.billing.place(name, email, server=server, rows=[item])
        self.items.kept(item)
        return service

    async def pay(self, name: str, *, by_client: bool = True) -> None:
        """Pay for an order: its processing begins, with the module of the lowest priority number (IM-4, B6-7)."""
        service, item = self.billing.service(name), self.items.of(name)
        if by_client:
            self._check_client(service.client.email)
        if item.paid is not None:
            raise IllegalEvent(f"service {name} has been paid for already")
        if service.state is not State.ORDERED:
            raise IllegalEvent(f"service {name} is {service.state.value}: there is nothing to pay for")
        assert item.tariff is not None
        candidates = self.catalogue.candidates(item.tariff)
        if not candidates:
            tariff = self.catalogue.tariff(item.tariff).name
            raise BadSettings(f"the tariff {tariff} has no enabled processing module")
        self.accounts.paid(name)
        paid = replace(item, paid=self.clock.now(), module=candidates[0].id)
        await self.operations.begin(name, "open", paid)

    async def suspend(self, name: str, *, by_client: bool = False) -> None:
        await self._operate(name, "suspend", by_client)

    async def unsuspend(self, name: str, *, by_client: bool = False) -> None:
        await self._operate(name, "resume", by_client)

    async def terminate(self, name: str, *, by_client: bool = False) -> None:
        """Delete the service; what staff had to do with it is off."""
        await self._operate(name, "close", by_client)

    async def change(self, name: str, params: Mapping[str, Any], *, by_client: bool = False) -> None:
        """Other parameters of a living service (`setparam`); when it fails, they stay as they were."""
        item = self.items.of(name)
        if item.module is None:
            raise IllegalEvent(f"service {name} is with no processing module yet")
        self.catalogue.running(item.module).check_param({**item.params, **params})
        await self.billing.act(name, "Set parameters", {"params": dict(params)}, by_client=by_client)

    async def _operate(self, name: str, verb: str, by_client: bool) -> None:
        service = self.billing.service(name)
        if by_client:
            self._check_client(service.client.email)
        await self.operations.begin(name, verb)

    # the calendar

    def _tariff_of(self, name: str) -> Tariff | None:
        item = self.items.of(name) if name in self.items else None
        row = None if item is None or item.tariff is None else self.catalogue.tariff(item.tariff)
        return Tariff(row.period, row.price) if row is not None and row.period else None

    async def renew(self, name: str) -> None:
        """As `Accounts.renew`."""
        await self.accounts.renew(name)

    # staff

    def tasks(self, staff: str) -> list[TaskRow]:
        """Tools, Tasks: the open ones of this person's departments (IM-6)."""
        return self.office.tasks_of(staff)

    def assign_task(
        self, staff: str, task: int, *, module: str = "", params: Mapping[str, Any] | None = None
    ) -> TaskRow:
        """Edit a task: the service is to be with another processing module, which gets `params` (IM-7)."""
        row = self.office.task_for(staff, task)
        if not module:
            return self.office.edit(row, module=row.module, params=dict(params or {}))
        chosen = self.catalogue.module(module)
        tariff = self.items.of(row.service).tariff
        if tariff is not None and chosen.id not in self.catalogue.tariff(tariff).modules:
            raise Refused(f"the processing module {module} is not enabled for the tariff of service {row.service}")
        return self.office.edit(row, module=chosen.id, params=dict(params or {}))

    async def close_task(self, staff: str, task: int) -> None:
        """The work is done: the operation that waited for it ends. An activation is then bound to what is there, when
        the processing module can look; what it does not find is refused, and the task stays open.
        """
        row = self.office.task_for(staff, task)
        operation = self.operations.of(row.service)
        if not row.verb or operation is None:
            self.office.close(row, staff)
            return
        item, service = self.items.of(row.service), self.billing.service(row.service)
        module = row.module or item.module
        assert module is not None
        saved: Mapping[str, Any] = {}
        if operation.verb == "open" and "import" in self.catalogue.type_of(module).features:
            with self.log.during(row.service, "Close task"):
                params = {**item.params, **(row.params or {})}
                saved = await self.catalogue.running(module).import_service(self.items.item(service, params), params)
        bound = replace(item, module=module, params={**item.params, **without_secrets(saved)})
        closed = self.office.closed(row, staff)
        self.operations.complete(closed, bound)
        self.office.kept(closed)
        self.items.kept(bound)

    async def return_task(self, staff: str, task: int) -> None:
        """What was in the way is mended: give the operation back to the processing module, or to the one that the
        service has been assigned to.
        """
        row = self.office.task_for(staff, task)
        if self.operations.of(row.service) is None:
            raise Refused(f"no operation waits for task {task}")
        item = self.items.of(row.service)
        given = replace(
            item, module=row.module or item.module, params={**item.params, **without_secrets(row.params or {})}
        )
        await self.operations.give_back(self.office.closed(row, staff), given)

    # after an interruption

    def interrupted(self) -> list[str]:
        """Services with something that a process began and did not end."""
        return list(dict.fromkeys([*self.billing.interrupted(), *self.operations.left()]))

    async def resume_interrupted(self) -> dict[str, ProvisioningError | None]:
        """Go on with all of it, one after another; the error of each, None when it did what was asked."""
        results: dict[str, ProvisioningError | None] = {}
        for name in self.interrupted():
            try:
                if name in self.billing.interrupted():
                    await self.billing.resume(name)
                results[name] = None
            except ProvisioningError as exc:
                results[name] = exc
            if self.operations.of(name) is not None:
                try:
                    await self.operations.work(name)
                    results[name] = None
                except ProvisioningError as exc:
                    results[name] = exc
        return results

    # for monitoring

    @property
    def problems(self) -> list[ProblemRow]:
        return self.store.read(ProblemRow)

    def _problem(self, name: str, module: str, text: str) -> None:
        self.store.write(*self.operations.problem_rows(name, module, text))

    def service(self, name: str) -> Service:
        """Raises UnknownService."""
        if name not in self.items:
            raise UnknownService(f"there is no service {name}")
        return self.billing.service(name)

    async def close(self) -> None:
        """Close the connections of all processing modules."""
        await self.catalogue.aclose()
