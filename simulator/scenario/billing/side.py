"""The billing side of a scenario, whatever its module: what the runner, the expectations and the watchers ask of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.accounts import Money
from provisioner.billing import Billing
from provisioner.billmanager.rows import MessageRow, TaskRow
from provisioner.log import Call
from provisioner.services import Service
from simulator.invariants.base import Holding
from simulator.scenario.plan import Action

__all__ = ["Side"]


class Side(ABC):
    """One billing system with one module."""

    @property
    @abstractmethod
    def billing(self) -> Billing: ...

    @abstractmethod
    async def do(self, action: Action, server: int | None) -> None:
        """Do what a step says; `server` is the panel's id of the one it names. Raises ProvisioningError."""

    @abstractmethod
    async def close(self) -> None: ...

    @property
    def services(self) -> Mapping[str, Service]:
        return self.billing.services

    def call(self, call: Call) -> str:
        """A call to the panel in one line, as `called:` in a scenario matches it: `POST /dci/v3/server/3/os_install`."""
        return f"{call.method} {call.path}"

    def meant_to_stay(self, held: Holding, services: Sequence[Service]) -> tuple[bool, int]:
        """See `BillingView`. Unless a module says otherwise, nothing is meant to stay."""
        return False, 0

    def permits(self, invariant: str, service: Service) -> str:
        """Where the module's document says, or leaves, that this invariant does not hold of a service: where and what it
        says. Empty where it must hold.
        """
        return ""

    def messages(self) -> Sequence[MessageRow]:
        """What clients and staff have been sent."""
        return ()

    def tickets(self) -> Sequence[TaskRow]:
        """What the departments were given to do."""
        return ()

    def connection(self, service: str) -> str:
        """The connection of a server group that the service is with; empty when it is with none."""
        return ""

    def money(self) -> Mapping[str, Money]:
        """The accounts of the services that are sold for a period, by service."""
        return {}

    def saved(self, service: str) -> Any:
        """The properties that the billing side has saved of the service's server; None when it has none."""
        return None
