"""What the billing side must not forget: clients, services, and of every action each step and each order to the panel.

Everything is a row, and rows are put into a store together or not at all. A step and an order are written before they
are done and again when they have been answered; what is there without an end after a start was interrupted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

__all__ = ["ActionRow", "CallRow", "ClientRow", "MemoryStore", "Row", "ServiceRow", "StepRow", "Store"]


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A client of the billing system."""

    KEY: ClassVar = ("email",)

    email: str
    full_name: str
    verified: bool
    phone: str


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service; the fields are those of `provisioner.services.Service`."""

    KEY: ClassVar = ("name",)

    name: str
    client: str
    """E-mail."""
    password: str
    configuration: str
    options: Any
    requested_server: int | None
    server: int | None
    server_name: str
    panel_user: int | None
    addresses: Any
    card: Any
    error: str
    state: str


@dataclass(frozen=True, slots=True)
class ActionRow:
    """Something done to a service: Create, Suspend, Unsuspend, Terminate. `ended` is None until it has."""

    KEY: ClassVar = ("service", "number")

    service: str
    number: int
    """From 1, in the order in which they were begun."""
    name: str
    began: float
    ended: float | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of an action. `phase`: `begun`, `done` or `failed`."""

    KEY: ClassVar = ("service", "action", "step")

    service: str
    action: int
    step: str
    """Its number as in the requirements, with a part behind it where it has several: `A8`, `A8/ipv6`."""
    name: str
    phase: str
    began: float
    ended: float | None = None
    before: Any = None
    """What the panel showed before, by which is seen later whether the step took effect."""
    result: Any = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class CallRow:
    """An order to the panel. `status` is None when no answer came (then `answer` says why), or none has come yet."""

    KEY: ClassVar = ("service", "action", "number")

    service: str
    action: int
    number: int
    """From 1 within the action."""
    step: str
    method: str
    path: str
    request: Any
    sent: float
    status: int | None = None
    answer: Any = None
    answered: float | None = None


Row = ClientRow | ServiceRow | ActionRow | StepRow | CallRow
R = TypeVar("R", ClientRow, ServiceRow, ActionRow, StepRow, CallRow)


class Store(Protocol):
    """Rows by kind and key."""

    def write(self, *rows: Row) -> None:
        """All of them or none; a row with the same key is replaced. They have been kept when it returns."""

    def read(self, kind: type[R], service: str = "") -> list[R]:
        """All rows of a kind, or those of one service (not for clients), in the order in which their keys came first."""

    def reserve(self, server: int, service: str) -> bool:
        """Keep a server of the panel for a service; False when another one has it."""

    def release(self, service: str) -> None:
        """Give up what is kept for a service; nothing when there is nothing."""

    def hold(self, service: str) -> Any:
        """A context in which no other process works on the service. Raises ServiceBusy when one does."""


class MemoryStore:
    """Rows in this process only: for scenarios and tests."""

    def __init__(self) -> None:
        self._rows: dict[type[Row], dict[tuple[Any, ...], Any]] = {
            kind: {} for kind in (ClientRow, ServiceRow, ActionRow, StepRow, CallRow)
        }
        self._reserved: dict[int, str] = {}

    def write(self, *rows: Row) -> None:
        for row in rows:
            self._rows[type(row)][tuple(getattr(row, name) for name in row.KEY)] = row

    def read(self, kind: type[R], service: str = "") -> list[R]:
        rows: list[R] = list(self._rows[kind].values())
        if not service:
            return rows
        field = "name" if kind is ServiceRow else "service"
        return [row for row in rows if getattr(row, field) == service]

    def reserve(self, server: int, service: str) -> bool:
        return self._reserved.setdefault(server, service) == service

    def release(self, service: str) -> None:
        self._reserved = {server: holder for server, holder in self._reserved.items() if holder != service}

    @contextmanager
    def hold(self, service: str) -> Iterator[None]:
        yield


def fields_of(kind: type[Row]) -> list[str]:
    """Names of the columns."""
    return [field.name for field in dataclasses.fields(kind)]
