"""The control API: time, truth, faults; bad requests get a clear answer and change nothing."""

import asyncio
import json
from types import SimpleNamespace

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.control.api.journal import _events
from simulator.control.api.lab import ControlledLab
from simulator.faults import CATALOGUE
from simulator.kernel import Journal, LoopClock
from tests.control.support import JSON, in_lab


def test_a_fault_is_injected_seen_and_cleared():
    async def scene(lab, client):
        server = next(iter(lab.plant.servers))
        done = await client.post("/__lab/faults", json={"bmc.dead": {"server": server}})
        assert (done.status_code, done.json()) == (201, {"kind": "bmc.dead", "target": server})
        assert not lab.plant.servers[server].bmc_alive
        listed = (await client.get("/__lab/faults")).json()
        assert listed["list"] == [{"kind": "bmc.dead", "target": server, "active": True, "params": {"server": server}}]
        assert (await client.delete("/__lab/faults")).json() == {"cleared": 1}
        assert lab.plant.servers[server].bmc_alive

    in_lab(scene)


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        ({"bmc.ded": {}}, 404, "bmc.dead"),
        ({"bmc.dead": {"server": "srv-99"}}, 404, "srv-99"),
        ({"bmc.dead": {}}, 400, "server"),
        ({"bmc.dead": {"server": "srv-1", "when": 3}}, 400, "when"),
        ({"disk.fails": {"server": "srv-1", "disk": 9}}, 409, "no disk 9"),
        ([], 400, "not a JSON object"),
        ({"a": 1, "b": 2}, 400, "<kind>"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_the_reason(body, status, why):
    async def scene(lab, client):
        before = lab.journal.hash()
        done = await client.post("/__lab/faults", json=body)
        assert done.status_code == status
        assert why in done.json()["error"]
        assert lab.journal.hash() == before
        assert lab.faults.active() == lab.faults.pending() == []

    in_lab(scene)


def test_a_clock_that_runs_by_itself_cannot_be_pushed():
    async def scene(lab, client):
        done = await client.post("/__lab/clock/advance", json={"seconds": 5})
        assert done.status_code == 409
        assert "stepped" in done.json()["error"]
        assert (await client.get("/__lab/clock")).json()["now"] == lab.clock.now()

    in_lab(scene)


def test_the_page_and_the_state_show_every_device():
    async def scene(lab, client):
        page = (await client.get("/")).text
        state = (await client.get("/__lab/state")).json()
        for name in (*lab.plant.servers, *lab.plant.switches, *lab.plant.pdus):
            assert name in page
        assert "the panel believes" in page
        lab.panel.set_owner(1, 1)
        assert f", of {lab.admin[0]}" in (await client.get("/")).text
        assert [server["name"] for server in state["servers"]] == list(lab.plant.servers)
        assert 'src="http' not in page
        assert 'rel="stylesheet" href="http' not in page

    in_lab(scene)


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from(["/__lab/faults", "/__lab/clock/advance"]),
    st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)),
)
def test_no_body_breaks_the_control_api(path, body):
    async def scene(lab, client):
        done = await client.post(path, content=body, headers=JSON)
        assert 400 <= done.status_code < 500
        assert done.json()["error"]

    in_lab(scene)


def test_the_report_tells_what_a_client_did_and_forgets_it_when_told():
    async def scene(lab, client):
        async with httpx.AsyncClient(transport=lab.billing_transport(), base_url=lab.dci6_url) as module:
            assert (await module.get("/dci/v3/no_such_thing")).status_code == 404
        report = (await client.get("/__lab/report")).json()
        assert report["calls"] == 1
        assert [each["rule"] for each in report["findings"]] == ["unknown-call"]
        assert (await client.delete("/__lab/report")).json() == {"forgotten": 1}
        assert (await client.get("/__lab/report")).json()["findings"] == []

    in_lab(scene)


@pytest.mark.parametrize(
    ("call", "status", "why"),
    [
        ("GET /__lab/jurnal", 404, "did you mean `/__lab/journal`?"),
        ("GET /somewhere", 404, "there are: `/`"),
        ("PUT /__lab/faults", 405, "/__lab/faults has no PUT, only GET, POST, DELETE"),
        ("POST /__lab/journal", 405, "only GET"),
        ("GET /__lab/tomatoes", 404, "/__lab/docs has all that there is"),
        ("GET /__lab/shapnots", 404, "did you mean `/__lab/snapshots`?"),
        ("GET /__lab/clock/advnce", 404, "did you mean `/__lab/clock/advance`?"),
        ("GET /__lab/journal?sinse=3", 400, "knows no query key 'sinse'; did you mean `since`?"),
        ("GET /__lab/clock?now=1", 400, "knows no query key 'now'"),
        ("GET /__lab/journal?since=x", 400, "since:"),
        ("GET /__lab/journal?limit=-1", 400, "limit:"),
        ("GET /__lab/journal?since=1&since=2", 400, "more than once"),
        ("DELETE /__lab/faults?kind=bmc.daed", 404, "did you mean `bmc.dead`?"),
        ("DELETE /__lab/faults?server=srv-11", 404, "did you mean `srv-1`?"),
        ("DELETE /__lab/faults?server=", 404, "there is no server ''; there are: `srv-1`"),
        ("DELETE /__lab/faults?switch=srv-1", 404, "there is no switch 'srv-1'"),
        ("DELETE /__lab/faults?target=pannel", 404, "did you mean `panel`?"),
        ("DELETE /__lab/faults?server=srv-1&pdu=pdu-1", 400, "say one of server, pdu"),
        ("DELETE /__lab/faults?servre=srv-1", 400, "did you mean `server`?"),
    ],
)
def test_a_request_that_is_not_understood_is_answered_with_the_nearest_word(call, status, why):
    async def scene(lab, client):
        lab.faults.inject("bmc.dead", CATALOGUE["bmc.dead"].params(server="srv-1"))
        method, _, path = call.partition(" ")
        done = await client.request(method, path)
        assert (done.status_code, done.headers["content-type"]) == (status, "application/json")
        assert why in done.json()["error"]
        assert len(lab.faults.active()) == 1

    in_lab(scene)


