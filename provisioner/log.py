"""The module log (W6-G1): every call to the panel, every step of an action and its outcome, with their times.

Secrets do not enter it: passwords and tokens are masked, as billing systems do in their module logs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NamedTuple

from provisioner.clock import Clock

__all__ = ["Action", "Call", "Entry", "ModuleLog", "Note", "Outcome", "Sending", "Step", "without_secrets"]

_MASK = "********"
_SECRETS = frozenset({"password", "token", "authinfo", "passwd", "confirm", "checkpasswd", "key"})
"""Names of what both dialects send and are told in confidence."""


@dataclass(frozen=True, slots=True)
class Action:
    """What is being done to which service; `name` is the billing system's word: Create, Suspend, ..."""

    service: str
    name: str


NO_ACTION = Action("", "")


@dataclass(frozen=True, slots=True)
class Sending:
    """An order to the panel that is about to be sent."""

    time: float
    action: Action
    method: str
    path: str
    request: Any


class Call(NamedTuple):
    """One call to the panel. `status` is None when no answer came; then `answer` says why."""

    time: float
    action: Action
    method: str
    path: str
    request: Any
    status: int | None
    answer: Any
    seconds: float

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status or self.answer}"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an action begins or ends. `number` as in the requirements: A1 to A10, L1, L2, D1 to D8."""

    time: float
    action: Action
    number: str
    name: str
    phase: str
    """`begin`, `end` or `error`."""
    detail: str

    def __str__(self) -> str:
        return f"{self.number} {self.name}: {self.phase}{' - ' + self.detail if self.detail else ''}"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person should know and that is no error."""

    time: float
    action: Action
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Outcome:
    """An action has ended; `error` is None when it did what was asked."""

    time: float
    action: Action
    error: str | None

    def __str__(self) -> str:
        if self.error is None:
            return f"Module {self.action.name} Successful - Service: {self.action.service}"
        return f"Module {self.action.name} Failed - Service: {self.action.service} - Error: {self.error}"


Entry = Call | Step | Note | Outcome


KEPT_TEXT = 500
"""Characters of an answer's text that stay in the log."""


class ModuleLog:
    """Entries in the order they were written. `keep` bounds how many; None keeps all.

    Observers get calls whole. A question that was answered stays here without its answer: a life of polling is told some fifty
    different ones, which would be most of what a billing system holds in memory.
    """

    def __init__(self, clock: Clock, *, keep: int | None = None) -> None:
        self._clock = clock
        self._entries: deque[Entry] = deque(maxlen=keep)
        self._observers: list[Callable[[Entry], object]] = []
        self._ahead: list[Callable[[Sending], object]] = []
        self._action: ContextVar[Action] = ContextVar("action", default=NO_ACTION)

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def calls(self) -> list[Call]:
        return [entry for entry in self._entries if isinstance(entry, Call)]

    @property
    def steps(self) -> list[Step]:
        return [entry for entry in self._entries if isinstance(entry, Step)]

    def subscribe(self, observer: Callable[[Entry], object]) -> Callable[[], None]:
        """Call `observer` with every further entry, at once; returns what ends it."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer) if observer in self._observers else None

    def before_orders(self, observer: Callable[[Sending], object]) -> None:
        """Call `observer` with every order (POST, DELETE) to the panel before it is sent."""
        self._ahead.append(observer)

    @contextmanager
    def during(self, service: str, action: str) -> Iterator[None]:
        """Entries written by the body (and the tasks it starts) belong to this action of this service."""
        token = self._action.set(Action(service, action))
        try:
            yield
        finally:
            self._action.reset(token)

    def sending(self, method: str, path: str, request: Any) -> None:
        """An order is about to be sent. It becomes an entry when it has been answered; here only observers hear of it."""
        if self._ahead:
            order = Sending(self._clock.now(), self._action.get(), method, path, _masked(request))
            for observer in self._ahead:
                observer(order)

    def call(self, began: float, method: str, path: str, request: Any, status: int | None, answer: Any) -> None:
        """Write down a call that has ended; `began` is when it was sent."""
        now = self._clock.now()
        self._write(
            Call(began, self._action.get(), method, path, _masked(request), status, _masked(answer), now - began)
        )

    def step(self, number: str, name: str, phase: str, detail: str = "") -> None:
        self._write(Step(self._clock.now(), self._action.get(), number, name, phase, detail))

    def note(self, text: str) -> None:
        self._write(Note(self._clock.now(), self._action.get(), text))

    def outcome(self, error: str | None = None) -> None:
        self._write(Outcome(self._clock.now(), self._action.get(), error))

    def _write(self, entry: Entry) -> None:
        self._entries.append(_kept(entry) if isinstance(entry, Call) else entry)
        for observer in tuple(self._observers):
            observer(entry)


def _kept(call: Call) -> Call:
    answer, status = call.answer, call.status
    if isinstance(answer, str):
        return call if len(answer) <= KEPT_TEXT else call._replace(answer=answer[:KEPT_TEXT])
    if call.method != "GET" or status is None or status >= 300:
        return call
    return Call(call.time, call.action, call.method, call.path, call.request, status, None, call.seconds)


def without_secrets(params: Mapping[str, Any]) -> dict[str, Any]:
    """What may be kept when it has done its work, secrets left out."""
    return {
        key: without_secrets(value) if isinstance(value, Mapping) else value
        for key, value in params.items()
        if key not in _SECRETS
    }


def _masked(body: Any) -> Any:
    """`body` with its top-level secrets masked; the panel's bodies carry them nowhere deeper."""
    if (type(body) is dict or isinstance(body, Mapping)) and not _SECRETS.isdisjoint(body):
        return {key: _MASK if key in _SECRETS and value else value for key, value in body.items()}
    return body
