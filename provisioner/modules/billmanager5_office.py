"""What BILLmanager sends to people: messages to clients and administrators, and tickets to departments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from provisioner.clock import Clock
from provisioner.errors import Refused

__all__ = ["Message", "NoOpenTicket", "Office", "Ticket"]


class NoOpenTicket(Refused):
    """The department has no open ticket about the service."""


@dataclass(frozen=True, slots=True)
class Message:
    """An e-mail. `text` may hold passwords, as a welcome message does; it is for its reader, not for logs."""

    time: float
    to: str
    subject: str
    text: str = field(repr=False)


@dataclass(slots=True)
class Ticket:
    """Work that people do by hand."""

    id: int
    time: float
    department: str
    service: str
    subject: str
    open: bool = True


class Office:
    """Everything sent so far, in order."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.messages: list[Message] = []
        self.tickets: list[Ticket] = []

    def write(self, to: Iterable[str], subject: str, text: str) -> None:
        """One message to each."""
        self.messages.extend(Message(self._clock.now(), each, subject, text) for each in to)

    def submit(self, department: str, service: str, subject: str) -> Ticket:
        ticket = Ticket(len(self.tickets) + 1, self._clock.now(), department, service, subject)
        self.tickets.append(ticket)
        return ticket

    def open_ticket(self, service: str) -> Ticket:
        """The newest open ticket about a service. Raises NoOpenTicket."""
        for ticket in reversed(self.tickets):
            if ticket.open and ticket.service == service:
                return ticket
        raise NoOpenTicket(f"there is no open ticket about service {service}")
