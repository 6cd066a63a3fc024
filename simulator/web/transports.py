"""Ways of HTTP clients of this process to the panels: by host, and counted as in flight."""

from __future__ import annotations

import httpx

from simulator.kernel import Activity
from simulator.web.connection import COUNTED

__all__ = ["ByHost", "Counted"]


class ByHost(httpx.AsyncBaseTransport):
    """Another transport for some hosts, by `host:port` or by host alone."""

    def __init__(self, hosts: dict[str, httpx.AsyncBaseTransport], rest: httpx.AsyncBaseTransport) -> None:
        self._hosts = hosts
        self._rest = rest

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._hosts.get(request.url.netloc.decode("ascii"), self._rest).handle_async_request(request)


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
