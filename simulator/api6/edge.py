"""The edge proxy in front of the services. While a service restarts it answers 503 by itself, before any effect.

It is a model of the real platform's proxy (API guide: 503 "Unavailable"), worked by whoever restarts services; the
panel knows nothing of it. It also keeps the record of requests.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from enum import Enum

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.api6.errors import UNAVAILABLE, respond
from simulator.kernel import Activity, Clock, Journal, Table

__all__ = ["EDGE", "Edge", "EdgeEvent", "EdgeState", "Tap"]

INSIDE = b"internal-auth"
"""The header by which the platform's services know each other; taken from every request that comes from outside."""


Tap = Callable[[ASGIApp, Scope, Receive, Send], Awaitable[None]]
"""Passes a request on to the application that it is given."""


class EdgeState(Enum):
    UP = "up"
    RESTARTING = "restarting"


class EdgeEvent(Enum):
    TAKE_DOWN = "take down"
    BRING_UP = "bring up"


EDGE: Table[EdgeState, EdgeEvent] = Table(
    "edge",
    [
        ((EdgeState.UP, EdgeState.RESTARTING), EdgeEvent.TAKE_DOWN, EdgeState.RESTARTING),
        ((EdgeState.UP, EdgeState.RESTARTING), EdgeEvent.BRING_UP, EdgeState.UP),
    ],
)


class Edge:
    """ASGI middleware. A request that has been let in is carried out even when the service goes down meanwhile."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        clock: Clock | None = None,
        journal: Journal | None = None,
        activity: Activity | None = None,
        layer: str = "api6",
    ) -> None:
        """`clock` is needed for `take_down(until)`; each request is written in `journal` under `layer`, and counts in
        `activity` as long as it lasts.
        """
        self._app = app
        self._clock = clock
        self._journal = journal
        self._activity = activity
        self._layer = layer
        self.tap: Tap | None = None
        """An onlooker who sees every request and its answer whole."""
        self._state = EdgeState.UP
        self._until: float | None = None

    @property
    def state(self) -> EdgeState:
        if self._until is not None and self._clock is not None and self._clock.now() >= self._until:
            self.bring_up()
        return self._state

    def take_down(self, until: float | None = None) -> None:
        """Answer 503 until this lab time, or without one until `bring_up`."""
        if until is not None and self._clock is None:
            raise ValueError("this edge has no clock: take it down without `until`, and bring it up again")
        self._state = EDGE.next(self._state, EdgeEvent.TAKE_DOWN)
        self._until = until

    def bring_up(self) -> None:
        self._state = EDGE.next(self._state, EdgeEvent.BRING_UP)
        self._until = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self.tap is not None:
            await self.tap(self._let_in, scope, receive, send)
        else:
            await self._let_in(scope, receive, send)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        if any(name == INSIDE for name, _ in scope["headers"]):
            scope = {**scope, "headers": [each for each in scope["headers"] if each[0] != INSIDE]}
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self._activity.busy() if self._activity is not None else nullcontext():
            try:
                if self.state is EdgeState.UP:
                    await self._app(scope, receive, watched)
                else:
                    await respond(*UNAVAILABLE, "Unavailable")(scope, receive, watched)
            finally:
                if self._journal is not None:
                    self._journal.write(self._layer, f"{scope['method']} {scope['path']}", "request", status=status)
