"""Recordings of real clients, and live panels, against the mock: what is unlike is named with its place and provenance, and no
value of theirs is shown.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from simulator.api5.calls import FUNCTIONS
from simulator.api6.routes import known_routes
from simulator.cli import app
from simulator.fidelity import live
from simulator.fidelity.live import READS_5, READS_6, NotAsked, ask_panel
from simulator.fidelity.recording import Exchange, RecordingError, read_recording
from simulator.fidelity.replay import Mock, Unlike, as_table, played
from simulator.fidelity.shapes import shape_of, unlike
from simulator.kernel import run
from simulator.lab import Lab, Run
from simulator.lab.reality import played_on
from simulator.review.action_tables import LOOKS_5

LAB = Lab.load("small")
SECRET = "Correct-Horse-1"


class Recorder(httpx.AsyncBaseTransport):
    """Keeps what passes, as a proxy does."""

    def __init__(self, inner: httpx.AsyncBaseTransport, run: Run) -> None:
        self.inner, self.run = inner, run
        self.kept: list[dict[str, Any]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.inner.handle_async_request(request)
        content = await answer.aread()
        self.kept.append(
            {
                "at": self.run.clock.now(),
                "method": request.method,
                "url": str(request.url),
                "body": request.content,
                "status": answer.status_code,
                "answer": content,
            }
        )
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)


def a_clients_afternoon() -> list[dict[str, Any]]:
    """A client of both versions, recorded in front of a lab."""

    async def main() -> list[dict[str, Any]]:
        async with LAB.simulated() as lab:
            await lab.clock.sleep(60)
            recorder = Recorder(lab.billing_transport(), lab)
            async with httpx.AsyncClient(transport=recorder) as http:
                six, five = lab.dci6_url, f"{lab.dci5_url}/dcimgr"
                login = {"email": lab.admin[0], "password": lab.admin[1]}
                token = (await http.post(f"{six}/auth/v4/public/token", json=login)).json()["token"]
                http.headers["x-xsrf-token"] = token
                await http.get(f"{six}/api/dci/v3/server?where=name EQ 'srv-01'&limit=5")
                user = {"email": "dora@example.com", "password": SECRET}
                number = (await http.post(f"{six}/dci/v3/user", json=user)).json()["id"]
                await http.post(f"{six}/dci/v3/server/1/owner", json={"owner": number})
                await http.post(f"{six}/dci/v3/server/1/ip", json={"ippool": "public"})
                await http.post(
                    f"{six}/dci/v3/server/1/os_install", json={"os_template": "debian-12", "password": SECRET}
                )
                await lab.clock.sleep(2400)
                await http.get(f"{six}/dci/v3/server/1")
                who = {"out": "xml", "authinfo": ":".join(lab.admin)}
                await http.post(five, data={"func": "server", **who})
                await http.post(five, data={"func": "iplist", "elid": "1", **who})
                await http.get(five, params={"func": "server.connection", "elid": "1", **who})
                await http.post(five, data={"func": "auth", "out": "json", "username": "x", "password": SECRET})
            return recorder.kept

    return run(main())


RECORDED = a_clients_afternoon()


def har(kept: list[dict[str, Any]], *, encoded: bool = False) -> bytes:
    entries = []
    for each in kept:
        text = base64.b64encode(each["answer"]).decode() if encoded else each["answer"].decode()
        content = {"text": text, **({"encoding": "base64"} if encoded else {})}
        minutes, seconds = divmod(each["at"], 60)
        entries.append(
            {
                "startedDateTime": f"2026-11-30T{10 + int(minutes) // 60:02}:{int(minutes) % 60:02}:{seconds:09.6f}+00:00",
                "request": {"method": each["method"], "url": each["url"], "postData": {"text": each["body"].decode()}},
                "response": {"status": each["status"], "content": content},
            }
        )
    return json.dumps({"log": {"entries": entries}}).encode()


def tnetstring(value: Any) -> bytes:
    if isinstance(value, dict):
        data, kind = b"".join(tnetstring(name) + tnetstring(each) for name, each in value.items()), b"}"
    elif isinstance(value, list):
        data, kind = b"".join(map(tnetstring, value)), b"]"
    elif value is None:
        data, kind = b"", b"~"
    elif isinstance(value, bool):
        data, kind = str(value).lower().encode(), b"!"
    elif isinstance(value, bytes):
        data, kind = value, b","
    else:
        data, kind = str(value).encode(), {str: b";", int: b"#", float: b"^"}[type(value)]
    return b"%d:%b%b" % (len(data), data, kind)


def mitmproxy(kept: list[dict[str, Any]]) -> bytes:
    flows = []
    for each in kept:
        url = httpx.URL(each["url"])
        asked = {
            "method": each["method"].encode(), "path": url.raw_path, "content": each["body"], "headers": [[b"x", b"y"]],
            "timestamp_start": float(each["at"]), "trailers": None,
        }  # fmt: skip
        answered = {"status_code": each["status"], "content": each["answer"], "reason": b"OK"}
        flows.append(
            tnetstring({"version": 21, "type": "http", "intercepted": False, "request": asked, "response": answered})
        )
    return b"".join([*flows, tnetstring({"type": "tcp", "request": None})])


@pytest.mark.parametrize(
    "write", [har, lambda kept: har(kept, encoded=True), mitmproxy], ids=["HAR", "HAR in base64", "mitmproxy"]
)
def test_what_the_mock_itself_answered_is_no_difference_whatever_the_recordings_credentials(
    write: Callable[[list[dict[str, Any]]], bytes],
) -> None:
    exchanges = read_recording(write(RECORDED))
    assert [(each.method, each.status) for each in exchanges] == [(each["method"], each["status"]) for each in RECORDED]
    assert exchanges[-1].at - exchanges[0].at == pytest.approx(2400, abs=1)
    assert played_on(LAB, exchanges) == []


def changed(place: int, **fields: Any) -> list[dict[str, Any]]:
    return [{**each, **fields} if number == place else each for number, each in enumerate(RECORDED)]


def item(change: Callable[[dict[str, Any]], object]) -> list[dict[str, Any]]:
    """The recorded answer of one server, changed."""
    place = next(n for n, each in enumerate(RECORDED) if each["method"] == "GET" and each["url"].endswith("/server/1"))
    answer = json.loads(RECORDED[place]["answer"])
    change(answer)
    return changed(place, answer=json.dumps(answer).encode())


GET_SERVER = "GET /dci/v3/server/{sid}"


@pytest.mark.parametrize(
    ("kept", "found"),
    [
        (item(lambda row: row.update(hardware_uuid="x")), Unlike(GET_SERVER, ".hardware_uuid", "we do not have it", "documented")),
        (item(lambda row: row.pop("barcode")), Unlike(GET_SERVER, ".barcode", "they do not have it", "documented")),
        (item(lambda row: row.update(id="1")), Unlike(GET_SERVER, ".id", "theirs is string, ours is number", "documented")),
        (item(lambda row: row["ip"][0].update(id="7")), Unlike(GET_SERVER, ".ip[].id", "theirs is string, ours is number", "documented")),
        (item(lambda row: row.update(id=row.pop("id"))), Unlike(GET_SERVER, ".name", "it stands in another order", "documented")),
        (changed(3, status=204, answer=b""), Unlike("POST /dci/v3/server/{sid}/owner", "status", "theirs is 204, ours is 200", "inferred")),
        (
            changed(7, answer=RECORDED[7]["answer"].replace(b"<hostname>", b"<host>").replace(b"</hostname>", b"</host>")),
            Unlike("func=server", ".elem.host", "we do not have it", "documented"),
        ),
    ],
    ids=["more", "less", "kind", "kind in a list", "order", "status", "document"],
)  # fmt: skip
def test_a_difference_is_named_with_its_place_and_the_provenance_of_our_form(
    kept: list[dict[str, Any]], found: Unlike
) -> None:
    seen = played_on(LAB, read_recording(har(kept)))
    assert (seen[0].call, seen[0].place, seen[0].what) == (found.call, found.place, found.what)
    assert seen[0].provenance in ("documented", "observed", "inferred")
    assert len({each.call for each in seen}) == 1


def test_ids_of_the_recording_stand_for_those_of_the_lab() -> None:
    kept = [{**each, "url": each["url"].replace("/server/1", "/server/4711")} for each in RECORDED]
    kept = [{**each, "body": each["body"].replace(b"elid=1", b"elid=4711")} for each in kept]
    assert played_on(LAB, read_recording(har(kept))) == []


def test_the_command_prints_a_table_and_nothing_of_what_was_recorded(tmp_path: Path) -> None:
    file = tmp_path / "client.har"
    file.write_bytes(har(item(lambda row: row.update({"dora@example.com": 1, SECRET * 4: 2, "extra": SECRET}))))
    done = CliRunner().invoke(app, ["fidelity", "--recorded", str(file)])
    assert done.exit_code == 1, done.output
    assert done.output.splitlines()[0].split() == ["call", "place", "difference", "our", "form", "is"]
    assert "GET /dci/v3/server/{sid}" in done.output
    assert ".extra" in done.output
    assert ".{}" in done.output
    for hidden in (SECRET, "dora", "srv-01", LAB.plan.admin.password):
        assert hidden not in done.output
    assert SECRET not in repr(read_recording(file.read_bytes()))
    file.write_bytes(har(RECORDED))
    done = CliRunner().invoke(app, ["fidelity", "--recorded", str(file)])
    assert (done.exit_code, done.output) == (0, f"{len(RECORDED)} exchanges: no difference\n")


@pytest.mark.parametrize(
    "octets", [b"", b"{}", b'{"log": {"entries": []}}', b"nonsense", b"5:ab", b"99999:x,", b"1:x?", b'{"log": 1}']
)
def test_what_is_no_recording_is_refused(octets: bytes, tmp_path: Path) -> None:
    with pytest.raises(RecordingError):
        read_recording(octets)
    file = tmp_path / "x"
    file.write_bytes(octets)
    done = CliRunner().invoke(app, ["fidelity", "--recorded", str(file)])
    assert done.exit_code == 2


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_octets_are_a_recording_or_refused(octets: bytes) -> None:
    try:
        read_recording(octets)
    except RecordingError:
        return


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=12,
    )
)
@settings(deadline=None)
def test_a_shape_is_like_itself(value: Any) -> None:
    shape = shape_of(json.dumps(value).encode())
    assert list(unlike(shape, shape)) == []


def test_an_answer_that_hides_a_bomb_is_text() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE doc [<!ENTITY a "aaaaaaaa">]><doc>&a;</doc>'
    assert shape_of(bomb)["kinds"] == {"text"}


# live panels


@pytest.mark.parametrize("version", [5, 6])
def test_a_live_panel_is_read_and_never_changed_and_no_session_stays(version: Any) -> None:
    async def main() -> None:
        async with LAB.simulated() as lab:
            await lab.clock.sleep(60)
            recorder = Recorder(lab.billing_transport(), lab)
            url = lab.dci6_url if version == 6 else lab.dci5_url
            before = lab.panel.inventory.servers.version, lab.panel.users.all.version, len(lab.panel.operations.all)
            async with httpx.AsyncClient(transport=recorder) as http:
                exchanges = await ask_panel(url, version, *lab.admin, http)
            after = lab.panel.inventory.servers.version, lab.panel.users.all.version, len(lab.panel.operations.all)
            assert before == after
            for each in recorder.kept:
                path = httpx.URL(each["url"]).path
                if version == 6:
                    assert each["method"] == "GET" or path.endswith("/public/token") or "/auth/v4/token/" in path
                else:
                    assert b"sok" not in each["body"]
            asked = json.dumps([[each.path, each.query, each.body.decode()] for each in exchanges])
            assert lab.admin[1] not in asked
            if version == 6:
                token = json.loads(recorder.kept[0]["answer"])["token"]
                async with httpx.AsyncClient(transport=lab.billing_transport()) as http:
                    again = await http.get(f"{lab.dci6_url}/dci/v3/server", headers={"x-xsrf-token": token})
                    assert again.status_code == 401, "it logged out"
        async with LAB.simulated() as other:
            await other.clock.sleep(60)
            async with httpx.AsyncClient(transport=other.billing_transport()) as http:
                mock = Mock(http, other.dci6_url, other.dci5_url, other.admin, other.clock.sleep)
                assert await played(exchanges, mock) == []
            assert as_table([], len(exchanges)).endswith("no difference\n")

    run(main())


def test_what_a_live_panel_is_asked_only_looks() -> None:
    routes = known_routes()
    for path in READS_6:
        assert routes.action("GET", path), path  # type: ignore[attr-defined]
    assert set(READS_5) <= set(FUNCTIONS)
    assert set(READS_5) | set(live._OF_SERVER) <= set(LOOKS_5)


def test_a_panel_that_lets_nobody_in_or_is_silent_is_said() -> None:
    async def main(version: Any, url: str = "") -> None:
        async with LAB.simulated() as lab, httpx.AsyncClient(transport=lab.billing_transport()) as http:
            await ask_panel(
                url or (lab.dci6_url if version == 6 else lab.dci5_url), version, lab.admin[0], "wrong", http
            )

    for version in (5, 6):
        with pytest.raises(NotAsked) as caught:
            run(main(version))
        assert "wrong" not in str(caught.value)
    done = CliRunner().invoke(app, ["fidelity", "--url", "http://127.0.0.1:9", "--username", "x", "--password", SECRET])
    assert done.exit_code == 2
    assert "does not answer" in done.output
    assert SECRET not in done.output


def test_one_thing_is_compared_at_a_time() -> None:
    assert CliRunner().invoke(app, ["fidelity"]).exit_code == 2
    assert CliRunner().invoke(app, ["fidelity", "--page", "--url", "http://x"]).exit_code == 2


def test_calls_to_other_places_are_passed_over() -> None:
    other = [
        Exchange(0.0, "GET", "/favicon.ico", "", b"", 200, b"x"),
        Exchange(1.0, "GET", "/dci/", "", b"", 200, b"<html>"),
    ]
    assert played_on(LAB, other) == []
