"""`--html`: one page that needs nothing else, for people who were not there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from simulator.invariants.ledger import THINGS
from simulator.kernel.causes import told
from simulator.scenario.reports.formatting import differences, ended, hours, lab_time, place, statements, wall_time
from simulator.scenario.result import Result

__all__ = ["page"]


def page(results: Sequence[Result]) -> str:
    """The HTML document."""
    text: str = _environment().get_template("page.html.j2").render(results=list(results), things=THINGS)
    return text


def _shown(value: Any) -> Any:
    """With a mark for what HTML has no way to write."""
    if not isinstance(value, str):
        return value
    return "".join(c if c in "\t\n" or (c.isprintable() and not "\ud800" <= c <= "\udfff") else "\ufffd" for c in value)


@cache
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - few runs write a page

    environment = Environment(
        loader=PackageLoader("simulator.scenario.reports", ""),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    environment.globals.update(
        told=told,
        differences=differences,
        statements=statements,
        ended=ended,
        hours=hours,
        lab_time=lab_time,
        place=place,
        wall_time=wall_time,
    )
    return environment
