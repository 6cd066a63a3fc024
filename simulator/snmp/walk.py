"""The walk of several columns of a table side by side: which names to ask from next, and what has been found."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from simulator.snmp.ber import PyValue, value_of
from simulator.snmp.errors import DisorderedAnswer
from simulator.snmp.message import EXCEPTIONS, Varbind
from simulator.snmp.oid import dotted, subids

__all__ = ["Walk"]


@lru_cache(maxsize=16384)
def _row(column: bytes, name: bytes) -> int | None:
    """The row of a column that a name means, by an index of one sub-identifier, or of two of which the second is 0, as where each row is a
    scalar of its own; None for other ones, and -1 for a name of another column.
    """
    if not name.startswith(column):
        return -1
    index = name[len(column) :]
    numbers = subids(index) if index else ()
    return numbers[0] if numbers and numbers[1:] in ((), (0,)) else None


class Walk:
    """Columns are content octets, with all of the index but its last number; rows are known by that number.

    `rows` has for each column what was found: row -> value. A caller asks GETBULK (or GETNEXT) from `wanted()` and
    hands the answer to `take()`, until nothing is wanted.
    """

    __slots__ = ("_columns", "_cursors", "_last", "_open", "rows")

    def __init__(self, columns: Sequence[bytes]) -> None:
        self._columns = columns
        self._cursors = list(columns)
        self._last = [-1] * len(columns)
        self._open = list(range(len(columns)))
        self.rows: list[dict[int, PyValue]] = [{} for _ in columns]

    def wanted(self) -> list[bytes]:
        """The names to ask from; empty when every column has been walked to its end."""
        return [self._cursors[place] for place in self._open]

    def end(self, number: int) -> None:
        """The agent says that there is nothing after the `number`-th name (from 1) of those wanted, as in v1. Raises
        DisorderedAnswer when so many were not asked for.
        """
        if not 0 < number <= len(self._open):
            raise DisorderedAnswer(f"a walk of {len(self._open)} names ended at the {number}th")
        del self._open[number - 1]

    def take(self, varbinds: Sequence[Varbind]) -> None:
        """Take an answer to `wanted()`. Raises DisorderedAnswer when the walk would not end, Malformed for a value."""
        if not varbinds:
            raise DisorderedAnswer("a walk was answered with nothing")
        width = len(self._open)
        still = []
        for offset, place in enumerate(self._open):
            if not self._take(place, varbinds[offset::width]):
                still.append(place)
        self._open = still

    def _take(self, place: int, varbinds: Sequence[Varbind]) -> bool:
        """Whether the column ends here."""
        column, found, last = self._columns[place], self.rows[place], self._last[place]
        cursor, ended = self._cursors[place], False
        for name, tag, content in varbinds:
            row = _row(column, name)
            if row == -1 or tag in EXCEPTIONS:
                ended = True
                break
            if row is None or row <= last:
                raise DisorderedAnswer(f"{dotted(name)} came after a name that it does not follow")
            found[row] = value_of(tag, content)
            cursor, last = name, row
        self._cursors[place], self._last[place] = cursor, last
        return ended
