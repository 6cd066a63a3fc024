"""What may happen to an HTTP message happens alike in memory and on sockets: to the panel, and to who asked it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from simulator.faults import CATALOGUE
from simulator.kernel import run
from simulator.lab import Lab, Run
from simulator.web.interference import without_ids
from simulator.web.pages import GATEWAYS, page

ONE, HOSTED = Lab.load("one"), Lab.load("hosting")
CALL = "POST */server/1"
MODES = ["simulated", "wire", "tls"]


@asynccontextmanager
async def opened(mode: str) -> AsyncIterator[Run]:
    if mode == "simulated":
        async with ONE.simulated(seed=3) as lab:
            yield lab
    else:
        async with ONE.wire(seed=3, clock="auto", tls=mode == "tls") as lab:
            yield lab


def play(mode: str, scene: Callable[[Run, Client], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        async with opened(mode) as lab:
            client = Client(lab)
            try:
                return await scene(lab, client)
            finally:
                await client.http.aclose()

    return run(main()) if mode == "simulated" else asyncio.run(main())


class Client:
    """Logged in to DCImanager 6; gives up after a minute of lab time."""

    def __init__(self, lab: Run) -> None:
        self.lab = lab
        self.http = httpx.AsyncClient(transport=lab.billing_transport(), base_url=lab.dci6_url, timeout=None)
        self.token = lab.panel.users.log_in(*lab.admin).value

    async def note(self, text: str) -> httpx.Response:
        async with self.lab.clock.timeout(60):
            return await self.http.post("/dci/v3/server/1", json={"notes": text}, headers={"x-xsrf-token": self.token})

    @property
    def notes(self) -> str:
        return self.lab.panel.inventory.servers.get(1).notes


def bend(lab: Run, kind: str, **params: Any) -> Any:
    return lab.faults.inject(kind, CATALOGUE[kind].params.model_validate(params))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("kind", "params", "seen", "done"),
    [
        ("http.refused", {}, httpx.TransportError, False),
        ("http.reset", {}, httpx.TransportError, False),
        ("http.reset", {"when": "after"}, httpx.TransportError, True),
        ("http.lost", {}, TimeoutError, False),
        ("http.answer_lost", {}, TimeoutError, True),
        ("http.slow", {"by": "50s"}, 200, True),
        ("http.slow", {"by": "90s"}, TimeoutError, True),
        ("http.slow", {"by": "50s", "when": "before"}, 200, True),
        ("http.gateway", {"status": 502, "when": "before"}, 502, False),
        ("http.gateway", {"status": 504}, 504, True),
        ("http.gateway", {"status": 200, "when": "before", "page": "haproxy"}, 200, False),
        ("http.cut", {}, httpx.RemoteProtocolError, True),
        ("http.garbled", {}, 200, True),
        ("http.twice", {}, 200, True),
        ("http.error", {"status": 409, "code": 9409, "message": "not now"}, 409, False),
    ],
)
def test_a_message_meets_its_fate_and_the_next_one_does_not(
    mode: str, kind: str, params: dict[str, Any], seen: Any, done: bool
) -> None:
    async def scene(lab: Run, client: Client) -> None:
        fault = bend(lab, kind, call=CALL, nth=1, **params)
        assert not fault.came_about
        began = lab.clock.now()
        if isinstance(seen, int):
            answer = await client.note("first")
            assert answer.status_code == seen
            if kind == "http.garbled":
                with pytest.raises(ValueError):
                    answer.json()
            if kind == "http.slow":
                assert 50 <= lab.clock.now() - began < 51
            if kind == "http.error":
                assert answer.json() == {"error": {"code": 9409, "msg": "not now", "value": ""}}
        else:
            with pytest.raises(seen):
                await client.note("first")
        assert fault.came_about
        assert client.notes == ("first" if done else "")
        (told,) = [record for record in lab.journal if record.layer == "wire"]
        assert (told.subject, told.detail["receiver"]) == ("POST /dci/v3/server/1", "dci6")
        handled = [each for each in lab.journal if each.layer == "api6" and each.subject.startswith("POST /dci")]
        assert len(handled) == (2 if kind == "http.twice" else int(done))
        assert (await client.note("second")).status_code == 200
        assert client.notes == "second"

    play(mode, scene)


@pytest.mark.parametrize("mode", ["simulated", "wire"])
def test_a_late_call_takes_effect_though_its_sender_has_given_up(mode: str) -> None:
    async def scene(lab: Run, client: Client) -> None:
        bend(lab, "http.slow", call=CALL, by="90s", when="before", times=1)
        with pytest.raises(TimeoutError):
            await client.note("late")
        assert client.notes == ""
        await lab.clock.sleep(31)
        assert client.notes == "late"

    play(mode, scene)


def test_the_nth_some_a_share_one_panel_one_caller_and_no_longer_than_it_lasts() -> None:
    async def scene(lab: Run, client: Client) -> None:

        async def statuses(count: int) -> list[int]:
            return [(await client.note(str(n))).status_code for n in range(count)]

        bend(lab, "http.gateway", call=CALL, nth=2)
        assert await statuses(4) == [200, 504, 200, 200]
        lab.faults.clear()
        bend(lab, "http.gateway", call="POST /dci/v3/server/{}", after=1, times=2, status=503)
        assert await statuses(4) == [200, 503, 503, 200]
        lab.faults.clear()
        bend(lab, "http.gateway", share=0.5)
        assert {200, 504} == set(await statuses(40))
        lab.faults.clear()
        for other in ({"panel": "dci5"}, {"func": "server"}, {"caller": "192.0.2.*"}, {"call": "GET *"}):
            bend(lab, "http.gateway", **other)
        assert await statuses(2) == [200, 200]
        bend(lab, "http.gateway", caller="python-httpx/*", **{"for": "10m"})
        assert await statuses(1) == [504]
        await lab.clock.sleep(600)
        assert await statuses(1) == [200]
        assert [fault.params.target for fault in lab.faults.pending()] == ["panel"] * 4

    play("simulated", scene)


def test_two_equal_faults_each_end_their_own_rule() -> None:
    async def scene(lab: Run, client: Client) -> None:
        for lasts in ("1m", "2m"):
            bend(lab, "http.gateway", call=CALL, **{"for": lasts})
        statuses = []
        for _ in range(3):
            statuses.append((await client.note("x")).status_code)
            await lab.clock.sleep(61)
        assert statuses == [504, 504, 200]

    play("simulated", scene)


@pytest.mark.parametrize(
    ("panel", "url", "query"),
    [
        ("dci5", "dci5_url", "/dcimgr?func=server&out=xml"),
        ("ispmanager", "ispmanager_url", "/ispmgr?func=user&out=xml"),
    ],
)
def test_coremanager_calls_are_chosen_by_function_and_refused_in_their_own_words(
    panel: str, url: str, query: str
) -> None:
    async def main() -> None:
        async with (HOSTED if panel == "ispmanager" else ONE).simulated() as lab:
            func = query.partition("func=")[2].partition("&")[0]
            bend(lab, "http.error", panel=panel, func=func, type="missed", object="server", times=1)
            bend(lab, "http.gateway", panel=panel, func="user*" if func == "user" else "serv*", page="haproxy", times=1)
            async with httpx.AsyncClient(transport=lab.billing_transport()) as http:
                first = await http.get(f"{getattr(lab, url)}{query}")
                assert (first.status_code, b'type="missed"' in first.content) == (200, True)
                assert (await http.get(f"{getattr(lab, url)}{query}")).status_code == 504
                posted = await http.post(getattr(lab, url) + query.partition("?")[0], data={"func": func, "out": "xml"})
                assert posted.status_code == 200
            told = [record.subject for record in lab.journal if record.layer == "wire"]
            assert told == [f"GET {query.partition('?')[0]}?func={func}"] * 2

    run(main())


def test_lists_of_both_versions_can_be_stale_and_forms_are_not() -> None:
    async def scene(lab: Run, client: Client) -> None:
        bend(lab, "http.stale", age="60s")
        headers = {"x-xsrf-token": client.token}

        async def notes(path: str) -> Any:
            return (await client.http.get(path, headers=headers)).json()

        before = await notes("/dci/v3/server")
        await client.note("new")
        assert await notes("/dci/v3/server") == before
        assert (await notes("/dci/v3/server/1"))["notes"] == "new"
        await lab.clock.sleep(61)
        assert (await notes("/dci/v3/server"))["list"][0] != before["list"][0]

    play("simulated", scene)


def test_a_client_with_a_time_out_of_its_own_gives_up_by_it() -> None:
    async def scene(lab: Run, client: Client) -> None:
        bend(lab, "http.lost", call=CALL, nth=1)
        began = lab.clock.now()
        with pytest.raises(httpx.ReadTimeout):
            await client.http.post("/dci/v3/server/1", json={}, timeout=7)
        assert lab.clock.now() - began == pytest.approx(7, abs=0.01)
        bend(lab, "http.slow", call=CALL, by="10s", times=1)
        with pytest.raises(httpx.ReadTimeout):
            await client.http.post(
                "/dci/v3/server/1", json={"notes": "x"}, headers={"x-xsrf-token": client.token}, timeout=7
            )
        assert client.notes == "x"

    play("simulated", scene)


def _sealed(plain: socket.socket, request: bytes) -> bytes:
    """The request as TLS octets, after a handshake on this socket. Python's own TLS sockets tell a reset as an end (3.11)."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    inside = context.wrap_bio(received, sent)
    while True:
        try:
            inside.do_handshake()
            break
        except ssl.SSLWantReadError:
            plain.sendall(sent.read())
            received.write(plain.recv(65536))
    inside.write(request)
    return sent.read()


