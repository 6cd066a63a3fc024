"""BILLmanager's side of a DCImanager 5: adding the panel, orders, and what its people do beyond a service's lifecycle.

The lifecycle itself is the billing core's; colocation walks through the same table by hand, one ticket at each end.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from provisioner.accounts import Accounts, Tariff
from provisioner.billing import Billing
from provisioner.billmanager.office import Office
from provisioner.errors import NoServerBound, ProvisioningError
from provisioner.log import ModuleLog
from provisioner.modules.billmanager5 import BillManager5, Offer
from provisioner.services import Event, Service, generate_password

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
        self.accounts = Accounts(billing, self._tariff_of, self.suspend, self.unsuspend)

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
        """Place an order of a dedicated server, or take up once more one that failed, and process it. What one that failed
        without a server is to be can be said anew.
        """
        service = self.billing.services.get(name)
        self.module.take(name, os=os, period=period)
        if service is None:
            service = self.billing.place(name, email, configuration=configuration, server=server)
        elif configuration or server is not None:
            self.billing.correct(name, email, configuration=configuration, server=server)
        await self._told(name, self.billing.create(name))
        self.accounts.look()
        return service

    async def suspend(self, name: str) -> None:
        await self._told(name, self.billing.suspend(name))

    async def unsuspend(self, name: str) -> None:
        await self._told(name, self.billing.unsuspend(name))

    async def terminate(self, name: str) -> None:
        """Delete a dedicated server; for colocation, submit the ticket."""
        order = self.module.orders.get(name)
        if order is not None and order.colocation:
            task = self.office.draft(self.module.settings.department, name, f"Delete colocation {name}")
            self.billing.move(name, Event.CLOSE, rows=[task])
            self.office.kept(task)
        else:
            await self._told(name, self.billing.terminate(name))
        self.accounts.look()

    async def add_address(self, name: str, *, family: str = "ipv4") -> str:
        """Returns the address."""
        had = self.billing.service(name).addresses
        await self._told(name, self.billing.act(name, "Add address", {"family": family}))
        return next((each for each in self.billing.service(name).addresses if each not in had), "")

    async def delete_address(self, name: str, address: str = "") -> None:
        """`address`: the last of the service's unless given."""
        addresses = self.billing.service(name).addresses
        last = address or (addresses[-1] if addresses else "")
        await self._told(name, self.billing.act(name, "Delete address", {"address": last}))

    async def change_password(self, name: str, password: str = "") -> str:
        """Returns the new password, a generated one unless given."""
        chosen = password or generate_password(self.module.chance)
        await self._told(name, self.billing.act(name, "Change password", {"password": chosen}))
        return chosen

    # colocation

    def order_colocation(self, name: str, email: str, *, period: str = "") -> Service:
        """Place an order that people fulfil: a ticket goes to the department (B5-17)."""
        self.module.take(name, period=period, colocation=True)
        service = self.billing.place(name, email)
        task = self.office.draft(self.module.settings.department, name, f"Set up colocation {name}")
        self.billing.hand_over(name, rows=[task])
        self.office.kept(task)
        return service

    async def server_added(self, name: str, server: int) -> None:
        """The department has put the server into the panel's list and enters its id here (B5-16); the user is the
        owner that the panel shows. Raises NoServerBound, and changes nothing, when nobody owns it there.
        """
        service = self.billing.service(name)
        service.check(Event.COMPLETE)
        task = self.office.open_task(name)
        service.server = server
        try:
            found = await self._told(name, self.module.read_back(service))
            if not found.owner:
                raise NoServerBound(f"server {found.label} has no owner in DCImanager 5: enter the client's user there")
        except ProvisioningError:
            service.server, service.server_name, service.addresses = None, "", ()
            raise
        closed = self.office.closed(task)
        self.billing.complete(name, rows=[closed])
        self.office.kept(closed)
        self.accounts.look()

    def server_removed(self, name: str) -> None:
        """The department has taken the server out."""
        service = self.billing.service(name)
        service.check(Event.FINISH)
        closed = self.office.closed(self.office.open_task(name))
        service.addresses = ()
        self.billing.move(name, Event.FINISH, rows=[closed])
        self.office.kept(closed)

    # the calendar (B5-3, B5-16)

    def due(self, name: str) -> float | None:
        """Until when a service is paid for; None before it is active."""
        return self.accounts.due(name)

    def next_due(self) -> float | None:
        """When `cron` has something to do next; None when it has not."""
        return self.accounts.next_due()

    async def renew(self, name: str) -> None:
        """As `Accounts.renew`."""
        await self.accounts.renew(name)

    async def cron(self) -> dict[str, ProvisioningError | None]:
        """As `Accounts.cron`; the administrators hear of what fails."""
        return await self.accounts.cron()

    def _tariff_of(self, name: str) -> Tariff | None:
        order = self.module.orders.get(name)
        return None if order is None else Tariff(order.period, self.module.settings.price_of(order.period))

    # after an interruption

    async def resume_interrupted(self) -> dict[str, ProvisioningError | None]:
        """End what a process began and did not end; the chosen administrators hear of what fails."""
        results = await self.billing.resume_interrupted()
        for name, error in results.items():
            if error is not None:
                self.office.write(self.module.settings.administrators, f"Error: {name}", str(error))
        return results

    # helpers

    async def _told(self, about: str, work: Awaitable[T]) -> T:
        try:
            return await work
        except ProvisioningError as exc:
            self.office.write(self.module.settings.administrators, f"Error: {about}", str(exc))
            raise
