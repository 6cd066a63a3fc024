"""What a rule is given, and what it finds."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from simulator.dcim.records import Server
from simulator.dcim.work.operation_table import Operation
from simulator.kernel import SteppedClock
from simulator.review.actions import Action

if TYPE_CHECKING:
    from simulator.lab import Run

__all__ = ["RULES", "Evidence", "Finding", "Found", "Rule", "Severity", "client_of", "position", "records", "rule"]


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


class Evidence:
    """What rules look at: what clients did, in order, and by whom, server and account. `since`: when the review began to watch, lab time."""

    def __init__(self, run: Run, actions: Sequence[Action], since: float = 0.0) -> None:
        self.run = run
        self.actions = actions
        self.since = since
        self.clients: dict[str, list[Action]] = {}
        self._of_server: dict[str, list[Action]] = {}
        self._of_both: dict[tuple[str, str], list[Action]] = {}
        self._of_account: dict[str, list[Action]] = {}
        self._of_client_and_account: dict[tuple[str, str], list[Action]] = {}
        self._operations: dict[int, list[Operation]] = {}
        for action in actions:
            client = action.call.client
            self.clients.setdefault(client, []).append(action)
            if server := action.server:
                self._of_server.setdefault(server, []).append(action)
                self._of_both.setdefault((client, server), []).append(action)
            for account in dict.fromkeys(action.accounts):
                self._of_account.setdefault(account, []).append(action)
                self._of_client_and_account.setdefault((client, account), []).append(action)
        for operation in run.panel.operations.all:
            self._operations.setdefault(operation.server, []).append(operation)

    @property
    def paced(self) -> bool:
        """Whether lab time says anything about how soon calls follow each other."""
        return not isinstance(self.run.clock, SteppedClock)

    def of_server(self, name: str, client: str | None = None) -> Sequence[Action]:
        """What was done with it, by all or by one client."""
        return self._of_server.get(name, ()) if client is None else self._of_both.get((client, name), ())

    def of_account(self, name: str) -> Sequence[Action]:
        return self._of_account.get(name, ())

    def accounts(self) -> Iterator[tuple[str, Sequence[Action]]]:
        """What each client asked of each account, in order."""
        return ((name, actions) for (_, name), actions in self._of_client_and_account.items())

    def servers(self) -> list[str]:
        """Those that calls were about, in order."""
        return list(self._of_server)

    def operations_of(self, server: int) -> Sequence[Operation]:
        """Of a server, by its number in the panel, the oldest first."""
        return self._operations.get(server, ())


def position(actions: Sequence[Action], one: Action) -> int:
    """Where it is among actions in their order."""
    return bisect_left(actions, one.call.number, key=lambda each: each.call.number)


def client_of(evidence: Evidence, number: int | None) -> str:
    """The owner's e-mail or name, empty for nobody and for an administrator, who is nobody's client."""
    user = evidence.run.panel.users.all.find(number)
    return "" if user is None or user.is_admin else user.email


def records(evidence: Evidence) -> Iterator[Server]:
    """The panel's present records of the servers that calls were about."""
    return (server for server in evidence.run.panel.inventory.servers if evidence.of_server(server.name))


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
