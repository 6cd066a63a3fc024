"""What the billing side must not forget: clients, services, and of every action each step and each order to the panel.

What else a billing system keeps (`provisioner.billmanager.rows`) are rows of further kinds. Everything is a row, and rows are put into a store together or not at all. A step and an order are written before they
are done and again when they have been answered; what is there without an end after a start was interrupted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

__all__ = ["ActionRow", "CallRow", "ClientRow", "MemoryStore", "Row", "ServiceRow", "StepRow", "Store"]


class Row:
    """A kind of rows is a frozen dataclass over this one. Its fields are plain data: text, numbers, truth values, and
    under `Any` whatever JSON knows.
    """

    __slots__ = ()
    TABLE: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]]
    SERVICE: ClassVar[str] = "service"
    """The field that says whose row it is."""


@dataclass(frozen=True, slots=True)
class ClientRow(Row):
    """A client of the billing system."""

    TABLE: ClassVar = "clients"
    KEY: ClassVar = ("email",)

    email: str
    full_name: str
    verified: bool
    phone: str


@dataclass(frozen=True, slots=True)
class ServiceRow(Row):
    """A service; the fields are those of `provisioner.services.Service`."""

    TABLE: ClassVar = "services"
    KEY: ClassVar = ("name",)
    SERVICE: ClassVar = "name"

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
class ActionRow(Row):
    """Something done to a service: Create, Suspend, Unsuspend, Terminate. `ended` is None until it has."""

    TABLE: ClassVar = "actions"
    KEY: ClassVar = ("service", "number")

    service: str
    number: int
    """From 1, in the order in which they were begun."""
    name: str
    began: float
    ended: float | None = None
    error: str = ""
    args: Any = None
    """What the action was told beside the service, by name; None when nothing."""


@dataclass(frozen=True, slots=True)
class StepRow(Row):
    """A step of an action. `phase`: `begun`, `done` or `failed`; `left` for one that the billing system's cron is to do."""

    TABLE: ClassVar = "steps"
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
    """Of a failed step the kind of its error."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class CallRow(Row):
    """An order to the panel. `status` is None when no answer came (then `answer` says why), or none has come yet."""

    TABLE: ClassVar = "calls"
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


R = TypeVar("R", bound=Row)


class Store(Protocol):
    """Rows by kind and key."""

    def write(self, *rows: Row) -> None:
        """All of them or none; a row with the same key is replaced. They have been kept when it returns."""

    def read(self, kind: type[R], service: str = "") -> list[R]:
        """All rows of a kind, or those of one service, in the order in which their keys came first."""

    def reserve(self, server: int, service: str, panel: str = "") -> bool:
        """Keep a server of a panel for a service; False when another one has it. `panel` tells panels apart where the
        billing system has several.
        """

    def release(self, service: str) -> None:
        """Give up what is kept for a service; nothing when there is nothing."""

    def hold(self, service: str) -> Any:
        """A context in which no other process works on the service. Raises ServiceBusy when one does."""


class MemoryStore:
    """Rows in this process only: for scenarios and tests."""

    def __init__(self) -> None:
        self._rows: dict[type[Row], dict[tuple[Any, ...], Any]] = {}
        self._reserved: dict[tuple[str, int], str] = {}

    def write(self, *rows: Row) -> None:
        for row in rows:
            self._rows.setdefault(type(row), {})[tuple(getattr(row, name) for name in row.KEY)] = row

    def read(self, kind: type[R], service: str = "") -> list[R]:
        rows: list[R] = list(self._rows.get(kind, {}).values())
        return [row for row in rows if getattr(row, kind.SERVICE) == service] if service else rows

    def reserve(self, server: int, service: str, panel: str = "") -> bool:
        return self._reserved.setdefault((panel, server), service) == service

    def release(self, service: str) -> None:
        self._reserved = {server: holder for server, holder in self._reserved.items() if holder != service}

    @contextmanager
    def hold(self, service: str) -> Iterator[None]:
        yield


def fields_of(kind: type[Row]) -> list[str]:
    """Names of the columns."""
    return [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
