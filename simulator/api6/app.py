"""The DCImanager 6 API in front of a panel: an ASGI application. Words only; the panel decides.

JSON bodies are read whatever the content type says, as the vendor's own clients need it. Nothing runs in a thread.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.api6 import auth, equipment, servers
from simulator.api6.calls import HANDLERS, Body, Call, Handler
from simulator.api6.dialect import Route, load_dialect
from simulator.api6.errors import HANDLER_NOT_FOUND, METHOD_NOT_ALLOWED, OURS, respond, words
from simulator.dcim import Panel
from simulator.dcim.errors import Invalid, NotLoggedIn, PanelError

__all__ = ["create_app"]

_SERVICES = (auth, equipment, servers)
"""Imported for the handlers that they register."""
PREFIX = "/api"


def create_app(panel: Panel, dialect: Iterable[Route] | None = None) -> FastAPI:
    """The API of one panel. `dialect`: other routes than those that come with the package.

    Raises ValueError for a route whose action has no handler.
    """
    app = FastAPI(
        title="DCImanager 6 (Rackloop)",
        description="Each operation's `x-provenance` says whether its form is documented, observed or inferred.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.panel = panel
    app.router.routes.extend(_known_routes() if dialect is None else _routes(tuple(dialect)))
    app.add_middleware(_PrefixIsOptional)
    app.add_exception_handler(PanelError, _panel_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _our_error)
    return app


# routes


@lru_cache(maxsize=1)
def _known_routes() -> list[BaseRoute]:
    return _routes(load_dialect())


def _routes(dialect: tuple[Route, ...]) -> list[BaseRoute]:
    """One route for each call and alias; fixed paths come before those with parameters."""
    routes: list[tuple[bool, APIRoute]] = []
    for row in dialect:
        handler = HANDLERS.get(row.action)
        if handler is None:
            raise ValueError(f"{row.call}: there is no handler for {row.action}")
        for call in (row.call, *row.aliases):
            method, _, path = call.partition(" ")
            main = call == row.call
            route = APIRoute(
                path,
                _endpoint(row, handler),
                methods=[method],
                status_code=row.status,
                response_model=None,
                response_class=JSONResponse,
                operation_id=row.action if main else None,
                name=call,
                summary=row.action,
                include_in_schema=main,
                openapi_extra=_openapi(row, handler, path),
                tags=[path.split("/")[1]],
            )
            routes.append(("{" in path, route))
    return [route for _, route in sorted(routes, key=lambda pair: pair[0])]


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


def _endpoint(row: Route, handler: Handler) -> Any:
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


class _PrefixIsOptional:
    """Takes `/api` off the path: clients call with it and without."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(f"{PREFIX}/"):
            scope = {**scope, "path": scope["path"][len(PREFIX) :]}
        await self._app(scope, receive, send)


# errors


async def _panel_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, PanelError)
    return respond(*words(error), str(error), error.value)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == 404:
        return respond(*HANDLER_NOT_FOUND, f"no handler for {request.method} {path}")
    if error.status_code == 405:
        return respond(*METHOD_NOT_ALLOWED, f"{path} does not know {request.method}")
    return respond(error.status_code, OURS[1], str(error.detail))


async def _our_error(request: Request, error: Exception) -> Response:
    """The server's own fault; whoever runs the application still gets the exception."""
    return respond(*OURS, f"internal error: {type(error).__name__}")
