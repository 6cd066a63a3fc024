"""Reads a YAML file into plain data that know their places; `validation` makes a model of them.

The data are built here from the parser's node graph, not by its constructors: each value keeps its position, an
alias costs nothing, and no tag can make an object. YAML 1.2 core schema: `on` and `off` are text.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simulator.files.document import MERGE, Document, ProblemList, Reporter, merge_sources
from simulator.files.problems import FileProblems, Problem
from simulator.files.syntax import compose_carefully
from simulator.files.validation import kind_of, validate
from simulator.kernel import yaml12

__all__ = ["Document", "Reporter", "octets_of", "read", "read_text", "validate"]

_MOST_OCTETS = 1 << 20
"""Of a file: what is read in some seconds. Patterns make a hall of ten thousand servers out of two thousand."""
_MOST_VALUES = 1_000_000
"""Values after aliases are followed: more is a mistake or a bomb."""
_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"([-+]?)(?:0x([0-9a-fA-F]+)|0o([0-7]+)|(\d+))")
_SURROGATE = re.compile("[\ud800-\udfff]")


def read(file: Path) -> Document:
    """Read a file that holds one YAML mapping. Raises FileProblems, and nothing else."""
    shown = str(file)
    try:
        raw = octets_of(file)
    except OSError as error:
        raise FileProblems([Problem(shown, 0, 0, f"cannot be read: {error.strerror or error}")]) from None
    return read_text(raw, shown)


def octets_of(file: Path) -> bytes:
    """What is in an ordinary file of bearable size; raises OSError for a device, a pipe, or one that is too big."""
    with os.fdopen(os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise OSError("it is no ordinary file")
        octets = opened.read(_MOST_OCTETS + 1)
    if len(octets) > _MOST_OCTETS:
        raise OSError(f"it has more than {_MOST_OCTETS >> 20} MiB")
    return octets


def read_text(raw: bytes, file: str) -> Document:
    """The same for octets at hand; `file` is what problems call them."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = len(raw[: error.start].rpartition(b"\n")[2].decode(errors="replace")) + 1
        message = f"the file is not UTF-8 text (octet 0x{raw[error.start]:02x})"
        raise FileProblems([Problem(file, line, column, message)]) from None
    root = _compose(text, file)
    if root is None or (root.id == "scalar" and root.tag == _TAG + "null"):
        raise FileProblems([Problem(file, 1, 1, "the file is empty")])
    builder = _Builder(file)
    try:
        data = builder.build(root)
    except RecursionError:
        builder.problems.append(Problem(file, 1, 1, "the file is nested too deeply"))
        data = None
    if not builder.problems and not isinstance(data, dict):
        message = f"the file must be a mapping (`key: value` lines), not {kind_of(data)}"
        builder.problems.append(Problem(file, root.start_mark.line + 1, root.start_mark.column + 1, message))
    if builder.problems:
        raise FileProblems(builder.problems.told(file))
    return Document(file, data, root)


def _compose(text: str, file: str) -> Any:
    root = yaml12.compose(text)
    return root if root is not None else compose_carefully(text, file)


class _Builder:
    """Plain data from nodes; every node once, however many aliases point at it."""

    def __init__(self, file: str) -> None:
        self.problems = ProblemList()
        self._file = file
        self._built: dict[int, Any] = {}
        self._weight: dict[int, int] = {}
        self._open: set[int] = set()

    def build(self, node: Any) -> Any:
        known = id(node)
        if known in self._built:
            return self._built[known]
        if known in self._open:
            self._note(node, "an alias may not point at something that contains it")
            return None
        self._open.add(known)
        if node.id == "mapping":
            value: Any = self._mapping(node)
        elif node.id == "sequence":
            value = self._sequence(node)
        else:
            value = self._scalar(node)
            self._weight[known] = 1
        self._open.discard(known)
        self._built[known] = value
        return value

    def _note(self, node: Any, message: str, hint: str = "") -> None:
        if self.problems.full:
            self.problems.more += 1
            return
        mark = node.start_mark
        self.problems.append(Problem(self._file, mark.line + 1, mark.column + 1, message, hint))

    def _weigh(self, node: Any, children: Iterator[Any]) -> None:
        weight = 1 + sum(self._weight.get(id(child), 1) for child in children)
        if weight > _MOST_VALUES:
            self._note(node, "the aliases make the file far too large")
            weight = 1
        self._weight[id(node)] = weight

    def _sequence(self, node: Any) -> list[Any]:
        self._plain_tag(node, "seq")
        items = [self.build(child) for child in node.value]
        self._weigh(node, iter(node.value))
        return items

    def _mapping(self, node: Any) -> dict[str, Any]:
        """Own keys win over merged ones (`<<`), wherever the merge stands; a key twice is a problem, and the first is taken."""
        self._plain_tag(node, "map")
        own: dict[str, Any] = {}
        lines: dict[str, int] = {}
        merged: dict[str, Any] = {}
        for key, child in node.value:
            if key.id == "scalar" and key.tag == MERGE:
                self._merge(child, merged)
                continue
            name = self._key(key)
            value = self.build(child)
            if name is None:
                continue
            if name in own:
                self._note(key, f"the key `{name}` stands here twice", f"the first is in line {lines[name]}")
                continue
            own[name] = value
            lines[name] = key.start_mark.line + 1
        self._weigh(node, (child for _, child in node.value))
        return {**{name: value for name, value in merged.items() if name not in own}, **own}

    def _merge(self, node: Any, into: dict[str, Any]) -> None:
        for source in merge_sources(node):
            value = self.build(source)
            if isinstance(value, dict):
                for name, each in value.items():
                    into.setdefault(name, each)
            elif value is not None:
                self._note(source, "`<<` takes a mapping, or a list of mappings")

    def _key(self, node: Any) -> str | None:
        if node.id == "scalar" and node.tag == _TAG + "str":
            value = self._scalar(node)
            return value if isinstance(value, str) else None
        self._note(node, "a key must be text", "put it in quotes")
        return None

    def _plain_tag(self, node: Any, kind: str) -> None:
        if str(node.tag) not in (_TAG + kind, _TAG + "omap"):
            self._note(node, f"the tag {str(node.tag)!r} has no meaning here")

    def _scalar(self, node: Any) -> Any:
        """The value by the tag that the parser has resolved (YAML 1.2's core schema); dates stay text."""
        text, tag = node.value, str(node.tag)
        if tag in (_TAG + "str", _TAG + "timestamp", _TAG + "value", MERGE):
            if _SURROGATE.search(text):
                self._note(node, "half a character (a lone surrogate) may not stand in text")
                return ""
            return text
        if tag == _TAG + "null":
            return None
        if tag == _TAG + "bool":
            return text.lower() == "true"
        try:
            if tag == _TAG + "int":
                return _integer(text)
            if tag == _TAG + "float":
                return float(text.replace("_", "").replace(".inf", "inf").replace(".Inf", "inf").replace(".nan", "nan"))
        except ValueError:
            self._note(node, f"{text[:40]!r} is not understood as a number", "put it in quotes if it is text")
            return 0
        self._note(node, f"the tag {tag!r} has no meaning here", "put it in quotes if it is text")
        return text


def _integer(text: str) -> int:
    match = _INT.fullmatch(text.replace("_", ""))
    if match is None:
        raise ValueError(text)
    sign, sixteen, eight, ten = match.groups()
    number = int(sixteen, 16) if sixteen else int(eight, 8) if eight else int(ten)
    return -number if sign == "-" else number
