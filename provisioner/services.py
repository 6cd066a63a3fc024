"""A service: what a client ordered, the server it is bound to, and the table of its lifecycle."""

from __future__ import annotations

import dataclasses
import random
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

from provisioner.errors import IllegalEvent
from provisioner.progress import Progress
from provisioner.store import ServiceRow

__all__ = [
    "LIFECYCLE",
    "Client",
    "Event",
    "Service",
    "State",
    "generate_password",
    "restore",
    "service_of",
    "service_row",
]


class State(Enum):
    ORDERED = "ordered"
    PROCESSING = "processing"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSING = "closing"
    CLOSED = "closed"
    FAILED = "failed"
    MANUAL = "manual"
    """In the hands of staff."""


class Event(Enum):
    PROCESS = "process"
    ACTIVATE = "activate"
    SUSPEND = "suspend"
    UNSUSPEND = "unsuspend"
    CLOSE = "close"
    FINISH = "finish"
    FAIL = "fail"
    HAND_OVER = "hand over"
    COMPLETE = "complete"


# A failed service may be processed again or closed: both buttons stay in the service card. A suspension that fails is
# no move at all: the service stays what it was, with the error noted on it. What staff have in hand they complete, give
# back to the module, or close.
LIFECYCLE: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        (State.ORDERED, Event.PROCESS): State.PROCESSING,
        (State.PROCESSING, Event.ACTIVATE): State.ACTIVE,
        (State.PROCESSING, Event.FAIL): State.FAILED,
        (State.ACTIVE, Event.SUSPEND): State.SUSPENDED,
        (State.SUSPENDED, Event.UNSUSPEND): State.ACTIVE,
        (State.ACTIVE, Event.CLOSE): State.CLOSING,
        (State.SUSPENDED, Event.CLOSE): State.CLOSING,
        (State.CLOSING, Event.FINISH): State.CLOSED,
        (State.CLOSING, Event.FAIL): State.FAILED,
        (State.FAILED, Event.PROCESS): State.PROCESSING,
        (State.FAILED, Event.CLOSE): State.CLOSING,
        (State.ORDERED, Event.HAND_OVER): State.MANUAL,
        (State.FAILED, Event.HAND_OVER): State.MANUAL,
        (State.MANUAL, Event.COMPLETE): State.ACTIVE,
        (State.MANUAL, Event.PROCESS): State.PROCESSING,
        (State.MANUAL, Event.CLOSE): State.CLOSING,
    }
)


@dataclass(slots=True)
class Client:
    """A client of the billing system."""

    email: str
    full_name: str = ""
    verified: bool = True
    """Whether the e-mail is confirmed."""
    phone: str = ""


@dataclass(slots=True)
class Service:
    """One ordered dedicated server."""

    name: str
    client: Client
    password: str = field(repr=False)
    """Of the server's administrator after the installation."""
    configuration: str = ""
    """Overrides the tariff's; empty means the tariff's."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Configurable options of the order, by the names that the module accepts."""
    requested_server: int | None = None
    """The panel's id of the one server that may be issued (W6-O6)."""
    server: int | None = None
    """The panel's id of the server that the service is bound to."""
    server_name: str = ""
    panel_user: int | None = None
    """The panel's id of the client's user."""
    addresses: tuple[str, ...] = ()
    """Main address first."""
    card: tuple[str, tuple[str, ...]] | None = None
    """Dedicated IP and Assigned IPs as somebody wrote them into the service card; None when nobody did."""
    error: str = ""
    """Of the last action, empty when it did what was asked."""
    busy: str = ""
    """The action that is under way, empty when none is."""
    progress: Progress | None = field(default=None, repr=False)
    """Of the action that is under way."""
    state: State = State.ORDERED

    @property
    def dedicated_ip(self) -> str:
        """The main IPv4 address, as the service card shows it (W6-O5)."""
        return self.card[0] if self.card else self._main

    @property
    def assigned_ips(self) -> tuple[str, ...]:
        """The additional addresses, as the service card shows them (W6-O5)."""
        return self.card[1] if self.card else tuple(each for each in self.addresses if each != self._main)

    @property
    def _main(self) -> str:
        return next((address for address in self.addresses if ":" not in address), "")

    def check(self, event: Event) -> State:
        """The state that `event` leads to. Raises IllegalEvent when the table has no row for it."""
        try:
            return LIFECYCLE[self.state, event]
        except KeyError:
            raise IllegalEvent(f"service {self.name}: no {event.value!r} in state {self.state.value!r}") from None

    def fire(self, event: Event) -> State:
        """Move as the table says; an illegal event raises IllegalEvent and changes nothing."""
        self.state = self.check(event)
        return self.state


def service_row(service: Service) -> ServiceRow:
    """What is kept of a service; that an action is under way is kept with the action."""
    return ServiceRow(
        service.name,
        service.client.email,
        service.password,
        service.configuration,
        dict(service.options),
        service.requested_server,
        service.server,
        service.server_name,
        service.panel_user,
        list(service.addresses),
        None if service.card is None else [service.card[0], list(service.card[1])],
        service.error,
        service.state.value,
    )


def service_of(row: ServiceRow, client: Client) -> Service:
    """The service that was kept as this row."""
    return Service(
        row.name,
        client,
        row.password,
        configuration=row.configuration,
        options=row.options,
        requested_server=row.requested_server,
        server=row.server,
        server_name=row.server_name,
        panel_user=row.panel_user,
        addresses=tuple(row.addresses),
        card=None if row.card is None else (row.card[0], tuple(row.card[1])),
        error=row.error,
        state=State(row.state),
    )


def restore(service: Service, row: ServiceRow) -> None:
    """Have the service be as it was kept."""
    kept = service_of(row, service.client)
    for field_ in dataclasses.fields(service):
        if field_.name not in ("busy", "progress"):
            setattr(service, field_.name, getattr(kept, field_.name))


_LETTERS = string.ascii_letters + string.digits


def generate_password(source: random.Random | None = None, length: int = 16) -> str:
    """Letters and digits, at least one of each kind. `source` is the host's secure one unless given."""
    source = source or random.SystemRandom()
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    chars = [source.choice(kind) for kind in kinds] + [source.choice(_LETTERS) for _ in range(length - len(kinds))]
    source.shuffle(chars)
    return "".join(chars)
