"""Large lists, cache: what matched a condition and how a row is written, as long as nothing of it has changed.

A row in JSON is good as long as the records that it was made from are the very same objects: records are replaced, never
changed. What matched is brought up to date from the register's own list of changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Self, TypeVar

from simulator.api6.answering import written
from simulator.api6.lists.listing import Listing, parse_limit, parse_orderby, sorted_rows
from simulator.api6.lists.where import Predicate, compile_parts, fields_of
from simulator.dcim import Panel
from simulator.dcim.records import Register

__all__ = ["CachedListing", "Encoded"]

R = TypeVar("R")

QUERIES = 128
"""Conditions and orders in the cache of each list."""
PAGES = 32
"""Whole answers in the cache of each list."""


class Encoded(Mapping[str, Any]):
    """An answer that is JSON already. Whoever looks inside has it read."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self._read: dict[str, Any] | None = None

    def _whole(self) -> dict[str, Any]:
        if self._read is None:
            self._read = json.loads(self.octets)
        return self._read

    def __getitem__(self, key: str) -> Any:
        return self._whole()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())


@dataclass(slots=True)
class _Query(Generic[R]):
    """A condition and an order, and the rows that they gave at some version of the register."""

    parts: list[Predicate] | None
    """Of the condition: a row meets all of them; None where there is no condition."""
    orders: list[tuple[str, bool]]
    joined: tuple[Callable[[Panel], int], ...]
    """The versions of what its columns look at besides the record itself."""
    verdicts: dict[int, bool] = field(default_factory=dict)
    rows: list[R] = field(default_factory=list)
    version: int = -1
    around: tuple[int, ...] = ()


SPARE = 64
"""Rows of records that are gone, beside as many as there are records."""


@dataclass(slots=True)
class _Cache(Generic[R]):
    """The cache of one list of one panel."""

    rows: dict[int, tuple[tuple[Any, ...], bytes]] = field(default_factory=dict)
    queries: dict[tuple[str, str], _Query[R]] = field(default_factory=dict)
    pages: dict[tuple[str, str, str], tuple[tuple[int, ...], bytes]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class CachedListing(Listing[R]):
    """A listing of all records of one register."""

    sources: Callable[[Panel, R], tuple[Any, ...]] = lambda panel, row: (row,)
    """The records that a row is made from."""
    around: Callable[[Panel], tuple[int, ...]] = lambda panel: ()
    """The versions of all other registers that rows or columns look at."""
    most: int | None = None
    """Rows in the cache, of records that come and go; None: all."""
    joined: Mapping[str, Callable[[Panel], int]] = field(default_factory=dict)
    """The columns that look at more than the record: the version of the register that they look at."""

    def renamed(self, names: Mapping[str, str]) -> Self:
        other = super().renamed(names)
        return (
            replace(other, joined={names.get(name, name): version for name, version in self.joined.items()})
            if names
            else self
        )

    def one(self, panel: Panel, row: R) -> Encoded:
        """A record as its row is."""
        return Encoded(self._written(panel, row, self._cache(panel)))

    def _cache(self, panel: Panel) -> _Cache[R]:
        cache: _Cache[R] = panel.dialect_state.get(self) or panel.dialect_state.setdefault(self, _Cache())
        return cache

    def page(self, panel: Panel, register: Register[Any], query: Mapping[str, str]) -> Mapping[str, Any]:
        """As `answer`, of all records of the register. Raises Invalid."""
        if "filter" in query or "action" in query:
            return self.answer(panel, register, query)
        cache = self._cache(panel)
        if len(cache.rows) > 2 * len(register) + SPARE:  # most are of records that are gone
            cache.rows = {number: row for number, row in cache.rows.items() if register.find(number) is not None}
        where, order, limit = query.get("where", ""), query.get("orderby", ""), query.get("limit", "")
        versions = (register.version, *self.around(panel))
        page = cache.pages.get((where, order, limit))
        if page is not None and page[0] == versions:
            return self._whole(panel, page[1])
        first, count = parse_limit(limit) if limit.strip() else (0, None)
        rows = self._matching(panel, register, cache, where, order)
        some = rows[first:] if count is None else rows[first : first + count]
        written = b",".join([self._written(panel, row, cache) for row in some])
        octets = b'{"list":[%b],"size":%d' % (written, len(rows))
        _remember(cache.pages, (where, order, limit), (versions, octets), PAGES)
        return self._whole(panel, octets)

    def _whole(self, panel: Panel, octets: bytes) -> Encoded:
        return Encoded(b'%b,"last_notify":%d}' % (octets, self.notified(panel)))

    def _written(self, panel: Panel, row: Any, cache: _Cache[R]) -> bytes:
        sources = self.sources(panel, row)
        known = cache.rows.get(row.id)
        if known is not None and len(known[0]) == len(sources):
            for before, now in zip(known[0], sources, strict=True):
                if before is not now:
                    break
            else:
                return known[1]
        octets = written(self.view(panel, row))
        cache.rows[row.id] = sources, octets
        if self.most is not None and len(cache.rows) > self.most:
            del cache.rows[next(iter(cache.rows))]
        return octets

    def _matching(
        self,
        panel: Panel,
        register: Register[Any],
        cache: _Cache[R],
        where: str,
        order: str,
    ) -> list[R]:
        """The rows that meet `where`, in `order`, as the register is now.

        There are three ways, by what has happened since the last time. Nothing (neither the register nor another that the
        columns look at has a new version): the same rows. A few changes that the register still knows one by one: only those
        records are judged again, and the verdicts are put in the order of the ids where one came late. Anything else, or too
        much: all records are judged anew. `verdicts` has the ids of the rows that met the condition, as an ordered set.
        """
        asked = cache.queries.get((where, order))
        if asked is None:
            parts = compile_parts(where, self.columns) if where.strip() else None
            orders = parse_orderby(order, self.columns) if order.strip() else []
            looks_at = {name for name, _ in orders} | (fields_of(where) if parts is not None else set())
            joined = tuple(version for name, version in self.joined.items() if name in looks_at)
            asked = _Query(parts, orders, joined)
            _remember(cache.queries, (where, order), asked, QUERIES)
        around = tuple(version(panel) for version in asked.joined)
        if asked.version == register.version and asked.around == around:
            return asked.rows
        changed = register.changed_since(asked.version) if asked.version >= 0 and asked.around == around else None
        parts, verdicts = asked.parts, asked.verdicts
        if parts is None:
            rows = list(register)
        elif changed is None:
            rows = list(register)
            for part in parts:  # each looks only at what the one before has left
                rows = [row for row in rows if part(panel, row)]
            asked.verdicts = verdicts = dict.fromkeys((row.id for row in rows), True)
        else:
            late = False
            for number in dict.fromkeys(changed):
                row = register.find(number)
                if row is None or not all(part(panel, row) for part in parts):
                    verdicts.pop(number, None)
                elif number not in verdicts:
                    verdicts[number] = late = True
            if late:  # in the register's order, which is that of the ids
                asked.verdicts = verdicts = dict.fromkeys(sorted(verdicts), True)
            rows = [register.get(number) for number in verdicts]
        asked.rows = sorted_rows(panel, rows, asked.orders, self.columns)
        asked.version, asked.around = register.version, around
        for number in changed or ():
            if register.find(number) is None:
                cache.rows.pop(number, None)
        return asked.rows


def _remember(things: dict[Any, Any], key: Any, thing: Any, most: int) -> None:
    """Newest last; the oldest go."""
    things.pop(key, None)
    things[key] = thing
    while len(things) > most:
        del things[next(iter(things))]
