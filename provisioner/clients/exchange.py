"""One request and its answer, without httpx's ceremony where nobody needs it.

Panels are behind an httpx transport: the network's, or one that stands in its place. Making httpx's request and response
costs more than a panel of the same process needs for its answer; a transport that can do without has `exchange`.
"""

from __future__ import annotations

import ssl
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

import httpx

__all__ = ["Answer", "Exchange", "Known", "Plain"]

T = TypeVar("T")

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class Answer(NamedTuple):
    status_code: int
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes


@runtime_checkable
class Plain(Protocol):
    """What a transport has that needs no httpx request."""

    async def exchange(
        self, method: str, url: str, headers: list[tuple[bytes, bytes]], content: bytes
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Status, headers and body of the answer. `url` as httpx writes it; `headers`: all that are sent, names in lower case.
        Raises as httpx's transports do.
        """


class Exchange:
    """A client's way to its panel: no cookies, no redirects, no proxies of the environment, and no time limit of its own,
    for those are the clock's business.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport | None, *, verify: bool | ssl.SSLContext = True) -> None:
        """`transport` takes the network's place."""
        self._transport = transport if transport is not None else httpx.AsyncHTTPTransport(verify=verify)
        self._plain = self._transport if isinstance(self._transport, Plain) else None

    async def send(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None) -> Answer:
        """The whole answer, whatever its status. Raises httpx.RequestError. Names of headers are in lower case."""
        if self._plain is None:
            request = httpx.Request(method, _url(url), headers=headers, content=content)
            response = await self._transport.handle_async_request(request)
            try:
                await response.aread()
            finally:
                await response.aclose()
            return Answer(response.status_code, response.headers, response.content)
        target, host = _target(url)
        sent = [host]  # in httpx's order
        if content is None and method in _WITH_BODY:
            sent.append((b"content-length", b"0"))
        for name, value in headers.items():
            sent.append(_header(name, value))
        if content is not None:
            sent.append((b"content-length", b"%d" % len(content)))
        status, told, body = await self._plain.exchange(method, target, sent, content or b"")
        return Answer(status, _Headers(told), body)

    async def close(self) -> None:
        await self._transport.aclose()


@lru_cache(maxsize=4096)
def _url(text: str) -> httpx.URL:
    """Polling asks for the same few addresses again and again, and taking one apart costs more than the call."""
    return httpx.URL(text)


@lru_cache(maxsize=4096)
def _target(text: str) -> tuple[str, tuple[bytes, bytes]]:
    """An address as httpx writes it, and the header that names its host."""
    url = _url(text)
    return str(url), (b"host", url.netloc)


@lru_cache(maxsize=1024)
def _header(name: str, value: str) -> tuple[bytes, bytes]:
    return name.encode("ascii"), value.encode("ascii")


class _Headers(Mapping[str, str]):
    """Of an answer: decoded when somebody looks."""

    def __init__(self, told: list[tuple[bytes, bytes]]) -> None:
        self._told = told
        self._read: dict[str, str] | None = None

    def _whole(self) -> dict[str, str]:
        if self._read is None:
            self._read = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self._told}
        return self._read

    def __getitem__(self, name: str) -> str:
        return self._whole()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())


class Known(Generic[T]):
    """What the answers of late mean. Polling is told the same octets again and again: one object is then enough for all of
    them, and for the log that keeps them. Nobody may change it.
    """

    MOST = 1 << 22
    """Octets of answers, all together: those of a thousand operations that are polled at once."""
    LONGEST = 1 << 16
    """Octets: what is longer is seldom told twice."""

    def __init__(self, decode: Callable[[bytes], T | None]) -> None:
        """`decode`: None for what is no answer."""
        self._decode = decode
        self._known: OrderedDict[bytes, T] = OrderedDict()
        self._octets = 0

    def read(self, content: bytes) -> T | None:
        known = self._known
        found = known.get(content)
        if found is not None:
            known.move_to_end(content)
            return found
        found = self._decode(content)
        if found is not None and len(content) <= self.LONGEST:
            known[content] = found
            self._octets += len(content)
            while self._octets > self.MOST:
                gone, _ = known.popitem(last=False)
                self._octets -= len(gone)
        return found
