"""Lists: filtered by `where`, sorted by `orderby`, cut by `limit`. The same for every list of every service."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Generic, Self, TypeVar

from simulator.api6.lists.where import Columns, Predicate, compile_where
from simulator.dcim import Panel
from simulator.dcim.errors import Invalid

__all__ = ["Listing", "parse_limit", "parse_orderby", "sorted_rows"]

R = TypeVar("R")

_LIMIT = re.compile(r"\s*([0-9]{1,18})\s*(?:,\s*([0-9]{1,18})\s*)?")
_SORT = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_.]*)(?:\s+(asc|desc))?\s*", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Listing(Generic[R]):
    """One kind of list: what its rows can be filtered by, and how a row is shown."""

    columns: Columns
    view: Callable[[Panel, R], dict[str, Any]]

    def renamed(self, names: Mapping[str, str]) -> Self:
        """The same list, columns having other names; itself where there are none."""
        columns = {names.get(name, name): column for name, column in self.columns.items()}
        return replace(self, columns=columns) if names else self

    def answer(self, panel: Panel, records: Iterable[R], query: Mapping[str, str]) -> dict[str, Any]:
        """`{"list": [...], "size": <rows that match, whatever the limit>, "last_notify": <the newest message's id>}`;
        with `filter`, the distinct values of one field, whatever the rest says (auth v4, "filter"). Raises Invalid.
        """
        if "filter" in query:
            return self._values(panel, records, query["filter"].strip())
        if "action" in query:
            raise Invalid("action", "stored queries are deprecated, and not built")
        where, order, limit = query.get("where", ""), query.get("orderby", ""), query.get("limit", "")
        matches = self._predicate(where) if where.strip() else None
        orders = parse_orderby(order, self.columns) if order.strip() else []
        first, count = parse_limit(limit) if limit.strip() else (0, None)
        rows = list(records) if matches is None else [row for row in records if matches(panel, row)]
        rows = sorted_rows(panel, rows, orders, self.columns)
        page = rows[first:] if count is None else rows[first : first + count]
        return {
            "list": [self.view(panel, row) for row in page],
            "size": len(rows),
            "last_notify": self.notified(panel),
        }

    def notified(self, panel: Panel) -> int:
        """The position of the notifier; 0 where nothing has been told yet."""
        return panel.notifier.last if panel is not None else 0

    def _values(self, panel: Panel, records: Iterable[R], name: str) -> dict[str, Any]:
        column = self.columns.get(name)
        if column is None:
            raise Invalid("filter", f"there is no field {name!r}")
        found: dict[tuple[Any, ...], Any] = {}
        for row in records:
            value = column.get(panel, row)
            for each in value if isinstance(value, list | tuple) else (value,):
                found.setdefault(_sort_key(each), each)
        return {"list": [{name: found[key]} for key in sorted(found)], "size": len(found)}

    @lru_cache(maxsize=512)  # noqa: B019 - listings are module constants
    def _predicate(self, where: str) -> Predicate:
        return compile_where(where, self.columns)


def sorted_rows(panel: Panel, rows: list[Any], orders: list[tuple[str, bool]], columns: Columns) -> list[Any]:
    """Stably, null before everything. The list itself is sorted."""
    for name, descending in reversed(orders):
        get = columns[name].get
        rows.sort(key=lambda row, get=get: _sort_key(get(panel, row)), reverse=descending)  # type: ignore[misc]
    return rows


def parse_orderby(text: str, columns: Columns) -> list[tuple[str, bool]]:
    """Fields with "descending?": `name, age DESC`. Raises Invalid."""
    orders: list[tuple[str, bool]] = []
    place = 0
    for part in text.split(","):
        match = _SORT.fullmatch(part)
        if match is None:
            raise Invalid(
                "orderby", f"position {place + 1}: {part.strip()!r} is not `field`, `field asc` or `field desc`"
            )
        if match[1] not in columns:
            raise Invalid("orderby", f"position {place + 1}: there is no field {match[1]!r} to sort by")
        orders.append((match[1], (match[2] or "").lower() == "desc"))
        place += len(part) + 1
    return orders


def parse_limit(text: str) -> tuple[int, int]:
    """Offset and size, from `size` or `offset,size`. The first row has the offset 0, as all known clients have it."""
    match = _LIMIT.fullmatch(text)
    if match is None:
        raise Invalid("limit", f"{text!r} is not `size` or `offset,size`")
    return (0, int(match[1])) if match[2] is None else (int(match[1]), int(match[2]))


def _sort_key(value: Any) -> tuple[Any, ...]:
    """Null comes before everything."""
    if value is None:
        return (False,)
    return True, value.casefold() if isinstance(value, str) else value
