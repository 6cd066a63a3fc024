"""Data made a model: what pydantic refuses is told in our words, with its place and the nearest word that would be right."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Tag, ValidationError

from simulator.files.document import Path_, Reporter
from simulator.files.nearest import nearest
from simulator.files.problems import did_you_mean
from simulator.files.units import NoUnit

__all__ = ["kind_of", "validate"]

M = TypeVar("M", bound=BaseModel)


def validate(model: type[M], data: Any, report: Reporter) -> M | None:
    """`data` as a model; every mistake goes to `report`. A model comes back even when the only mistakes are keys too
    many and units that are missing, so that what follows can be checked as well. Unions chosen by key use tags of the form `<word>`.

    In a file quantities need their units; a program's own mapping may have seconds and octets as bare numbers.
    """
    context = {"units": report.document.in_file}
    try:
        return model.model_validate(data, strict=True, context=context)
    except ValidationError as failure:
        errors = failure.errors(include_url=False)
    extras = [_real(error["loc"]) for error in errors if error["type"] == "extra_forbidden"]
    keys = _Keys(model, errors)
    for error in errors:
        if report.problems.full:
            report.problems.more += 1
        elif not keys.tell(error, report):
            _translate(error, report)
    if len(extras) + sum(isinstance(error.get("ctx", {}).get("error"), NoUnit) for error in errors) != len(errors):
        return None
    try:
        return model.model_validate(_without(data, frozenset(extras)), strict=True)
    except ValidationError:
        return None


def _real(loc: Sequence[str | int]) -> Path_:
    """A pydantic location without the tags of unions."""
    return tuple(step for step in loc if not _is_tag(step))


def _is_tag(step: str | int) -> bool:
    return isinstance(step, str) and step.startswith("<") and step.endswith(">")


def _without(data: Any, paths: frozenset[Path_], here: Path_ = ()) -> Any:
    if isinstance(data, dict):
        return {k: _without(v, paths, (*here, k)) for k, v in data.items() if (*here, k) not in paths}
    if isinstance(data, list):
        return [_without(v, paths, (*here, i)) for i, v in enumerate(data)]
    return data


# keys too many, keys that are missing


class _Keys:
    """Unknown and missing keys, mapping by mapping: one that is written wrong is both, and is told once."""

    def __init__(self, model: type[BaseModel], errors: Sequence[Any]) -> None:
        self._model = model
        self._known: dict[tuple[str | int, ...], list[str]] = {}
        self._extra: dict[Path_, list[str]] = {}
        self._missing: dict[Path_, list[str]] = {}
        for error in errors:
            found = {"extra_forbidden": self._extra, "missing": self._missing}.get(error["type"])
            if found is not None:
                path = _real(error["loc"])
                found.setdefault(path[:-1], []).append(str(path[-1]))

    def tell(self, error: Any, report: Reporter) -> bool:
        """Whether the error is about a key; it is told then, or somewhere else with the other half of it."""
        if error["type"] not in ("extra_forbidden", "missing"):
            return False
        loc, path = error["loc"], _real(error["loc"])
        name, here = str(path[-1]), path[:-1]
        missing = self._missing.get(here, [])
        if error["type"] == "missing":
            extra = self._extra.get(here, [])
            meant = [self._meant(loc, each) for each in extra]
            if name not in meant and not (len(extra) == len(missing) == 1 and meant == [None]):
                report.at(here, f"`{name}` is missing")
            return True
        known, other = self._keys(loc[:-1]), self._others(loc)
        head = name.partition(":")[0]
        if ":" in name and head in known:
            report.at(path, f"`{name}` is one word", f"a space is missing after `{head}:`", key=True)
        elif name in other and (first := str(loc[-2])[1:-1]) != name:
            hint = f"begin each with `- ` in a line of its own: `{first}: ...`, `{name}: ...`"
            report.at(path, f"`{first}` and `{name}` are two things", hint, key=True)
        elif len(missing) == len(self._extra[here]) == 1 and self._meant(loc, name) is None:
            report.at(path, f"unknown key `{name}`", f"`{missing[0]}` is missing", key=True)
        else:
            near = nearest(name, [each for each in known if each not in missing])
            fits = nearest(name, missing) or near
            hint = f"did you mean `{fits}`?" if fits else did_you_mean(name, known, "known keys")
            report.at(path, f"unknown key `{name}`", hint, key=True)
        return True

    def _meant(self, loc: Sequence[str | int], name: str) -> str | None:
        """The key that an unknown one was meant to be."""
        known = self._keys(tuple(loc[:-1]))
        head = name.partition(":")[0]
        return head if ":" in name and head in known else nearest(name, known)

    def _keys(self, loc: tuple[str | int, ...]) -> list[str]:
        """The keys that the model at `loc` knows. Those of a large file are asked for again and again."""
        if loc not in self._known:
            self._known[loc] = _fields(self._model, loc)
        return self._known[loc]

    def _others(self, loc: Sequence[str | int]) -> Iterable[str]:
        """The words of the other shapes that could stand where this one does."""
        if len(loc) < 2 or not _is_tag(loc[-2]):
            return ()
        there: Any = self._model
        for step in loc[:-2]:
            there = _step(there, step)
        tags = (_tag(each) for each in typing.get_args(_bare(there)))
        return [tag[1:-1] for tag in tags if tag is not None]


# values


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
_BOUNDS = {
    "greater_than_equal": ("ge", "must be at least"),
    "greater_than": ("gt", "must be more than"),
    "less_than_equal": ("le", "must be at most"),
    "less_than": ("lt", "must be less than"),
}
_LENGTHS = {
    "too_short": ("min_length", "at least", "entry", "entries"),
    "too_long": ("max_length", "at most", "entry", "entries"),
    "string_too_short": ("min_length", "at least", "character", "characters"),
    "string_too_long": ("max_length", "at most", "character", "characters"),
}
_ALIKE = (
    ("@", "alice@example.com"),
    ("[0-9.]+:", "192.0.2.5:162"),
    ("{}:+-", "srv-{n:02}"),
    (r"[A-Za-z_]\w*", "set_reverse_dns"),
    ("[ -~]{0,20}", "twenty ASCII characters at most"),
)
"""Parts of the patterns of text, and what such a text looks like."""


def _translate(error: Any, report: Reporter) -> None:
    """One of pydantic's errors in our words: its place in the file, what is wrong, and the nearest word that would be right."""
    kind, context = error["type"], error.get("ctx", {})
    path, value = _real(error["loc"]), error["input"]
    name = str(next((step for step in reversed(path) if isinstance(step, str)), "file"))
    if kind == "union_tag_invalid":
        words = re.findall(r"<([^>]*)>", context.get("expected_tags", ""))
        _wrong_shape(path, value, words, report)
    elif kind in ("literal_error", "enum"):
        words = [text or number for text, number in re.findall(r"'([^']*)'|(\d+)", context.get("expected", ""))]
        report.at(path, f"{shown(value)} is not possible here", did_you_mean(_plain(value), words, "possible"))
    elif kind in _WANTED:
        report.at(path, f"must be {_WANTED[kind]}, not {kind_of(value)}", _how_to_write(kind, value))
    elif kind in _BOUNDS:
        bound, words_of = _BOUNDS[kind]
        report.at(path, f"{name} {words_of} {context[bound]:g}, not {_plain(value)}")
    elif kind in _LENGTHS:
        key, how, one, many = _LENGTHS[kind]
        count = int(context[key])
        seen = f"`{name}` is empty" if not value else f"`{name}` is too {kind.rpartition('_')[2]}"
        verb = ("is" if count == 1 else "are") + (" needed" if how == "at least" else " possible")
        report.at(path, seen, f"{how} {count} {one if count == 1 else many} {verb}")
    elif kind in ("value_error", "assertion_error"):
        report.at(path, str(context.get("error", error["msg"])))
    elif kind == "string_pattern_mismatch":
        example = next((text for part, text in _ALIKE if part in context.get("pattern", "")), "")
        report.at(path, f"{shown(value)} is not a valid {name}", f"write it as {example}" if example else "")
    elif kind.startswith("ip_"):
        report.at(path, f"{shown(value)} is not an IP address", "write it as 192.0.2.80")
    else:
        report.at(path, f"{shown(value)}: {error['msg'][:1].lower()}{error['msg'][1:]}")


