"""The lab control API: time, the journal, the truth, faults, the review of clients. For people and for tests; no real panel has it.

What there is says `/__lab/openapi.json`, and `/__lab/docs` for people. Nothing that looks at the lab runs in a thread.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.control.api import clock, faults, hands, journal, report, snapshots, state
from simulator.control.api.lab import ControlledLab, Problem
from simulator.control.api.pace import Pace
from simulator.control.api.problems import JsonAnswer, add_problem_handlers, known_keys
from simulator.control.beside import Once, beside
from simulator.control.fault_header import FaultHeader
from simulator.control.guard import Access, Guard
from simulator.control.pages import hall
from simulator.control.pages.docs import docs_page
from simulator.control.pages.live import Live
from simulator.control.pages.routes import router as pages
from simulator.control.snapshots import Snapshots
from simulator.control.state_writer import StateWriter
from simulator.invariants.watch import Watch
from simulator.lab import Run
from simulator.review import Recorder

__all__ = ["create_control", "openapi_of"]

_ABOUT = """Moves the lab's clock, breaks things, and says what happened. Errors are `{"error": "..."}`; unknown keys, paths and methods
are errors, with the nearest word. Durations are seconds, or written as in lab files: `90s`, `10m`, `1h`."""
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request makes no sense"},
    401: {"model": Problem, "description": "The control token is missing (labs that other machines reach)"},
    403: {"model": Problem, "description": "Asked from a page of another site"},
    404: {"model": Problem, "description": "There is no such thing in this lab"},
    409: {"model": Problem, "description": "Not possible in this lab, or not now"},
    413: {"model": Problem, "description": "The body is too long"},
    415: {"model": Problem, "description": "The body is not application/json"},
    503: {"model": Problem, "description": "Not now"},
}


def create_control(
    run: Run,
    access: Access | None = None,
    writer: StateWriter | None = None,
    watch: Watch | None = None,
    closing: ExitStack | None = None,
    pace: Pace | None = None,
    kept: Snapshots | None = None,
    starts: int = 1,
) -> ASGIApp:
    """An ASGI application with everything under `/__lab/`. From now on all calls to the panels are watched.

    `access`: who may ask; without it whoever can call the application may. `writer`: what makes answers durable. `watch`: of the
    invariants; without it one begins now, and ends with the lab. `closing`: what has to end before a server of it stops is
    put on it. `pace`: what moves a stepped clock by itself when it is asked to; who gives it closes it. `kept`: the snapshots of a
    lab that can be set back, which is told to them; `starts`: how often it has been started.
    """
    recorder = Recorder(run)
    recorder.watch()
    for name, panel in run.doors.items():
        panel.taps.insert(0, FaultHeader(run, name, access))
    app = FastAPI(
        title=f"Lab control of {run.plan.name}",
        version="1",
        description=_ABOUT,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        default_response_class=JsonAnswer,
        dependencies=[Depends(known_keys)],
        responses=_PROBLEMS,
    )
    lab = ControlledLab(run, recorder, watch or Watch.alone(run), pace=pace or Pace(), starts=starts)
    app.state.lab = lab
    app.state.snapshots = kept
    app.state.pages = Once(hall.load)
    app.state.document = Once(partial(openapi_of, app))
    live = app.state.live = Live(lab)
    if closing is not None:
        closing.callback(live.close)
        closing.callback(lab.end)
    for each in (state, clock, faults, hands, snapshots, journal, report):
        app.include_router(each.router)
    app.include_router(pages)
    _add_pages(app)
    add_problem_handlers(app, lambda: _methods(app))
    if kept is not None:
        kept.stands(app.state.lab)
    prepared = _prepared(app)
    if writer is None:
        return Guard(prepared, access)
    broken = JsonAnswer({"error": "the lab's state cannot be written; see what the lab says"}, 503)
    durable = writer.guarded(prepared, refusal=broken)

    async def written(scope: Scope, receive: Receive, send: Send) -> None:
        # Who has the lab set back is answered when its state is written, by another writer than the one that it began with.
        apart = scope["type"] == "http" and scope["path"].startswith(snapshots.PREFIX)
        await (prepared if apart else durable)(scope, receive, send)

    return Guard(written, access)


def _prepared(app: FastAPI) -> ASGIApp:
    """The application, whose routes FastAPI makes when the first of them is asked for, which takes a tenth of a second."""
    made = Once(partial(_make_routes, app))

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await made()
        await app(scope, receive, send)

    return asked


def _make_routes(app: FastAPI) -> None:
    for route in app.routes:
        route.matches({"type": "http", "method": "GET", "path": "/no such path", "headers": []})


def _add_pages(app: FastAPI) -> None:
    """The document of all of it."""
    for path in ("/openapi.json", "/__lab/openapi.json"):
        app.add_api_route(path, _document, include_in_schema=False)
    for path in ("/swagger", "/swagger/", "/__lab/docs"):
        app.add_api_route(path, _docs, include_in_schema=False)


# FastAPI remembers for good what it was given as handlers: one that knew its application would keep a lab that has ended.


async def _document(request: Request) -> Response:
    return JsonAnswer(await _openapi(request.app))


async def _docs(request: Request) -> Response:
    return HTMLResponse(await beside(partial(docs_page, await _openapi(request.app))))


async def _methods(app: FastAPI) -> dict[str, list[str]]:
    """The methods of every path, those of the pages included."""
    paths = (await _openapi(app))["paths"]
    written = {path: [method.upper() for method in methods] for path, methods in paths.items()}
    return {"/": ["GET"], "/__lab/docs": ["GET"], **written}


async def _openapi(app: FastAPI) -> dict[str, Any]:
    document: dict[str, Any] = await app.state.document()
    return document


def openapi_of(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of an application made here."""
    if app.openapi_schema is None:
        written = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            openapi_version="3.1.0",
        )
        form, schemas = faults.fault_schemas()
        written["paths"]["/__lab/faults"]["post"]["requestBody"]["content"] = {"application/json": {"schema": form}}
        written["components"]["schemas"].update(schemas)
        for methods in written["paths"].values():
            for operation in methods.values():
                operation["responses"].pop("422", None)  # this application says 400
        for unused in ("HTTPValidationError", "ValidationError"):
            written["components"]["schemas"].pop(unused, None)
        app.openapi_schema = written
    return app.openapi_schema
