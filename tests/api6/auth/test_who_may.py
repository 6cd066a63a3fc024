"""Who may do what: a user can neither see nor touch what is another's, whatever the route."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.api6.calls import HANDLERS
from simulator.api6.dialect import load_dialect
from tests.api6.support.snapshot import PATHS, snapshot
from tests.api6.support.world import Client, with_client
from tests.dcim.support import ALICE

BOB = ("bob@example.com", "bob-secret")
MARK = "only-bobs"
"""Stands in everything that is Bob's and a person could read."""


async def furnish(client: Client) -> dict[str, str]:
    """Bob has a server with an address, an operation, a key, a session, settings; Alice has a server too. Ids of Bob's
    things by the names of path parameters.
    """
    await client.post("/auth/v4/user", {"email": BOB[0], "password": BOB[1], "full_name": MARK}, 201)
    await client.post("/dci/v3/server/1", {"owner": 3, "notes": MARK})
    await client.post("/dci/v3/server/2", {"owner": 2})
    await client.post("/dci/v3/server/1/ip", {"ippool": 1, "domain": f"{MARK}.example.com"})
    addresses = (await client.get("/ip/v3/ip"))["list"]
    mine = next(each for each in addresses if each["domain"].startswith(MARK))
    await client.log_in(*BOB)
    operation = await client.post("/dci/v3/server/1/os_install", {"os_template": "debian-12", "password": "x" * 12})
    token = client.token
    return {"sid": "1", "ipid": str(mine["id"]), "oid": str(operation["operation"]), "u": "3", "token": token, "t": "3"}


def filled(pattern: str, ids: dict[str, str], other: str) -> str:
    return "/".join(ids.get(part[1:-1], other) if part.startswith("{") else part for part in pattern.split("/"))


def test_everything_that_can_be_read_shows_a_user_nothing_of_anothers():
    async def scene(client: Client) -> None:
        ids = await furnish(client)
        await client.log_in(*ALICE)
        for call in PATHS:
            method, pattern = call.split(" ")
            if method != "GET":
                continue
            answer = await client.http.get(filled(pattern, ids, "1"), headers={"x-xsrf-token": client.token})
            assert MARK not in answer.text, pattern
            assert BOB[0] not in answer.text, pattern
            assert ids["token"] not in answer.text, pattern

    with_client(scene)


BODIES: tuple[dict[str, Any], ...] = (
    {},
    {"password": "mine-all-mine"},
    {"owner": 2},
    {"notes": "hers"},
    {"os_template": "debian-12", "password": "x" * 12},
    {"ip_list": ["::1"]},
    {"name": "hers", "ssh_pub_key": "ssh-rsa AAAA"},
    {"full_name": "hers"},
    {"roles": ["@admin"]},
)


@pytest.mark.parametrize("body", BODIES, ids=json.dumps)
def test_no_route_lets_a_user_change_what_is_anothers(body):
    async def scene(client: Client) -> None:
        ids = await furnish(client)
        await client.log_in(*ALICE)
        before = snapshot(client.world.panel)
        for call in PATHS:
            method, pattern = call.split(" ")
            action = next(row.action for row in load_dialect() if call in (row.call, *row.aliases))
            if method == "GET" or HANDLERS[action].public or "/self" in pattern or "{" not in pattern:
                continue
            answer = await client.http.request(
                method, filled(pattern, ids, "1"), json=body, headers={"x-xsrf-token": client.token}
            )
            assert answer.status_code in (400, 403, 404, 409), (call, answer.text)
            assert snapshot(client.world.panel) == before, call

    with_client(scene)


@given(st.sampled_from([call for call in PATHS if "{sid}" in call]))
@settings(deadline=None, max_examples=20)
def test_anothers_server_and_one_that_is_not_there_look_the_same(call):
    async def scene(client: Client) -> None:
        ids = await furnish(client)
        await client.log_in(*ALICE)
        method, pattern = call.split(" ")
        answers = []
        for number in ("1", "99"):
            path = filled(pattern, {**ids, "sid": number}, "1")
            answer = await client.http.request(method, path, headers={"x-xsrf-token": client.token})
            answers.append((answer.status_code, answer.text.replace(f" {number}", " N").replace(f'"{number}"', "N")))
        assert answers[0] == answers[1]

    with_client(scene)


def test_a_user_recovers_his_server_and_cleans_its_disks_but_does_not_look_at_the_hardware():
    async def scene(client: Client) -> None:
        await client.post("/dci/v3/server/1", {"owner": 2})
        given = await client.post("/dci/v3/server/1/ip", {})
        await client.log_in(*ALICE)
        assert (await client.post("/dci/v3/server/1/recovery", {"template": "Sysrescd"}))["operation"] == 1
        await client.post("/dci/v3/server/1/operation/cancel", {})
        refused = await client.refused("POST", "/dci/v3/server/1/diagnostic", {"template": "Diag6"})
        assert refused[:2] == (403, 3001)
        cleaning = {"template": "Diag6", "clear_disks": True}
        refused = await client.refused("POST", "/dci/v3/server/1/diagnostic", {**cleaning, "ippool": "public"})
        assert refused[:2] == (403, 3001)
        assert (await client.post("/dci/v3/server/1/diagnostic", cleaning))["operation"] == 2
        await client.post(f"/dci/v3/server/1/ip/{given['id']}", {"domain": "alice.example.com"})
        assert (await client.refused("DELETE", f"/dci/v3/server/1/ip/{given['id']}"))[0] == 403

    with_client(scene)
