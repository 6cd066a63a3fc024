"""The billing system: clients and their services, and the actions that move a service through its lifecycle."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from provisioner.clock import Clock
from provisioner.errors import BadSettings, ModuleNotActivated, ServiceBusy, UnknownService
from provisioner.log import ModuleLog
from provisioner.services import Client, Event, Service, generate_password

__all__ = ["Billing", "Module"]


class Module(Protocol):
    """An integration module. The actions raise ProvisioningError; they bind the service and never move it."""

    def check_client(self, service: Service) -> None: ...

    async def create(self, service: Service) -> None: ...

    async def suspend(self, service: Service) -> None: ...

    async def unsuspend(self, service: Service) -> None: ...

    async def terminate(self, service: Service) -> None: ...


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
    ) -> None:
        """`source` of the services' passwords, the host's secure one unless given; `activated`: whether the module's
        add-on is activated in the billing system (W6-G1).
        """
        self.clock = clock
        self.log = log
        self.activated = activated
        self.clients: dict[str, Client] = {}
        self.services: dict[str, Service] = {}
        self._module = module
        self._source = source

    def register(self, email: str, *, full_name: str = "", verified: bool = True, phone: str = "") -> Client:
        """A new client, or new particulars of a known one."""
        client = self.clients.setdefault(email, Client(email))
        client.full_name, client.verified, client.phone = full_name, verified, phone
        return client

    def place(self, name: str, email: str, *, configuration: str = "", server: int | None = None) -> Service:
        """An order: a service that is not processed yet. An unknown e-mail registers a client with it.

        `configuration` overrides the tariff's; `server` is the panel's id of the one server that may be issued.
        """
        if name in self.services:
            raise BadSettings(f"there is a service {name} already")
        client = self.clients.get(email) or self.register(email)
        password = generate_password(self._source)
        service = Service(name, client, password, configuration=configuration, requested_server=server)
        self.services[name] = service
        return service

    async def order(
        self,
        name: str,
        email: str,
        *,
        configuration: str = "",
        server: int | None = None,
        by_client: bool = False,
    ) -> Service:
        """Place an order and process it at once."""
        service = self.place(name, email, configuration=configuration, server=server)
        await self.create(name, by_client=by_client)
        return service

    def service(self, name: str) -> Service:
        try:
            return self.services[name]
        except KeyError:
            raise UnknownService(f"there is no service {name}") from None

    async def create(self, name: str, *, by_client: bool = False) -> None:
        """Process an order, or once more one that failed. An error leaves the service failed."""
        service = self.service(name)
        with self._action(service, "Create", Event.PROCESS, by_client):
            await self._process(service, lambda: self._ready().create(service), Event.PROCESS, Event.ACTIVATE)

    async def suspend(self, name: str, *, by_client: bool = False) -> None:
        """A suspension that fails leaves the service as it was, with the error on it."""
        service = self.service(name)
        with self._action(service, "Suspend", Event.SUSPEND, by_client):
            await self._ready().suspend(service)
            service.fire(Event.SUSPEND)

    async def unsuspend(self, name: str, *, by_client: bool = False) -> None:
        """As `suspend`."""
        service = self.service(name)
        with self._action(service, "Unsuspend", Event.UNSUSPEND, by_client):
            await self._ready().unsuspend(service)
            service.fire(Event.UNSUSPEND)

    async def terminate(self, name: str, *, by_client: bool = False) -> None:
        """Close the service, or try once more. An error leaves it failed."""
        service = self.service(name)
        with self._action(service, "Terminate", Event.CLOSE, by_client):
            await self._process(service, lambda: self._ready().terminate(service), Event.CLOSE, Event.FINISH)

    def _ready(self) -> Module:
        if not self.activated:
            raise ModuleNotActivated
        return self._module

    async def _process(self, service: Service, work: Callable[[], Awaitable[None]], first: Event, last: Event) -> None:
        """An action that shows on the service while it is under way."""
        service.fire(first)
        try:
            await work()
        except BaseException:  # a cancelled action, or one that ran into a bug of ours, has failed as well
            service.fire(Event.FAIL)
            raise
        service.fire(last)

    @contextmanager
    def _action(self, service: Service, name: str, event: Event, by_client: bool) -> Iterator[None]:
        """Check everything that speaks against the action, then do the body as the only action of the service.

        An action that the lifecycle, another action under way or the client's standing forbids leaves no trace.
        """
        service.check(event)
        if service.busy:
            raise ServiceBusy(f"service {service.name} is busy: {service.busy}")
        if by_client:
            self._module.check_client(service)
        service.busy = name
        with self.log.during(service.name, name):
            try:
                yield
            except BaseException as exc:  # as above
                service.error = str(exc) or type(exc).__name__
                self.log.outcome(service.error)
                raise
            else:
                service.error = ""
                self.log.outcome()
            finally:
                service.busy = ""
