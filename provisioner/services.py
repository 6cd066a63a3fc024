"""A service: what a client ordered, the server it is bound to, and the table of its lifecycle."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from provisioner.errors import IllegalEvent

__all__ = ["LIFECYCLE", "Client", "Event", "Service", "State", "generate_password"]


class State(Enum):
    ORDERED = "ordered"
    PROCESSING = "processing"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSING = "closing"
    CLOSED = "closed"
    FAILED = "failed"


class Event(Enum):
    PROCESS = "process"
    ACTIVATE = "activate"
    SUSPEND = "suspend"
    UNSUSPEND = "unsuspend"
    CLOSE = "close"
    FINISH = "finish"
    FAIL = "fail"


# A failed service may be processed again or closed: both buttons stay in the service card. A suspension that fails is
# no move at all: the service stays what it was, with the error noted on it.
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
    requested_server: int | None = None
    """The panel's id of the one server that may be issued (W6-O6)."""
    server: int | None = None
    """The panel's id of the server that the service is bound to."""
    server_name: str = ""
    addresses: tuple[str, ...] = ()
    """Main address first."""
    error: str = ""
    """Of the last action, empty when it did what was asked."""
    busy: str = ""
    """The action that is under way, empty when none is."""
    state: State = State.ORDERED

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


_LETTERS = string.ascii_letters + string.digits


def generate_password(source: random.Random | None = None, length: int = 16) -> str:
    """Letters and digits, at least one of each kind. `source` is the host's secure one unless given."""
    source = source or random.SystemRandom()
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    chars = [source.choice(kind) for kind in kinds] + [source.choice(_LETTERS) for _ in range(length - len(kinds))]
    source.shuffle(chars)
    return "".join(chars)