def _how_to_write(kind: str, value: Any) -> str:
    wanted = _WANTED[kind]
    if wanted == "text" and value is not None and not isinstance(value, dict | list):
        return "put it in quotes"
    if wanted == "a list" and isinstance(value, dict):
        return "begin each entry with `- `"
    if wanted == "a mapping" and isinstance(value, str):
        return (
            f"is a colon missing? `{value}: ...`"
            if re.fullmatch(r"[\w.-]+", value)
            else "`key: value` lines, or {key: value}"
        )
    if wanted == "a mapping" and isinstance(value, list):
        return "without `- ` before its keys"
    return ""


def _wrong_shape(path: Path_, value: Any, words: list[str], report: Reporter) -> None:
    """None of the shapes that are told apart by their first word."""
    if isinstance(value, str) and value in words:
        report.at(path, f"must be a mapping, not {kind_of(value)}", f"what of it? `{value}: ...`")
    elif not isinstance(value, Mapping):
        report.at(path, f"must be a mapping, not {kind_of(value)}", did_you_mean("", words, "it begins with one of"))
    elif not value:
        report.at(path, "is empty", did_you_mean("", words, "it begins with one of"))
    else:
        word = str(next(iter(value)))
        if (head := word.partition(":")[0]) in words:
            report.at((*path, word), f"`{word}` is one word", f"a space is missing after `{head}:`", key=True)
        else:
            report.at((*path, word), f"unknown word `{word}`", did_you_mean(word, words, "possible"), key=True)


def _plain(value: Any) -> str:
    """As the file has it."""
    if value is None:
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else str(value)


def shown(value: Any) -> str:
    """A value in a message: text in quotes, the rest as the file has it; long ones cut."""
    if isinstance(value, dict | list):
        return kind_of(value)
    text = repr(value) if isinstance(value, str) else _plain(value)
    return text if len(text) <= 60 else text[:57] + "..."


def kind_of(value: Any) -> str:
    """What is there instead."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return _plain(value)
    if isinstance(value, int | float):
        return f"the number {shown(value)}"
    if isinstance(value, str):
        return f"the text {shown(value)}"
    return "a list" if isinstance(value, list) else "a mapping"


# the model at a place


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
    if _is_tag(step):
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
