"""The control API: time, truth, faults; bad requests get a clear answer and change nothing."""

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.control.app import create_control
from simulator.kernel import run
from simulator.lab import Lab
from simulator.web.in_process import InProcessTransport

ONE = Lab.load("one")


def in_lab(scene):
    async def main():
        async with ONE.simulated() as lab:
            transport = InProcessTransport(create_control(lab))
            async with httpx.AsyncClient(transport=transport, base_url="http://control") as client:
                return await scene(lab, client)

    return run(main())


def test_a_fault_is_injected_seen_and_cleared():
    async def scene(lab, client):
        server = next(iter(lab.plant.servers))
        done = await client.post("/__lab/faults", json={"bmc.dead": {"server": server}})
        assert (done.status_code, done.json()) == (201, {"kind": "bmc.dead", "target": server})
        assert not lab.plant.servers[server].bmc_alive
        listed = (await client.get("/__lab/faults")).json()
        assert listed["list"] == [{"kind": "bmc.dead", "target": server, "active": True}]
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
        assert f"{lab.admin[0]}, power" in (await client.get("/")).text
        assert [server["name"] for server in state["servers"]] == list(lab.plant.servers)
        assert "http://" not in page.replace("http://www.w3.org", "")

    in_lab(scene)


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from(["/__lab/faults", "/__lab/clock/advance"]),
    st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)),
)
def test_no_body_breaks_the_control_api(path, body):
    async def scene(lab, client):
        done = await client.post(path, content=body)
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
