"""A wire on which orders to a panel meet fates: lost, sent again, overtaken. Questions pass, since they change nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from hypothesis import strategies as st

LOST = "lost"
"""The order takes effect and its answer is lost."""
UNSENT = "unsent"
"""The order never arrives."""
TWICE = "twice"
"""Something on the way sends it again, at once."""
LATE = "late"
"""A second copy of it comes after the next order, where that is about something else."""
FINE = "fine"
FATES = st.lists(st.sampled_from([LOST, UNSENT, TWICE, LATE, FINE, FINE, FINE]), min_size=60, max_size=60)


def bad_wire(panel: Any, fates: list[str], about: Callable[[httpx.Request], str | None]) -> httpx.MockTransport:
    """Each order meets its fate; never more than two losses on end, since a wire that is cut is another matter.

    `about`: what an order is about, None for a question; with a `!` in front for one that may not be sent twice.
    """
    left, losses = iter(fates), 0
    late: list[tuple[str, httpx.Request]] = []
    inner = panel.transport.handler

    async def handle(request: httpx.Request) -> httpx.Response:
        nonlocal losses
        thing = about(request)
        if thing is None:
            return await inner(request)
        fate = next(left, FINE)
        if fate in (LOST, UNSENT):
            losses += 1
        if losses > 2:
            fate, losses = FINE, 0
        if fate == UNSENT:
            raise httpx.ConnectError("no route")
        answer = await inner(request)
        for other, copy in late:
            if other != thing.lstrip("!"):
                await inner(copy)
        late.clear()
        if not thing.startswith("!"):
            if fate == TWICE:
                await inner(request)
            elif fate == LATE:
                late.append((thing, request))
        if fate == LOST:
            raise httpx.ReadError("connection reset")
        losses = 0
        return answer

    return httpx.MockTransport(handle)


def about6(request: httpx.Request) -> str | None:
    """An order to a DCImanager 6. Ports, power, owner and the end of an operation may be asked for again."""
    if request.method == "GET" or "/auth/" in request.url.path:
        return None
    last = request.url.path.rpartition("/")[2]
    if last in ("port_on", "port_off", "power_on", "power_off", "owner", "cancel"):
        return last.partition("_")[0]
    return f"!{last}"
