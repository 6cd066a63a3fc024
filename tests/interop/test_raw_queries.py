"""Lists asked for as real clients ask: the query neither encoded nor quoted, over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.api6 import create_app
from simulator.web.request_line import encoded
from simulator.web.sockets import WebServer, bind
from tests.dcim.support import ADMIN, World
from tests.interop.programs import execute, need

pytestmark = pytest.mark.interop

LIST = "/dci/v3/server"
QUERY = "where=(name CP 'srv%') AND is_new EQ false&orderby=name desc&limit=0,2"


async def ask(port: int, target: bytes, token: str, *, parts: int = 1) -> tuple[int, Any]:
    """The request line as it stands, in so many segments."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    raw = b"GET %b HTTP/1.1\r\nhost: dci6\r\nx-xsrf-token: %b\r\nconnection: close\r\n\r\n" % (target, token.encode())
    size = -(-len(raw) // parts)
    for start in range(0, len(raw), size):
        writer.write(raw[start : start + size])
        await writer.drain()
        await asyncio.sleep(0)
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    status = int(head.split(b" ")[1])
    return status, json.loads(body) if b"application/json" in head else body


def served(scene: Callable[[int, str], Awaitable[None]]) -> None:
    """Play a scene against the API of a small world on a socket: its port, and an administrator's token."""

    async def main() -> None:
        world = World()
        web = WebServer(create_app(world.panel), bind("127.0.0.1", 0))
        await web.start()
        try:
            token = world.panel.users.log_in(*ADMIN, "127.0.0.1").value
            await scene(int(web.url.rpartition(":")[2]), token)
        finally:
            await web.stop()

    asyncio.run(main())


@pytest.mark.parametrize("parts", [1, 7])
def test_raw_spaces_and_quotes_mean_what_encoded_ones_mean(parts):
    async def scene(port: int, token: str) -> None:
        status, rows = await ask(port, f"{LIST}?{QUERY}".encode(), token, parts=parts)
        assert status == 200
        assert [row["name"] for row in rows["list"]] == ["srv-04", "srv-03"]
        assert rows["size"] == 4
        assert (await ask(port, f"{LIST}?{quote(QUERY, safe='=&,')}".encode(), token)) == (200, rows)
        status, answer = await ask(port, f"{LIST}?where=name EQ 'срв' XOR id EQ 1".encode(), token)
        assert (status, answer["error"]["value"]) == (400, "where")
        assert "position 15" in answer["error"]["msg"]

    served(scene)


def test_curl_sends_a_target_as_it_stands():
    curl = need("curl")

    async def scene(port: int, token: str) -> None:
        url, header = f"http://127.0.0.1:{port}/", f"x-xsrf-token: {token}"
        done = await execute(curl, "-s", "-H", header, "--request-target", f"{LIST}?{QUERY}", url)
        assert json.loads(done.out)["size"] == 4

    served(scene)


def test_requests_one_after_another_on_a_connection_are_told_apart():
    async def scene(port: int, token: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        one = (
            f"POST /dci/v3/server/1 HTTP/1.1\r\nhost: x\r\nx-xsrf-token: {token}\r\ncontent-length: 29\r\n\r\n"
            '{"notes": "GET / x HTTP/1.1"}'
        )
        two = f"GET {LIST}?where=notes EQ 'GET / x HTTP/1.1' HTTP/1.1\r\nhost: x\r\nx-xsrf-token: {token}\r\n"
        writer.write(f"{one}{two}connection: close\r\n\r\n".encode())
        answers = (await reader.read()).split(b"\r\n\r\n")
        writer.close()
        assert len(answers) == 3
        assert json.loads(answers[1].partition(b"HTTP/1.1 ")[0]) == {"id": 1}
        assert json.loads(answers[2])["size"] == 1

    served(scene)


TEXT = st.text(st.characters(min_codepoint=0x20, exclude_characters="\x7f#&%+", exclude_categories=("Cs", "Cc")))


@given(st.lists(TEXT, min_size=30, max_size=40))
@settings(deadline=None, max_examples=4)
def test_whatever_stands_in_a_raw_query_arrives_as_it_was_written(texts):
    async def scene(port: int, token: str) -> None:
        for text in texts:
            status, answer = await ask(port, f"{LIST}?filter=x{text}x".encode(), token)
            assert status == 400
            assert answer["error"]["msg"] == f"filter: there is no field {f'x{text}x'!r}"

    served(scene)


@given(st.binary(max_size=60))
def test_a_line_in_order_and_a_line_that_is_none_stay_as_they_are(raw):
    line = b"GET /" + raw + b" HTTP/1.1\r"
    better = encoded(line)
    if raw.isascii() and b" " not in raw:
        assert better == line
    else:
        assert better.count(b" ") == 2
        assert better.isascii()
        assert encoded(better) == better
    assert encoded(raw.replace(b"HTTP", b"")) == raw.replace(b"HTTP", b"")
