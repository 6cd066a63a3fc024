"""Ways of HTTP clients of this process to the panels: by host, and counted as in flight."""

from __future__ import annotations

import httpx

from simulator.kernel import Activity
from simulator.web.connection import COUNTED
from simulator.web.in_process import InProcessTransport, parts_of

__all__ = ["ByHost", "Counted"]


class ByHost(httpx.AsyncBaseTransport):
    """Another transport for some hosts, by `host:port` or by host alone."""

    def __init__(self, hosts: dict[str, httpx.AsyncBaseTransport], rest: httpx.AsyncBaseTransport) -> None:
        self._hosts = hosts
        self._rest = rest

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._way(str(request.url)).handle_async_request(request)

    async def exchange(
        self, method: str, url: str, headers: list[tuple[bytes, bytes]], content: bytes
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """As `InProcessTransport.exchange`; over one that has no such way, as httpx has it."""
        way = self._way(url)
        if isinstance(way, InProcessTransport):
            return await way.exchange(method, url, headers, content)
        request = httpx.Request(method, url, headers=headers, content=content)
        response = await way.handle_async_request(request)
        try:
            return response.status_code, response.headers.raw, await response.aread()
        finally:
            await response.aclose()

    def _way(self, url: str) -> httpx.AsyncBaseTransport:
        return self._hosts.get(parts_of(url).host, self._rest)


class Counted(httpx.AsyncBaseTransport):
    """Counts each request as in flight, so that stepped time waits for its answer."""

    def __init__(self, inner: httpx.AsyncBaseTransport, activity: Activity) -> None:
        self._inner = inner
        self._activity = activity

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.headers[COUNTED.decode()] = "1"
        with self._activity.busy():
            response = await self._inner.handle_async_request(request)
            await response.aread()
            return response

    async def aclose(self) -> None:
        await self._inner.aclose()
