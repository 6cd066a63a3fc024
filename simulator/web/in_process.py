"""HTTP without a socket: an httpx transport that calls an ASGI application on the same loop.

httpx has one of its own, which looks for trio on the disk at every request; this one knows its loop, and hands a
request over in a tenth of the time.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote

import httpx

from simulator.web.again import AGAIN, Again, Remembered
from simulator.web.connection import PATIENCE, AnswerCut, Broken, NoAnswer, NobodyListens
from simulator.web.gateway import Gateway, Passing

__all__ = ["InProcessTransport", "parts_of"]


class _Parts(NamedTuple):
    """An address, as a request's scope has it."""

    host: str
    """With its port, where it has one."""
    scheme: str
    path: str
    raw_path: bytes
    query: bytes
    server: tuple[str, int | None]


@lru_cache(maxsize=4096)
def parts_of(url: str) -> _Parts:
    """Polling asks for the same few addresses again and again."""
    whole = httpx.URL(url)
    raw_path, _, query = whole.raw_path.partition(b"?")
    path = unquote(raw_path.decode("ascii"))
    return _Parts(whole.netloc.decode("ascii"), whole.scheme, path, raw_path, query, (whole.host, whole.port))


class InProcessTransport(httpx.AsyncBaseTransport):
    """Carries a request into `app` and its whole answer back. What the application raises, the client gets."""

    def __init__(self, app: Any, client: tuple[str, int] = ("127.0.0.1", 49152)) -> None:
        self._app = app
        self._client = client
        self._gateway = app if isinstance(app, Gateway) and app.answers_again else None
        self._remembered: Remembered[tuple[int, list[tuple[bytes, bytes]], bytes]] = Remembered()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        patience = (request.extensions.get("timeout") or {}).get("read")
        status, told, body = await self._carry(
            request.method, str(request.url), headers, await request.aread(), patience, request
        )
        return httpx.Response(status, headers=told, content=body)

    async def exchange(
        self, method: str, url: str, headers: list[tuple[bytes, bytes]], content: bytes
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """The same without httpx's objects: status, headers and body. `headers` are all that are sent, in lower case."""
        gateway = self._gateway
        if gateway is None or method != "GET" or content:
            return await self._carry(method, url, headers, content, None, None)
        parts = parts_of(url)
        request = Passing(method, parts.path, parts.query, self._client[0], _agent(headers))
        if not gateway.lets_pass(request):
            return await self._carry(method, url, headers, content, None, None)
        question = url, tuple(headers)
        given = self._remembered.get(question)
        if given is not None and given.again():
            gateway.answered_again(request, given.answer[0])
            return given.answer
        left: list[Again] = []
        answer = await self._carry(method, url, headers, content, None, None, left)
        self._remembered.keep(question, answer, left)
        return answer

    async def _carry(
        self,
        method: str,
        url: str,
        sent: list[tuple[bytes, bytes]],
        body: bytes,
        patience: float | None,
        request: httpx.Request | None,
        left: list[Again] | None = None,
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        parts = parts_of(url)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "headers": sent,
            "scheme": parts.scheme,
            "path": parts.path,
            "raw_path": parts.raw_path,
            "query_string": parts.query,
            "root_path": "",
            "server": parts.server,
            "client": self._client,
        }
        if patience is not None:
            scope["extensions"] = {PATIENCE: patience}
        if left is not None:
            scope["extensions"] = {AGAIN: left}
        asked = False
        status = 0
        headers: list[tuple[bytes, bytes]] = []
        answer: list[bytes] = []

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:  # nobody goes away in here: who waits for that waits for good
                await asyncio.get_running_loop().create_future()
            asked = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], message.get("headers", [])
            elif method != "HEAD":
                answer.append(message.get("body", b""))

        try:
            await self._app(scope, receive, send)
        except Broken as broken:
            await _give_up(broken, patience, request)
        if not status:
            raise httpx.RemoteProtocolError("the application ended without an answer", request=request)
        return status, headers, answer[0] if len(answer) == 1 else b"".join(answer)


def _agent(headers: list[tuple[bytes, bytes]]) -> str:
    for name, value in headers:
        if name == b"user-agent":
            return value.decode("latin-1")
    return ""


async def _give_up(broken: Broken, patience: float | None, request: httpx.Request | None) -> None:
    """What httpx raises when the same happens on a socket. A client that waits without end is ended from outside."""
    if isinstance(broken, NoAnswer):
        if patience is None:
            await asyncio.get_running_loop().create_future()
        await asyncio.sleep(patience or 0.0)  # noqa: TID251 - a client's own time-out is wire time
        raise httpx.ReadTimeout("no answer came", request=request)
    if isinstance(broken, NobodyListens):
        raise httpx.ConnectError("All connection attempts failed", request=request)
    if isinstance(broken, AnswerCut):
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body", request=request)
    raise httpx.ReadError("Connection reset by peer", request=request)
