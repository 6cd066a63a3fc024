"""What is wrong with a file, with the place and, where there is one, the word that was meant.

`FileProblems` is the only error that reading a lab or scenario file raises; it carries every `Problem` found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simulator.files.nearest import did_you_mean, listed

__all__ = ["FileProblems", "Problem", "did_you_mean", "listed"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong. `line` and `column` count from 1; both are 0 where there is no file text (a dict)."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        text = f"{place}: {self.message}" + (f"; {self.hint}" if self.hint else "")
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class FileProblems(Exception):
    """A file cannot be used. `problems` is never empty and stands in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[FileProblems], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)  # it travels between processes
