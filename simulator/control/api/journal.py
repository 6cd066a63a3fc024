"""The lab's journal, page by page and as a stream, and the calls that clients made."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from simulator.control.api.lab import ControlledLab, Lab, Refused
from simulator.kernel import Record
from simulator.review import shown_call
from simulator.review.masking import masked, masked_path

__all__ = ["router"]

router = APIRouter(prefix="/__lab", tags=["journal"])
MOST = 10_000
"""Entries of one page."""
LOOKED_AT = 20_000
"""Entries of which a page shows those that are wanted; the next page goes on behind them."""
TURN = 500
"""Entries shown before others have their turn."""
STREAMS = 32
"""Clients that listen at once."""

Since = Annotated[int, Query(ge=0, le=2**53, description="number of the last entry that is known already")]
SinceOrEnd = Annotated[
    str,
    Query(pattern="^(end|[0-9]{1,15})$", description="number of the last entry that is known already, or `end`"),
]
Limit = Annotated[int, Query(ge=0, le=MOST, description="how many at most")]
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


@router.get("/journal", summary="What happened, in order")
async def show(
    lab: Lab, since: SinceOrEnd = "0", limit: Limit = 1000, subject: Subject = None, layer: Layer = None
) -> JournalPage:
    """`since=end` shows nothing and says what `since` is to be for what comes from now on."""
    journal = lab.run.journal
    page: list[dict[str, Any]] = []
    last = len(journal) if since == "end" else int(since)
    for number, record in enumerate(islice(journal.since(last), LOOKED_AT)):
        if len(page) == limit:
            break
        last = record.number
        if number % TURN == TURN - 1:
            await asyncio.sleep(0)  # noqa: TID251 - a page of thousands is no pause of the devices
        if _wanted(record, subject, layer):
            page.append(_shown(record))
    return JournalPage(list=page, size=len(journal), dropped=journal.dropped, next=last, hash=journal.hash())


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


@router.get("/calls", summary="What clients asked of the panels, with bodies and answers; secrets are masked")
async def calls(lab: Lab, since: Since = 0, limit: Limit = 100) -> CallPage:
    recorder = lab.recorder
    page = [shown_call(call) for call in recorder.after(since, limit)]
    last = page[-1]["number"] if page else since
    return CallPage(list=page, size=recorder.seen, dropped=recorder.forgotten, next=last)
