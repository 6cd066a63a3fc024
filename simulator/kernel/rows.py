"""Snapshots as rows: of a big whole only what has changed is packed and written again.

A row has a part (`panel/users.all`), an item in it (`7`), a place among its neighbours and a value, which is JSON. A register, a
mapping or a list has a row for each of its items, and one that says how many there are; anything else is a row. `Tracked`
compares values with those that it saw last, by identity where that is enough, so that asking costs little.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from operator import attrgetter
from typing import Any

from simulator.kernel.snapshot import BadSnapshot, Parts, Stateful, pack

__all__ = ["Changed", "Row", "Tracked", "assembled", "clone", "dumped"]

Row = tuple[str, str, int, str]
"""Part, item, place, value."""
Changed = dict[tuple[str, str], tuple[int, str] | None]
"""By part and item, place and value; None is a row that is gone."""
_SPLIT = "rows of"
"""The key of a row that stands for several."""


def dumped(packed: object) -> str:
    """As JSON in ASCII: callers' texts may have halves of surrogate pairs, which no file takes."""
    return json.dumps(packed, allow_nan=False, separators=(",", ":"))


def clone(value: Any) -> Any:
    """A copy that later changes of `value` do not reach; what cannot change is the same object."""
    kind = type(value)
    if isinstance(value, dict):
        return {key: clone(item) for key, item in value.items()}
    if kind in (list, deque):
        return kind(clone(item) for item in value)
    if kind in (set, bytearray):
        return value.copy()
    if is_dataclass(kind) and not kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        return kind(**{field.name: clone(getattr(value, field.name)) for field in fields(kind)})
    return value


class _Attribute(ABC):
    """One attribute of the whole."""

    def __init__(self, part: str, name: str) -> None:
        """`part` is the row's, `name` the attribute's with its path."""
        self.part = part
        self.name = name

    @abstractmethod
    def take(self, value: Any, out: Changed) -> None:
        """Add the rows that differ from those taken before."""

    def _head(self, kind: str, count: int, out: Changed, **more: int) -> None:
        out[self.part, self.name] = (0, dumped({_SPLIT: kind, "count": count, **more}))


class _Whole(_Attribute):
    _seen: object = _SPLIT  # no attribute has this value

    def take(self, value: Any, out: Changed) -> None:
        if value == self._seen and type(value) is type(self._seen):
            return
        self._seen = clone(value)
        out[self.part, self.name] = (0, dumped(pack(value)))


class _Register(_Attribute):
    """Something that keeps numbered records, counts its changes, and remembers the last of them."""

    _version = -1

    def __init__(self, part: str, name: str) -> None:
        super().__init__(part, name)
        self._known: dict[int, object] = {}

    def take(self, value: Any, out: Changed) -> None:
        if value.version == self._version:
            return
        numbers: Iterable[int] | None = None if self._version < 0 else value.changed_since(self._version)
        if numbers is None:
            numbers = [*self._known.keys() - {record.id for record in value}, *(record.id for record in value)]
        self._version = value.version
        part = f"{self.part}/{self.name}"
        for number in dict.fromkeys(numbers):
            record = value.find(number)
            if record is None:
                self._known.pop(number, None)
                out[part, str(number)] = None
            elif self._known.get(number) is not record:
                self._known[number] = record
                out[part, str(number)] = (number, dumped(pack(record)))
        self._head("a register", len(self._known), out, next=value.state()["next"])


class _Mapping(_Attribute):
    def __init__(self, part: str, name: str) -> None:
        super().__init__(part, name)
        self._seen: dict[Any, Any] | None = None
        self._places: dict[Any, int] = {}
        self._last = 0

    def take(self, value: Any, out: Changed) -> None:
        if value == self._seen:
            return
        seen, part = self._seen or {}, f"{self.part}/{self.name}"
        for key in seen.keys() - value.keys():
            out[part, dumped(pack(key))] = None
            del self._places[key]
            del seen[key]
        before = 0
        for key, item in value.items():
            place = self._places.get(key, 0)
            if place > before:
                before = place
                if seen[key] is item or seen[key] == item:
                    continue
            else:  # new, or put in anew, behind the others
                self._last += 1
                before = self._places[key] = self._last
            seen[key] = clone(item)
            out[part, dumped(pack(key))] = (self._places[key], dumped(pack(item)))
        self._seen = seen
        self._head("a mapping", len(seen), out)


class _Series(_Attribute):
    """A list or a deque: what goes at its front and comes at its end is told, anything else is another list."""

    def __init__(self, part: str, name: str) -> None:
        super().__init__(part, name)
        self._seen: list[Any] | None = None
        self._first = 0

    def take(self, value: Any, out: Changed) -> None:
        now = list(value)
        if now == self._seen:
            return
        seen, part = self._seen or [], f"{self.part}/{self.name}"
        gone = next((count for count in range(len(seen)) if seen[count:] == now[: len(seen) - count]), len(seen))
        for number in range(self._first, self._first + gone):
            out[part, str(number)] = None
        self._first += gone
        kept = len(seen) - gone
        for number, item in enumerate(now[kept:], self._first + kept):
            out[part, str(number)] = (number, dumped(pack(item)))
        self._seen = seen[gone:] + [clone(item) for item in now[kept:]]
        self._head("a list", len(now), out)


class Tracked:
    """The saved attributes of a whole, as `save` takes them, and what has become of them since they were last looked at."""

    def __init__(self, part: str, whole: object, parts: Parts) -> None:
        self._places: list[tuple[Any, str, _Attribute]] = []
        for path, names in parts.items():
            for name in names:
                holder = attrgetter(path)(whole) if path else whole
                kind = _kind_of(getattr(holder, name))
                self._places.append((holder, name, kind(part, f"{path}.{name}" if path else name)))

    def take(self, out: Changed) -> None:
        """Add what differs from what was taken before; at first that is all."""
        for holder, name, attribute in self._places:
            attribute.take(getattr(holder, name), out)


def _kind_of(value: object) -> type[_Attribute]:
    if isinstance(value, Stateful):
        return _Register
    if isinstance(value, dict):
        return _Mapping
    return _Series if isinstance(value, (list, deque)) else _Whole


def assembled(part: str, rows: Mapping[str, list[Row]]) -> dict[str, Any]:
    """The snapshot whose rows these are, by part. Raises BadSnapshot where some are missing."""
    out: dict[str, Any] = {}
    for _, name, _, text in rows.get(part, ()):
        value = json.loads(text)
        if not (isinstance(value, dict) and _SPLIT in value):
            out[name] = value
            continue
        items = sorted(rows.get(f"{part}/{name}", ()), key=lambda row: row[2])
        if len(items) != value["count"]:
            raise BadSnapshot(f"{name} of the {part} has {len(items)} of {value['count']} rows")
        values = [json.loads(row[3]) for row in items]
        match value[_SPLIT]:
            case "a register":
                out[name] = {"next": value["next"], "records": values}
            case "a mapping":
                out[name] = _mapping([json.loads(row[1]) for row in items], values)
            case _:
                out[name] = values
    return out


def _mapping(keys: list[Any], values: list[Any]) -> dict[str, Any]:
    """As `pack` writes one."""
    if all(isinstance(key, str) and not key.startswith("~") for key in keys):
        return dict(zip(keys, values, strict=True))
    return {"~": "dict", "value": [[key, value] for key, value in zip(keys, values, strict=True)]}
