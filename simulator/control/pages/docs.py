"""The control API for people: its OpenAPI document as a page, nothing fetched, no script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from simulator.control.pages.templates import template

__all__ = ["docs_page"]


def docs_page(document: dict[str, Any]) -> str:
    """The whole page as HTML."""
    return template("docs.html.j2").render(
        title=document["info"]["title"],
        about=document["info"]["description"],
        operations=list(_operations(document)),
    )


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            good = next(each for status, each in operation["responses"].items() if status.startswith("2"))
            answer = good.get("content", {}).get("application/json", {}).get("schema", {})
            yield {
                "method": method.upper(),
                "path": path,
                "summary": operation["summary"],
                "description": operation.get("description", ""),
                "parameters": operation.get("parameters", []),
                "forms": list(_forms(_found(body, schemas), schemas)) if body else [],
                "fields": _fields(_found(answer, schemas)),
                "curl": _curl(method.upper(), path, body=bool(body)),
            }


def _found(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """What a reference refers to."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return schemas[name] if name else schema


def _forms(schema: dict[str, Any], schemas: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What can be said, and what it means: a line for each alternative, or for each key."""
    for form in schema.get("oneOf", []):
        ((kind, params),) = form["properties"].items()
        inner = _found(params, schemas)
        needed = dict.fromkeys(inner.get("required", []), "...")
        more = ", ".join(name for name in inner.get("properties", {}) if name not in needed)
        yield json.dumps({kind: needed}), f"{form['description']}; may have: {more}" if more else form["description"]
    for name, each in schema.get("properties", {}).items():
        yield name, each.get("description", "")


def _fields(schema: dict[str, Any]) -> str:
    return ", ".join(schema.get("properties", {}))


def _curl(method: str, path: str, *, body: bool) -> str:
    verb = "" if method == "GET" or body else f"-X {method} "
    return f"curl {'--json ... ' if body else verb}$CONTROL{path}"
