"""Texts that are not plain YAML, or no YAML at all: ruamel.yaml reads them, and what it refuses is told in our words, with what
most probably was meant.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

from simulator.files.problems import FileProblems, Problem

__all__ = ["compose_carefully"]


def compose_carefully(text: str, file: str) -> Any:
    """The root of the node graph, None for an empty file. Raises FileProblems."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - most files are plain
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415
    from ruamel.yaml.reader import ReaderError  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an anchor's name may be used again (YAML 1.2.2, 3.2.2.2)
            return YAML(typ="safe", pure=True).compose(text)
    except ReaderError as error:
        line, column = _line_of(text, error.position)
        character = error.character if isinstance(error.character, str) else chr(error.character)
        problem = Problem(file, line, column, f"the character {character!r} may not stand in YAML")
    except MarkedYAMLError as error:
        problem = _told(file, _Refusal.of(error, text))
    except RecursionError:
        problem = Problem(file, 1, 1, "the file is nested too deeply")
    except (YAMLError, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        # The parser has a few plain Python errors left in it; whatever the octets, the user sees a problem.
        problem = Problem(file, 1, 1, f"this is no YAML: {' '.join(str(error).split()) or type(error).__name__}")
    raise FileProblems([problem])


def _line_of(text: str, index: int) -> tuple[int, int]:
    before = text[:index]
    return before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1


class _Refusal(NamedTuple):
    """What the parser says: while doing what, what it met; where each of them is, counted from 0."""

    context: str
    problem: str
    began: tuple[int, int] | None
    """Where the thing begins that it was reading."""
    at: tuple[int, int]
    lines: Sequence[str]

    @classmethod
    def of(cls, error: Any, text: str) -> _Refusal:
        began, at = error.context_mark, error.problem_mark or error.context_mark
        return cls(
            " ".join((error.context or "").split()),
            " ".join((error.problem or "").split()),
            (began.line, began.column) if began is not None else None,
            (at.line, at.column) if at is not None else (0, 0),
            text.splitlines() or [""],
        )

    def line(self, number: int) -> str:
        return self.lines[number] if 0 <= number < len(self.lines) else ""

    @property
    def there(self) -> str:
        """What stands at the place, as far as it is one word."""
        return _WORD.match(self.line(self.at[0])[self.at[1] :])[0]  # type: ignore[index]


_WORD = re.compile(r"[^\s,\]}]*")
_OPENS = {"flow mapping": ("{", "}"), "flow sequence": ("[", "]")}
_KEY = re.compile(r"\s*(?:- +)*[\w.\"'-]+:(?: |$)")
_GLUED = re.compile(r"\s*-[^\s-]")


def _told(file: str, said: _Refusal) -> Problem:
    """The problem in our words."""
    (line, column), message, hint = _place_and_words(said)
    return Problem(file, line + 1, column + 1, message, hint)


def _place_and_words(said: _Refusal) -> tuple[tuple[int, int], str, str]:
    problem, context = said.problem, said.context
    if "undefined alias" in problem:
        word = said.there
        return (
            said.at,
            f"`{word}` begins with an asterisk, which YAML takes for an alias",
            f'put it in quotes: "{word}"',
        )
    if "'\\t'" in problem or "tab" in problem:
        return said.at, "a tab stands in the indentation", "indent with spaces, not tabs"
    if found := re.search(r"found character '(.)' that cannot start", problem):
        return said.at, f"no text begins with `{found[1]}` in YAML", "put it in quotes"
    if "quoted scalar" in context and said.began is not None:
        if "escape" in problem:
            return said.at, "a backslash in double quotes begins an escape", "use single quotes, or write it twice"
        mark = said.line(said.began[0])[said.began[1] : said.began[1] + 1]
        return said.began, f"the quotation mark {mark} that opens here is never closed", ""
    for what, (opening, closing) in _OPENS.items():
        if what in context and said.began is not None:
            return _not_closed(said, said.began, opening, closing)
    if "mapping values are not allowed" in problem:
        return _second_colon(said)
    if "could not find expected ':'" in problem:
        return _no_colon(said)
    if "single document" in f"{context} {problem}":
        return said.at, "a second document begins here (`---`)", "one file holds one"
    if "block end" in problem or "block mapping" in context or "block collection" in context:
        return _wrong_depth(said)
    return (
        said.at,
        f"this is no YAML: {' '.join(part for part in (context, problem) if part) or 'cannot be parsed'}",
        "",
    )


def _not_closed(said: _Refusal, began: tuple[int, int], opening: str, closing: str) -> tuple[tuple[int, int], str, str]:
    if said.at[0] > began[0] or "end" in said.problem:
        return began, f"the `{opening}` that opens here has no `{closing}`", ""
    word = said.there
    if word.startswith("*"):
        return (
            said.at,
            f"`{word}` begins with an asterisk, which YAML takes for an alias",
            f'put it in quotes: "{word}"',
        )
    return (
        said.at,
        f"`{word}` is not expected within `{opening}{closing}`",
        f"is a comma missing before it, or a `{closing}`?",
    )


def _second_colon(said: _Refusal) -> tuple[tuple[int, int], str, str]:
    number, column = said.at
    line = said.line(number)
    if _GLUED.match(line):
        dash = line.index("-")
        return (number, dash), "a space is missing after the `-`", "write `- ` before each entry"
    key = _KEY.match(line)
    if key is not None and key.end() <= column:
        return said.at, "a second `: ` in one line", f'put the text in quotes: {key[0].strip()} "..."'
    above = next((each for each in range(number - 1, -1, -1) if said.line(each).strip()), None)
    if above is not None:
        start = len(line) - len(line.lstrip())
        return (
            (number, start),
            f"this line stands deeper than line {above + 1}, which has its value already",
            "begin both in the same column",
        )
    return said.at, "a `:` is not expected here", ""


def _no_colon(said: _Refusal) -> tuple[tuple[int, int], str, str]:
    place = said.began or said.at
    word = said.line(place[0])[place[1] :].strip()
    short = word if len(word) <= 40 else word[:37] + "..."
    head, colon, rest = word.partition(":")
    if word.startswith("-"):
        return place, "a space is missing after the `-`", "write `- ` before each entry"
    if colon and rest:
        return place, f"`{short}` is one word", f"a space is missing after `{head}:`"
    return place, f"`{short}` is neither `key: value` nor an entry of a list", "is a colon missing after the key?"


def _wrong_depth(said: _Refusal) -> tuple[tuple[int, int], str, str]:
    word = said.there
    line = said.line(said.at[0])[said.at[1] :]
    if line[:1] in ("}", "]"):
        return said.at, f"a `{line[0]}` that nothing opens", ""
    if said.began is None or said.at[0] == said.began[0]:
        return said.at, f"`{word}` is not expected here", ""
    what = "list" if "collection" in said.context else "mapping"
    return (
        said.at,
        f"this line belongs to nothing: the {what} above begins in line {said.began[0] + 1}, column {said.began[1] + 1}",
        "begin it in that column",
    )
