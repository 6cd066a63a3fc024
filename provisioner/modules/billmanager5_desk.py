"""BILLmanager's side of a DCImanager 5: adding the panel, orders, and what its people do beyond a service's lifecycle.

The lifecycle itself is the billing core's; colocation walks through the same table by hand, one ticket at each end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from provisioner.billing import Billing
from provisioner.errors import NoServerBound, ProvisioningError, ServiceBusy
from provisioner.log import ModuleLog
from provisioner.modules.billmanager5 import BillManager5, Offer
from provisioner.modules.billmanager5_office import Office
from provisioner.services import Event, Service, State, generate_password, service_row

__all__ = ["Desk"]

T = TypeVar("T")


class Desk:
    """Every action raises ProvisioningError and tells the chosen administrators of it (B5-1)."""

    def __init__(self, billing: Billing, module: BillManager5, office: Office, log: ModuleLog) -> None:
        self.billing = billing
        self.module = module
        self.office = office
        self.offer: Offer | None = None
        """What the panel sent when it was added; None before."""
        self._log = log

    # the panel

    async def add_panel(self) -> Offer:
        """Check that the panel answers and the account is valid, then ask for its servers and networks (B5-1, B5-2)."""
        with self._log.during("", "Add panel"):
            self.offer = await self._told("the panel", self._add_panel())
        return self.offer

    async def _add_panel(self) -> Offer:
        await self.module.check_connection()
        return await self.module.offer()

    # dedicated servers

    async def order(
        self,
        name: str,
        email: str,
        *,
        configuration: str = "",
        server: int | None = None,
        os: str = "",
        period: str = "",
    ) -> Service:
        """Place an order of a dedicated server, or take up once more one that failed, and process it."""
        service = self.billing.services.get(name)
        self.module.take(name, os=os, period=period)
        if service is None:
            service = self.billing.place(name, email, configuration=configuration, server=server)
        await self._told(name, self.billing.create(name))
        return service

    async def suspend(self, name: str) -> None:
        await self._told(name, self.billing.suspend(name))

    async def unsuspend(self, name: str) -> None:
        await self._told(name, self.billing.unsuspend(name))

    async def terminate(self, name: str) -> None:
        """Delete a dedicated server; for colocation, submit the ticket."""
        order = self.module.orders.get(name)
        if order is not None and order.colocation:
            service = self.billing.service(name)
            service.fire(Event.CLOSE)
            self._keep(service)
            self.office.submit(self.module.settings.department, name, f"Delete colocation {name}")
            return
        await self._told(name, self.billing.terminate(name))

    async def add_address(self, name: str, *, family: str = "ipv4") -> str:
        service = self.billing.service(name)
        with self._action(service, "Add address"):
            return await self._told(name, self.module.add_address(service, family=family))

    async def delete_address(self, name: str, address: str = "") -> None:
        """`address`: the last of the service's unless given."""
        service = self.billing.service(name)
        with self._action(service, "Delete address"):
            last = address or (service.addresses[-1] if service.addresses else "")
            await self._told(name, self.module.delete_address(service, last))

    async def change_password(self, name: str, password: str = "") -> str:
        """Returns the new password, a generated one unless given."""
        service = self.billing.service(name)
        chosen = password or generate_password(self.module.chance)
        with self._action(service, "Change password"):
            await self._told(name, self.module.change_password(service, chosen))
        return chosen

    # colocation

    def order_colocation(self, name: str, email: str, *, period: str = "") -> Service:
        """Place an order that people fulfil: a ticket goes to the department (B5-17)."""
        self.module.take(name, period=period, colocation=True)
        service = self.billing.place(name, email)
        self.billing.hand_over(name)
        self.office.submit(self.module.settings.department, name, f"Set up colocation {name}")
        return service

    async def server_added(self, name: str, server: int) -> None:
        """The department has put the server into the panel's list and enters its id here (B5-16); the user is the
        owner that the panel shows. Raises NoServerBound, and changes nothing, when nobody owns it there.
        """
        service = self.billing.service(name)
        service.check(Event.COMPLETE)
        ticket = self.office.open_ticket(name)
        service.server = server
        try:
            found = await self._told(name, self.module.read_back(service))
            if not found.owner:
                raise NoServerBound(f"server {found.label} has no owner in DCImanager 5: enter the client's user there")
        except ProvisioningError:
            service.server, service.server_name, service.addresses = None, "", ()
            raise
        ticket.open = False
        self.billing.complete(name)

    def server_removed(self, name: str) -> None:
        """The department has taken the server out."""
        service = self.billing.service(name)
        service.check(Event.FINISH)
        self.office.open_ticket(name).open = False
        service.addresses = ()
        service.fire(Event.FINISH)
        self._keep(service)

    # helpers

    @contextmanager
    def _action(self, service: Service, name: str) -> Iterator[None]:
        """An action that leaves the lifecycle where it is: allowed to an active or suspended service, one at a time."""
        if service.state not in (State.ACTIVE, State.SUSPENDED):
            raise NoServerBound(f"service {service.name} is {service.state.value}: {name.lower()} needs a living one")
        if service.busy:
            raise ServiceBusy(f"service {service.name} is busy: {service.busy}")
        service.busy = name
        with self._log.during(service.name, name):
            try:
                yield
            except BaseException as exc:  # a cancelled action has ended as well
                service.error = str(exc) or type(exc).__name__
                self._log.outcome(service.error)
                raise
            else:
                service.error = ""
                self._log.outcome()
            finally:
                service.busy = ""
                self._keep(service)

    def _keep(self, service: Service) -> None:
        self.billing.store.write(service_row(service))

    async def _told(self, about: str, work: Awaitable[T]) -> T:
        try:
            return await work
        except ProvisioningError as exc:
            self.office.write(self.module.settings.administrators, f"Error: {about}", str(exc))
            raise
