"""The billing side of a scenario, whatever its module: what the runner and the expectations ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from provisioner.billing import Billing
from provisioner.billmanager.rows import MessageRow, TaskRow
from provisioner.log import Call
from provisioner.services import Service
from simulator.scenario.schema.billmanager6 import BILLMANAGER_VERBS

__all__ = ["MODULES", "VERBS", "Holding", "Side"]

MODULES = ("whmcs6", "billmanager5", "billmanager6")
_LIFECYCLE = ("create", "suspend", "unsuspend", "terminate")
VERBS = {
    "whmcs6": _LIFECYCLE,
    "billmanager5": (
        *_LIFECYCLE,
        "add_panel",
        "add_address",
        "delete_address",
        "change_password",
        "order_colocation",
        "server_added",
        "server_removed",
    ),
    "billmanager6": ("suspend", "unsuspend", "terminate", *BILLMANAGER_VERBS),
}
"""What can be done with a service, by module."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A server that somebody holds in the panel: owner's e-mail (or empty) and its addresses."""

    id: int
    server: str
    owner: str
    addresses: tuple[str, ...]


class Side(Protocol):
    """One billing system with one module."""

    @property
    def billing(self) -> Billing: ...

    async def do(self, action: Any, server: int | None) -> None:
        """Do what a step says (`simulator.scenario.language.Action`); `server` is the panel's id of the one it names.

        Raises ProvisioningError.
        """

    def call(self, call: Call) -> str:
        """A call to the panel in one line, as `called:` in a scenario matches it."""

    def kept(self, held: Holding, services: Sequence[Service]) -> tuple[bool, int]:
        """What of a holding is meant to stay though no living service has the server: its owner, and how many of its
        addresses, from the first. `services` are those that had it.
        """

    def messages(self) -> Sequence[MessageRow]: ...

    def tickets(self) -> Sequence[TaskRow]: ...

    def saved(self, service: str) -> Any:
        """The properties that the billing side has saved of the service's server; None when it has none."""

    async def close(self) -> None: ...
