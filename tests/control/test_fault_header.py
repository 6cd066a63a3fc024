"""`X-Rackloop-Fault` on a call to a panel: that very call is struck, by the wire's rules, and nothing else is."""

from __future__ import annotations

import httpx
import pytest

from simulator.control.app import create_control
from simulator.control.guard import Access
from simulator.control.up import stand
from simulator.lab import Lab
from simulator.lab.options import WireOptions
from simulator.web.in_process import InProcessTransport
from tests.control.support import in_lab

ONE = Lab.load("one").plan
WHOAMI = "/auth/v4/whoami"


def panel_of(lab):
    return httpx.AsyncClient(transport=lab.billing_transport(), base_url=lab.dci6_url)


def with_panel(scene, access=None):
    async def inner(lab, client):
        async with panel_of(lab) as panel:
            return await scene(lab, client, panel)

    return in_lab(inner, access=access)


async def logged_in(lab, panel):
    email, password = lab.admin
    token = (await panel.post("/auth/v4/public/token", json={"email": email, "password": password})).json()["token"]
    panel.headers["x-xsrf-token"] = token


def test_the_call_is_struck_and_the_next_one_is_not():
    async def scene(lab, client, panel):
        await logged_in(lab, panel)
        struck = {"X-Rackloop-Fault": "http.gateway: {status: 502, page: haproxy, when: after}"}
        before = len(lab.journal)
        done = await panel.post("/dci/v3/server/1", json={"notes": "struck"}, headers=struck)
        assert (done.status_code, "Bad Gateway" in done.text) == (502, True)
        assert lab.panel.inventory.servers.get(1).notes == "struck"
        assert lab.faults.active() == lab.faults.pending() == []
        written = [(each.layer, each.what) for each in lab.journal.since(before)]
        assert ("fault", "http.gateway") in written
        assert ("wire", "haproxy answers 502 in its place, after the effect") in written
        assert written[-1] == ("fault", "http.gateway ends")
        assert (await panel.get("/dci/v3/server/1")).status_code == 200
        calls = (await client.get("/__lab/calls")).json()["list"]
        assert [each["status"] for each in calls] == [201, 502, 200]

    with_panel(scene)


@pytest.mark.parametrize(("fault", "noted"), [("http.lost", ""), ("http.answer_lost", "struck")])
def test_a_lost_call_has_no_effect_and_a_lost_answer_has(fault, noted):
    async def scene(lab, client, panel):
        await logged_in(lab, panel)
        with pytest.raises(httpx.ReadTimeout):
            await panel.post("/dci/v3/server/1", json={"notes": "struck"}, headers={"X-Rackloop-Fault": fault})
        assert lab.panel.inventory.servers.get(1).notes == noted
        assert lab.faults.active() == []

    with_panel(scene)


