"""Reads a YAML file into plain data and a pydantic model, and says of everything wrong where it stands.

The data are built here from the parser's node graph, not by its constructors: each value keeps its position, an
alias costs nothing, and no tag can make an object. YAML 1.2 core schema: `on` and `off` are text.
"""

from __future__ import annotations

import os
import re
import stat
import types
import typing
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Tag, ValidationError

from simulator.files.problems import FileProblems, Problem, did_you_mean
from simulator.kernel import yaml12

__all__ = ["Document", "Reporter", "octets_of", "read", "read_text", "validate"]

M = TypeVar("M", bound=BaseModel)
Path_ = tuple[str | int, ...]
_Place = tuple[int, int]

_MOST_OCTETS = 1 << 20
"""Of a file: what is read in some seconds. Patterns make a hall of ten thousand servers out of two thousand."""
_MOST_PROBLEMS = 100
"""Shown of a file."""
_MOST_VALUES = 1_000_000
"""Values after aliases are followed: more is a mistake or a bomb."""
_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"([-+]?)(?:0x([0-9a-fA-F]+)|0o([0-7]+)|(\d+))")
_SURROGATE = re.compile("[\ud800-\udfff]")


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
            if key.id == "scalar" and key.tag == _TAG + "merge":
                merged = merged or next((p for m in _merge_sources(value) if (p := _child(m, step)) is not None), None)
            elif key.id == "scalar" and key.value == step:
                return key, value
        return merged
    return None


def _merge_sources(node: Any) -> list[Any]:
    return list(node.value) if node.id == "sequence" else [node]


class _Problems(list[Problem]):
    """The first of them; how many there are in all costs nothing."""

    more = 0

    def told(self, file: str) -> list[Problem]:
        if not self.more:
            return self
        last = max(self)
        return [*self, Problem(file, last.line, last.column, f"… and {self.more} problems more")]


class Reporter:
    """Collects the problems of one file, or of one part of it (`prefix`)."""

    def __init__(self, document: Document, prefix: Path_ = (), problems: _Problems | None = None) -> None:
        self.document = document
        self.prefix = prefix
        self.problems = _Problems() if problems is None else problems

    def at(self, path: Sequence[str | int], message: str, hint: str = "", *, key: bool = False) -> None:
        """Note a problem at the value (or key) at `path`."""
        if len(self.problems) >= _MOST_PROBLEMS:
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


# bytes to data


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
        message = f"the file must be a mapping (`key: value` lines), not {_kind(data)}"
        builder.problems.append(Problem(file, root.start_mark.line + 1, root.start_mark.column + 1, message))
    if builder.problems:
        raise FileProblems(builder.problems.told(file))
    return Document(file, data, root)


def _compose(text: str, file: str) -> Any:
    root = yaml12.compose(text)
    return root if root is not None else _compose_carefully(text, file)


def _compose_carefully(text: str, file: str) -> Any:
    """What is not plain, or no YAML at all, is ruamel.yaml's to read, and to say where it is wrong."""
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
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        said = " ".join(part for part in (error.context, error.problem) if part) or "cannot be parsed"
        problem = Problem(file, line, column, f"YAML syntax: {' '.join(said.split())}", _syntax_hint(said))
    except RecursionError:
        problem = Problem(file, 1, 1, "the file is nested too deeply")
    except (YAMLError, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        # The parser has a few plain Python errors left in it; whatever the octets, the user sees a problem.
        problem = Problem(file, 1, 1, f"YAML syntax: {' '.join(str(error).split()) or type(error).__name__}")
    raise FileProblems([problem])


def _syntax_hint(said: str) -> str:
    if "mapping values are not allowed" in said:
        return "is there a colon too many, or a key at the wrong depth?"
    if "'\\t'" in said:
        return "indent with spaces, not tabs"
    return ""


def _line_of(text: str, index: int) -> _Place:
    before = text[:index]
    return before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1


class _Builder:
    """Plain data from nodes; every node once, however many aliases point at it."""

    def __init__(self, file: str) -> None:
        self.problems = _Problems()
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
        if len(self.problems) >= _MOST_PROBLEMS:
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
            if key.id == "scalar" and key.tag == _TAG + "merge":
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
        for source in _merge_sources(node):
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
        if tag in (_TAG + "str", _TAG + "timestamp", _TAG + "value", _TAG + "merge"):
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
        self._note(node, f"the tag {tag!r} has no meaning here")
        return text


def _integer(text: str) -> int:
    match = _INT.fullmatch(text.replace("_", ""))
    if match is None:
        raise ValueError(text)
    sign, sixteen, eight, ten = match.groups()
    number = int(sixteen, 16) if sixteen else int(eight, 8) if eight else int(ten)
    return -number if sign == "-" else number


# data to a model


def validate(model: type[M], data: Any, report: Reporter) -> M | None:
    """`data` as a model; every mistake goes to `report`. A model comes back even when the only mistakes are keys too
    many, so that what follows can be checked as well. Unions chosen by key use tags of the form `<word>`.
    """
    try:
        return model.model_validate(data, strict=True)
    except ValidationError as failure:
        errors = failure.errors(include_url=False)
    for index, error in enumerate(errors):
        if len(report.problems) >= _MOST_PROBLEMS:
            report.problems.more += len(errors) - index
            break
        _translate(model, data, error, report)
    extras = [_real(error["loc"]) for error in errors if error["type"] == "extra_forbidden"]
    if len(extras) != len(errors):
        return None
    try:
        return model.model_validate(_without(data, frozenset(extras)), strict=True)
    except ValidationError:
        return None


def _real(loc: Sequence[str | int]) -> Path_:
    """A pydantic location without the tags of unions."""
    return tuple(step for step in loc if not (isinstance(step, str) and step.startswith("<") and step.endswith(">")))


def _without(data: Any, paths: frozenset[Path_], here: Path_ = ()) -> Any:
    if isinstance(data, dict):
        return {k: _without(v, paths, (*here, k)) for k, v in data.items() if (*here, k) not in paths}
    if isinstance(data, list):
        return [_without(v, paths, (*here, i)) for i, v in enumerate(data)]
    return data


_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "none_required": "nothing",
}


