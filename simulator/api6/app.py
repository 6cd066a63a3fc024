"""The DCImanager 6 API in front of a panel: an ASGI application. Words only; the panel decides.

Nothing runs in a thread.
"""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.api6.dialect import Route
from simulator.api6.errors import HANDLER_NOT_FOUND, METHOD_NOT_ALLOWED, OURS, respond, words
from simulator.api6.routes import known_routes, make_routes
from simulator.dcim import Panel
from simulator.dcim.errors import PanelError

__all__ = ["create_app"]

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
    app.router.routes.extend(known_routes() if dialect is None else make_routes(tuple(dialect)))
    app.add_middleware(_PrefixIsOptional)
    app.add_exception_handler(PanelError, _panel_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _our_error)
    return app


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
