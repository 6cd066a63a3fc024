"""A proxy that keeps lists, in front of the API: what somebody has put there to spare a slow panel.

It is no part of the product. While it keeps nothing it hands everything through; whoever switches it on makes every list
up to so many seconds old, and leaves forms and actions alone.
"""

from __future__ import annotations

from collections import OrderedDict

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.kernel import Clock

__all__ = ["ListCache"]

MARK = b"p_elems"
"""Lists alone say how many rows they have."""
MOST = 64
"""Lists that are kept."""


class ListCache:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock
        self._age = 0.0
        self._kept: OrderedDict[tuple[str, bytes, bytes], tuple[float, list[Message]]] = OrderedDict()

    def keep(self, age: float) -> None:
        """Answer lists that are asked for again within `age` seconds of lab time with what they were; 0: never."""
        self._age = age
        self._kept.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._age or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked: list[Message] = []
        while not asked or asked[-1].get("more_body"):
            asked.append(await receive())
        body = b"".join(message.get("body", b"") for message in asked)
        key = scope["path"], scope["query_string"], body
        held = self._kept.get(key)
        if held is not None and self._clock.now() - held[0] < self._age:
            for message in held[1]:
                await send(message)
            return
        told: list[Message] = []

        async def again() -> Message:
            return asked.pop(0) if asked else {"type": "http.disconnect"}

        async def watched(message: Message) -> None:
            told.append(message)
            await send(message)

        await self._app(scope, again, watched)
        if any(MARK in message.get("body", b"") for message in told):
            self._kept[key] = self._clock.now(), told
            self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
