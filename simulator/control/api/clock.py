"""The lab's clock: what it shows, and moving it where it stands."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from simulator.control.api.lab import ControlledLab, Lab, Refused
from simulator.control.api.pace import FASTEST, SLOWEST
from simulator.files.units import Duration
from simulator.kernel import SteppedClock

__all__ = ["ClockView", "router", "view_of"]

router = APIRouter(prefix="/__lab/clock", tags=["clock"])
FURTHEST = 1e12
"""Seconds of lab time beyond which nothing is due."""
MOST = 1e9


class ClockView(BaseModel):
    """`now` and `next_due` in seconds of lab time; `next_due` is null where time runs by itself, or nothing is due. `rate`: seconds
    of lab time that pass in one now; 0 while a stepped clock stands.
    """

    now: float
    calendar: datetime
    stepped: bool
    next_due: float | None
    rate: float


class Pacing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rate: float = Field(ge=SLOWEST, le=FASTEST, description="seconds of lab time in one")


class Advance(BaseModel):
    """One of the three. Durations as in lab files: seconds, or `10m`, `1h`."""

    model_config = ConfigDict(extra="forbid")

    seconds: Duration | None = Field(default=None, description="by so much")
    to: Duration | None = Field(default=None, description="to this lab time")
    next: bool = Field(default=False, description="to the next thing that is due")


@router.get("", summary="What the clock shows")
async def show(lab: Lab) -> ClockView:
    return view_of(lab)


@router.post("/advance", summary="Move a stepped clock; answers when all that was due has happened")
async def advance(lab: Lab, order: Advance, request: Request) -> ClockView:
    """Who goes away before it has answered calls it off, and so does `halt`: the clock then stands where it had come to."""
    run = lab.run
    if not isinstance(run.clock, SteppedClock):
        raise Refused(409, "this lab's clock runs by itself; start it with --clock stepped to move it by hand")
    ways = [order.seconds is not None, order.to is not None, order.next]
    if sum(ways) != 1:
        raise Refused(400, 'say one of {"seconds": N}, {"to": T} or {"next": true}')
    if (order.seconds or 0) > MOST or (order.to or 0) > FURTHEST:
        raise Refused(400, f"a step is at most {MOST:.0f} s, and lab time at most {FURTHEST:.0f} s")
    if order.seconds is not None:
        move = run.clock.advance(order.seconds)
    elif order.to is not None:
        move = run.clock.advance_to(order.to)
    else:
        move = run.clock.advance_to_next()
    try:
        await _while_wanted(run.clock, move, request)
    except ValueError as error:
        raise Refused(409, str(error)) from None
    return view_of(lab)


@router.post("/run", summary="Let a stepped clock go by itself from now on, at so many seconds in one, until `halt`")
async def go(lab: Lab, order: Pacing) -> ClockView:
    if not isinstance(lab.run.clock, SteppedClock):
        raise Refused(409, "this lab's clock runs by itself; start it with --clock stepped to say how fast")
    lab.pace.go(lab.run.clock, order.rate)
    return view_of(lab)


@router.post("/halt", summary="Let a stepped clock stand: calls off an advance that is under way, and `run`")
async def halt(lab: Lab) -> ClockView:
    run = lab.run
    if not isinstance(run.clock, SteppedClock):
        raise Refused(409, "this lab's clock runs by itself")
    lab.pace.stop()
    run.clock.halt()
    return view_of(lab)


async def _while_wanted(clock: SteppedClock, move: Coroutine[Any, Any, float], request: Request) -> None:
    """Move the clock as long as whoever asked for it waits for the answer."""
    moving, gone = asyncio.ensure_future(move), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait([moving, gone], return_when=asyncio.FIRST_COMPLETED)
        if not moving.done():
            clock.halt()
        await moving
    finally:
        gone.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def view_of(lab: ControlledLab) -> ClockView:
    """What the clock of a lab shows."""
    run = lab.run
    stepped = isinstance(run.clock, SteppedClock)
    due = run.clock.next_due() if isinstance(run.clock, SteppedClock) else None
    rate = lab.pace.rate if stepped else run.clock.rate
    return ClockView(now=run.clock.now(), calendar=run.clock.calendar(), stepped=stepped, next_due=due, rate=rate)
