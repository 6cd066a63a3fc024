"""The vendor's own documents, where they are present: every answer of success that a test gets is held against them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from simulator.fidelity.spec import read_spec

__all__ = ["PRESENT", "fits", "routes"]

PRESENT = "RACKLOOP_VENDOR_SPECS" in os.environ
DOCUMENTS = {"auth_v4_api.json": ("/auth/v4",), "ipmgr_api.json": ("/ip/v3", "/dci/v3/ipmgr")}
"""And the paths that we have their services at."""


def fits(response: httpx.Response) -> str | None:
    """The route as the vendor writes it, for an answer of success that it describes. Raises AssertionError for another
    shape, status or media type.
    """
    path = response.request.url.path.removeprefix("/api")
    if not PRESENT or response.status_code >= 300 or "filter" in response.request.url.params:
        return None
    found = [
        (pattern.pattern.count("[^/]+"), route, answers)
        for method, pattern, route, answers in _routes()
        if method == response.request.method and pattern.fullmatch(path)
    ]
    if not found:
        return None
    _, route, answers = min(found, key=lambda each: each[0])
    if response.headers["content-type"] == "image/png":
        return route  # not JSON, of which alone the documents' schemas speak
    assert str(response.status_code) in answers, f"{route}: the vendor never answers {response.status_code}"
    errors = sorted(map(str, Draft202012Validator(answers[str(response.status_code)]).iter_errors(response.json())))
    assert not errors, f"{route}, as the vendor has it: {errors[0]}"
    return route


def routes() -> set[str]:
    """All of them."""
    return {route for _, _, route, _ in _routes()}


@cache
def _routes() -> list[tuple[str, re.Pattern[str], str, Mapping[str, Any]]]:
    folder = Path(os.environ["RACKLOOP_VENDOR_SPECS"])
    found = []
    for name, prefixes in DOCUMENTS.items():
        for operation in read_spec((folder / name).read_text(encoding="utf-8")).operations:
            answers = {status: _modern(schema) for status, schema in operation.answers.items() if schema is not None}
            route = f"{operation.method} {prefixes[0]}{operation.path}"
            found += [(operation.method, _pattern(prefix + operation.path), route, answers) for prefix in prefixes]
    return found


def _pattern(path: str) -> re.Pattern[str]:
    parts = ("[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/"))
    return re.compile("/".join(parts).replace("/target/[^/]+", "/target/.+"))


def _modern(schema: Any) -> Any:
    """OpenAPI 3.0's `nullable` in the words of JSON Schema."""
    if isinstance(schema, list):
        return [_modern(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    changed = {key: _modern(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [changed, {"type": "null"}]} if schema.get("nullable") is True else changed
