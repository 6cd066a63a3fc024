"""The shape of an answer: names, kinds and order, and no value. Two shapes are compared place by place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

__all__ = ["Shape", "shape_of", "unlike"]

Shape = Mapping[str, Any]
"""`{"kinds": {...}, "fields": {name: Shape}, "items": Shape | None}`; `fields` in their order."""
DEEPEST = 24


_NAME = re.compile(r"[@$]?[A-Za-z_][A-Za-z0-9_.-]{0,39}")


def _named(name: str) -> str:
    """A key as it may be shown: one that is a value (an e-mail, a number, a token) is none."""
    return name if _NAME.fullmatch(name) else "{}"


def shape_of(answer: bytes) -> Shape:
    """Of JSON or a document of COREmanager; of anything else only that it is text."""
    text = answer.decode("utf-8", "replace").strip()
    try:
        if text.startswith(("<?xml", "<doc")) and "<!DOCTYPE" not in text:  # which no panel writes, and may hide a bomb
            return _element(ET.fromstring(text), 0)  # noqa: S314 - its shape is read, and entities are errors
        return _value(json.loads(text), 0)
    except (ValueError, ET.ParseError, RecursionError):
        return {"kinds": {"text" if text else "nothing"}, "fields": {}, "items": None}


def _value(value: Any, depth: int) -> Shape:
    if depth > DEEPEST:
        return {"kinds": {"anything"}, "fields": {}, "items": None}
    if isinstance(value, dict):
        fields = {_named(str(name)): _value(each, depth + 1) for name, each in value.items()}
        return {"kinds": {"object"}, "fields": fields, "items": None}
    if isinstance(value, list):
        return {"kinds": {"list"}, "fields": {}, "items": _together([_value(each, depth + 1) for each in value])}
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", type(None): "null"}
    return {"kinds": {kinds[type(value)]}, "fields": {}, "items": None}


def _element(element: ET.Element, depth: int) -> Shape:
    """Attributes as `@name`; children of one name are together."""
    fields: dict[str, Shape] = {
        f"@{name}": {"kinds": {"string"}, "fields": {}, "items": None} for name in element.attrib
    }
    if depth <= DEEPEST:
        children: dict[str, list[Shape]] = {}
        for child in element:
            children.setdefault(child.tag, []).append(_element(child, depth + 1))
        fields |= {name: _together(shapes) or {} for name, shapes in children.items()}
    kinds = {"element"} if len(element) else {"string"} if (element.text or "").strip() else {"empty"}
    return {"kinds": kinds, "fields": fields, "items": None}


def _together(shapes: Sequence[Shape]) -> Shape | None:
    """What all of them may be; None of nothing."""
    if not shapes:
        return None
    fields: dict[str, list[Shape]] = {}
    for shape in shapes:
        for name, inner in shape["fields"].items():
            fields.setdefault(name, []).append(inner)
    items = [shape["items"] for shape in shapes if shape["items"] is not None]
    return {
        "kinds": set().union(*(shape["kinds"] for shape in shapes)),
        "fields": {name: _together(inner) for name, inner in fields.items()},
        "items": _together(items),
        "sometimes": {name for name, inner in fields.items() if len(inner) < len(shapes)},
    }


def unlike(theirs: Shape, ours: Shape, place: str = "") -> Iterator[tuple[str, str]]:
    """Place and difference: theirs is the measure. What is empty or null on one side says nothing of its kind."""
    kinds, mine = theirs["kinds"] - {"null", "empty", "nothing"}, ours["kinds"] - {"null", "empty", "nothing"}
    if kinds and mine and kinds.isdisjoint(mine):
        yield place, f"theirs is {' or '.join(sorted(kinds))}, ours is {' or '.join(sorted(mine))}"
        return
    if theirs["items"] is not None and ours["items"] is not None:
        yield from unlike(theirs["items"], ours["items"], f"{place}[]")
    if not theirs["fields"] or not ours["fields"]:
        return
    for name in theirs["fields"]:
        if name not in ours["fields"]:
            yield f"{place}.{name}", "we do not have it"
    for name in ours["fields"]:
        if name not in theirs["fields"] and name not in ours.get("sometimes", ()):
            yield f"{place}.{name}", "they do not have it"
    both = [name for name in theirs["fields"] if name in ours["fields"]]
    here = [name for name in ours["fields"] if name in theirs["fields"]]
    if both != here:
        first = next(name for name, other in zip(both, here, strict=True) if name != other)
        yield f"{place}.{first}", "it stands in another order"
    for name in both:
        yield from unlike(theirs["fields"][name], ours["fields"][name], f"{place}.{name}")
