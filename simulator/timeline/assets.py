"""The timeline's script and style, as text: pages that are served link them, reports have them inside."""

from __future__ import annotations

from importlib.resources import files

__all__ = ["SCRIPT", "STYLE"]


def _text(name: str) -> str:
    return files("simulator.timeline").joinpath(name).read_text(encoding="utf-8")


SCRIPT = _text("timeline.js")
STYLE = _text("timeline.css")