@pytest.mark.parametrize("tls", [False, True])
def test_on_a_socket_a_reset_is_a_reset(tls: bool) -> None:
    """A client without our transport sees what the system says: ECONNRESET, no orderly end."""

    async def main() -> None:
        async with ONE.wire(seed=3, clock="stepped", tls=tls) as lab:
            bend(lab, "http.reset")
            url = httpx.URL(lab.dci6_url)

            def ask() -> str:
                request = b"GET /dci/v3/server HTTP/1.1\r\nHost: x\r\n\r\n"
                with socket.create_connection((url.host, url.port or 0)) as plain:
                    try:
                        plain.sendall(_sealed(plain, request) if tls else request)
                        while octets := plain.recv(4096):  # of TLS, session tickets come first
                            pass
                    except ConnectionResetError:
                        return "reset"
                    return repr(octets)

            assert await asyncio.to_thread(ask) == "reset"

    asyncio.run(main())


@pytest.mark.parametrize("tls", [False, True])
def test_on_a_socket_who_is_refused_gets_no_connection_until_the_fault_ends(tls: bool) -> None:
    async def main() -> None:
        async with ONE.wire(seed=3, clock="stepped", tls=tls) as lab:
            url6, url5 = httpx.URL(lab.dci6_url), httpx.URL(lab.dci5_url)

            async def connects(url: httpx.URL) -> bool:
                try:
                    _, writer = await asyncio.open_connection(url.host, url.port)
                except ConnectionRefusedError:
                    return False
                writer.close()
                return True

            async def turns() -> None:
                """It opens and closes when the loop comes to it."""
                for _ in range(5):
                    await asyncio.sleep(0)

            assert await connects(url6)
            fault = bend(lab, "http.refused", panel="dci6")
            await turns()
            assert not await connects(url6)
            assert await connects(url5)
            assert fault.came_about
            lab.faults.clear()
            await turns()
            assert await connects(url6)
            async with httpx.AsyncClient(transport=lab.billing_transport()) as http:
                assert (await http.get(f"{lab.dci6_url}/dci/v3/server")).status_code == 401

    asyncio.run(main())