def test_a_key_that_a_fault_does_not_know_is_answered_with_the_nearest():
    async def scene(lab, client):
        done = await client.post("/__lab/faults", json={"bmc.dead": {"server": "srv-1", "fro": "10m"}})
        assert (done.status_code, done.json()["error"]) == (400, "fro: there is no such key; did you mean `for`?")
        done = await client.post("/__lab/clock/advance", json={"secs": 3})
        assert "did you mean `seconds`?" in done.json()["error"]

    in_lab(scene)


@pytest.mark.parametrize("query", ["server=srv-1", "target=srv-1", "server=srv-1&kind=bmc.dead"])
def test_faults_are_cleared_where_they_were_asked_to_be(query):
    async def scene(lab, client):
        switch = next(iter(lab.plant.switches))
        await client.post("/__lab/faults", json={"bmc.dead": {"server": "srv-1", "for": "10m"}})
        await client.post("/__lab/faults", json={"switch.dead": {"switch": switch, "at": "1h"}})
        assert (await client.delete(f"/__lab/faults?{query}")).json() == {"cleared": 1}
        (left,) = (await client.get("/__lab/faults")).json()["list"]
        assert (left["target"], left["active"], left["params"]["at"]) == (switch, False, 3600.0)
        assert (await client.delete(f"/__lab/faults?switch={switch}")).json() == {"cleared": 1}

    in_lab(scene)


def test_a_reset_mends_and_forgets():
    async def scene(lab, client):
        async with httpx.AsyncClient(transport=lab.billing_transport(), base_url=lab.dci6_url) as module:
            await module.get("/dci/v3/no_such_thing")
        await client.post("/__lab/faults", json={"bmc.dead": {"server": "srv-1"}})
        assert (await client.post("/__lab/reset")).json() == {"faults": 1, "calls": 1}
        assert (await client.get("/__lab/report")).json()["calls"] == 0
        assert lab.faults.active() == []

    in_lab(scene)


def test_calls_are_shown_whole_but_for_their_secrets_page_by_page():
    async def scene(lab, client):
        email, password = lab.admin
        async with httpx.AsyncClient(transport=lab.billing_transport(), base_url=lab.dci6_url) as module:
            token = (await module.post("/auth/v4/public/token", json={"email": email, "password": password})).json()[
                "token"
            ]
            module.headers["x-xsrf-token"] = token
            await module.get("/dci/v3/server?limit=1")
            await module.delete(f"/auth/v4/token/{token}")
            form = {"authinfo": f"{email}:{password}", "func": "server", "out": "xml"}
            await module.post(f"{lab.dci5_url}/dcimgr", data=form)
        first = (await client.get("/__lab/calls?limit=1")).json()
        rest = (await client.get(f"/__lab/calls?since={first['next']}")).json()
        assert (first["size"], len(first["list"]), len(rest["list"])) == (4, 1, 3)
        (login,) = first["list"]
        assert login["body"] == {"email": email, "password": "********"}
        assert login["answer"]["token"] == "********"
        assert rest["list"][0]["query"] == "limit=1"
        assert rest["list"][0]["answer"]["list"][0]["name"] == "srv-1"
        assert rest["list"][2]["body"] == {"authinfo": "********", "func": "server", "out": "xml"}
        whole = json.dumps([first, rest, (await client.get("/__lab/journal")).json()])
        assert password not in whole
        assert token not in whole

    in_lab(scene)


def test_a_call_that_nearly_is_one_of_the_panel_s_is_told_with_the_one_that_was_meant():
    async def scene(lab, client):
        email, password = lab.admin
        async with httpx.AsyncClient(transport=lab.billing_transport(), base_url=lab.dci6_url) as module:
            token = (await module.post("/auth/v4/public/token", json={"email": email, "password": password})).json()
            module.headers["x-xsrf-token"] = token["token"]
            await module.put("/api/dci/v3/server/1", json={"notes": "x"})
            await module.post("/dci/v3/server/1", json={"ntoes": "x"})
            await module.get("/dci/v3/server/1")
            await module.get(f"{lab.dci5_url}/dcimgr?func=servr.edit")
            await module.get(f"{lab.dci5_url}/dcimgr?func=server&authinfo={email}:{password}")
        shown = [each["near_miss"] for each in (await client.get("/__lab/calls?since=1")).json()["list"]]
        assert shown == [
            "there is no such call; did you mean `POST /dci/v3/server/{sid}`?",
            "it takes no 'ntoes'; did you mean `notes`?",
            "",
            "there is no such function; did you mean `server.edit`?",
            "",
        ]

    in_lab(scene)


