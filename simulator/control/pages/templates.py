"""The pages' templates, ready when the first of them is looked at."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["rendered", "template"]

PIECES = 400
"""Of a page, written before others have their turn."""


@cache
def template(name: str) -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - a lab is up before anybody looks

    return Environment(
        loader=PackageLoader("simulator.control.pages", ""), autoescape=True, undefined=StrictUndefined
    ).get_template(name)


async def rendered(name: str, **values: Any) -> str:
    """A long page, while devices answer."""
    written = []
    for number, piece in enumerate(template(name).generate(**values)):
        written.append(piece)
        if number % PIECES == PIECES - 1:
            await asyncio.sleep(0)  # noqa: TID251
    return "".join(written)
