"""The lab's journal, page by page and as a stream, and the calls that clients made."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.responses import Response

from simulator.control.api.lab import ControlledLab, Lab, Limit, Refused
from simulator.control.api.listing import listed
from simulator.kernel import Record
from simulator.review import shown_call
from simulator.review.masking import masked, masked_path

__all__ = ["router"]

router = APIRouter(prefix="/__lab", tags=["journal"])
STREAMS = 32
"""Clients that listen at once."""

Since = Annotated[int, Query(ge=0, le=2**53, description="number of the last entry that is known already")]
SinceOrEnd = Annotated[
    str,
    Query(pattern="^(end|[0-9]{1,15})$", description="number of the last entry that is known already, or `end`"),
]
Subject = Annotated[str | None, Query(description="of this server, switch, PDU or call only")]
Layer = Annotated[str | None, Query(description="of this layer only: plant, panel, api6, api5, fault, ...")]


class JournalPage(BaseModel):
    """`size`: records written so far; `dropped`: of those, how many of the oldest are no longer kept; `next`: the `since` of
    the following page; `hash`: SHA-256 over all that was written.
    """

    list: list[dict[str, Any]]
    size: int
    dropped: int
    next: int
    hash: str


class CallPage(BaseModel):
    """`dropped`: calls that are no longer kept, since there were too many or they were too long."""

    list: list[dict[str, Any]]
    size: int
    dropped: int
    next: int


@router.get("/journal", response_model=JournalPage, summary="What happened, in order")
async def show(
    lab: Lab, since: SinceOrEnd = "0", limit: Limit = 1000, subject: Subject = None, layer: Layer = None
) -> Response:
    """`since=end` shows nothing and says what `since` is to be for what comes from now on."""
    journal = lab.run.journal
    start = len(journal) if since == "end" else int(since)
    page = await listed(
        journal.since(start), limit, lambda each: _shown(each) if _wanted(each, subject, layer) else None
    )
    last = page.last.number if page.last else start
    return page.answer(size=len(journal), dropped=journal.dropped, next=last, hash=journal.hash())


@router.get(
    "/journal/stream",
    summary="The journal as it is written (server-sent events)",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "one event for each record, without end"}},
)
async def stream(
    lab: Lab,
    since: Since | None = None,
    subject: Subject = None,
    layer: Layer = None,
    last_event_id: Annotated[int | None, Header(ge=0, description="as browsers say it when they come back")] = None,
) -> StreamingResponse:
    """From now on, or from `since` on. Each event has the record's number as its id; `dropped` tells of records that
    were forgotten before they could be sent.
    """
    journal = lab.run.journal
    if len(lab.listeners) >= STREAMS:
        raise Refused(503, f"{STREAMS} clients listen already")
    start = last_event_id if last_event_id is not None else since if since is not None else len(journal)
    if start > len(journal):  # of the lab before it was set back
        start = 0
    return StreamingResponse(_events(lab, start, subject, layer), media_type="text/event-stream")


async def _events(lab: ControlledLab, last: int, subject: str | None, layer: str | None) -> AsyncIterator[str]:
    """Reads on whenever something was written. What a slow client has not fetched stays in the journal, not in a queue."""
    journal = lab.run.journal
    news = asyncio.Event()
    unwatch = journal.watch(lambda _record: news.set())
    lab.listeners.append(news)
    try:
        yield ": the journal of a lab\n\n"
        while not lab.ended.is_set():
            news.clear()
            if last < journal.dropped:
                yield f"event: dropped\ndata: {json.dumps({'dropped': journal.dropped - last})}\n\n"
                last = journal.dropped
            for record in journal.since(last):
                last = record.number
                if _wanted(record, subject, layer):
                    yield f"id: {record.number}\ndata: {json.dumps(_shown(record))}\n\n"
            await news.wait()
    finally:
        unwatch()
        lab.listeners.remove(news)


def _wanted(record: Record, subject: str | None, layer: str | None) -> bool:
    return subject in (None, record.subject) and layer in (None, record.layer)


def _shown(record: Record) -> dict[str, Any]:
    shown: dict[str, Any] = masked(record.as_dict())
    cause = {"cause": record.cause} if record.cause else {}
    return {**shown, "subject": masked_path(record.subject), **cause}


@router.get(
    "/calls",
    response_model=CallPage,
    summary="What clients asked of the panels, with bodies and answers; secrets are masked",
)
async def calls(lab: Lab, since: Since = 0, limit: Limit = 100) -> Response:
    recorder = lab.recorder
    page = await listed(recorder.after(since, limit), limit, shown_call)
    last = page.last.number if page.last else since
    return page.answer(size=recorder.seen, dropped=recorder.forgotten, next=last)
