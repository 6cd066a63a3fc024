"""The lab's time for somebody who is not on its loop.

A call of a module counts as something in flight, so that a clock that moves by itself stands while it lasts. To move the clock
is to sleep on it without being in flight meanwhile: then it goes on to whatever is due, and several calls at once wait for each
other as they would on a wall clock. Where the module has a clock of its own, somebody here moves the lab's by as much as that one
has gone on, a millisecond at a time. Between calls nobody outside looks at a clock, and it jumps from one thing that is due to the next.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.files.units import Duration
from simulator.lab import Run
from simulator.web.connection import COUNTED, connection_of
from simulator.web.sockets import WebServer, bind

__all__ = ["LabTime", "Patient", "control_door"]

MOST = 1e9
"""Seconds that a clock is moved at once."""
TICK = 0.001
"""Real seconds."""
STARTING = 0.5
"""Real seconds in which a program must be heard of, or its time counts nevertheless."""


class LabTime:
    """`touched`: when, in real seconds of the loop, somebody outside was last heard of."""

    def __init__(self, run: Run, rate: float | None) -> None:
        """`rate`: lab seconds in a real one while a call is under way; None: the module moves the clock."""
        self._run = run
        self._rate = rate
        self._pacer: asyncio.Task[None] | None = None
        self._calls = 0
        self.touched = 0.0
        self._seen = 0.0
        self._file: Path | None = None
        self.touch()

    def touch(self) -> None:
        self.touched = asyncio.get_running_loop().time()

    def publish(self, file: Path) -> None:
        """From now on this file holds the lab's time whenever somebody outside can see that it has gone on: to look there costs
        nobody a request.
        """
        self._file = file
        self._write()

    def _write(self) -> None:
        if self._file is not None:
            part = self._file.with_suffix(".part")
            part.write_text(json.dumps(self.view()), encoding="ascii")
            part.replace(self._file)

    def heard(self) -> None:
        """A call of a panel. Where the module moves the clock it is a sign of life only when time has gone on: who asks a panel again
        and again in the same moment will get no other answer.
        """
        now = self._run.clock.now()
        moved = now > self._seen
        if moved:
            self._seen = now
            if self._rate is None:
                self._write()
        if moved or self._rate is not None:
            self.touch()

    @property
    def quiet(self) -> float:
        """Real seconds since."""
        return asyncio.get_running_loop().time() - self.touched

    @contextmanager
    def call(self) -> Iterator[None]:
        """The body is a call of the module."""
        self.touch()
        self.heard()
        self._calls += 1
        if self._rate is not None and self._pacer is None:
            self._pacer = asyncio.ensure_future(self._pace(self._rate))
        try:
            with self._run.activity.busy() if self._rate is None else nullcontext():
                yield
        finally:
            self._calls -= 1
            if not self._calls and self._pacer is not None:
                self._pacer.cancel()
                self._pacer = None

    async def _pace(self, rate: float) -> None:
        """Let lab time pass as the module's does. While the lab is busy with what is due it may fall behind, and then it catches up."""
        loop = asyncio.get_running_loop()
        began = last = loop.time()
        with self._run.activity.busy():
            # That its interpreter starts is nobody's lab time: at 600 that would be minutes.
            while self.touched <= began and loop.time() - began < STARTING:  # noqa: ASYNC110 - real time, a tick at a time
                await asyncio.sleep(TICK)  # noqa: TID251 - as below
            last = loop.time()
            while True:
                await asyncio.sleep(TICK)  # noqa: TID251 - the module's own time, which is real
                now = loop.time()
                with self._run.activity.waiting():
                    await self._run.clock.sleep((now - last) * rate)
                last = now

    async def move(self, seconds: float) -> None:
        """Let so much lab time pass."""
        if self._calls and self._rate is None:
            with self._run.activity.waiting():
                await self._run.clock.sleep(seconds)
        else:
            await self._run.clock.sleep(seconds)
        if seconds:
            self.touch()
        self.heard()

    def view(self) -> dict[str, Any]:
        """As the lab control shows the clock; `epoch`: the same in seconds since 1970."""
        clock = self._run.clock
        now = clock.now()
        return {"now": now, "epoch": clock.epoch.timestamp() + now, "calendar": clock.calendar().isoformat()}


class _Advance(BaseModel):
    model_config = ConfigDict(extra="forbid")
    seconds: Duration = Field(ge=0, le=MOST)


@asynccontextmanager
async def control_door(run: Run, time: LabTime) -> AsyncIterator[str]:
    """The lab control, as far as a module needs it: `GET /__lab/clock`, `POST /__lab/clock/advance`. Gives its URL."""

    async def show(request: Request) -> Response:
        time.heard()
        return JSONResponse(time.view())

    async def advance(request: Request) -> Response:
        try:
            seconds = _Advance.model_validate(await request.json()).seconds
        except (ValidationError, ValueError):
            return JSONResponse({"error": 'say {"seconds": N}'}, 400)
        await time.move(seconds)
        return JSONResponse(time.view())

    async def missing(request: Request, error: Exception) -> Response:
        return JSONResponse({"error": "a scenario's control has /__lab/clock and /__lab/clock/advance"}, 404)

    app = Starlette(
        routes=[Route("/__lab/clock", show), Route("/__lab/clock/advance", advance, methods=["POST"])],
        exception_handlers={404: missing, 405: missing},
    )
    sock = bind("127.0.0.1", 0)
    server = WebServer(app, sock)
    try:
        await server.start()
        try:
            yield server.url
        finally:
            await server.stop()
    finally:
        sock.close()


class Patient:
    """A tap, the nearest to the client: what a module asks while its call is in flight is in flight with it, and while it waits
    for an answer lab time goes on. Its HTTP client counts real seconds, in which lab time would pass without end: so
    it is the lab that gives up in its place, after `seconds` of lab time.
    """

    def __init__(self, run: Run, time: LabTime, seconds: float) -> None:
        self._run = run
        self._time = time
        self._seconds = seconds

    async def __call__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        self._time.heard()
        connection = connection_of(scope)
        if connection is None:  # in memory, where nobody outside is
            await app(scope, receive, send)
            return
        gives_up = self._run.clock.now() + self._seconds
        whole = False

        async def hear() -> Message:
            nonlocal whole
            if not whole:
                message = await receive()
                whole = not message.get("more_body", False)
                return message
            left = gives_up - self._run.clock.now()
            waits = asyncio.ensure_future(self._run.clock.sleep(max(left, 0.0)))
            gone = asyncio.ensure_future(receive())
            try:
                await asyncio.wait((waits, gone), return_when=asyncio.FIRST_COMPLETED)
                if not gone.done():
                    connection.reset()
                return await gone
            finally:
                waits.cancel()
                gone.cancel()

        await app({**scope, "headers": [*scope["headers"], (COUNTED, b"1")]}, hear, send)
        self._time.heard()
