"""OpenAPI documents as they are found: JSON or YAML, 3.0 or 3.1, with local references."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.kernel import yaml12

__all__ = ["Operation", "Spec", "SpecError", "parse", "read_spec"]

METHODS = ("get", "post", "delete", "put", "patch")
JSON_TYPE = "application/json"
DEEPEST = 40
"""Levels of a schema; what refers to itself ends here."""


class SpecError(ValueError):
    """It is not an OpenAPI document that can be read."""


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    """As written."""
    request: Mapping[str, Any] | None
    """JSON Schema of the body, with all references resolved; None when there is none."""
    answers: Mapping[str, Mapping[str, Any] | None]
    """By status; None for an answer that is not JSON, or not described."""


@dataclass(frozen=True, slots=True)
class Spec:
    title: str
    operations: tuple[Operation, ...]


def read_spec(text: str) -> Spec:
    """Raises SpecError."""
    try:
        data = json.loads(text) if text.lstrip().startswith("{") else yaml12.load(text)
    except ValueError as error:
        raise SpecError(f"it is neither JSON nor YAML: {error}") from None
    except RecursionError:
        raise SpecError("it is nested too deeply") from None
    if not isinstance(data, dict) or not isinstance(data.get("paths"), dict):
        raise SpecError("it is not an OpenAPI document: there is no object `paths`")
    if "swagger" in data:
        raise SpecError("it is a document of Swagger 2; OpenAPI 3 is understood")
    return parse(data)


def parse(data: Mapping[str, Any]) -> Spec:
    """Raises SpecError."""
    try:
        return Spec(str(data.get("info", {}).get("title", "")), tuple(_operations(data)))
    except (AttributeError, KeyError, TypeError) as error:
        raise SpecError(f"it is not an OpenAPI document: {error!r}") from None


def _operations(data: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in data["paths"].items():
        for method in METHODS:
            operation = item.get(method)
            if operation is None:
                continue
            body = _resolved(data, operation.get("requestBody") or {}, 0)
            answers = {
                str(status): _schema(_resolved(data, answer, 0)) for status, answer in operation["responses"].items()
            }
            yield Operation(method.upper(), path, _schema(body), answers)


def _schema(holder: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Of a list of ours, the shape of its rows; the values that `filter` gives are beside the point."""
    content: Mapping[str, Any] = holder.get("content", {})
    media = content.get(JSON_TYPE)
    if media is None:
        return None
    schema: Mapping[str, Any] = media.get("schema", {})
    usual = [each for each in schema.get("anyOf", ()) if "x-with" not in each]
    return usual[0] if usual and len(usual) < len(schema["anyOf"]) else schema


def _resolved(data: Mapping[str, Any], node: Any, depth: int) -> Any:
    if depth > DEEPEST:
        return {}
    if isinstance(node, list):
        return [_resolved(data, each, depth + 1) for each in node]
    if not isinstance(node, Mapping):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str):
        rest = {key: value for key, value in node.items() if key != "$ref"}
        found = _resolved(data, _target(data, reference), depth + 1)
        return {**found, **_resolved(data, rest, depth + 1)} if rest else found
    return {key: _resolved(data, value, depth + 1) for key, value in node.items() if key not in ("example", "examples")}


def _target(data: Mapping[str, Any], reference: str) -> Any:
    if not reference.startswith("#/"):
        raise SpecError(f"the reference {reference} leads out of the document")
    node: Any = data
    for part in reference[2:].split("/"):
        try:
            node = node[part.replace("~1", "/").replace("~0", "~")]
        except (KeyError, TypeError):
            raise SpecError(f"the reference {reference} leads nowhere") from None
    return node
