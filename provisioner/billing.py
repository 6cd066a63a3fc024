"""The billing system: clients and their services, and the actions that move a service through its lifecycle.

What it knows is in a store, and an action that the end of a process interrupted is resumed by the next process.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Protocol

from provisioner.clock import Clock
from provisioner.errors import (
    BadSettings,
    IllegalEvent,
    Interrupted,
    ModuleNotActivated,
    NoServerBound,
    ProvisioningError,
    ServiceBusy,
    StoreUnavailable,
    UnknownService,
)
from provisioner.log import Call, Entry, ModuleLog, Sending, without_secrets
from provisioner.progress import Progress
from provisioner.services import Client, Event, Service, State, generate_password, restore, service_of, service_row
from provisioner.store import ActionRow, CallRow, ClientRow, MemoryStore, Row, ServiceRow, StepRow, Store

__all__ = ["Billing", "Module", "Record"]


class Module(Protocol):
    """An integration module. The actions raise ProvisioningError; they bind the service and never move it.

    They do their steps through `service.progress`, which makes them fit for being interrupted. A module may have
    further actions, named as in `Billing.act`.
    """

    def check_client(self, service: Service) -> None: ...

    async def create(self, service: Service) -> None: ...

    async def suspend(self, service: Service) -> None: ...

    async def unsuspend(self, service: Service) -> None: ...

    async def terminate(self, service: Service) -> None: ...


@dataclass(frozen=True, slots=True)
class _Verb:
    """An action, and the moves of the service that go with it. One without any is for a living service."""

    name: str
    """The billing system's word."""
    method: str
    """Of the module."""
    asked: Event | None = None
    """Moves the service at the beginning when `done` is another event, else at the end."""
    done: Event | None = None

    @property
    def shows(self) -> bool:
        """Whether the service shows that it is under way, and fails when it fails."""
        return self.asked is not self.done


