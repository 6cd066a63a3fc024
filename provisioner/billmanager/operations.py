"""BILLmanager's running operations: each is tried until it is done, ten times at most; then it is put into manual mode
and a task for staff is created. An `open` that fails goes on with the tariff's next processing module.

Every consequence of a try is drawn in one write of the store, so that the process may end between any two of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from provisioner.billing import Billing
from provisioner.billmanager.catalogue import Catalogue
from provisioner.billmanager.office import Office
from provisioner.billmanager.protocol import Item
from provisioner.billmanager.rows import ItemRow, ModuleRow, OperationRow, ProblemRow, TaskRow
from provisioner.clock import Clock
from provisioner.errors import LoginRefused, OperationFailed, PanelUnavailable, ProvisioningError, Refused, ServiceBusy
from provisioner.log import without_secrets
from provisioner.services import Event, Service, State
from provisioner.store import ActionRow, Row, Store

__all__ = ["RETRY_SECONDS", "TRIES", "HandedOver", "Items", "Operations", "Router"]

TRIES: Final = 10
"""GetMaxTryCount of BILLmanager's modules."""
RETRY_SECONDS: Final = 300.0
"""Between two tries; ours, no source has BILLmanager's."""


class HandedOver(OperationFailed):
    """The operation failed so often that it is staff's now."""


@dataclass(frozen=True, slots=True)
class _Verb:
    """An operation, and what it is to the service's lifecycle."""

    method: str
    """Of `Billing`."""
    event: Event
    """That has to be possible when it begins."""
    subject: str
    """Of the task for staff."""


_VERBS: Mapping[str, _Verb] = MappingProxyType(
    {
        "open": _Verb("create", Event.PROCESS, "Activate the service"),
        "suspend": _Verb("suspend", Event.SUSPEND, "Suspend the service"),
        "resume": _Verb("unsuspend", Event.UNSUSPEND, "Resume the service"),
        "close": _Verb("terminate", Event.CLOSE, "Delete the service"),
    }
)


