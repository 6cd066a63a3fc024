"""A page of a list, written while devices answer: bounded by count and by octets, its rows turned into JSON one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from starlette.responses import Response

from simulator.control.api.problems import encoded

__all__ = ["Listing", "listed"]

Row = TypeVar("Row")
LOOKED_AT = 20_000
"""Rows of which a page shows those that are wanted; the next page goes on behind them."""
OCTETS = 8 << 20
"""Of one page at most; the row that reaches it is the last one."""
TURN, TURN_OCTETS = 200, 32 << 10
"""Rows and octets written before others have their turn."""


class Listing(Generic[Row]):
    """Rows as JSON texts. `last`: the row that was looked at last; None when there was none."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.last: Row | None = None

    def answer(self, **more: Any) -> Response:
        """`{"list": [...], ...}`"""
        text = f'{{"list":[{",".join(self.rows)}],{encoded(more)[1:]}'
        return Response(text, media_type="application/json")


async def listed(rows: Iterable[Row], limit: int, shown: Callable[[Row], Any]) -> Listing[Row]:
    """At most `limit` of what `shown` makes of the rows; None is passed over."""
    page = Listing[Row]()
    octets = since = 0
    for number, row in enumerate(rows, 1):
        if len(page.rows) == limit or number > LOOKED_AT or octets > OCTETS:
            break
        page.last = row
        if (value := shown(row)) is not None:
            page.rows.append(encoded(value))
            octets += len(page.rows[-1])
        if number % TURN == 0 or octets - since > TURN_OCTETS:
            since = octets
            await asyncio.sleep(0)  # noqa: TID251
    return page
