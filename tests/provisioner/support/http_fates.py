"""What can become of one HTTP call, and a transport that lets it become of the nth call of a life.

A fate takes the request and the panel behind, and gives an answer or raises; whether the panel ever sees the request, and
how often, is the fate's own business. The pages are those that nginx and HAProxy answer with in a panel's place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import httpx

from simulator.kernel import Clock

Send = Callable[[httpx.Request], Awaitable[httpx.Response]]
LONG: Final = 90.0
"""Longer than any client of ours waits for an answer."""
OUTAGE: Final = 600.0
STALE: Final = 30.0


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a panel speaks."""

    is_order: Callable[[httpx.Request], bool]
    """Whether a call may change something; else it is a question."""
    error: Callable[[httpx.Request], httpx.Response]
    """An error in the panel's own words."""
    question: Callable[[httpx.Request], bytes | None]
    """What a call for a list asks, None for another call."""
    again: Callable[[bytes, httpx.Request], httpx.Request]
    """The same question, asked with the credentials of another request."""


@dataclass
class Wire(httpx.AsyncBaseTransport):
    """To a panel. The call number `at` meets the fate, the others pass; None counts only."""

    send: Send
    clock: Clock
    dialect: Dialect
    fate: str = ""
    at: int | None = None
    stale: bytes | None = None
    """The question whose older answer is remembered."""
    calls: list[tuple[bool, bytes | None]] = field(default_factory=list)
    """Of each call: whether it is an order, and the question that it asks."""
    older: httpx.Response | None = None
    until: float = -1.0
    tasks: list[asyncio.Task[httpx.Response]] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        number, asked = len(self.calls), self.dialect.question(request)
        order = self.dialect.is_order(request)
        self.calls.append((order, asked))
        if self.stale is not None and order and (self.at is None or number < self.at):
            self.older = await self.send(self.dialect.again(self.stale, request))
        if self.clock.now() < self.until:  # what lasts
            if self.fate == "outage":
                raise httpx.ConnectError("connection refused", request=request)
            if self.fate == "stale" and asked == self.stale and self.older is not None:
                return _copy(self.older)
        if number != self.at:
            return await self.send(request)
        return await getattr(self, "_" + self.fate)(request)

    async def aclose(self) -> None:
        """What is still on its way arrives."""
        await asyncio.gather(*self.tasks, return_exceptions=True)

    # fates

    async def _refused(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused", request=request)

    async def _reset(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("connection reset", request=request)

    async def _answer_lost(self, request: httpx.Request) -> httpx.Response:
        await self.send(request)
        raise httpx.ReadError("connection reset", request=request)

    async def _slow(self, request: httpx.Request) -> httpx.Response:
        """The panel does it at once, and answers when nobody waits any more."""
        answer = await self.send(request)
        await self.clock.sleep(LONG)
        return answer

    async def _late(self, request: httpx.Request) -> httpx.Response:
        """The request waits on the way, and arrives when nobody waits any more."""

        async def arrive() -> httpx.Response:
            await self.clock.sleep(LONG)
            return await self.send(request)

        task = asyncio.create_task(arrive())
        self.tasks.append(task)
        return await asyncio.shield(task)

    async def _twice(self, request: httpx.Request) -> httpx.Response:
        await self.send(request)
        return await self.send(request)

    async def _half(self, request: httpx.Request) -> httpx.Response:
        answer = await self.send(request)
        return _copy(answer, answer.content[: len(answer.content) // 2])

    async def _garbled(self, request: httpx.Request) -> httpx.Response:
        answer = await self.send(request)
        body = bytearray(answer.content)
        body[1::7] = b"\xff" * len(body[1::7])
        return _copy(answer, bytes(body))

    async def _error(self, request: httpx.Request) -> httpx.Response:
        return self.dialect.error(request)

    async def _stale(self, request: httpx.Request) -> httpx.Response:
        self.until = self.clock.now() + STALE
        return await self.send(request) if self.older is None else _copy(self.older)

    async def _outage(self, request: httpx.Request) -> httpx.Response:
        self.until = self.clock.now() + OUTAGE
        raise httpx.ConnectError("connection refused", request=request)


def _copy(answer: httpx.Response, content: bytes | None = None) -> httpx.Response:
    headers = {"content-type": answer.headers.get("content-type", "")}
    return httpx.Response(answer.status_code, headers=headers, content=answer.content if content is None else content)


def _page(status: int, server: str) -> httpx.Response:
    """A gateway's, or with status 200 a captive portal's."""
    title = {502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out", 200: "Welcome"}[status]
    if server == "nginx":
        name = "<center><h1>{0}</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n"
        body = "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n" + name + "</body>\r\n</html>\r\n"
        return httpx.Response(status, html=body.format(f"{status} {title}"))
    line = "No server is available to handle this request." if status == 503 else "The server didn't respond in time."
    return httpx.Response(
        status, headers={"content-type": "text/html"},
        content=f"<html><body><h1>{status} {title}</h1>\n{line}\n</body></html>\n".encode(),
    )  # fmt: skip


def _pages() -> list[str]:
    """Fates of every page, before the panel sees the request and after it has done it."""
    names = []
    for status, server in ((502, "nginx"), (504, "nginx"), (503, "haproxy"), (504, "haproxy"), (200, "haproxy")):
        for after in (False, True):

            async def fate(
                wire: Wire, request: httpx.Request, status: int = status, server: str = server, after: bool = after
            ) -> httpx.Response:
                if after:
                    await wire.send(request)
                return _page(status, server)

            names.append(f"{server}_{status}_{'after' if after else 'before'}")
            setattr(Wire, "_" + names[-1], fate)
    return names


PAGES: Final = _pages()
PASSING: Final = ["refused", "reset", "answer_lost", "slow", "late", "twice", "half", "garbled", *PAGES, "stale"]
"""After these the end is the uninterrupted one, without a failure on the way."""
TOLD: Final = ["error", "outage"]
"""After these an action may fail, and says so; done once more, it ends as without them."""


def fits(fate: str, order: bool, question: bytes | None) -> bool:
    """Whether a fate can be that of such a call. To do a question twice is to do it once."""
    return {"stale": question is not None, "twice": order, "late": order}.get(fate, True)
