"""Lifecycles as tables: state, event, next state. An illegal event raises and changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Generic, TypeVar

__all__ = ["IllegalEvent", "Machine", "Table"]

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


class IllegalEvent(Exception):
    """The table has no row for this event in this state."""

    def __init__(self, table: str, state: Enum, event: Enum) -> None:
        super().__init__(f"{table}: no {event.value!r} in state {state.value!r}")
        self.state = state
        self.event = event


class Table(Generic[S, E]):
    """All the legal moves of one lifecycle. A row may name several states: `((A, B), event, C)`."""

    def __init__(self, name: str, rows: Iterable[tuple[S | tuple[S, ...], E, S]]) -> None:
        self.name = name
        self.moves: dict[tuple[S, E], S] = {}
        for states, event, target in rows:
            for state in states if isinstance(states, tuple) else (states,):
                if (state, event) in self.moves:
                    raise ValueError(f"{name}: two rows for {event.value!r} in {state.value!r}")
                self.moves[state, event] = target

    def allows(self, state: S, event: E) -> bool:
        return (state, event) in self.moves

    def next(self, state: S, event: E) -> S:
        try:
            return self.moves[state, event]
        except KeyError:
            raise IllegalEvent(self.name, state, event) from None

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram, for the docs."""
        lines = [f"    {a.value} --> {b.value}: {event.value}" for (a, event), b in self.moves.items()]
        return "\n".join(["stateDiagram-v2", *lines])


class Machine(Generic[S, E]):
    """A state that moves only as its table allows."""

    __slots__ = ("state", "table")

    def __init__(self, table: Table[S, E], state: S) -> None:
        self.table = table
        self.state = state

    def allows(self, event: E) -> bool:
        return self.table.allows(self.state, event)

    def fire(self, event: E) -> S:
        self.state = self.table.next(self.state, event)
        return self.state
