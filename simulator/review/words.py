"""What a call says, in the words of its dialect: which action, about which server, with which values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, cast
from urllib.parse import parse_qsl

from simulator.api6.calls import Routes
from simulator.api6.routes import known_routes

__all__ = ["Version", "Words", "masked", "words_of"]

Version = Literal[5, 6]

_SERVER = re.compile(r"/dci/v3/server/(\d{1,9})(?:/|$)")
_OPERATION = re.compile(r"/dci/v3/operation/(\d{1,9})(?:/|$)")
_SECRET = re.compile(r"(passw|passwd|authinfo|confirm|token|secret|^auth$|^key$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Words:
    """`action`: of the dialect of DCImanager 6, or the function of 5; empty when there is none of that name."""

    action: str
    server: int | None
    operation: int | None
    values: Mapping[str, Any]
    """Body and query of 6, parameters of 5."""


def words_of(panel: Version, method: str, path: str, query: str, body: bytes) -> Words:
    """Never raises: what is not understood is not there."""
    asked = dict(parse_qsl(query, keep_blank_values=True))
    if panel == 5:
        asked |= dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        func = asked.get("func", "")
        group, _, verb = func.partition(".")
        inner = verb.startswith(("connection.", "operation.")) or group == "iplist"
        server = asked.get("plid" if inner and "plid" in asked else "elid", "") if group in ("server", "iplist") else ""
        return Words(func, _number(server), None, asked)
    path = path.removeprefix("/api")
    place, operation = _SERVER.match(path), _OPERATION.match(path)
    return Words(
        _routes().action(method, path) or "",
        int(place[1]) if place else None,
        int(operation[1]) if operation else None,
        {**asked, **_object(body)},
    )


@lru_cache(maxsize=1)
def _routes() -> Routes:
    return cast(Routes, known_routes()[0])


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def masked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what nobody else may read."""
    return {key: "********" if _SECRET.search(key) else value for key, value in values.items()}
