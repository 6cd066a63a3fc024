"""Requests without httpx's ceremony are the same requests, and equal answers are one object."""

from __future__ import annotations

import httpx
import pytest

from provisioner.clients.exchange import Exchange, Known, Plain
from simulator.web.connection import NobodyListens
from simulator.web.in_process import InProcessTransport
from simulator.web.transports import ByHost


class App:
    """Notes what it is asked, and answers."""

    def __init__(self) -> None:
        self.asked = []

    async def __call__(self, scope, receive, send):
        message = await receive()
        self.asked.append((scope, message["body"]))
        if scope["path"].endswith("/nobody"):
            raise NobodyListens
        await send({"type": "http.response.start", "status": 207, "headers": [(b"Content-Type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"one ", "more_body": True})
        await send({"type": "http.response.body", "body": b"two"})


class Httpx(httpx.AsyncBaseTransport):
    """A transport that knows httpx's objects only."""

    def __init__(self, inner):
        self._inner = inner

    async def handle_async_request(self, request):
        return await self._inner.handle_async_request(request)


@pytest.mark.parametrize(
    ("method", "url", "headers", "content"),
    [
        ("GET", "http://dci6.lab/dci/v3/server?where=name%20EQ%20'a'", {"accept": "application/json"}, None),
        ("POST", "http://dci6.lab:8006/a%2Fb/c", {"content-type": "application/json"}, b'{"a":1}'),
        ("POST", "https://192.0.2.1:1500/dcimgr", {}, None),
        ("DELETE", "http://dci6.lab/auth/v4/token/x", {"x-xsrf-token": "t"}, None),
    ],
)
async def test_both_ways_ask_the_same_and_are_told_the_same(method, url, headers, content):
    app = App()
    inner = InProcessTransport(app)
    ways = [inner, Httpx(inner), ByHost({}, inner), ByHost({}, Httpx(inner))]
    answers = [await Exchange(way).send(method, url, headers, content) for way in ways]
    assert isinstance(ways[0], Plain)
    assert not isinstance(ways[1], Plain)
    assert {(each.status_code, each.content, each.headers["content-type"]) for each in answers} == {
        (207, b"one two", "text/plain")
    }
    (scope, body), *others = app.asked
    for other, sent in others:
        assert {**other, "headers": sorted(other["headers"])} == {**scope, "headers": sorted(scope["headers"])}
        assert sent == body
    assert app.asked[1][0]["headers"] == scope["headers"]  # in the same order, too


async def test_both_ways_fail_alike():
    inner = InProcessTransport(App())
    said = []
    for way in (inner, Httpx(inner)):
        with pytest.raises(httpx.ConnectError) as error:
            await Exchange(way).send("GET", "http://dci6.lab/nobody", {})
        said.append(str(error.value))
    assert said[0] == said[1]


def test_equal_answers_are_one_object_and_what_is_none_is_not_kept():
    decoded = []

    def decode(content):
        decoded.append(content)
        return None if content == b"none" else [content]

    known = Known(decode)
    assert known.read(b"a") is known.read(b"a")
    assert known.read(b"none") is known.read(b"none") is None
    assert decoded == [b"a", b"none", b"none"]
    long = bytes(known.LONGEST + 1)
    assert known.read(long) is not known.read(long)
    first = known.read(b"a")
    size = 1 << 12
    for number in range(known.MOST // size - 1):
        known.read(b"%0*d" % (size, number))
    assert known.read(b"a") is first
    for number in range(known.MOST // size):
        known.read(b"%0*d" % (size, -number))
    assert known.read(b"a") is not first
