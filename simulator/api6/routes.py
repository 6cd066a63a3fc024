"""The routes of the dialect: each call of the dialect file bound to its handler, and an index that finds them quickly.

JSON bodies are read whatever the content type says, as the vendor's own clients need it.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from simulator.api6 import auth, equipment, servers
from simulator.api6.calls import HANDLERS, Body, Call, Handler
from simulator.api6.dialect import Route, load_dialect
from simulator.dcim import Panel
from simulator.dcim.errors import Invalid, NotLoggedIn

__all__ = ["known_routes", "make_routes"]

_SERVICES = (auth, equipment, servers)
"""Imported for the handlers that they register."""

Endpoint = Callable[[Request], Awaitable[Response]]


@lru_cache(maxsize=1)
def known_routes() -> list[BaseRoute]:
    """The routes of the dialect file that comes with the package; made once, for all applications."""
    return make_routes(load_dialect())


def make_routes(dialect: tuple[Route, ...]) -> list[BaseRoute]:
    """The index, and one route for each call and alias: for OpenAPI, and for what the index does not find.

    Raises ValueError for an action that has no handler.
    """
    index = _Index()
    routes: list[BaseRoute] = []
    for row in dialect:
        handler = HANDLERS.get(row.action)
        if handler is None:
            raise ValueError(f"{row.call}: there is no handler for {row.action}")
        endpoint = _endpoint(row, handler)
        for call in (row.call, *row.aliases):
            method, _, path = call.partition(" ")
            main = call == row.call
            index.add(method, path, endpoint)
            route = APIRoute(
                path,
                endpoint,
                methods=[method],
                status_code=row.status,
                response_model=None,
                response_class=JSONResponse,
                operation_id=f"{method.lower()}{path}" if main else None,
                name=call,
                summary=row.action,
                include_in_schema=main,
                openapi_extra=_openapi(row, handler, path),
                tags=[path.split("/")[1]],
            )
            routes.append(route)
    return [index, *routes]


@dataclass(slots=True)
class _Node:
    """A place in the tree of path segments."""

    fixed: dict[str, _Node] = field(default_factory=dict)
    free: _Node | None = None
    methods: dict[str, tuple[tuple[str, ...], Endpoint]] = field(default_factory=dict)


class _Index(BaseRoute):
    """All routes as one: found by walking the path, not by trying one pattern after another. Fixed segments come before
    free ones.
    """

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, method: str, path: str, endpoint: Endpoint) -> None:
        node, names = self._root, list[str]()
        for segment in path.split("/")[1:]:
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.free = node = node.free or _Node()
            else:
                node = node.fixed.setdefault(segment, _Node())
        node.methods[method] = tuple(names), endpoint

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http":
            found = _walk(self._root, scope["path"].split("/"), 1, scope["method"], ())
            if found is not None:
                names, endpoint, values = found
                return Match.FULL, {"path_params": dict(zip(names, values, strict=True)), "endpoint": endpoint}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await scope["endpoint"](Request(scope, receive, send))
        await response(scope, receive, send)


def _walk(
    node: _Node, segments: list[str], place: int, method: str, values: tuple[str, ...]
) -> tuple[tuple[str, ...], Endpoint, tuple[str, ...]] | None:
    if place == len(segments):
        leaf = node.methods.get(method)
        return None if leaf is None else (*leaf, values)
    segment = segments[place]
    following = node.fixed.get(segment)
    found = _walk(following, segments, place + 1, method, values) if following is not None else None
    if found is None and node.free is not None and segment:
        found = _walk(node.free, segments, place + 1, method, (*values, segment))
    return found


def _openapi(row: Route, handler: Handler, path: str) -> dict[str, Any]:
    extra: dict[str, Any] = {"x-provenance": row.provenance, "x-source": row.source}
    if row.aliases:
        extra["x-aliases"] = list(row.aliases)
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    if names:
        extra["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
        ]
    if row.call.startswith("POST"):
        extra["requestBody"] = {"content": {"application/json": {"schema": handler.body.model_json_schema()}}}
    if not handler.public:
        extra["security"] = [{"x-xsrf-token": []}]
    return extra


def _endpoint(row: Route, handler: Handler) -> Endpoint:
    keys, action, status = row.keys, row.action, row.status

    async def endpoint(request: Request) -> Response:
        panel: Panel = request.app.state.panel
        caller = None
        if not handler.public:
            caller = panel.users.authenticate(_token(request))
            if not handler.anyone:
                panel.access.check(caller, action)
        body = _body(await request.body(), handler.body, keys)
        call = Call(panel, action, caller, request.path_params, _query(request), body)
        return JSONResponse(await handler.run(call), status)

    return endpoint


# what a request carries


def _token(request: Request) -> str:
    """From whichever place clients put it (facts of real clients: any one is enough). Raises NotLoggedIn."""
    headers = request.headers
    token = headers.get("x-xsrf-token") or headers.get("isp-session") or request.cookies.get("ses6")
    if not token:
        raise NotLoggedIn("no session: log in, and send the token as x-xsrf-token, ISP-Session or cookie ses6")
    return token


def _query(request: Request) -> Mapping[str, str]:
    """`+`, `%20` and raw spaces are all spaces; quotes and parentheses may come unencoded."""
    raw: bytes = request.scope["query_string"]
    return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)) if raw else {}


def _body(raw: bytes, model: type[Body], keys: Mapping[str, str]) -> Body:
    """The JSON object of a request; an empty body is `{}`. Raises Invalid."""
    try:
        data = json.loads(raw) if raw.strip() else {}
    except (ValueError, RecursionError) as error:
        raise Invalid("body", f"it is not JSON ({error})") from None
    if not isinstance(data, dict):
        raise Invalid("body", "it is not a JSON object")
    for alias, key in keys.items():
        if alias in data:
            if key in data:
                raise Invalid(alias, f"it means the same as {key}, which is there too")
            data[key] = data.pop(alias)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "body"
        if first["type"] == "extra_forbidden":
            raise Invalid(name, f"Unexpected property '{name}'") from None
        raise Invalid(name, first["msg"]) from None
