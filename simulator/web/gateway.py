"""The gateway in front of a panel's services. While a service restarts it answers by itself, before any effect.

It is a model of the real platforms' proxy, worked by whoever restarts services; the panel knows nothing of it. What it says
then is in its dialect's words, which come from there. It also keeps the record of requests, where the services do not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import nullcontext
from enum import Enum
from functools import partial
from typing import NamedTuple, Protocol, runtime_checkable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.kernel import Activity, Clock, Journal, Table
from simulator.kernel.causes import answered
from simulator.kernel.flow import flow, own_flow

__all__ = ["GATEWAY", "Gateway", "GatewayEvent", "GatewayState", "LetsPass", "Passing", "Tap"]

Tap = Callable[[ASGIApp, Scope, Receive, Send], Awaitable[None]]
"""Passes a request on to the application that it is given."""


class Passing(NamedTuple):
    """A request without a body, as it passes on its way."""

    method: str
    path: str
    query: bytes
    client: str
    """The caller's address."""
    agent: str
    """The caller's User-Agent."""


@runtime_checkable
class LetsPass(Protocol):
    """A tap that has nothing to do with some requests."""

    def lets_pass(self, request: Passing) -> bool:
        """Whether it would neither look at this request nor do anything to it or to its answer. Asking changes nothing."""

    def passed(self, request: Passing) -> None:
        """Such a request has passed: it counts."""


_NOTHING = nullcontext()


class GatewayState(Enum):
    UP = "up"
    RESTARTING = "restarting"


class GatewayEvent(Enum):
    TAKE_DOWN = "take down"
    BRING_UP = "bring up"


GATEWAY: Table[GatewayState, GatewayEvent] = Table(
    "gateway",
    [
        ((GatewayState.UP, GatewayState.RESTARTING), GatewayEvent.TAKE_DOWN, GatewayState.RESTARTING),
        ((GatewayState.UP, GatewayState.RESTARTING), GatewayEvent.BRING_UP, GatewayState.UP),
    ],
)


class Gateway:
    """ASGI middleware. A request that has been let in is carried out even when the service goes down meanwhile."""

    def __init__(
        self,
        app: ASGIApp,
        unavailable: ASGIApp,
        *,
        clock: Clock | None = None,
        journal: Journal | None = None,
        activity: Activity | None = None,
        layer: str = "web",
        internal_headers: Collection[bytes] = (),
    ) -> None:
        """`unavailable` answers while the services restart. `clock` is needed for `take_down(until)`; each request is
        written in `journal` under `layer`, and counts in `activity` as long as it lasts. By `internal_headers` (lower
        case) services know each other: they are taken from every request that comes from outside.
        """
        self._app = app
        self._unavailable = unavailable
        self._clock = clock
        self._journal = journal
        self._activity = activity
        self._layer = layer
        self._internal = frozenset(internal_headers)
        self.taps: list[Tap] = []
        """Those who see every request and its answer whole; the first is the nearest to the client."""
        self._chained: list[Tap] = []
        self._chain: ASGIApp = self._let_in
        """The taps of before, one in front of the other."""
        self._sorted: list[Tap] = []
        self._lenient: list[LetsPass] = []
        """Of the taps of before, those that do not look at everything."""
        self.answers_again = False
        """Transports in this process may give answers again that still hold."""
        self._state = GatewayState.UP
        self._until: float | None = None

    def wrap(self, wrapped: Callable[[ASGIApp], ASGIApp]) -> None:
        """Have this in front of the application, behind the taps: websockets pass it too."""
        self._app = wrapped(self._app)

    @property
    def state(self) -> GatewayState:
        if self._until is not None and self._clock is not None and self._clock.now() >= self._until:
            self.bring_up()
        return self._state

    def take_down(self, until: float | None = None) -> None:
        """Answer by itself until this lab time, or without one until `bring_up`."""
        if until is not None and self._clock is None:
            raise ValueError("this gateway has no clock: take it down without `until`, and bring it up again")
        self._state = GATEWAY.next(self._state, GatewayEvent.TAKE_DOWN)
        self._until = until

    def bring_up(self) -> None:
        self._state = GATEWAY.next(self._state, GatewayEvent.BRING_UP)
        self._until = None

    def lets_pass(self, request: Passing) -> bool:
        """The services are up, and nobody would look at this request on its way or do anything to it."""
        if self._sorted != self.taps:
            self._sorted = list(self.taps)
            taps: Sequence[object] = self.taps
            self._lenient = [tap for tap in taps if isinstance(tap, LetsPass)]
        if len(self._lenient) != len(self.taps) or self.state is not GatewayState.UP:
            return False
        return all(tap.lets_pass(request) for tap in self._lenient)

    def answered_again(self, request: Passing, status: int) -> None:
        """A request that passes was answered as before, without being carried out: it is written down and counted like any other."""
        for tap in self._lenient:
            tap.passed(request)
        work = flow()
        if work is not None:
            work.inside = 0
        with self._activity.busy() if self._activity is not None else _NOTHING:
            if self._journal is not None:
                answered(self._journal, self._layer, f"{request.method} {request.path}", status=status)

    async def services(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The gateway behind its taps: for those who are no part of what is watched or bent."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        else:
            await self._as_work(self._let_in, scope, receive, send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        else:
            if self._chained != self.taps:
                self._chained, self._chain = list(self.taps), self._tapped(0)
            await self._as_work(self._chain, scope, receive, send)

    async def _as_work(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """A request is a part of the work of whoever asks, where that is known; else a piece of its own, from its arrival on."""
        if flow() is not None:
            await app(scope, receive, send)
            return
        with own_flow(len(self._journal) if self._journal is not None else 0):
            await app(scope, receive, send)

    def _tapped(self, place: int) -> ASGIApp:
        """The application as the tap before this place sees it: further taps, and the services behind the last."""
        return partial(self.taps[place], self._tapped(place + 1)) if place < len(self.taps) else self._let_in

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._internal.isdisjoint(dict(scope["headers"])):
            scope = {**scope, "headers": [each for each in scope["headers"] if each[0] not in self._internal]}
        app = self._app if self.state is GatewayState.UP else self._unavailable
        work = flow()
        if work is not None:
            work.inside = 0
        await self._serve(app, scope, receive, send)

    async def _serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if self._journal is None:
            await app(scope, receive, send)
            return
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self._activity.busy() if self._activity is not None else _NOTHING:
            try:
                await app(scope, receive, watched)
            finally:
                answered(self._journal, self._layer, f"{scope['method']} {scope['path']}", status=status)
