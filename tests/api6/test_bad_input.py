"""Bad input of every kind gets its documented error and changes nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.api6.calls import HANDLERS
from simulator.api6.dialect import load_dialect
from simulator.api6.errors import TABLE, TOO_LARGE
from simulator.api6.requests import DEEPEST, LARGEST, query_of
from simulator.dcim.errors import Invalid
from tests.api6.support.snapshot import PATHS, snapshot
from tests.api6.support.world import Client, with_client
from tests.dcim.support import ALICE

DOCUMENTED = {400, 401, 403, 404, 405, 409, 413}
EDIT = "/dci/v3/server/1"


def nested(levels: int) -> str:
    return '{"settings": {"x": ' + "[" * (levels - 2) + "]" * (levels - 2) + "}}"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b'{"notes": "\xff\xfe"}', "not JSON"),
        (b'{"notes": "\xed\xa0\x80"}', "not JSON"),
        ('{"notes": "x"}'.encode("utf-16"), "not JSON"),
        (b'{"notes": "\\ud800"}', "surrogate"),
        (b'{"settings": {"x": NaN}}', "NaN"),
        (b'{"settings": {"x": -Infinity}}', "Infinity"),
        (b'{"settings": {"x": 1e999}}', "too large"),
        (b'{"settings": {"x": ' + b"9" * 5000 + b"}}", "not JSON"),
        (nested(DEEPEST + 1).encode(), "deep"),
        (b'{"settings":' * 50_000, "not JSON"),
        (b"\x00", "not JSON"),
        (b'{"notes": "a", "notes": {}}', "notes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_bodies_that_cannot_be_are_refused(raw, why):
    async def scene(client: Client) -> None:
        before = snapshot(client.world.panel)
        answer = await client.http.post(EDIT, content=raw, headers={"x-xsrf-token": client.token})
        assert answer.status_code == 400
        assert why in answer.json()["error"]["msg"]
        assert snapshot(client.world.panel) == before

    with_client(scene)


def test_a_body_as_deep_as_allowed_is_taken():
    async def scene(client: Client) -> None:
        headers = {"x-xsrf-token": client.token}
        raw = nested(DEEPEST)
        path = "/auth/v4/self/setting/deep"
        assert (await client.http.post(path, content=raw, headers=headers)).status_code == 200
        assert (await client.get(path))["data"] == json.loads(raw)
        raw = '\ufeff{"notes": "with a mark, \\ud83d\\ude00"}'
        assert (await client.http.post(EDIT, content=raw, headers=headers)).status_code == 200

    with_client(scene)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_huge_body_is_refused_before_it_is_read(chunked):
    async def scene(client: Client) -> None:
        before = snapshot(client.world.panel)
        sent = 0

        async def parts() -> AsyncIterator[bytes]:
            nonlocal sent
            for _ in range(64):
                sent += 1 << 16
                yield b" " * (1 << 16)

        body: Any = parts() if chunked else b" " * (LARGEST + 1)
        answer = await client.http.post(EDIT, content=body, headers={"x-xsrf-token": client.token})
        assert (answer.status_code, answer.json()["error"]["code"]) == TOO_LARGE
        assert sent <= LARGEST + (1 << 17)
        assert snapshot(client.world.panel) == before

    with_client(scene)


def test_pages_of_other_origins_may_call():
    async def scene(client: Client) -> None:
        asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
        asked["Access-Control-Request-Headers"] = "x-xsrf-token, content-type"
        answer = await client.http.options(EDIT, headers=asked)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
        assert "x-xsrf-token" in answer.headers["access-control-allow-headers"].lower()
        answer = await client.http.get(
            "/dci/v3/server", headers={"Origin": "https://shop.example", "x-xsrf-token": client.token}
        )
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
        assert answer.headers["access-control-allow-credentials"] == "true"

    with_client(scene)


@pytest.mark.parametrize("query", [b"where=name%20CP%20%27%ff%27", b"limit=%00", b"orderby=%zz"])
def test_queries_that_cannot_be_are_refused(query):
    async def scene(client: Client) -> None:
        url = httpx.URL("https://dci6/dci/v3/server", query=query)
        answer = await client.http.get(url, headers={"x-xsrf-token": client.token})
        assert answer.status_code == 400

    with_client(scene)


def test_raw_octets_in_a_query_are_utf_8_or_refused():
    def query(raw: bytes) -> Any:
        return query_of(raw)

    assert query("where=name CP 'срв%'".encode()) == {"where": "name CP 'срв%'"}
    with pytest.raises(Invalid):
        query(b"where=\xff")


NO_BODIES: tuple[tuple[bytes, int], ...] = (
    (b"[1]", 400), (b"{", 400), (b"\xff\xfe{}", 400),
    (nested(DEEPEST + 2).encode(), 400), (b'{"no such key": 1}', 400), (b" " * (LARGEST + 1), 413),
)  # fmt: skip
"""What is no request body of any route, and what it is answered."""


def test_every_route_refuses_what_is_no_body_and_whoever_has_no_session_and_nothing_changes():
    async def scene(client: Client) -> None:
        ids = {"sid": "1", "id": "1", "pid": "1", "oid": "1", "ipid": "1"}
        expired, mine = client.token, await client.log_in()
        client.world.panel.users.log_out(client.world.panel.users.by_key(1), expired)
        before = snapshot(client.world.panel)
        for row in load_dialect():
            method, pattern = row.call.split(" ")
            path = "/".join(ids.get(part[1:-1], "1") if part.startswith("{") else part for part in pattern.split("/"))
            handler = HANDLERS[row.action]
            for raw, status in NO_BODIES:
                if handler.inside or (handler.body.model_config.get("extra") == "allow" and b"no such" in raw):
                    continue
                answer = await client.http.request(method, path, content=raw, headers={"x-xsrf-token": mine})
                assert answer.status_code == status, (row.call, raw[:40], answer.text)
                assert answer.json()["error"]["value"] == ("no such key" if b"no such" in raw else "body")
            for token in (expired, "1-" + "0" * 5000):
                if handler.public or handler.inside:
                    continue
                answer = await client.http.request(method, path, json={}, headers={"x-xsrf-token": token})
                assert (answer.status_code, answer.json()["error"]["code"]) == (401, 1000), row.call
        assert snapshot(client.world.panel) == before

    with_client(scene)


CALLS = st.sampled_from([call.split(" ") for call in PATHS])
IDS = st.sampled_from(["1", "2", "0", "99", "-1", "x", "alice@example.com", "9" * 30, "%00", "%ff", "%E2%80%AE", "1.0"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
BODIES = st.one_of(
    st.binary(max_size=40),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(
        st.sampled_from(["owner", "email", "password", "name", "roles", "ip_list", "notes", "role", "value", "x"]),
        JSON,
        max_size=3,
    ).map(lambda value: json.dumps(value).encode()),
)
TOKENS = st.one_of(
    st.none(),
    st.just("expired"),
    st.just("alice"),
    st.binary(min_size=1, max_size=30).map(lambda raw: raw.translate(None, b"\r\n\0")),
)
HEADERS = st.dictionaries(
    st.sampled_from(["Content-Type", "Cookie", "Accept", "Origin", "X-Junk", "Internal-Auth", "Content-Encoding"]),
    st.binary(max_size=20).map(lambda raw: raw.translate(None, b"\r\n\0")),
    max_size=3,
)


@given(st.lists(st.tuples(CALLS, IDS, BODIES, TOKENS, HEADERS), min_size=15, max_size=25))
@settings(deadline=None, max_examples=15)
def test_whatever_is_sent_without_a_right_to_it_gets_a_documented_error_and_changes_nothing(requests):
    async def scene(client: Client) -> None:
        tokens = {"expired": client.token, "alice": await client.log_in(*ALICE)}
        await client.delete(f"/auth/v4/token/{tokens['expired']}", status=404)  # another's session is not hers to end
        client.world.panel.users.log_out(client.world.panel.users.by_key(1), tokens["expired"])
        before = snapshot(client.world.panel)
        for (method, pattern), key, body, token, headers in requests:
            if token == "alice" and ("/self" in pattern or "user/" in pattern or "token" in pattern):
                continue  # what is her own she may change
            path = "/".join(key if part.startswith("{") else part for part in pattern.split("/"))
            url = httpx.URL("https://dci6" + path)
            sent: Any = dict(headers)
            if token is not None:
                sent["x-xsrf-token"] = tokens.get(token, token) if isinstance(token, str) else token
            answer = await client.http.request(method, url, content=body, headers=sent)
            if (pattern.startswith("/auth/") and "/public" in pattern) or pattern.startswith("/auth/v3/auth"):
                assert answer.status_code in DOCUMENTED | {200, 201}
            elif token == "alice":
                assert answer.status_code in DOCUMENTED | {200}, (method, path, answer.text)
            else:
                assert answer.status_code in (400, 401, 403, 404), (method, path, answer.text)
            if answer.status_code >= 400:
                error = answer.json()["error"]
                assert set(error) == {"code", "msg", "value"}
                assert (answer.status_code, error["code"]) in {*TABLE.values(), (404, 1106), (405, 1106)}
            if answer.status_code >= 400 or method == "GET":
                assert snapshot(client.world.panel) == before, (method, path, body)
            before = snapshot(client.world.panel)

    with_client(scene)


@given(st.lists(st.tuples(CALLS, IDS, BODIES, HEADERS), min_size=15, max_size=25))
@settings(deadline=None, max_examples=15)
def test_whatever_an_administrator_sends_is_done_or_gets_a_documented_error_and_changes_nothing(requests):
    async def scene(client: Client) -> None:
        token = client.token
        for (method, pattern), key, body, headers in requests:
            before = snapshot(client.world.panel)
            path = "/".join(key if part.startswith("{") else part for part in pattern.split("/"))
            sent: Any = {**headers, "x-xsrf-token": token}
            answer = await client.http.request(method, httpx.URL("https://dci6" + path), content=body, headers=sent)
            assert answer.status_code < 300 or answer.status_code in DOCUMENTED, (method, path, body, answer.text)
            if answer.status_code >= 400:
                await client.world.clock.sleep(0)
                assert snapshot(client.world.panel) == before, (method, path, body)

    with_client(scene)
