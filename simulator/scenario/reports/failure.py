"""One scenario that failed, in lines: why first, then what was expected and seen with its place, one excerpt, the command that repeats it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Literal, NamedTuple

from simulator.kernel.causes import told
from simulator.scenario.reports.formatting import place
from simulator.scenario.result import Failure, Result

__all__ = ["Line", "failure_lines", "failure_text", "printable", "wrapped"]

WIDTH = 80
_WHY = 2 + 10 + 10
"""Where the words of a cause that is long go on: behind its time."""


class Line(NamedTuple):
    text: str
    style: Literal["plain", "dim"] = "plain"


def failure_lines(result: Result, width: int = WIDTH) -> list[Line]:
    """All but the scenario's name and verdict. Commands are not folded: they are there to be copied."""
    lines = []
    for number, each in enumerate(told(result.why)):
        lines += _folded(f"  {'' if number else 'why':<9} {each}", _WHY, width)
    for failure in result.failures:
        lines += _failure(result, failure, width)
    if records := [each for failure in result.failures for each in failure.records]:
        lines.append(Line("  journal", "dim"))
        for record in records:
            lines += [Line(each.text, "dim") for each in _folded(f"    {record}", 16, width)]
    if result.unjudged:
        text = f"  {result.unjudged} more of what is expected was not looked at: steps that were left out bear on it"
        lines += _folded(text, 4, width)
    lines.append(Line(f"  repeat    {printable(result.replay)}"))
    if result.records and not result.journal:
        lines.append(Line(f"            --journal FILE writes all {result.records} records", "dim"))
    return lines


def failure_text(result: Result, width: int = WIDTH) -> str:
    """The same as one text, with the name and the verdict."""
    head = wrapped(f"{result.verdict}  {result.name}", 2, width)
    return "\n".join([*head, *(line.text for line in failure_lines(result, width))])


def _failure(result: Result, failure: Failure, width: int) -> Iterator[Line]:
    yield from _folded(f"  {place(result, failure)}: {failure.what}", 4, width)
    for label, text in (("expected", failure.expected), ("seen", failure.seen)):
        for number, each in enumerate(printable(text).split("\n")):
            yield from _folded(f"    {'' if number else label:<9} {each}", 14, width)
    if (name := failure.what.removeprefix("violates ")) != failure.what:
        yield Line(f"    {'declare':<9} known: [{{violates: {name}, because: ...}}]", "dim")


def _folded(text: str, indent: int, width: int) -> list[Line]:
    return [Line(each) for each in wrapped(text, indent, width)]


def wrapped(text: str, indent: int, width: int) -> list[str]:
    """At most so wide where its words let it; what is too long for a line goes on with so many spaces before it."""
    folder = textwrap.TextWrapper(
        width=max(width, indent + 20),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
        expand_tabs=False,
        replace_whitespace=False,
    )
    return folder.wrap(printable(text).replace("\n", " ")) or [""]


def printable(text: str) -> str:
    """With a mark for what a terminal would obey instead of showing it."""
    return "".join(c if c == "\n" or c.isprintable() else "\ufffd" for c in text)
