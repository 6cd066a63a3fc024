"""What has changed, in order, for those who would rather be told than ask: the platform's notifier service."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from simulator.dcim.records import Register
from simulator.kernel import Clock

__all__ = ["Notice", "Notifier"]

CAPACITY = 1024
"""Notices that are kept for those who come back."""

Action = Literal["create", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Notice:
    id: int
    """Counts up from 1; lists tell the newest as `last_notify`."""
    type: str
    """`server`, `operation`, `ip`, ..."""
    object: int
    action: Action
    time: float


class Notifier:
    """Whoever listens is called in the moment of the change, and must not wait."""

    def __init__(self, clock: Clock) -> None:
        self.last = 0
        self._clock = clock
        self._kept: deque[Notice] = deque(maxlen=CAPACITY)
        self._listeners: dict[int, Callable[[Notice], None]] = {}
        self._next = 0

    def watch(self, kind: str, register: Register[Any]) -> None:
        """Tell of every change of this register from now on, as of things of this kind."""

        def tell(number: int, action: Action) -> None:
            self.last += 1
            notice = Notice(self.last, kind, number, action, self._clock.now())
            self._kept.append(notice)
            for listener in tuple(self._listeners.values()):
                listener(notice)

        register.watch(tell)

    def since(self, number: int) -> list[Notice]:
        """The notices after this one, oldest first, as far as they are kept."""
        return [notice for notice in self._kept if notice.id > number]

    def dropped_since(self, number: int) -> int | None:
        """How many notices after this one are not kept any more; None for a position that has not come yet, as of another lab."""
        if number > self.last:
            return None
        oldest = self._kept[0].id if self._kept else self.last + 1
        return max(0, oldest - 1 - number)

    def listen(self, listener: Callable[[Notice], None]) -> Callable[[], None]:
        """Be called with every notice from now on; what is returned ends it."""
        self._next += 1
        key = self._next
        self._listeners[key] = listener

        def stop() -> None:
            self._listeners.pop(key, None)

        return stop