def test_the_older_dialect_refuses_in_its_own_words():
    async def scene(lab, client, panel):
        email, password = lab.admin
        form = {"authinfo": f"{email}:{password}", "func": "server", "out": "json"}
        struck = {"x-rackloop-fault": "http.error: {type: internal, object: db}"}
        async with httpx.AsyncClient(transport=lab.billing_transport(), base_url=lab.dci5_url) as older:
            done = await older.post("/dcimgr", data=form, headers=struck)
            assert done.json()["doc"]["error"]["$type"] == "internal"
            assert "error" not in (await older.post("/dcimgr", data=form)).json()["doc"]

    with_panel(scene)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("http.lsot", "there is no fault 'http.lsot'; did you mean `http.lost`?"),
        (
            "bmc.dead: {server: srv-1}",
            "bmc.dead is no fault of a call; ask the lab control for it (POST /__lab/faults)",
        ),
        ("http.slow: {bye: 3s}", "http.slow: there is no key 'bye'; did you mean `by`?"),
        ("http.slow: {by: soon}", "http.slow: by: 'soon' is not understood; write it as 90s, 25m or 1h"),
        ("http.lost: {nth: 2}", "it strikes this very call, once and at once: leave out `nth`"),
        ("http.lost: {at: 5m}", "leave out `at`"),
        ("http.lost: {for: 5m}", "leave out `for`"),
        ("http.gateway: {status: 418}", "http.gateway: status:"),
        ("http.lost: [1]", "say one kind with its parameters"),
        ("http.lost: {}, http.cut: {}", ""),
        ("", "say one kind with its parameters"),
        ("{", ""),
        ("x" * 2000, "more than 1024 characters"),
    ],
)
def test_a_fault_that_means_nothing_is_told_and_the_panel_is_not_asked(fault, why):
    async def scene(lab, client, panel):
        before = lab.journal.hash()
        done = await panel.get(WHOAMI, headers={"X-Rackloop-Fault": fault})
        assert (done.status_code, done.headers["content-type"]) == (400, "application/json")
        assert done.json()["error"].startswith("X-Rackloop-Fault: ")
        assert why in done.json()["error"]
        assert lab.journal.hash() == before
        assert (await client.get("/__lab/calls")).json()["size"] == 0

    with_panel(scene)


def test_two_of_them_are_refused():
    async def scene(lab, client, panel):
        twice = [("X-Rackloop-Fault", "http.lost"), ("X-Rackloop-Fault", "http.cut")]
        done = await panel.get(WHOAMI, headers=twice)
        assert done.json() == {"error": "X-Rackloop-Fault: one fault a call"}

    with_panel(scene)


def test_other_machines_need_the_lab_control_s_token():
    async def scene(lab, client):
        for token, sent, status in (
            ("right", {}, 403),
            ("right", {"X-Rackloop-Token": "wrong"}, 403),
            ("right", {"X-Rackloop-Token": "right"}, 503),
            (None, {"X-Rackloop-Token": ""}, 403),
        ):
            lab.gateway6.taps[:] = lab.gateway6.taps[-1:]
            create_control(lab, Access(token, "0.0.0.0"))
            far = InProcessTransport(lab.gateway6, client=("192.0.2.7", 4000))
            async with httpx.AsyncClient(transport=far, base_url=lab.dci6_url) as panel:
                struck = {"X-Rackloop-Fault": "http.gateway: {status: 503}", **sent}
                done = await panel.get(WHOAMI, headers=struck)
                assert done.status_code == status
                assert (status == 503) == ("X-Rackloop-Token" not in done.text)
                assert (await panel.get(WHOAMI)).status_code == 401

    in_lab(scene)


def test_the_panel_never_sees_it_and_a_rule_of_another_call_does_not_hit_it():
    seen = []

    async def scene(lab, client, panel):
        def looking(app):
            async def inner(scope, receive, send):
                seen.append({name for name, _ in scope["headers"]})
                await app(scope, receive, send)

            return inner

        lab.gateway6.wrap(looking)
        headers = {"X-Rackloop-Fault": "http.twice", "X-Rackloop-Token": "any"}
        await panel.get(WHOAMI, headers=headers)
        assert len(seen) == 2
        await panel.get(WHOAMI)
        assert len(seen) == 3
        assert not any(name.startswith(b"x-rackloop") for names in seen for name in names)

    with_panel(scene)


@pytest.mark.parametrize(("fault", "what"), [("http.reset", httpx.ReadError), ("http.cut", httpx.RemoteProtocolError)])
async def test_on_a_socket_the_connection_itself_is_worked(fault, what):
    async with (
        stand(ONE, WireOptions(), control_port=0) as standing,
        httpx.AsyncClient(trust_env=False, base_url=standing.run.dci6_url) as panel,
    ):
        with pytest.raises(what):
            await panel.get(WHOAMI, headers={"X-Rackloop-Fault": fault})
        assert (await panel.get(WHOAMI)).status_code == 401
        assert standing.run.faults.active() == []
