"""A question that is asked again and again, and answered as before as long as nothing has changed that the answer was made of.

Billing modules ask every half minute whether an operation has ended, and nearly always hear what they heard before. An application may leave
with its answer what tells whether that still holds (`leave`); a transport in the same process then gives the answer again, and nothing is taken
apart, looked up and written anew. Who asks over a socket, or has a fault in his way, is always answered by the application itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

__all__ = ["AGAIN", "Again", "Given", "Remembered", "leave"]

T = TypeVar("T")

Again = Callable[[], bool]
"""Whether the question would be answered by the same octets now. If so, all that asking does besides is done: the session goes on."""

AGAIN = "rackloop.again"
"""Among a request's extensions: a list for what tells whether its answer still holds."""
MOST = 1024
"""Answers that one transport keeps."""


def leave(scope: Mapping[str, Any], make: Callable[[], Again]) -> None:
    """With the answer to this request, where somebody wants it, what `make` makes."""
    left = scope.get("extensions", {}).get(AGAIN)
    if left is not None:
        left.append(make())


class Given(NamedTuple, Generic[T]):
    """An answer, and what tells whether it still holds."""

    answer: T
    again: Again


class Remembered(OrderedDict[Hashable, Given[T]]):
    """Of late, by question."""

    def keep(self, question: Hashable, answer: T, left: list[Again]) -> None:
        if len(left) != 1:
            return
        self[question] = Given(answer, left[0])
        self.move_to_end(question)
        if len(self) > MOST:
            self.popitem(last=False)
