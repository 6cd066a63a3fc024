"""Who may ask the control API, and how long and deep a request may be."""

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.control.guard import LARGEST, Access
from tests.control.support import JSON, in_lab

TOKEN = "only-for-us"
LOOPBACK = {"access": Access(), "base_url": "http://127.0.0.1:8016"}
OTHERS = {"access": Access(TOKEN, "0.0.0.0"), "base_url": "http://lab.example:8016"}


@pytest.mark.parametrize("host", ["127.0.0.1:8016", "localhost:8016", "[::1]:8016", "127.0.0.9", "localhost"])
def test_a_lab_on_loopback_answers_to_this_machines_own_names(host):
    async def scene(lab, client):
        for headers in ({"host": host}, {"host": host, "origin": f"http://{host}"}):
            assert (await client.get("/__lab/clock", headers=headers)).status_code == 200

    in_lab(scene, **LOOPBACK)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "evil.example:8016"},
        {"host": "127.0.0.1.evil.example"},
        {"host": ""},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
    ],
)
def test_a_page_of_another_site_can_do_nothing_to_it(headers):
    async def scene(lab, client):
        done = await client.post("/__lab/faults", json={"bmc.dead": {"server": "srv-1"}}, headers=headers)
        assert done.status_code == 403
        assert done.json()["error"]
        assert lab.faults.active() == []

    in_lab(scene, **LOOPBACK)


def test_what_a_page_can_send_without_asking_is_refused():
    """A form's types need no CORS preflight."""

    async def scene(lab, client):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            headers = {"content-type": kind}
            done = await client.post("/__lab/faults", content='{"bmc.dead": {"server": "srv-1"}}', headers=headers)
            assert done.status_code == 415
            assert "application/json" in done.json()["error"]
        assert lab.faults.active() == []

    in_lab(scene, **LOOPBACK)


def test_a_lab_that_other_machines_reach_asks_for_its_token():
    async def scene(lab, client):
        for headers in (
            {},
            {"authorization": "Bearer wrong"},
            {"authorization": f"Basic {TOKEN}"},
            {"cookie": "x"},
            {"cookie": 'rackloop_control="\\xff'},
        ):
            for path in ("/", "/__lab/state", "/__lab/no_such_thing", "/?token=wrong"):
                done = await client.get(path, headers=headers)
                assert done.status_code == 401
                assert done.headers["www-authenticate"] == "Bearer"
                assert TOKEN not in done.text
        right = {"authorization": f"Bearer {TOKEN}"}
        assert (await client.get("/__lab/state", headers=right)).status_code == 200
        bad = await client.get("/__lab/state", headers={**right, "origin": "http://evil.example"})
        assert bad.status_code == 403

    in_lab(scene, **OTHERS)


def test_a_person_comes_in_by_the_printed_address_and_keeps_a_cookie_that_scripts_do_not_see():
    async def scene(lab, client):
        entered = await client.get(f"/?token={TOKEN}")
        assert (entered.status_code, entered.headers["location"]) == (303, "/")
        assert "HttpOnly" in entered.headers["set-cookie"]
        assert "SameSite=strict" in entered.headers["set-cookie"]
        assert "Timeline" in (await client.get("/")).text

    in_lab(scene, **OTHERS)


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (b"[" * 100_000, 400, "nested deeper"),
        (b'{"a":' * 900 + b"1" + b"}" * 900, 400, "nested deeper"),
        (b'{"seconds": NaN}', 400, "no NaN"),
        (b'{"seconds": -Infinity}', 400, "no -Infinity"),
        (b'{"seconds": 1e999}', 400, "seconds"),
        (b'{"\\ud800": 1}', 400, "surrogate"),
        (b'{"seconds": "\\udc00"}', 400, "surrogate"),
        (b"\xff\xfe", 400, "not JSON"),
        (b" " * (LARGEST + 1), 413, "at most"),
        (b'"' + b"[" * 1000 + b'"', 400, "not a JSON object"),
    ],
)
def test_no_body_is_too_odd_to_be_answered(body, status, why):
    async def scene(lab, client):
        for path in ("/__lab/clock/advance", "/__lab/faults"):
            done = await client.post(path, content=body, headers=JSON)
            assert done.status_code == status
            assert why in done.json()["error"] or path == "/__lab/faults"

    in_lab(scene, **LOOPBACK)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.sampled_from(["host", "origin", "cookie", "authorization"]), st.binary(max_size=40)))
def test_no_header_opens_a_lab_without_its_token_and_none_breaks_it(headers):
    async def scene(lab, client):
        told = [(name.encode(), value) for name, value in headers.items()]
        request = httpx.Request("GET", "http://lab.example/__lab/state", headers=told)
        assert (await client.send(request)).status_code in (401, 403)

    in_lab(scene, **OTHERS)
