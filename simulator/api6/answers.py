"""The answers file: its types, the shape of each action's answer, and fields under other names.

A dialect says `fields: {Server: {owner: client}}`; wherever that type stands in an answer, its field then has the other name,
and conditions, orders and filters of lists know it by that name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from simulator.kernel import yaml12

__all__ = [
    "Fields",
    "answer_shape",
    "check_fields",
    "column_names",
    "media_type",
    "translator",
    "type_shape",
    "unquoted",
]

Fields = Mapping[str, Mapping[str, str]]
"""By type of the answers file: ours to the dialect's names."""

Translator = Callable[[Any], Any]


@cache
def _file() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    text = resources.files("simulator.api6").joinpath("answers.yaml").read_text(encoding="utf-8")
    data = yaml12.load(text)
    return data["types"], data["answers"]


def answer_shape(action: str) -> Any:
    """None for an action whose answer is not described."""
    return _file()[1].get(action)


def media_type(action: str) -> str:
    """Of its answer of success: a shape that is no JSON is named by its media type."""
    shape = answer_shape(action)
    return shape if isinstance(shape, str) and "/" in shape else "application/json"


def type_shape(name: str) -> Any:
    """None for what is no type."""
    return _file()[0].get(name)


def unquoted(shape: str) -> Any:
    """`[str]?` is text in YAML; the brackets are read here."""
    return [shape[1:-1]] if shape.startswith("[") else shape


def check_fields(fields: Fields) -> None:
    """Raises ValueError for a type or a field that there is not, and for a name that another field has."""
    for name, names in fields.items():
        known = [key.rstrip("?~") for key in _file()[0].get(name, ())]
        if not known:
            raise ValueError(f"fields: there is no type {name}; there are {', '.join(sorted(_file()[0]))}")
        for old in names:
            if old not in known:
                raise ValueError(f"fields: {name} has no field {old}; it has {', '.join(known)}")
        shown = [names.get(key, key) for key in known]
        if len(set(shown)) < len(shown):
            raise ValueError(f"fields: two fields of {name} would have the same name")


# answers


def translator(shape: Any, fields: Fields) -> Translator | None:
    """What puts the dialect's names into an answer of this shape; None where all names stay."""
    if not fields or shape is None:
        return None
    if isinstance(shape, list):
        one = translator(shape[0], fields)
        return None if one is None else lambda value: [one(each) for each in value]
    if isinstance(shape, Mapping):
        return _of_object(shape, {}, fields)
    if shape.startswith("<"):
        return _of_object({"list": [shape[1:-1]]}, {}, fields)
    if shape.endswith("?"):
        inner = translator(unquoted(shape[:-1]), fields)
        return None if inner is None else lambda value: None if value is None else inner(value)
    found = type_shape(shape)
    if isinstance(found, Mapping):
        return _of_object(found, fields.get(shape, {}), fields)
    return None if found is None else translator(found, fields)


def _of_object(shape: Mapping[str, Any], names: Mapping[str, str], fields: Fields) -> Translator | None:
    inside: dict[str, Translator] = {}
    for key, each in shape.items():
        inner = translator(each, fields)
        if inner is not None:
            inside[key.rstrip("?~")] = inner
    if not inside and not names:
        return None
    if list(shape) == ["*"]:
        every = inside["*"]
        return lambda value: {key: every(each) for key, each in value.items()}

    def rename(value: Mapping[str, Any]) -> dict[str, Any]:
        return {names.get(key, key): inside[key](each) if key in inside else each for key, each in value.items()}

    return rename


# columns of lists


def column_names(action: str, columns: Mapping[str, Any], fields: Fields) -> dict[str, str]:
    """Ours to the dialect's names of a list's columns, `owner.email` included; only those that differ."""
    row = _row(answer_shape(action))
    found = {name: ".".join(_walk(name.split("."), row, fields)) for name in columns} if row else {}
    return {old: new for old, new in found.items() if old != new}


def _row(shape: Any) -> str:
    """The type of the rows of a list; empty for what is no list of a type."""
    if isinstance(shape, Mapping):
        listed = shape.get("list")
        return listed[0] if isinstance(listed, list) and isinstance(listed[0], str) else ""
    return shape[1:-1] if isinstance(shape, str) and shape.startswith("<") else ""


def _walk(parts: list[str], name: str, fields: Fields) -> list[str]:
    if not parts:
        return []
    shape = type_shape(name)
    inner = ""
    if isinstance(shape, Mapping):
        found = next((each for key, each in shape.items() if key.rstrip("?~") == parts[0]), "")
        inner = found.rstrip("?") if isinstance(found, str) else ""
    return [fields.get(name, {}).get(parts[0], parts[0]), *_walk(parts[1:], inner, fields)]