def _translate(model: type[BaseModel], data: Any, error: Any, report: Reporter) -> None:
    """One of pydantic's errors in our words: its place in the file, what is wrong, and the nearest word that would be right."""
    kind, loc, context = error["type"], error["loc"], error.get("ctx", {})
    path, value = _real(loc), error["input"]
    name = str(path[-1]) if path else "the file"
    if kind == "extra_forbidden":
        known = _fields(model, loc[:-1])
        report.at(path, f"unknown key `{name}`", did_you_mean(name, known, "known keys"), key=True)
    elif kind == "missing":
        report.at(path[:-1], f"`{name}` is missing")
    elif kind == "union_tag_invalid":
        words = re.findall(r"<([^>]*)>", context.get("expected_tags", ""))
        _wrong_shape(path, value, words, report)
    elif kind in ("literal_error", "enum"):
        words = re.findall(r"'([^']*)'", context.get("expected", ""))
        report.at(path, f"{_short(value)} is not possible here", did_you_mean(str(value), words, "possible"))
    elif kind in _WANTED:
        hint = "put it in quotes" if kind == "string_type" and not isinstance(value, dict | list) else ""
        report.at(path, f"must be {_WANTED[kind]}, not {_kind(value)}", hint)
    elif kind in ("value_error", "assertion_error"):
        report.at(path, str(context.get("error", error["msg"])))
    elif kind == "string_pattern_mismatch":
        report.at(path, f"{_short(value)} is not a valid {name}")
    else:
        report.at(path, f"{_short(value)}: {error['msg'][:1].lower()}{error['msg'][1:]}")


def _wrong_shape(path: Path_, value: Any, words: list[str], report: Reporter) -> None:
    if not isinstance(value, Mapping):
        report.at(path, f"must be a mapping, not {_kind(value)}", did_you_mean("", words, "it begins with one of"))
    elif not value:
        report.at(path, "is empty", did_you_mean("", words, "it begins with one of"))
    else:
        word = str(next(iter(value)))
        report.at((*path, word), f"unknown word `{word}`", did_you_mean(word, words, "possible"), key=True)


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return f"the number {_short(value)}"
    if isinstance(value, str):
        return f"the text {_short(value)}"
    return "a list" if isinstance(value, list) else "a mapping"


def _fields(model: Any, loc: Sequence[str | int]) -> list[str]:
    """The keys that the model at `loc` knows."""
    there = model
    for step in loc:
        there = _step(there, step)
    there = _bare(there)
    if isinstance(there, type) and issubclass(there, BaseModel):
        return [field.alias or name for name, field in there.model_fields.items()]
    return []


def _bare(annotation: Any) -> Any:
    """The annotation without Annotated and without None."""
    if typing.get_origin(annotation) is Annotated:
        return _bare(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        members = [each for each in typing.get_args(annotation) if each is not type(None)]
        return _bare(members[0]) if len(members) == 1 else annotation
    return annotation


def _step(annotation: Any, step: str | int) -> Any:
    bare = _bare(annotation)
    if isinstance(step, str) and step.startswith("<"):
        return next((each for each in typing.get_args(bare) if _tag(each) == step), None)
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        by_key = {field.alias or name: field for name, field in bare.model_fields.items()}
        found = by_key.get(str(step))
        return found.annotation if found else None
    inner = typing.get_args(bare)
    return inner[-1] if inner else None


def _tag(annotation: Any) -> str | None:
    if typing.get_origin(annotation) is Annotated:
        for extra in typing.get_args(annotation)[1:]:
            if isinstance(extra, Tag):
                return extra.tag
    return None