class Items:
    """What is kept of services beside their lifecycle."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = {row.service: row for row in store.read(ItemRow)}

    def __contains__(self, service: str) -> bool:
        return service in self._rows

    def of(self, service: str) -> ItemRow:
        try:
            return self._rows[service]
        except KeyError:
            raise Refused(f"service {service} was not ordered by a tariff") from None

    def draft(self, service: str, tariff: int, params: Mapping[str, Any]) -> ItemRow:
        """A row that the caller writes, and then says `kept`."""
        return ItemRow(service, len(self._rows) + 1, tariff, None, dict(params))

    def kept(self, row: ItemRow) -> None:
        self._rows[row.service] = row

    def save(self, service: str, params: Mapping[str, Any]) -> None:
        """Further parameters of a service."""
        row = self.of(service)
        row = replace(row, params={**row.params, **params})
        self._store.write(row)
        self.kept(row)

    def item(self, service: Service, params: Mapping[str, Any] | None = None) -> Item:
        """As a processing module gets it."""
        row = self.of(service.name)
        return Item(row.id, service, {**row.params, **(params or {})}, lambda more: self.save(service.name, more))


class Router:
    """The module of the billing core: hands each service to the processing module that it is with."""

    def __init__(
        self, catalogue: Catalogue, items: Items, check: Callable[[str], None], problem: Callable[[str, str, str], None]
    ) -> None:
        self._catalogue = catalogue
        self._items = items
        self._check = check
        self._problem = problem

    def check_client(self, service: Service) -> None:
        self._check(service.client.email)

    async def create(self, service: Service) -> None:
        await self._do("open", service)

    async def suspend(self, service: Service) -> None:
        await self._do("suspend", service)

    async def unsuspend(self, service: Service) -> None:
        await self._do("resume", service)

    async def terminate(self, service: Service) -> None:
        await self._do("close", service)

    async def set_parameters(self, service: Service, params: Mapping[str, Any]) -> None:
        """The new ones are saved only when the module has carried them out."""
        await self._do("setparam", service, params)
        self._items.save(service.name, without_secrets(params))

    async def _do(self, verb: str, service: Service, *args: Any) -> None:
        row = self._items.of(service.name)
        if row.module is None:
            raise Refused(f"service {service.name} is with no processing module")
        module = self._catalogue.running(row.module)
        try:
            await getattr(module, verb)(self._items.item(service), *args)
        except (PanelUnavailable, LoginRefused) as exc:
            self._problem("processingmodule_connect", self._catalogue.module(row.module).name, str(exc))
            raise


class Operations:
    """Of all services; each has at most one at a time."""

    def __init__(
        self,
        billing: Billing,
        catalogue: Catalogue,
        office: Office,
        items: Items,
        clock: Clock,
        store: Store,
        *,
        tries: int = TRIES,
        retry: float = RETRY_SECONDS,
        works: bool = True,
    ) -> None:
        """`works`: whether it carries operations out itself; else they wait for the modules' executables (`once`)."""
        self._billing = billing
        self._catalogue = catalogue
        self._office = office
        self._items = items
        self._clock = clock
        self._store = store
        self._tries = tries
        self._retry = retry
        self._works = works
        self._numbers: dict[str, int] = {}
        self._open: dict[str, OperationRow] = {}
        self._running: set[str] = set()
        for row in store.read(OperationRow):
            self._numbers[row.service] = row.number
            if row.ended is None:
                self._open[row.service] = row

    def of(self, service: str) -> OperationRow | None:
        """The operation of a service that has not ended."""
        return self._open.get(service)

    def left(self) -> list[str]:
        """Services with an operation that no process works on and that is not staff's."""
        return [name for name, row in self._open.items() if name not in self._running and not row.manual]

    async def begin(self, name: str, verb: str, *rows: Row) -> None:
        """Begin an operation and see it done; `rows` are kept with its beginning. Returns as well when it is staff's
        because the processing module has no such feature.

        Raises HandedOver when every try failed; IllegalEvent, ServiceBusy and Interrupted change nothing.
        """
        service = self._billing.free(name)
        service.check(_VERBS[verb].event)
        before = self._open.get(name)
        given_back = any(isinstance(each, OperationRow) for each in rows)
        if before is not None and not given_back and not (before.manual and verb == "close"):
            raise ServiceBusy(f"service {name} is busy: {before.verb} {_stands(before)}")
        actions = self._store.read(ActionRow, name)
        now = self._clock.now()
        row = OperationRow(
            name, self._numbers.get(name, 0) + 1, verb, now, actions[-1].number if actions else 0, due=now
        )
        ends = [] if before is None or given_back else self._superseded(before)
        self._store.write(*rows, *ends, row)
        for each in (*rows, *ends):
            if isinstance(each, ItemRow):
                self._items.kept(each)
            elif isinstance(each, TaskRow):
                self._office.kept(each)
        self._numbers[name], self._open[name] = row.number, row
        if self._works:
            await self.work(name)

    async def work(self, name: str) -> None:
        """Go on with the operation of a service until it is done or staff's. See `begin`."""
        self._running.add(name)
        try:
            while True:
                row = self._settle(self._open[name])
                if row.ended is not None:
                    return
                if row.manual:
                    if row.error:
                        raise HandedOver(f"{row.verb} failed {row.handled} times and is staff's now: {row.error}")
                    return
                if row.verb not in self._module(name)[1]:
                    self._to_staff(row)
                    continue
                if (wait := row.due - self._clock.now()) > 0:
                    await self._clock.sleep(wait)
                await self._try(row)
        finally:
            self._running.discard(name)

    async def once(self, name: str, verb: str) -> None:
        """One try of the operation of a service, as BILLmanager calls a module's executable; an interrupted one is gone
        on with. Raises what the try raises, and Refused when no such operation waits for the module.
        """
        row = self._open.get(name)
        if row is None or row.verb != verb or row.manual:
            raise Refused(f"no operation {verb} of service {name} waits for its processing module")
        self._running.add(name)
        try:
            if name in self._billing.interrupted():
                await self._billing.resume(name)
            elif (row := self._settle(row)).ended is None and not row.manual:
                await getattr(self._billing, _VERBS[verb].method)(name)
        finally:
            self._running.discard(name)
            if (row := self._open.get(name)) is not None:
                self._settle(row)

    async def _try(self, row: OperationRow) -> None:
        began = len(self._store.read(ActionRow, row.service))
        try:
            await getattr(self._billing, _VERBS[row.verb].method)(row.service)
        except ProvisioningError as exc:
            if len(self._store.read(ActionRow, row.service)) == began:  # it was not even tried
                self._end(replace(row, error=str(exc)))
                raise

    def _settle(self, row: OperationRow) -> OperationRow:
        """Draw the consequences of a try that has ended since."""
        name = row.service
        tries = [each for each in self._store.read(ActionRow, name) if each.number > row.after]
        if len(tries) <= row.handled or tries[-1].ended is None:
            return row
        last = tries[-1]
        assert last.ended is not None
        if not last.error:
            return self._end(replace(row, handled=len(tries), error=""))
        row = replace(row, handled=len(tries), error=last.error, due=last.ended + self._retry)
        if len(tries) >= self._tries:
            return self._to_staff(row)
        item, rows = self._items.of(name), list[Row]()
        service = self._billing.service(name)
        held = service.server is not None or bool(service.server_name)  # what it has elsewhere would be forgotten
        if row.verb == "open" and not held and (following := self._following(item)) is not None:
            failed = self._module(name)[0].name
            row, item = replace(row, due=last.ended), replace(item, module=following.id)
            rows = [item, *self.problem_rows("processingmodule_getnextmodule", failed, last.error)]
        self._store.write(row, *rows)
        self._items.kept(item)
        self._open[name] = row
        return row

    def _following(self, item: ItemRow) -> ModuleRow | None:
        """The processing module after the one that the service is with (`service.getnextmodule`)."""
        if item.tariff is None:
            return None
        candidates = self._catalogue.candidates(item.tariff)
        places = [index for index, each in enumerate(candidates) if each.id == item.module]
        after = candidates[places[0] + 1 :] if places else []
        return after[0] if after else None

    def _module(self, name: str) -> tuple[ModuleRow, frozenset[str]]:
        number = self._items.of(name).module
        if number is None:
            raise Refused(f"service {name} is with no processing module")
        return self._catalogue.module(number), self._catalogue.type_of(number).features

    def _end(self, row: OperationRow, *rows: Row) -> OperationRow:
        row = replace(row, ended=self._clock.now())
        self._store.write(row, *rows)
        del self._open[row.service]
        return row

    # staff

    def _to_staff(self, row: OperationRow) -> OperationRow:
        """Manual mode, and the task for the department of the processing module (B6-7)."""
        name = row.service
        department = self._office.department(self._module(name)[0].department).name
        subject = f"{_VERBS[row.verb].subject} {name}" + (f": {row.error}" if row.error else "")
        task = self._office.draft(department, name, subject, verb=row.verb)
        row = replace(row, manual=True)
        events: list[Event] = []
        if row.verb == "open" or (row.verb == "close" and row.error):
            events = [Event.HAND_OVER]
        elif row.verb == "close":
            events = [Event.CLOSE]
        if self._billing.service(name).state is State.MANUAL:
            events = [event for event in events if event is not Event.HAND_OVER]
        self._billing.move(name, *events, error=row.error, rows=[row, task])
        self._office.kept(task)
        self._open[name] = row
        return row

    def complete(self, task: TaskRow, *rows: Row) -> None:
        """Staff have done what the operation of this (closed) task was to do; `rows` are kept with that."""
        name = task.service
        row = replace(self._open[name], ended=self._clock.now(), error="")
        state = self._billing.service(name).state
        events = {
            "open": [Event.COMPLETE],
            "suspend": [Event.SUSPEND],
            "resume": [Event.UNSUSPEND],
            "close": [Event.FINISH] if state is State.CLOSING else [Event.CLOSE, Event.FINISH],
        }[row.verb]
        self._billing.move(name, *events, rows=[row, task, *rows])
        del self._open[name]

    async def give_back(self, task: TaskRow, *rows: Row) -> None:
        """Staff have mended what was wrong: the operation of this (closed) task begins anew; `rows` are kept with that."""
        name = task.service
        row = self._open[name]
        ended = replace(row, ended=self._clock.now(), error="given back to the processing module")
        await self.begin(name, row.verb, ended, task, *rows)

    def _superseded(self, row: OperationRow) -> list[Row]:
        """A manual operation that nobody needs any more, ended together with its task."""
        ended = replace(row, ended=self._clock.now(), error="superseded by a deletion")
        with contextlib.suppress(Refused):
            return [ended, self._office.closed(self._office.open_task(row.service))]
        return [ended]

    # problems

    def problem_rows(self, name: str, module: str, text: str) -> list[ProblemRow]:
        """A problem for the monitoring, unless it shows just that already."""
        known = self._store.read(ProblemRow)
        if any((each.name, each.module, each.text) == (name, module, text) for each in known):
            return []
        return [ProblemRow(len(known) + 1, self._clock.now(), name, module, text)]


def _stands(row: OperationRow) -> str:
    return "waits for staff" if row.manual else "has not ended"
