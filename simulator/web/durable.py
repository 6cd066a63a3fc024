"""In front of an application whose answers may leave only when what they say is on the disk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Durable"]

WENT_WRONG = 1011
"""RFC 6455: the server met what it did not expect."""


class Durable:
    """ASGI middleware. Where it cannot be written (`durable` raises OSError), a call is refused before it does anything; only the
    one that finds out has done it, and gets an error instead of its answer, as from a panel whose database fails.
    """

    def __init__(
        self, app: ASGIApp, durable: Callable[[], Awaitable[None]], failing: Callable[[], bool], refusal: ASGIApp
    ) -> None:
        """`durable` returns when all that has happened is written; `failing`: it could not be when that was last tried."""
        self._app = app
        self._durable = durable
        self._failing = failing
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._app(scope, receive, self._telling(send))
        elif scope["type"] == "http":
            await self._call(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._failing() and not await self._written():
            await self._refusal(scope, receive, send)
            return
        heard: list[Message] = []
        refused = False

        async def hear() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                heard.append(message)
            return message

        async def again() -> Message:
            return heard.pop(0) if heard else await receive()

        async def answer(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and not await self._written():
                refused = True
                await self._refusal(scope, again, send)
            if not refused:
                await send(message)

        await self._app(scope, hear, answer)

    def _telling(self, send: Send) -> Send:
        closed = False

        async def tell(message: Message) -> None:
            nonlocal closed
            if closed:
                return
            if message["type"] == "websocket.send" and not await self._written():
                closed = True
                message = {"type": "websocket.close", "code": WENT_WRONG}
            await send(message)

        return tell

    async def _written(self) -> bool:
        try:
            await self._durable()
        except OSError:
            return False
        return True
