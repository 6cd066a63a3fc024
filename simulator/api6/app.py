"""The DCImanager 6 API in front of a panel: an ASGI application. Words only; the panel decides.

Nothing runs in a thread.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import cache
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.api6.absent import absent_service
from simulator.api6.dialect import Dialect, Route, load_dialect
from simulator.api6.errors import HANDLER_NOT_FOUND, METHOD_NOT_ALLOWED, OURS, TOO_LARGE, UNAVAILABLE, respond, words
from simulator.api6.fast_path import FastPath
from simulator.api6.notifier import PATHS, listen
from simulator.api6.requests import LARGEST, TooLarge
from simulator.api6.routes import document_of, known_routes, make_routes
from simulator.api6.swagger import swagger
from simulator.dcim import Panel
from simulator.dcim.errors import PanelError
from simulator.kernel import Activity, Clock, Journal
from simulator.web.gateway import Gateway

__all__ = ["create_app", "create_gateway"]

PREFIX = "/api"
INTERNAL_HEADERS = (b"internal-auth",)
"""By which the platform's services know each other."""


def create_gateway(
    app: ASGIApp,
    *,
    clock: Clock | None = None,
    journal: Journal | None = None,
    activity: Activity | None = None,
) -> Gateway:
    """The platform's gateway in front of the API: 503 "Unavailable" while a service restarts (API guide)."""
    unavailable = respond(*UNAVAILABLE, "Unavailable")
    return Gateway(
        app,
        unavailable,
        clock=clock,
        journal=journal,
        activity=activity,
        layer="api6",
        internal_headers=INTERNAL_HEADERS,
    )


def create_app(panel: Panel, dialect: Dialect | Iterable[Route] | None = None) -> Starlette:
    """The API of one panel. `dialect`: other routes, or routes, codes and names, than those that come with the package.

    Raises ValueError for a route whose action has no handler.
    """
    app = _Application()
    app.router.redirect_slashes = False
    app.state.panel = panel
    given = dialect.routes if isinstance(dialect, Dialect) else dialect
    rows = None if given is None else tuple(given)
    fields = dialect.fields if isinstance(dialect, Dialect) else {}
    routes = known_routes() if rows is None else make_routes(rows, fields)
    app.fast_path = FastPath(super(_Application, app).__call__, routes, panel, _ERRORS, prefix=PREFIX, owner=app)
    app.router.routes.append(routes)
    codes = dialect.codes if isinstance(dialect, Dialect) else {}
    app.state.fields = fields
    app.state.codes = {name: (each.status, each.code) for name, each in codes.items()}

    @cache
    def written() -> dict[str, Any]:
        return document_of(load_dialect() if rows is None else rows, fields)

    @cache  # a megabyte: it is made when it is asked for first, and nothing changes it
    def rendered() -> bytes:
        return bytes(JSONResponse(written()).body)

    async def openapi(request: Request) -> Response:
        return Response(rendered(), media_type="application/json")

    for path in ("/openapi.json", "/swagger/openapi.json"):
        app.router.add_route(path, openapi, include_in_schema=False)
    for path in ("/swagger", "/swagger/"):
        app.router.add_route(path, swagger, include_in_schema=False)
    app.router.routes.extend(WebSocketRoute(path, listen) for path in PATHS)
    app.add_middleware(_PrefixIsOptional)
    app.add_middleware(
        CORSMiddleware,
        allow_origin_regex=".*",
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["*"],
        allow_credentials=True,
        max_age=600,
    )
    for kind, answer in _ERRORS.items():
        app.add_exception_handler(kind, answer)
    return app


class _Application(Starlette):
    """Starlette with a short way past its middleware."""

    fast_path: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.fast_path(scope, receive, send)


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
    codes: dict[str, tuple[int, int]] = request.app.state.codes
    status, code = codes.get(type(error).__name__) or words(error)
    return respond(status, code, str(error), error.value)


async def _too_large(request: Request, error: Exception) -> Response:
    return respond(*TOO_LARGE, f"the body has more than {LARGEST} octets", "body")


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == 404 and (service := absent_service(path)):
        return respond(*HANDLER_NOT_FOUND, f"{service} of the platform is not emulated here: {request.method} {path}")
    if error.status_code == 404:
        return respond(*HANDLER_NOT_FOUND, f"no handler for {request.method} {path}")
    if error.status_code == 405:
        return respond(*METHOD_NOT_ALLOWED, f"{path} does not know {request.method}")
    return respond(error.status_code, OURS[1], str(error.detail))


async def _our_error(request: Request, error: Exception) -> Response:
    """The server's own fault; whoever runs the application still gets the exception."""
    return respond(*OURS, f"internal error: {type(error).__name__}")


_ERRORS: Mapping[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    TooLarge: _too_large,
    PanelError: _panel_error,
    HTTPException: _http_error,
    Exception: _our_error,
}
