"""A file's data with the place of each value, and the list of what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.files.problems import FileProblems, Problem

__all__ = ["MERGE", "Document", "ProblemList", "Reporter", "merge_sources"]

Path_ = tuple[str | int, ...]
_MOST_PROBLEMS = 100
"""Shown of a file."""
MERGE = "tag:yaml.org,2002:merge"


class Document:
    """One file as plain data (`dict`, `list`, `str`, `int`, `float`, `bool`, None), with positions by path."""

    def __init__(self, file: str, data: Any, root: Any = None) -> None:
        self.file = file
        self.data = data
        self._root = root

    @property
    def in_file(self) -> bool:
        """It was read from a file, which may be somebody else's; a mapping at hand is the caller's own."""
        return self._root is not None

    def place(self, path: Sequence[str | int], *, key: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of the value at `path` (or of its key); of the nearest parent that exists."""
        if self._root is None:
            return (0, 0)
        node = self._root
        mark = node.start_mark
        for index, step in enumerate(path):
            pair = _child(node, step)
            if pair is None:
                break
            last = index == len(path) - 1
            mark = (pair[0] if key and last else pair[1]).start_mark
            node = pair[1]
        return (mark.line + 1, mark.column + 1)


def _child(node: Any, step: str | int) -> tuple[Any, Any] | None:
    if node.id == "sequence" and isinstance(step, int) and 0 <= step < len(node.value):
        return node.value[step], node.value[step]
    if node.id == "mapping":
        merged: tuple[Any, Any] | None = None
        for key, value in node.value:
            if key.id == "scalar" and key.tag == MERGE:
                merged = merged or next((p for m in merge_sources(value) if (p := _child(m, step)) is not None), None)
            elif key.id == "scalar" and key.value == step:
                return key, value
        return merged
    return None


def merge_sources(node: Any) -> list[Any]:
    return list(node.value) if node.id == "sequence" else [node]


class ProblemList(list[Problem]):
    """The first of them; how many there are in all costs nothing."""

    more = 0

    @property
    def full(self) -> bool:
        return len(self) >= _MOST_PROBLEMS

    def told(self, file: str) -> list[Problem]:
        if not self.more:
            return self
        last = max(self)
        return [*self, Problem(file, last.line, last.column, f"… and {self.more} problems more")]


class Reporter:
    """Collects the problems of one file, or of one part of it (`prefix`)."""

    def __init__(self, document: Document, prefix: Path_ = (), problems: ProblemList | None = None) -> None:
        self.document = document
        self.prefix = prefix
        self.problems = ProblemList() if problems is None else problems

    def at(self, path: Sequence[str | int], message: str, hint: str = "", *, key: bool = False) -> None:
        """Note a problem at the value (or key) at `path`."""
        if self.problems.full:
            self.problems.more += 1
            return
        where = (*self.prefix, *path)
        line, column = self.document.place(where, key=key)
        if not line and where:
            message = f"{'.'.join(map(str, where))}: {message}"
        self.problems.append(Problem(self.document.file, line, column, message, hint))

    def under(self, *prefix: str | int) -> Reporter:
        """A reporter for a part of this one's; it writes on the same list."""
        return Reporter(self.document, (*self.prefix, *prefix), self.problems)

    def check(self) -> None:
        """Raise FileProblems when anything was noted."""
        if self.problems:
            raise FileProblems(self.problems.told(self.document.file))
