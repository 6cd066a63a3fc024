"""A real installation's document against ours, route by route: what we lack, have beyond it, or shape differently."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from simulator.fidelity.spec import Operation, Spec

__all__ = ["Difference", "Report", "compare", "differences"]

Side = Literal["request", "answer"]
Schema = Mapping[str, Any]

_PARAMETER = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Difference:
    route: str
    """Method and path as the real document has them."""
    place: str
    """`request.roles`, `answer 200.list[].id`."""
    what: str


@dataclass(frozen=True, slots=True)
class Report:
    title: str
    prefix: str
    """Where we have the service: what our paths have before the document's."""
    same: tuple[str, ...]
    """Routes without any difference."""
    missing: tuple[str, ...]
    beyond: tuple[str, ...]
    """Ours below the prefix that the document does not have."""
    differing: tuple[Difference, ...]


def compare(theirs: Spec, ours: Spec) -> Report:
    """The prefix is the one with which most of their routes are found."""
    mine = {(each.method, _bare(each.path)): each for each in ours.operations}
    prefix = _prefix(theirs, ours)
    same, missing, found = list[str](), list[str](), list[Difference]()
    seen = set[tuple[str, str]]()
    for operation in theirs.operations:
        key = operation.method, _bare(prefix + operation.path)
        route = f"{operation.method} {operation.path}"
        match = mine.get(key)
        if match is None:
            missing.append(route)
            continue
        seen.add(key)
        unlike = list(_operation(route, operation, match))
        found += unlike
        if all(each.place.startswith("error") for each in unlike):
            same.append(route)
    beyond = [
        f"{each.method} {each.path}"
        for each in ours.operations
        if prefix and each.path.startswith(f"{prefix}/") and (each.method, _bare(each.path)) not in seen
    ]
    return Report(theirs.title, prefix, tuple(same), tuple(missing), tuple(beyond), tuple(_once(found)))


def _bare(path: str) -> str:
    """Names of parameters do not matter."""
    return _PARAMETER.sub("{}", path.rstrip("/"))


def _prefix(theirs: Spec, ours: Spec) -> str:
    mine = {(each.method, _bare(each.path)) for each in ours.operations}
    candidates = dict.fromkeys(["", *("/".join(each.path.split("/")[:3]) for each in ours.operations)])
    return max(
        candidates,
        key=lambda prefix: sum((each.method, _bare(prefix + each.path)) in mine for each in theirs.operations),
    )


def _once(found: list[Difference]) -> Iterator[Difference]:
    """The error shape is the same everywhere: it is told once, for the route `*`."""
    told = set[Difference]()
    for each in found:
        one = Difference("*", each.place, each.what) if each.place.startswith("error") else each
        if one not in told:
            told.add(one)
            yield one


def _operation(route: str, theirs: Operation, ours: Operation) -> Iterator[Difference]:
    """Their document is the measure: what they take and answer, each against ours; then successes that only we have."""
    if theirs.request is not None:
        if ours.request is None:
            yield Difference(route, "request", "we take no body")
        else:
            for place, what in differences(theirs.request, ours.request, "request"):
                yield Difference(route, f"request{place}", what)
    for status, answer in theirs.answers.items():
        good = status.startswith("2")
        if status != "default" and status not in ours.answers:
            yield Difference(route, f"answer {status}", "we never answer so")
        elif answer is not None:
            mine = ours.answers.get("400" if status == "default" else status)
            if mine is None:
                yield Difference(route, f"answer {status}", "we answer something else than JSON")
                continue
            for place, what in differences(answer, mine, "answer"):
                yield Difference(route, f"answer {status}{place}" if good else f"error{place}", what)
    for status in ours.answers:
        if status.startswith("2") and status not in theirs.answers:
            yield Difference(route, f"answer {status}", "they never answer so")


# schemas


def differences(theirs: Schema, ours: Schema, side: Side) -> Iterator[tuple[str, str]]:
    """Place and difference of two JSON Schemas. In a request we must take all that they take; in an answer we must send
    nothing that they would not.
    """
    theirs, ours = _flat(theirs), _flat(ours)
    kinds, mine = _kinds(theirs), _kinds(ours)
    if not kinds:
        return
    if not mine:
        yield "", f"theirs is {_words(kinds)}, ours is not described"
        return
    wide, narrow = (mine, kinds) if side == "request" else (kinds, mine)
    if not all(kind in wide or (kind == "integer" and "number" in wide) for kind in narrow):
        yield "", f"theirs is {_words(kinds)}, ours is {_words(mine)}"
        if not kinds & mine - {"null"}:
            return
    yield from _words_differ(theirs, ours, side)
    if "object" in kinds & mine:
        yield from _objects(theirs, ours, side)
    if "array" in kinds & mine:
        for place, what in differences(theirs.get("items", {}), ours.get("items", {}), side):
            yield f"[]{place}", what


def _objects(theirs: Schema, ours: Schema, side: Side) -> Iterator[tuple[str, str]]:
    mine, needed = ours.get("properties", {}), set(ours.get("required", ()))
    for name, inner in theirs.get("properties", {}).items():
        if name not in mine:
            if not (isinstance(ours.get("additionalProperties"), Mapping) or ours.get("additionalProperties") is True):
                yield f".{name}", "we do not have it"
            continue
        must = name in theirs.get("required", ())
        if side == "request" and name in needed and not must:
            yield f".{name}", "we require it, they do not"
        if side == "answer" and must and name not in needed:
            yield f".{name}", "they always have it, we do not"
        for place, what in differences(inner, mine[name], side):
            yield f".{name}{place}", what
    if "properties" not in theirs and theirs.get("additionalProperties") is not False:
        return
    for name in mine:
        if name not in theirs.get("properties", {}):
            yield f".{name}", "they do not have it" + (", and we require it" if name in needed else "")


def _words_differ(theirs: Schema, ours: Schema, side: Side) -> Iterator[tuple[str, str]]:
    wide, narrow = (ours, theirs) if side == "request" else (theirs, ours)
    if "enum" in wide:
        odd = [each for each in narrow.get("enum", ["other words"]) if each not in wide["enum"]]
        if odd:
            yield "", f"{'they' if side == 'request' else 'we'} have {', '.join(map(str, odd))}"


def _flat(schema: Schema) -> Schema:
    """`allOf` put together; a choice between something and null as a nullable something."""
    parts = schema.get("allOf")
    if parts:
        merged: dict[str, Any] = {**schema, "properties": dict(schema.get("properties", {}))}
        for part in map(_flat, parts):
            merged["properties"].update(part.get("properties", {}))
            merged["required"] = [*merged.get("required", ()), *part.get("required", ())]
            if "type" in part:
                merged.setdefault("type", part["type"])
        del merged["allOf"]
        return merged
    choices = schema.get("anyOf") or schema.get("oneOf")
    real = [each for each in choices or () if each.get("type") != "null"]
    if choices and len(real) == 1 and len(real) < len(choices):
        return {**_flat(real[0]), "nullable": True}
    return schema


def _kinds(schema: Schema) -> set[str]:
    """Of values that fit; none of what is not described."""
    kinds = set[str]()
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        kinds |= _kinds(_flat(choice))
    kind = schema.get("type")
    if isinstance(kind, str):
        kinds.add(kind)
    elif kind:
        kinds |= set(kind)
    elif "properties" in schema:
        kinds.add("object")
    elif "enum" in schema:
        kinds.add("string")
    if kinds and schema.get("nullable"):
        kinds.add("null")
    return kinds


def _words(kinds: set[str]) -> str:
    return " or ".join(sorted(kinds))
