"""An agent that shows a recorded walk, of which some objects live: exactly the walk's instances, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from simulator.snmp.message import Status
from simulator.snmp.mib import Object, Writer
from simulator.snmp.snmprec import Instance

__all__ = ["as_recorded"]

S = TypeVar("S")


def as_recorded(walk: Iterable[Instance], live: Sequence[Object[S]]) -> list[Object[S]]:
    """`live`: objects of which those instances live that are read, and that the walk has. Every other instance is as recorded."""
    left = {item.name: item for item in walk}
    types: dict[bytes, Object[S]] = {}
    for item in live:
        rows = {index: row for index, row in item.rows.items() if row not in item.fixed and item.name + index in left}
        if item.read is None or not rows:
            continue
        for index in rows:
            del left[item.name + index]
        types[item.name] = Object(item.name, rows, item.read, {}, item.write)
    columns: dict[bytes, dict[bytes, Instance]] = {}
    for name, instance in left.items():
        kind = _type_of(name, types)
        columns.setdefault(kind, {})[name[len(kind) :]] = instance
    for kind, found in columns.items():
        lives = types.get(kind)
        first = 1 + max(lives.rows.values(), default=-1) if lives else 0
        rows = {index: first + place for place, index in enumerate(found)}
        fixed = {rows[index]: instance.encoded for index, instance in found.items()}
        if lives is None:
            types[kind] = Object(kind, rows, None, fixed, None)
        else:
            write = _only(lives.write, frozenset(lives.rows.values())) if lives.write else None
            types[kind] = Object(kind, {**lives.rows, **rows}, lives.read, fixed, write)
    return list(types.values())


def _type_of(name: bytes, types: dict[bytes, Object[S]]) -> bytes:
    """The object type of an instance: one that lives, else the name without its last number."""
    cut = len(name) - 1
    while cut and name[cut - 1] >= 0x80:
        cut -= 1
    for size in range(len(name) - 1, 0, -1):
        if name[:size] in types:
            return name[:size]
    return name[:cut]


def _only(writer: Writer[S], rows: frozenset[int]) -> Writer[S]:
    """What is as recorded cannot be written."""

    def admit(state: S, row: int, content: bytes) -> Status:
        return writer.admit(state, row, content) if row in rows else Status.NOT_WRITABLE

    return replace(writer, admit=admit)
