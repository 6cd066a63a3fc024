"""What all calls have in common: paths, sessions, bodies, errors, the gateway, OpenAPI."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.api6 import create_app, create_gateway
from simulator.api6 import errors as words
from simulator.api6.dialect import load_dialect, read_dialect
from simulator.dcim import errors
from simulator.kernel import Activity
from tests.api6.support.world import Client, with_client
from tests.dcim.support import ADMIN, ALICE


@pytest.mark.requirement("HW-5")
def test_the_prefix_api_is_optional():
    async def scene(client: Client) -> None:
        assert await client.get("/api/dci/v3/server/1") == await client.get("/dci/v3/server/1")

    with_client(scene)


@pytest.mark.parametrize(
    "headers",
    [{"X-XSRF-Token": "{}"}, {"ISP-Session": "{}"}, {"Cookie": "ses6={}; isp-box-instance=true"}],
)
def test_the_token_is_taken_from_any_of_its_places(headers):
    async def scene(client: Client) -> None:
        sent = {name: value.replace("{}", client.token) for name, value in headers.items()}
        answer = await client.http.get("/auth/v4/whoami", headers=sent)
        assert answer.json() == {
            "owner_id": 1,
            "owner_email": ADMIN[0],
            "trustee_id": 1,
            "trustee_email": ADMIN[0],
            "roles": ["@admin"],
        }

    with_client(scene)


def test_a_session_shows_when_it_ends_and_is_refused_after_that():
    async def scene(client: Client) -> None:
        answer = await client.http.post("/api/auth/v4/public/token", json={"email": ADMIN[0], "password": ADMIN[1]})
        assert answer.status_code == 201
        assert answer.json()["expires_at"] == "2026-01-01 01:00:01"
        await client.world.clock.sleep(3600)
        assert (await client.refused("GET", "/dci/v3/server"))[:2] == (401, 1000)
        client.token = ""
        assert (await client.refused("GET", "/dci/v3/server"))[:2] == (401, 1000)

    with_client(scene)


def test_logout_ends_the_session_by_its_value():
    async def scene(client: Client) -> None:
        assert await client.delete(f"/auth/v4/token/{client.token}") == {}
        assert (await client.refused("GET", "/auth/v4/whoami"))[0] == 401

    with_client(scene)


def test_json_is_read_whatever_the_content_type_and_an_empty_body_is_an_object():
    async def scene(client: Client) -> None:
        headers = {"x-xsrf-token": client.token, "content-type": "application/x-www-form-urlencoded"}
        answer = await client.http.post("/dci/v3/server/1", content='{"notes": "as PHP does"}', headers=headers)
        assert answer.json() == {"id": 1}
        assert (await client.http.post("/dci/v3/server/1/power_on", headers=headers)).status_code == 200

    with_client(scene)


@pytest.mark.parametrize("raw", ["[1]", "nonsense", "{", "1", "null", "[" * 100_000])
def test_bodies_that_are_no_objects_are_refused(raw):
    async def scene(client: Client) -> None:
        answer = await client.http.post("/dci/v3/server/1", content=raw, headers={"x-xsrf-token": client.token})
        assert (answer.status_code, answer.json()["error"]["value"]) == (400, "body")

    with_client(scene)


def test_unknown_keys_are_named():
    async def scene(client: Client) -> None:
        status, _, message, value = await client.refused("POST", "/dci/v3/server/1", {"notes": "x", "colour": "red"})
        assert (status, value) == (400, "colour")
        assert "Unexpected property 'colour'" in message
        assert (await client.get("/dci/v3/server/1"))["notes"] == ""

    with_client(scene)


def test_missing_and_wrong_values_are_named():
    async def scene(client: Client) -> None:
        assert (await client.refused("POST", "/dci/v3/server/1/owner", {}))[3] == "owner"
        assert (await client.refused("POST", "/dci/v3/server/1/ip", {"count": 0}))[3] == "count"
        assert (await client.refused("POST", "/dci/v3/server/1", {"notes": None}))[3] == "notes"
        assert (await client.refused("GET", "/dci/v3/server/one"))[:2] == (400, 9402)

    with_client(scene)


def test_unknown_paths_methods_and_things_have_the_products_codes():
    async def scene(client: Client) -> None:
        assert (await client.refused("GET", "/dci/v3/nothing"))[:2] == (404, 1106)
        assert (await client.refused("GET", "/dci/v3/sauce"))[:2] == (404, 1106)
        assert (await client.refused("PUT", "/dci/v3/server"))[:2] == (405, 1106)
        assert (await client.refused("GET", "/dci/v3/server/99"))[:2] == (404, 3080)
        assert (await client.refused("GET", "/docs"))[:2] == (404, 1106)

    with_client(scene)


def test_every_error_of_the_panel_has_its_words():
    kinds = [getattr(errors, name) for name in errors.__all__ if name != "PanelError"]
    assert all(kind in words.TABLE for kind in kinds)
    codes = [code for _, code in words.TABLE.values()]
    assert len(set(codes)) == len(codes)


def test_a_wrong_password_is_no_session():
    async def scene(client: Client) -> None:
        body = {"email": ADMIN[0], "password": "wrong-password"}
        assert (await client.refused("POST", "/auth/v4/public/token", body))[:2] == (401, 9401)

    with_client(scene, login=False)


def test_while_a_service_restarts_the_edge_answers_before_any_effect():
    async def scene(client: Client) -> None:
        client.gateway.take_down(client.world.clock.now() + 10)
        answer = await client.http.post(
            "/dci/v3/server/1", json={"notes": "lost"}, headers={"x-xsrf-token": client.token}
        )
        assert answer.status_code == 503
        assert answer.json() == {"error": {"code": 503, "msg": "Unavailable", "value": ""}}
        await client.world.clock.sleep(10)
        assert (await client.get("/dci/v3/server/1"))["notes"] == ""
        client.gateway.take_down()
        assert client.gateway.state.value == "restarting"
        client.gateway.bring_up()
        await client.get("/dci/v3/server/1")

    world = with_client(scene)
    requests = [(record.subject, record.detail["status"]) for record in world.journal if record.layer == "api6"]
    assert ("POST /dci/v3/server/1", 503) in requests
    assert requests[0] == ("POST /auth/v4/public/token", 201)


def test_an_edge_without_a_clock_cannot_come_up_by_itself():
    async def scene(client: Client) -> None:
        activity = Activity()
        gateway = create_gateway(create_app(client.world.panel), activity=activity)
        with pytest.raises(ValueError):
            gateway.take_down(5.0)
        gateway.take_down()
        assert activity.in_flight == 0

    with_client(scene)


def test_openapi_says_of_every_route_where_its_form_comes_from():
    async def scene(client: Client) -> None:
        document = (await client.http.get("/openapi.json")).json()
        operations = [each for path in document["paths"].values() for each in path.values()]
        assert len(operations) == len(load_dialect())
        assert {each["x-provenance"] for each in operations} == {"documented", "observed", "inferred"}
        install = document["paths"]["/dci/v3/server/{sid}/os_install"]["post"]
        assert install["x-provenance"] == "inferred"
        assert "os_template" in install["requestBody"]["content"]["application/json"]["schema"]["properties"]
        assert json.dumps(document)

    with_client(scene)


def test_a_dialect_of_ones_own_replaces_paths_keys_and_statuses():
    async def scene(client: Client) -> None:
        import httpx

        rows = read_dialect(
            "routes:\n"
            "  - {call: 'POST /dci/v3/server/{sid}/change_owner', action: server.owner, provenance: observed,"
            " source: a real one, status: 202, keys: {account: owner}}\n"
        )
        app = create_app(client.world.panel, rows)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://x") as http:
            headers = {"x-xsrf-token": client.token}
            answer = await http.post("/dci/v3/server/1/change_owner", json={"account": 2}, headers=headers)
            assert (answer.status_code, answer.json()) == (202, {"id": 1})
            both = await http.post("/dci/v3/server/1/change_owner", json={"account": 2, "owner": 1}, headers=headers)
            assert both.status_code == 400
        assert (await client.get("/dci/v3/server/1"))["owner"] == {"id": 2, "email": ALICE[0]}
        with pytest.raises(ValueError):
            create_app(client.world.panel, [rows[0].model_copy(update={"action": "server.fly"})])

    with_client(scene)


def test_a_dialect_that_names_a_call_twice_is_refused():
    row = "  - {call: GET /x, action: server.list, provenance: inferred, source: ours}\n"
    with pytest.raises(ValueError, match="GET /x twice"):
        read_dialect("routes:\n" + row + row)


BAD = [
    ("POST", "/dci/v3/server/1/owner", {"owner": 99}),
    ("POST", "/dci/v3/server/1/os_install", {"os_template": "windows"}),
    ("POST", "/dci/v3/server/1/os_install", {"os_template": "debian-12"}),
    ("POST", "/dci/v3/server/1/diagnostic", {"template": "Diag6", "ippool": 77}),
    ("POST", "/dci/v3/server/1/ip", {"ippool": 1, "count": 500}),
    ("POST", "/dci/v3/server/1/ip", {"ippool": "six"}),
    ("POST", "/dci/v3/server/1/ip", {"name": "192.0.2.1"}),
    ("DELETE", "/dci/v3/server/1/ip/1", None),
    ("POST", "/dci/v3/server/1/power_off", {}),
    ("POST", "/dci/v3/server/4/port_on", {}),
    ("POST", "/dci/v3/server/4/suspend", {}),
    ("POST", "/dci/v3/server/1/operation/cancel", {}),
    ("POST", "/dci/v3/user", {"email": "x", "password": "long-enough"}),
    ("POST", "/dci/v3/user", {"email": ALICE[0], "password": "long-enough"}),
    ("DELETE", "/auth/v4/user/1", None),
    ("DELETE", "/dci/v3/operation/1", None),
]


@pytest.mark.parametrize("call", BAD, ids=lambda call: f"{call[0]} {call[1]}")
def test_a_refused_call_changes_nothing(call):
    async def scene(client: Client) -> None:
        async def everything() -> list[object]:
            paths = ("/dci/v3/server", "/dci/v3/user", "/ip/v3/ippool", "/ip/v3/ip", "/dci/v3/operation")
            return [await client.get(path) for path in paths]

        before = await everything()
        await client.refused(*call)
        assert await everything() == before

    with_client(scene)


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=20))
@settings(deadline=None, max_examples=40)
def test_any_list_query_is_answered_or_refused(where, orderby, limit):
    async def scene(client: Client) -> None:
        answer = await client.http.get(
            "/dci/v3/server",
            params={"where": where, "orderby": orderby, "limit": limit},
            headers={"x-xsrf-token": client.token},
        )
        assert answer.status_code in (200, 400)

    with_client(scene)
