"""What a rule is given, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from simulator.dcim.records import Server
from simulator.kernel import SteppedClock
from simulator.review.actions import Action

if TYPE_CHECKING:
    from simulator.lab import Run

__all__ = ["RULES", "Evidence", "Finding", "Found", "Rule", "Severity", "client_of", "records", "rule"]


class Severity(IntEnum):
    ERROR = 3
    """Costs money, a client's data or a client."""
    WARNING = 2
    """Goes wrong one day."""
    NOTE = 1
    """Bad manners."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`where`: a server, a call, a client; `calls`: the numbers of the calls that show it; `source`: what asks for it."""

    rule: str
    severity: Severity
    where: str
    text: str
    advice: str
    source: str
    calls: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What rules look at."""

    run: Run
    actions: Sequence[Action]
    clients: dict[str, list[Action]] = field(default_factory=dict)
    since: float = 0.0
    """When the review began to watch, lab time."""

    @property
    def paced(self) -> bool:
        """Whether lab time says anything about how soon calls follow each other."""
        return not isinstance(self.run.clock, SteppedClock)

    def of_server(self, name: str) -> list[Action]:
        return [action for action in self.actions if action.server == name]

    def of_account(self, name: str) -> list[Action]:
        return [action for action in self.actions if name in action.accounts]

    def servers(self) -> list[str]:
        """Those that calls were about, in order."""
        return list(dict.fromkeys(action.server for action in self.actions if action.server))


def client_of(evidence: Evidence, number: int | None) -> str:
    """The owner's e-mail or name, empty for nobody and for an administrator, who is nobody's client."""
    user = evidence.run.panel.users.all.find(number)
    return "" if user is None or user.is_admin else user.email


def records(evidence: Evidence) -> Iterator[Server]:
    """The panel's present records of the servers that calls were about."""
    names = set(evidence.servers())
    return (server for server in evidence.run.panel.inventory.servers if server.name in names)


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    severity: Severity
    advice: str
    source: str
    look: Callable[[Evidence], Iterable[tuple[str, str, Iterable[Action]]]]
    """Gives where, text and the actions that show it."""


Found = Iterator[tuple[str, str, list[Action]]]
"""What a rule's function gives: where, text, and the actions that show it."""
RULES: dict[str, Rule] = {}

Look = Callable[[Evidence], Iterable[tuple[str, str, Iterable[Action]]]]


def rule(name: str, severity: Severity, *, advice: str, source: str) -> Callable[[Look], Look]:
    """Registers a function as a rule."""

    def register(look: Look) -> Look:
        RULES[name] = Rule(name, severity, advice, source, look)
        return look

    return register