@pytest.mark.parametrize(
    ("kind", "params", "text"),
    [
        ("http.lost", {"call": "PSOT */owner"}, "did you mean `POST`"),
        ("http.lost", {"call": "owner"}, "write it as"),
        ("http.lost", {"nth": 2, "times": 3}, "not both"),
        ("http.gateway", {"status": 418}, "502"),
        ("http.gateway", {"page": "varnish"}, "nginx"),
        ("http.slow", {"by": "soon"}, "soon"),
        ("http.error", {"status": 200}, "400"),
    ],
)
def test_what_a_fault_does_not_take_is_told(kind: str, params: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        CATALOGUE[kind].params.model_validate(params)


@pytest.mark.parametrize("gateway", GATEWAYS)
@pytest.mark.parametrize("status", [200, 502, 503, 504])
def test_a_gateways_page_has_the_length_that_it_says_and_is_nobody_elses(gateway: str, status: int) -> None:
    headers, body = page(gateway, status)
    assert dict(headers)[b"content-length"] == str(len(body)).encode()
    assert dict(headers)[b"content-type"].startswith(b"text/html")
    assert b"<doc" not in body
    assert b'"error"' not in body
    if status != 200:
        assert str(status).encode() in body


@given(st.lists(st.sampled_from(["dci", "v3", "server", "7", "12345", "a@b.example", "os_install"]), max_size=6))
def test_a_call_without_its_ids_is_the_same_for_every_id(parts: list[str]) -> None:
    path = "/" + "/".join(parts)
    again = "/" + "/".join("99" if part.isdigit() else "z@z.example" if "@" in part else part for part in parts)
    assert without_ids(path) == without_ids(again)
    assert without_ids(without_ids(path)) == without_ids(path)