_VERBS: Mapping[str, _Verb] = MappingProxyType(
    {
        verb.name: verb
        for verb in (
            _Verb("Create", "create", Event.PROCESS, Event.ACTIVATE),
            _Verb("Suspend", "suspend", Event.SUSPEND, Event.SUSPEND),
            _Verb("Unsuspend", "unsuspend", Event.UNSUSPEND, Event.UNSUSPEND),
            _Verb("Terminate", "terminate", Event.CLOSE, Event.FINISH),
            _Verb("Set parameters", "set_parameters"),
            _Verb("Add address", "add_address"),
            _Verb("Delete address", "delete_address"),
            _Verb("Change password", "change_password"),
            _Verb("Remove temporary addresses", "remove_temporary_addresses"),
            _Verb("Module command", "module_command"),
        )
    }
)
_LIVING = (State.ACTIVE, State.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Record:
    """An action of a service as it was kept: its steps, and of each the orders to the panel."""

    action: ActionRow
    steps: tuple[tuple[StepRow, tuple[CallRow, ...]], ...]


class Billing:
    """Services by name. Every action leaves its error, or none, on the service, in the log, and raises it.

    `by_client` says that the client himself asks, in the client area, and not the provider or the daily run.
    """

    def __init__(
        self,
        module: Module,
        clock: Clock,
        log: ModuleLog,
        *,
        source: random.Random | None = None,
        activated: bool = True,
        store: Store | None = None,
    ) -> None:
        """`source` of the services' passwords, the host's secure one unless given; `activated`: whether the module's
        add-on is activated in the billing system (W6-G1). Without a `store` everything ends with the process.
        """
        self.clock = clock
        self.log = log
        self.activated = activated
        self.clients: dict[str, Client] = {}
        self.services: dict[str, Service] = {}
        self.store: Store = MemoryStore() if store is None else store
        self._module = module
        self._source = source
        self._actions: dict[str, int] = {}
        self._open: dict[str, ActionRow] = {}
        self._load()
        log.before_orders(self._sending)
        log.subscribe(self._entry)

    # orders

    def register(self, email: str, *, full_name: str = "", verified: bool = True, phone: str = "") -> Client:
        """A new client, or new particulars of a known one."""
        self.store.write(ClientRow(email, full_name, verified, phone))
        client = self.clients.setdefault(email, Client(email))
        client.full_name, client.verified, client.phone = full_name, verified, phone
        return client

    def place(
        self,
        name: str,
        email: str,
        *,
        configuration: str = "",
        server: int | None = None,
        options: Mapping[str, Any] | None = None,
        rows: Sequence[Row] = (),
    ) -> Service:
        """An order: a service that is not processed yet. An unknown e-mail registers a client with it.

        `configuration` overrides the tariff's; `server` is the panel's id of the one server that may be issued;
        `options` are the configurable options, by the names that the module accepts. `rows` are kept with it.
        """
        if name in self.services:
            raise BadSettings(f"there is a service {name} already")
        client = self.clients.get(email) or self.register(email)
        password = generate_password(self._source)
        service = Service(
            name,
            client,
            password,
            configuration=configuration,
            requested_server=server,
            options=dict(options or {}),
        )
        self.store.write(service_row(service), *rows)
        self.services[name] = service
        return service

    async def order(
        self,
        name: str,
        email: str,
        *,
        configuration: str = "",
        server: int | None = None,
        options: Mapping[str, Any] | None = None,
        by_client: bool = False,
    ) -> Service:
        """Place an order and process it at once. One that has failed without a server is corrected: what it says now
        takes the place of what it said.
        """
        if name in self.services:
            service = self.correct(name, email, configuration=configuration, server=server, options=options)
        else:
            service = self.place(name, email, configuration=configuration, server=server, options=options)
        await self.create(name, by_client=by_client)
        return service

    def correct(
        self,
        name: str,
        email: str,
        *,
        configuration: str = "",
        server: int | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Service:
        """Other particulars for an order that has failed before it had a server. Raises BadSettings for any other."""
        service = self.service(name)
        if service.state is not State.FAILED or service.server is not None or service.client.email != email:
            raise BadSettings(f"there is a service {name} already")
        self.free(name)
        self._keep(service, configuration=configuration, requested_server=server, options=dict(options or {}))
        return service

    def service(self, name: str) -> Service:
        try:
            return self.services[name]
        except KeyError:
            raise UnknownService(f"there is no service {name}") from None

    # the service card

    def choose_server(self, name: str, server: int | None) -> None:
        """Write the panel's server id into the card; None lets the module choose. Only before processing (W6-O6), or once
        more after one that failed without a server.
        """
        service = self.service(name)
        if service.state is not State.ORDERED and (service.state is not State.FAILED or service.server is not None):
            raise IllegalEvent(
                f"service {name}: the server is chosen before processing, and it is {service.state.value}"
            )
        self._keep(service, requested_server=server)

    def write_addresses(self, name: str, dedicated: str, assigned: tuple[str, ...] = ()) -> None:
        """Write other addresses into the card. In the panel nothing changes (W6-O5)."""
        service = self.service(name)
        self._keep(service, card=(dedicated, tuple(assigned)))

    # actions

    async def create(self, name: str, *, by_client: bool = False) -> None:
        """Process an order, or once more one that failed. An error leaves the service failed."""
        await self._begin(name, _VERBS["Create"], by_client)

    async def suspend(self, name: str, *, by_client: bool = False) -> None:
        """A suspension that fails leaves the service as it was, with the error on it."""
        await self._begin(name, _VERBS["Suspend"], by_client)

    async def unsuspend(self, name: str, *, by_client: bool = False) -> None:
        """As `suspend`."""
        await self._begin(name, _VERBS["Unsuspend"], by_client)

    async def terminate(self, name: str, *, by_client: bool = False) -> None:
        """Close the service, or try once more. An error leaves it failed."""
        await self._begin(name, _VERBS["Terminate"], by_client)

    async def act(self, name: str, verb: str, args: Mapping[str, Any], *, by_client: bool = False) -> None:
        """Something that leaves the lifecycle where it is, to an active or suspended service: `Set parameters`,
        `Add address`, `Delete address`, `Change password`. `args` are the module's method's, as plain data.
        """
        await self._begin(name, _VERBS[verb], by_client, args)

    # what no action could wait for

    async def cron(self) -> dict[str, ProvisioningError | None]:
        """What a billing system does every few minutes: steps that an action left, because nobody was to wait for what comes
        before them. By service the error of each that is done now, None when it did what was wanted; one that failed is
        tried again the next time.
        """
        results: dict[str, ProvisioningError | None] = {}
        for row in [each for each in self.store.read(StepRow) if each.phase == "left"]:
            service = self.services[row.service]
            if service.state not in _LIVING or service.busy or row.service in self._open:
                continue
            try:
                verb, args = await self._ready().left(service, row.step, row.before)  # type: ignore[attr-defined]
                if verb:
                    await self.act(row.service, verb, args)
                    results[row.service] = None
                elif args is None:
                    continue
            except ProvisioningError as exc:
                results[row.service] = exc
            else:
                self.store.write(replace(row, phase="done", ended=self.clock.now()), service_row(service))
        return results

    # staff

    def hand_over(self, name: str, reason: str = "", *, rows: Sequence[Row] = ()) -> None:
        """Give a service that waits or has failed to staff."""
        self.move(name, Event.HAND_OVER, error=reason or self.service(name).error, rows=rows)

    def complete(self, name: str, *, rows: Sequence[Row] = ()) -> None:
        """Staff have done what there was to do: the service is active."""
        self.move(name, Event.COMPLETE, rows=rows)

    def move(self, name: str, *events: Event, error: str = "", rows: Sequence[Row] = ()) -> None:
        """What staff did by hand moves a service; `rows` are kept with that, all or none."""
        service = self.free(name)
        before = service.state, service.error
        try:
            for event in events:
                service.fire(event)
            service.error = error
            self.store.write(service_row(service), *rows)
        except (IllegalEvent, StoreUnavailable):
            service.state, service.error = before
            raise
        if service.state is State.CLOSED:
            self.store.release(name)

    # after an interruption

    def interrupted(self) -> list[str]:
        """Services with an action that a process began and did not end."""
        return [name for name in self._open if not self.services[name].busy]

    async def resume(self, name: str) -> None:
        """End the action of the service that was interrupted, from where it stood. Raises what the action raises, and
        IllegalEvent when there is none.
        """
        service = self.service(name)
        action = self._open.get(name)
        if action is None or service.busy:
            raise IllegalEvent(f"service {name}: no action of it was interrupted")
        # Where the store was away, what is here may be ahead of what it has.
        for row in self.store.read(ServiceRow, name):
            restore(service, row)
        if any(row.number == action.number and row.ended is not None for row in self.store.read(ActionRow, name)):
            del self._open[name]  # only the answer to its end was lost
            return
        await self._carry_out(service, _VERBS[action.name], action, resumed=True)

    async def resume_interrupted(self) -> dict[str, ProvisioningError | None]:
        """Resume all that was interrupted, one after another; the error of each, None when it did what was asked."""
        results: dict[str, ProvisioningError | None] = {}
        for name in self.interrupted():
            try:
                await self.resume(name)
            except ProvisioningError as exc:
                results[name] = exc
            else:
                results[name] = None
        return results

    def journal(self, name: str) -> list[Record]:
        """All that was done to a service, oldest first."""
        self.service(name)
        steps, calls = self.store.read(StepRow, name), self.store.read(CallRow, name)
        return [
            Record(
                action,
                tuple(
                    (
                        step,
                        tuple(call for call in calls if (call.action, call.step) == (action.number, step.step)),
                    )
                    for step in steps
                    if step.action == action.number
                ),
            )
            for action in self.store.read(ActionRow, name)
        ]

    # how an action is done

    def _ready(self) -> Module:
        if not self.activated:
            raise ModuleNotActivated
        return self._module

    def free(self, name: str) -> Service:
        """The service, when nothing is under way. Raises ServiceBusy, Interrupted."""
        service = self.service(name)
        if service.busy:
            raise ServiceBusy(f"service {name} is busy: {service.busy}")
        if (action := self._open.get(name)) is not None:
            raise Interrupted(f"service {name} is busy: {action.name} was interrupted and has to be resumed first")
        return service

    def _allowed(self, name: str, verb: _Verb) -> Service:
        """The service, when its lifecycle and what is under way allow the action."""
        service = self.service(name)
        if service.busy and verb.asked is not None:
            service.check(verb.asked)
        service = self.free(name)
        if verb.asked is not None:
            service.check(verb.asked)
        elif service.state not in _LIVING:
            raise NoServerBound(f"service {name} is {service.state.value}: {verb.name.lower()} needs a living one")
        return service

    async def _begin(self, name: str, verb: _Verb, by_client: bool, args: Mapping[str, Any] | None = None) -> None:
        """Check everything that speaks against the action, then do it as the only action of the service.

        An action that the lifecycle, another action under way or the client's standing forbids leaves no trace.
        """
        service = self._allowed(name, verb)
        if by_client:
            self._module.check_client(service)
        number = self._actions.get(name, 0) + 1
        action = ActionRow(name, number, verb.name, self.clock.now(), args=dict(args) if args is not None else None)
        before = service.state
        if verb.shows and verb.asked is not None:
            service.fire(verb.asked)
        try:
            self.store.write(action, service_row(service))
        except StoreUnavailable:
            service.state = before
            raise
        self._actions[name] = number
        await self._carry_out(service, verb, action, resumed=False)

    async def _carry_out(self, service: Service, verb: _Verb, action: ActionRow, *, resumed: bool) -> None:
        self._open[service.name] = action
        service.busy = verb.name
        service.progress = Progress(
            self.store, self.clock, self.log, action, lambda: service_row(service), resumed=resumed
        )
        with self.log.during(service.name, verb.name):
            try:
                await getattr(self._ready(), verb.method)(service, **(action.args or {}))
            except StoreUnavailable:  # as if the process had ended: the action is open, and is resumed
                raise
            except BaseException as exc:  # a cancelled action, or one that ran into a bug of ours, has failed as well
                if verb.shows:
                    service.fire(Event.FAIL)
                service.error = str(exc) or type(exc).__name__
                self.log.outcome(service.error)
                self._end(service, action)
                raise
            else:
                if verb.done is not None:
                    service.fire(verb.done)
                service.error = ""
                self.log.outcome()
                self._end(service, action)
            finally:
                service.busy, service.progress = "", None

    def _end(self, service: Service, action: ActionRow) -> None:
        args = None if action.args is None else without_secrets(action.args)
        secrets = service.progress.without_secrets() if service.progress else []
        ended = replace(action, ended=self.clock.now(), error=service.error, args=args)
        self.store.write(ended, service_row(service), *secrets)
        del self._open[service.name]
        if service.server is None or service.state is State.CLOSED:
            self.store.release(service.name)

    # the store

    def _keep(self, service: Service, **fields: Any) -> None:
        """Change the service, in the store first."""
        self.store.write(service_row(replace(service, **fields)))
        for name, value in fields.items():
            setattr(service, name, value)

    def _load(self) -> None:
        for client in self.store.read(ClientRow):
            self.clients[client.email] = Client(client.email, client.full_name, client.verified, client.phone)
        for row in self.store.read(ServiceRow):
            self.services[row.name] = service_of(row, self.clients[row.client])
        for action in self.store.read(ActionRow):
            self._actions[action.service] = action.number
            if action.ended is None:
                self._open[action.service] = action

    def _sending(self, order: Sending) -> None:
        if (service := self.services.get(order.action.service)) and service.progress:
            service.progress.sending(order)

    def _entry(self, entry: Entry) -> None:
        if isinstance(entry, Call) and (service := self.services.get(entry.action.service)) and service.progress:
            service.progress.answered(entry)
