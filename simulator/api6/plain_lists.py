"""What is read as it stands: the list of a kind of thing, and one of them by its id.

Each list is registered with its `Listing`, so that /openapi.json can name the fields that it knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from simulator.api6.calls import Call, Nothing, handles
from simulator.api6.lists.listing import Listing
from simulator.dcim import Panel
from simulator.dcim.records import Register

__all__ = ["lists", "reads"]

R = TypeVar("R")


def lists(
    action: str, listing: Listing[R], rows: Callable[[Call[Nothing]], Iterable[R]], *, anyone: bool = False
) -> None:
    """Register a list of what `rows` finds for a call; `anyone`: every role may see it."""

    @handles(action, listing=listing, anyone=anyone)
    async def answer(call: Call[Nothing]) -> Any:
        return call.listed(rows(call))


def reads(kind: str, listing: Listing[Any], register: Callable[[Panel], Register[Any]]) -> None:
    """Register `<kind>.list` and `<kind>.item` of a register that everybody who may ask sees whole."""
    lists(f"{kind}.list", listing, lambda call: register(call.panel))

    @handles(f"{kind}.item")
    async def item(call: Call[Nothing]) -> Any:
        return listing.view(call.panel, register(call.panel).get(call.number("id")))
