"""Ways to the page and its parts. Nothing of it is fetched from elsewhere, and what a browser may do with it is said strictly."""

from __future__ import annotations

import asyncio
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from starlette.responses import HTMLResponse, Response

from simulator.control.api.journal import STREAMS, Since
from simulator.control.api.lab import Lab, Refused, hint
from simulator.control.api.problems import JsonAnswer
from simulator.control.pages import hall
from simulator.control.pages.device import device_page
from simulator.control.pages.live import Live
from simulator.review import shown_call
from simulator.timeline.assets import SCRIPT, STYLE
from simulator.timeline.recording import shown_exchange, shown_record

__all__ = ["router"]


async def _loaded(request: Request) -> None:
    await request.app.state.pages()


router = APIRouter(include_in_schema=False, dependencies=[Depends(_loaded)])
PAST = 400
"""Records of the past that a page begins with."""
LOOKED_AT = 10_000
"""Calls among which one is looked for."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_TYPES = {"css": "text/css", "js": "text/javascript"}

Number = Annotated[int, Query(ge=1, le=2**31)]


def _live(request: Request) -> Live:
    live: Live = request.app.state.live
    return live


@router.get("/")
@router.get("/__lab")
@router.get("/__lab/")
async def index(lab: Lab, request: Request, page: Number = 1, device: str = "") -> Response:
    return HTMLResponse(await hall.page(lab, _live(request), page, device), headers=_HEADERS)


@router.get("/__lab/page/rack")
async def rack(lab: Lab, request: Request, name: str) -> Response:
    live = _live(request)
    if name not in live.racks:
        raise Refused(404, f"there is no rack {name!r}{hint(name, live.racks.names(), 'racks')}")
    return HTMLResponse(await hall.rack(live, name), headers=_HEADERS)


@router.get("/__lab/page/device")
async def device(lab: Lab, request: Request, name: str) -> Response:
    text = device_page(lab.run, _live(request).marks, name)
    if text is None:
        plan = lab.run.plan
        known = [*plan.servers, *plan.switches, *plan.pdus]
        raise Refused(404, f"there is no device {name!r}{hint(name, known, 'devices')}")
    return HTMLResponse(text, headers=_HEADERS)


@router.get("/__lab/page/found")
async def found(lab: Lab, request: Request, text: str = "", flag: str = "") -> Response:
    return HTMLResponse(await hall.found(lab, _live(request), text, flag), headers=_HEADERS)


@router.get("/__lab/page/services")
async def services(lab: Lab) -> Response:
    return HTMLResponse(hall.services(lab), headers=_HEADERS)


@router.get("/__lab/page/past")
async def past(lab: Lab, request: Request) -> Response:
    """The last records and exchanges, as timelines have them."""
    journal = lab.run.journal
    records: list[Any] = []
    for number, each in enumerate(journal.since(max(len(journal) - PAST, 0))):
        records.append(shown_record(each))
        if number % 100 == 99:
            await asyncio.sleep(0)  # noqa: TID251 - devices answer meanwhile
    exchanges = [shown_exchange(each) for each in _live(request).traffic.exchanges]
    return JsonAnswer({"records": records, "exchanges": exchanges}, headers=_HEADERS)


@router.get("/__lab/page/chain")
async def chain(lab: Lab, number: Annotated[int, Query(ge=0, le=2**53)]) -> Response:
    """How it came to this record, the first cause first; empty where it is not kept any more."""
    record = lab.run.journal.numbered(number)
    links = lab.run.journal.chain(record) if record is not None else []
    return JsonAnswer({"list": [shown_record(each) for each in links]}, headers=_HEADERS)


@router.get("/__lab/page/call")
async def call(lab: Lab, record: Annotated[int, Query(ge=1, le=2**53)]) -> Response:
    """The call that the journal has under this number, with its bodies; null where it is not remembered, or was no client's."""
    newest = islice(reversed(lab.recorder), LOOKED_AT)
    found = next((each for each in newest if each.record == record), None)
    return JsonAnswer({"call": None if found is None else shown_call(found)}, headers=_HEADERS)


@router.get("/__lab/page/stream")
async def stream(lab: Lab, request: Request, since: Since = 0) -> Response:
    """What happens from now on, as server-sent events."""
    live = _live(request)
    if live.listeners >= STREAMS:
        raise Refused(503, f"{STREAMS} pages are open already")
    return StreamingResponse(live.listen(since), media_type="text/event-stream", headers=_HEADERS)


@router.get("/__lab/page/{name}.{kind}")
async def asset(name: str, kind: str) -> Response:
    """Style and script of the page and of the timeline."""
    text = _asset(name, kind)
    if text is None:
        raise Refused(404, f"there is no {name}.{kind} of the page")
    return Response(text, media_type=_TYPES[kind], headers={**_HEADERS, "cache-control": "no-cache"})


@cache
def _asset(name: str, kind: str) -> str | None:
    if (name, kind) in (("lab", "css"), ("lab", "js"), ("panes", "js")):
        return files("simulator.control.pages").joinpath(f"{name}.{kind}").read_text(encoding="utf-8")
    return {("timeline", "css"): STYLE, ("timeline", "js"): SCRIPT}.get((name, kind))
