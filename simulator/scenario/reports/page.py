"""`--html`: one page that needs nothing else, for people who were not there: failures first, each with its timeline."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from simulator.invariants.ledger import THINGS
from simulator.kernel.causes import told
from simulator.scenario.reports.formatting import differences, ended, hours, lab_time, place, statements, wall_time
from simulator.scenario.result import Result
from simulator.timeline.assets import SCRIPT, STYLE
from simulator.timeline.lanes import LANES

__all__ = ["page"]


def page(results: Sequence[Result]) -> str:
    """The HTML document."""
    ordered = sorted(results, key=lambda each: each.verdict == "passed")
    text: str = (
        _environment()
        .get_template("page.html.j2")
        .render(
            results=ordered,
            things=THINGS,
            lanes=LANES,
            styles=[STYLE, _text("page.css")],
            scripts=[SCRIPT, _text("page.js")],
            policy=_policy(),
        )
    )
    return text


def _text(name: str) -> str:
    return files("simulator.scenario.reports").joinpath(name).read_text(encoding="utf-8")


def _policy() -> str:
    """What a browser may do with the page: run what is in it, and fetch nothing."""
    digests = {
        word: " ".join(f"'sha256-{b64encode(sha256(each.encode()).digest()).decode()}'" for each in texts)
        for word, texts in (("script", (SCRIPT, _text("page.js"))), ("style", (STYLE, _text("page.css"))))
    }
    return f"default-src 'none'; img-src data:; script-src {digests['script']}; style-src {digests['style']}; base-uri 'none'"


def _data(value: Any) -> Markup:
    """JSON that may stand in a script element."""
    return Markup(json.dumps(value, separators=(",", ":")).replace("<", "\\u003c"))  # noqa: S704 - no markup is left in it


def _shown(value: Any) -> Any:
    """With a mark for what HTML has no way to write."""
    if not isinstance(value, str) or isinstance(value, Markup):
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
        data=_data,
        raw=Markup,
    )
    return environment