def test_the_journal_is_read_page_by_page():
    async def scene(lab, client):
        for number in range(5):
            lab.journal.write("plant", f"srv-{number % 2}", "tick", number=number)
        page = (await client.get("/__lab/journal?limit=2&subject=srv-0")).json()
        assert [each["detail"]["number"] for each in page["list"]] == [0, 2]
        following = (await client.get(f"/__lab/journal?since={page['next']}&subject=srv-0")).json()
        assert [each["detail"]["number"] for each in following["list"]] == [4]
        assert (following["size"], following["dropped"], following["hash"]) == (5, 0, lab.journal.hash())

    in_lab(scene)


async def test_the_journal_is_heard_as_it_is_written_and_tells_what_was_missed():
    async def read(events):
        return await anext(events)

    async def main():
        journal = Journal(LoopClock())
        journal.bound(3, 10**6)
        for number in range(5):
            journal.write("plant", "srv-1", "tick", number=number)
        lab = ControlledLab(SimpleNamespace(journal=journal), None, None)
        events = _events(lab, 0, None, "plant")
        assert (await read(events)).startswith(": ")
        assert await read(events) == 'event: dropped\ndata: {"dropped": 2}\n\n'
        assert [(await read(events)).partition("\n")[0] for _ in range(3)] == ["id: 3", "id: 4", "id: 5"]
        waiting = asyncio.ensure_future(read(events))
        await asyncio.sleep(0)
        journal.write("api6", "GET /", "request")
        journal.write("plant", "srv-2", "tock")
        told = await waiting
        assert told.startswith("id: 7\ndata: ")
        assert json.loads(told.partition("data: ")[2])["subject"] == "srv-2"
        await events.aclose()
        assert journal._watchers == lab.listeners == []

    await main()


def test_the_lab_says_whether_its_panel_reaches_a_device():
    async def scene(lab, client):
        assert (await client.get("/__lab/health")).json() == {"reached": ["BMC of srv-1"]}
        lab.bmc_devices["srv-1"].kg = b"another key than the panel has"[:20]
        done = await client.get("/__lab/health")
        assert done.status_code == 503
        assert "the panel reaches no device: " in done.json()["error"]
        lab.faults.inject("bmc.dead", CATALOGUE["bmc.dead"].params(server="srv-1"))
        assert (await client.get("/__lab/health")).json() == {"reached": []}

    in_lab(scene)


@pytest.mark.parametrize("path", ["/swagger", "/__lab/docs"])
def test_a_person_is_shown_every_call_of_the_control_api_and_every_fault(path):
    async def scene(lab, client):
        shown = (await client.get(path)).text
        document = (await client.get("/__lab/openapi.json")).json()
        assert document == (await client.get("/openapi.json")).json()
        for one in document["paths"]:
            assert f"<code>{one}</code>" in shown
        assert all(kind in shown for kind in CATALOGUE)
        assert "<script" not in shown
        assert "http://" not in shown

    in_lab(scene)


# What else kinds have to be told: some take each of these.
MORE = (
    {},
    {"port": 1},
    {"outlet": 1},
    {"bank": 1},
    {"sensor": "CPU Temp"},
    {"fan": "FAN1"},
    {"temperature": 60},
)


def test_every_kind_of_fault_can_be_asked_for_shown_and_called_off_and_no_name_breaks_it():
    async def one(lab, client, kind):
        fields = CATALOGUE[kind].params.model_fields
        places = {"server": lab.plant.servers, "switch": lab.plant.switches, "pdu": lab.plant.pdus}
        (group, *_) = [each for each in places if each in fields] or [""]
        named = {group: next(iter(places[group]))} if group else {}
        for more in MORE:
            done = await client.post("/__lab/faults", json={kind: {**named, **more, "at": "1h"}})
            assert done.status_code in (201, 400, 404, 409), done.text
            if done.status_code == 201:
                (shown,) = (await client.get("/__lab/faults")).json()["list"]
                assert (shown["kind"], shown["params"]["at"]) == (kind, 3600.0)
                break
        query = f"{group}={named[group]}" if group else "target=panel"
        assert (await client.delete(f"/__lab/faults?{query}")).json() == {"cleared": int(done.status_code == 201)}
        if group:
            odd = await client.post("/__lab/faults", json={kind: {group: "nowhere"}})
            assert odd.status_code in (400, 404), odd.text
        assert lab.faults.pending() == lab.faults.active() == []
        return done.status_code == 201

    async def scene(lab, client):
        asked = [await one(lab, client, kind) for kind in CATALOGUE]
        assert sum(asked) > 0.8 * len(asked)

    in_lab(scene)
