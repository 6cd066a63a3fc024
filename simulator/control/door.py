"""The address of the lab control. Labs stand behind it one after another where one is set back to a snapshot: its socket stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.control.api.problems import JsonAnswer
from simulator.web.sockets import WebServer, bind

__all__ = ["Door", "door_at"]

PATIENCE = 1.0
"""Real seconds for which a client that reads nothing is waited for."""


class Door:
    """An ASGI application that waits while nothing stands behind it."""

    def __init__(self) -> None:
        self.url = ""
        """Where this machine reaches it."""
        self._app: ASGIApp | None = None
        self._opened = asyncio.Event()
        self._calls: set[asyncio.Task[object]] = set()
        self._ended: set[asyncio.Task[object]] = set()

    def open(self, app: ASGIApp) -> None:
        """Calls are this application's from now on."""
        self._app = app
        self._opened.set()

    async def close(self, but: asyncio.Task[object] | None = None) -> None:
        """Calls wait. Those that are under way, streams too, have ended when it returns, but for those of clients who read nothing
        and for `but`.
        """
        self._opened.clear()
        self._app = None
        calls = self._calls - {but}
        self._ended |= calls
        for each in calls:
            each.cancel()
        if calls:
            await asyncio.wait(calls, timeout=PATIENCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._opened.wait()
        app, task = self._app, asyncio.current_task()
        assert app is not None
        assert task is not None
        started = complete = False

        async def tell(message: Message) -> None:
            nonlocal started, complete
            started = True
            complete = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        self._calls.add(task)
        try:
            await app(scope, receive, tell)
        except asyncio.CancelledError:
            if task not in self._ended:
                raise
            if complete:  # a stream that has ended by itself
                return
            if started:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                await JsonAnswer({"error": "the lab stops, or is set back; ask again"}, 503)(scope, receive, send)
        finally:
            self._calls.discard(task)
            self._ended.discard(task)


@asynccontextmanager
async def door_at(host: str, port: int) -> AsyncIterator[Door]:
    """A door at this address, or at a free port where that one is taken."""
    sock = bind(host, port)
    try:
        door = Door()
        server = WebServer(door, sock)
        door.url = server.url
        await server.start()
        try:
            yield door
        finally:
            await server.stop()
    finally:
        sock.close()
