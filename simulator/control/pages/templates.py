"""The pages' templates, ready when the first of them is looked at."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["template"]


@cache
def template(name: str) -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - a lab is up before anybody looks

    return Environment(
        loader=PackageLoader("simulator.control.pages", ""), autoescape=True, undefined=StrictUndefined
    ).get_template(name)
