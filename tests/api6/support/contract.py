"""Every answer that a test gets is held against /openapi.json: its status is documented, and its shape is the schema's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from simulator.api6.dialect import load_dialect
from simulator.api6.routes import document_of
from tests.api6.support.vendors import fits

__all__ = ["check"]

STRICT = ("/auth/", "/ip/")
"""Services whose answers have nothing that the document does not describe."""


async def check(response: httpx.Response) -> None:
    await response.aread()
    path = response.request.url.path.removeprefix("/api")
    found = _operation(response.request.method, path)
    if found is None or response.status_code == 503:
        return
    responses, components = found
    status = str(response.status_code)
    assert status in responses, f"{response.request.method} {path}: {status} is not documented"
    described = responses[status]
    described = components[status] if "$ref" in described else described
    fits(response)
    media = response.headers["content-type"]
    assert media in described["content"], f"{response.request.method} {path}: {media} is not documented"
    if media != "application/json":
        return
    schema, answer = described["content"][media]["schema"], response.json()
    errors = sorted(map(str, Draft202012Validator(schema).iter_errors(answer)))
    assert not errors, f"{response.request.method} {path}: {errors[0]}"
    if path.startswith(STRICT) and "filter" not in response.request.url.params:
        schema = schema.get("anyOf", [schema])[0]
        assert not list(_undescribed(schema, answer)), f"{path}: {list(_undescribed(schema, answer))}"


@cache
def _routes() -> list[tuple[str, re.Pattern[str], dict[str, Any]]]:
    document = document_of(load_dialect())
    return [
        (method.upper(), _pattern(path), operation["responses"])
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


@cache
def _components() -> dict[str, Any]:
    found: dict[str, Any] = document_of([])["components"]["responses"]
    return found


def _pattern(path: str) -> re.Pattern[str]:
    parts = (
        ".+" if part == "{target}" else "[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/")
    )
    return re.compile("/".join(parts))


@cache
def _operation(method: str, path: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    matches = [
        (pattern.pattern.count("[^/]+") + 9 * pattern.pattern.count(".+"), responses)
        for verb, pattern, responses in _routes()
        if verb == method and pattern.fullmatch(path)
    ]
    return (min(matches, key=lambda each: each[0])[1], _components()) if matches else None


def _undescribed(schema: dict[str, Any], value: Any, place: str = "") -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _undescribed(schema.get("items", {}), each, f"{place}[]")
    elif isinstance(value, dict) and "properties" in schema:
        for key, inner in value.items():
            if key not in schema["properties"]:
                yield f"{place}.{key}"
            else:
                yield from _undescribed(schema["properties"][key], inner, f"{place}.{key}")
