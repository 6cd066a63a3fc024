"""The lab control API: time, the journal, the truth, faults, the review of clients. For people and for tests; no real panel has it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from simulator.control.api.truth import truth
from simulator.control.pages.hall import page
from simulator.faults import CATALOGUE, NotPossible
from simulator.files.problems import did_you_mean
from simulator.kernel import SteppedClock
from simulator.lab import Run
from simulator.review import Recorder, as_dict, review

__all__ = ["create_control"]


class Advance(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seconds: float | None = Field(default=None, ge=0, le=10**9)
    to: float | None = Field(default=None, ge=0, le=10**12)
    next: bool = False


class Refused(Exception):
    """A request that cannot be carried out; nothing has changed."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def create_control(run: Run) -> Starlette:
    """An ASGI application with everything under `/__lab/`. From now on all calls to the panels are watched."""
    recorder = Recorder(run)
    recorder.watch()

    async def index(_request: Request) -> Response:
        return HTMLResponse(page(run))

    async def state(_request: Request) -> Response:
        return JSONResponse(truth(run))

    async def clock(_request: Request) -> Response:
        return JSONResponse(_clock(run))

    async def advance(request: Request) -> Response:
        if not isinstance(run.clock, SteppedClock):
            raise Refused(409, "this lab's clock runs by itself; start it with --clock stepped to move it by hand")
        order = Advance.model_validate(await _body(request))
        ways = [order.seconds is not None, order.to is not None, order.next]
        if sum(ways) != 1:
            raise Refused(400, 'say one of {"seconds": N}, {"to": T} or {"next": true}')
        if order.seconds is not None:
            await run.clock.advance(order.seconds)
        elif order.to is not None:
            try:
                await run.clock.advance_to(order.to)
            except ValueError as error:
                raise Refused(409, str(error)) from None
        else:
            await run.clock.advance_to_next()
        return JSONResponse(_clock(run))

    async def journal(request: Request) -> Response:
        query = request.query_params
        try:
            since, limit = int(query.get("since", "0")), int(query.get("limit", "1000"))
        except ValueError:
            raise Refused(400, "since and limit are whole numbers") from None
        records = [
            record.as_dict()
            for record in run.journal.since(since)
            if query.get("subject", record.subject) == record.subject
            and query.get("layer", record.layer) == record.layer
        ]
        return JSONResponse({"list": records[: max(limit, 0)], "size": len(run.journal), "hash": run.journal.hash()})

    async def faults(_request: Request) -> Response:
        return JSONResponse(
            {
                "list": [
                    {"kind": fault.kind, "target": fault.params.target, "active": True} for fault in run.faults.active()
                ]
                + [
                    {"kind": fault.kind, "target": fault.params.target, "active": False}
                    for fault in run.faults.pending()
                ],
                "kinds": {kind.name: kind.summary for kind in CATALOGUE.values()},
            }
        )

    async def inject(request: Request) -> Response:
        body = await _body(request)
        if len(body) != 1 or not isinstance(next(iter(body.values())), dict):
            raise Refused(400, 'say {"<kind>": {"server": "...", ...}}')
        kind, params = next(iter(body.items()))
        if kind not in CATALOGUE:
            raise Refused(404, f"there is no fault {kind!r}{_hint(kind, CATALOGUE, 'faults')}")
        parsed = CATALOGUE[kind].params.model_validate(params)
        places: dict[str, Mapping[str, Any]] = {
            "server": run.plant.servers,
            "switch": run.plant.switches,
            "pdu": run.plant.pdus,
        }
        known = places.get(CATALOGUE[kind].target)
        if known is not None and parsed.target not in known:
            raise Refused(
                404, f"there is no {CATALOGUE[kind].target} {parsed.target!r}{_hint(parsed.target, known, '')}"
            )
        try:
            run.faults.inject(kind, parsed)
        except NotPossible as error:
            raise Refused(409, str(error)) from None
        return JSONResponse({"kind": kind, "target": parsed.target}, status_code=201)

    async def clear(request: Request) -> Response:
        query = request.query_params
        return JSONResponse({"cleared": run.faults.clear(query.get("kind"), query.get("target"))})

    async def report(_request: Request) -> Response:
        return JSONResponse(as_dict(recorder, review(recorder)))

    async def restart(_request: Request) -> Response:
        forgotten = len(recorder)
        recorder.restart()
        return JSONResponse({"forgotten": forgotten})

    return Starlette(
        routes=[
            Route("/", _told(index)),
            Route("/__lab/", _told(index)),
            Route("/__lab/state", _told(state)),
            Route("/__lab/clock", _told(clock)),
            Route("/__lab/clock/advance", _told(advance), methods=["POST"]),
            Route("/__lab/journal", _told(journal)),
            Route("/__lab/report", _told(report), methods=["GET"]),
            Route("/__lab/report", _told(restart), methods=["DELETE"]),
            Route("/__lab/faults", _told(faults), methods=["GET"]),
            Route("/__lab/faults", _told(inject), methods=["POST"]),
            Route("/__lab/faults", _told(clear), methods=["DELETE"]),
        ]
    )


def _clock(run: Run) -> dict[str, Any]:
    due = run.clock.next_due() if isinstance(run.clock, SteppedClock) else None
    return {"now": run.clock.now(), "calendar": run.clock.calendar().isoformat(), "next_due": due}


def _hint(word: str, known: Any, what: str) -> str:
    hint = did_you_mean(word, list(known), what)
    return f"; {hint}" if hint else ""


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused(400, "the body is not a JSON object")
    return body


def _told(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Errors as JSON that a person can act on."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Refused as refused:
            return JSONResponse({"error": str(refused)}, status_code=refused.status)
        except ValidationError as error:
            problems = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
            return JSONResponse({"error": "; ".join(problems)}, status_code=400)

    return answer
