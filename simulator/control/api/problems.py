"""Errors of the control API as JSON that a person can act on: what was wrong, and the nearest word that would do."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from simulator.control.api.lab import Refused, hint
from simulator.files.nearest import nearest

__all__ = ["JsonAnswer", "add_problem_handlers", "encoded", "known_keys", "sentences"]

_ROOT = "/__lab/"


class JsonAnswer(JSONResponse):
    """JSON in ASCII: whatever a client sent can be sent back to it."""

    def render(self, content: Any) -> bytes:
        return encoded(content).encode()


def encoded(content: Any) -> str:
    """As JSON in ASCII."""
    return json.dumps(content, ensure_ascii=True, separators=(",", ":"))


def add_problem_handlers(app: FastAPI, methods_of: Callable[[], Awaitable[Mapping[str, Sequence[str]]]]) -> None:
    """Every error of this application has the form `{"error": "..."}`. `methods_of` gives the methods of every path."""

    async def refused(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return _problem(error.status, str(error))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError | ValidationError)
        return _problem(400, sentences(error, _keys_of_body(request)))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        path = request.url.path
        if error.status_code == 404:
            return _problem(404, f"there is no {path}{_nearest_path(path, await methods_of())}")
        if error.status_code == 405:
            methods = ", ".join((await methods_of()).get(path, ["GET"]))
            return _problem(405, f"{path} has no {request.method}, only {methods}", {"allow": methods})
        return _problem(error.status_code, str(error.detail))

    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(ValidationError, invalid)
    app.add_exception_handler(HTTPException, http)


def _nearest_path(path: str, known: Iterable[str]) -> str:
    """What all paths begin with is no likeness."""
    if not path.startswith(_ROOT):
        return hint(path, known, "there are") or f"; {_ROOT}docs has all that there is"
    found = nearest(path.removeprefix(_ROOT), [each.removeprefix(_ROOT) for each in known if each.startswith(_ROOT)])
    return f"; did you mean `{_ROOT}{found}`?" if found else f"; {_ROOT}docs has all that there is"


def _problem(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return JsonAnswer({"error": text}, status_code=status, headers=headers)


def sentences(error: RequestValidationError | ValidationError, keys: Iterable[str]) -> str:
    """What is wrong with a request, for people; `keys`: those that its body may have."""
    return "; ".join(_sentence(one, list(keys)) for one in error.errors())


def _sentence(one: Any, keys: Sequence[str]) -> str:
    """`faults.at: what is wrong with it`, with the nearest key where one is not known."""
    place = [str(part) for part in one["loc"] if part not in ("body", "query", "header")]
    text = str(one["msg"]).removeprefix("Value error, ")
    if one["type"] == "extra_forbidden" and place:
        text = f"there is no such key{hint(place[-1], keys, 'keys')}"
    if one["type"] == "missing" and place:
        text = "it is missing"
    if one["type"] == "json_invalid":
        return "the body is not JSON"
    if one["loc"] == ("body",):
        return "the body is not a JSON object" if one["type"] != "missing" else "say what in a JSON body"
    return f"{'.'.join(place)}: {text}" if place else text


def _keys_of_body(request: Request) -> list[str]:
    route = request.scope.get("route")
    field = getattr(route, "body_field", None)
    model: Any = getattr(getattr(field, "field_info", None), "annotation", None)
    if isinstance(model, type) and issubclass(model, BaseModel):
        return list(model.model_fields)
    return []


async def known_keys(request: Request) -> None:
    """A query key that a route does not know is a mistake of its sender, not something to pass over. Raises Refused."""
    route = request.scope["route"]
    known = [parameter.alias for parameter in route.dependant.query_params]
    for key in request.query_params:
        if key not in known:
            few = hint(key, known, "there are")
            raise Refused(400, f"{request.method} {request.url.path} knows no query key {key!r}{few}")
    for key in known:
        if len(request.query_params.getlist(key)) > 1:
            raise Refused(400, f"{key} is given more than once")
