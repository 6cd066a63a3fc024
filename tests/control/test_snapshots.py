"""A lab that is up is set back to a state by name: at the same addresses, with what the state had, and without what came after."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
from contextlib import asynccontextmanager

import httpx

from simulator.control.up import up
from simulator.lab import Lab, Run
from simulator.lab.options import WireOptions
from simulator.lab.state_dir import read_state
from tests.control.support import in_lab

ONE = Lab.load("one").plan
EMAIL, PASSWORD = "admin@example.com", "rackloop-admin"


@asynccontextmanager
async def lab_up(tmp_path, *, plan=ONE, state=None, **options):
    """`rackloop up`, its endpoints, and clients of its lab control and its panel."""
    file, said, ready = tmp_path / "endpoints.json", [], asyncio.Event()

    def say(line):
        said.append(line)
        if "Ctrl-C stops it" in line:
            asyncio.get_running_loop().call_soon(ready.set)

    options = WireOptions(**{"clock": "stepped", **options})
    task = asyncio.create_task(up(plan, options, say=say, endpoints_file=file, state_dir=state))
    started = asyncio.create_task(ready.wait())
    await asyncio.wait([task, started], return_when=asyncio.FIRST_COMPLETED)
    try:
        places = json.loads(file.read_text())
        async with (
            httpx.AsyncClient(trust_env=False, base_url=places["control"], timeout=30) as control,
            httpx.AsyncClient(trust_env=False, base_url=places["dci6"], timeout=30, verify=False) as panel,
        ):
            yield said, file, control, panel
    finally:
        if not task.done():
            os.kill(os.getpid(), signal.SIGTERM)
        await task


async def log_in(panel):
    answer = await panel.post("/auth/v4/public/token", json={"email": EMAIL, "password": PASSWORD})
    panel.headers["x-xsrf-token"] = answer.json()["token"]


async def test_a_lab_is_set_back_to_a_state_and_to_its_start(tmp_path):
    async with lab_up(tmp_path, tls=True) as (said, file, control, panel):
        before = file.read_text()
        await log_in(panel)
        await panel.post("/dci/v3/server/1", json={"notes": "sold"})
        await control.post("/__lab/clock/advance", json={"seconds": "10m"})
        taken = (await control.post("/__lab/snapshots", json={"name": "sold"})).json()
        assert (taken["name"], taken["now"]) == ("sold", 600.0)
        assert [each["name"] for each in (await control.get("/__lab/snapshots")).json()["list"]] == ["sold"]

        await panel.post("/dci/v3/server/1", json={"notes": "spoilt"})
        await control.post("/__lab/faults", json={"bmc.dead": {"server": "srv-1"}})
        await control.post("/__lab/clock/advance", json={"seconds": "8m"})
        for _ in range(2):
            back = await control.post("/__lab/snapshots/restore", json={"name": "sold"})
            assert (back.status_code, back.json()["now"]) == (200, 600.0)
            assert (await panel.get("/dci/v3/server/1")).json()["notes"] == "sold"
            assert (await control.get("/__lab/faults")).json()["list"] == []
            await panel.post("/dci/v3/server/1", json={"notes": "spoilt again"})
        assert file.read_text() == before

        back = await control.post("/__lab/snapshots/restore", json={"name": "start"})
        assert back.json()["now"] == 0.0
        assert (await panel.get("/dci/v3/server/1")).status_code == 401
        await log_in(panel)
        assert (await panel.get("/dci/v3/server/1")).json()["notes"] == ""
        assert said[-3:] == ["set back to 'sold'", "set back to 'sold'", "set back to 'start'"]
        assert (await control.delete("/__lab/snapshots?name=sold")).json() == {"forgotten": 1}
    assert said[-1] == "stopped"
    assert not file.exists()


async def test_what_is_under_way_at_the_lab_control_ends_and_streams_end_in_good_order(tmp_path):
    async with lab_up(tmp_path) as (_, _, control, _):

        async def heard():
            async with control.stream("GET", "/__lab/journal/stream?since=0") as answer:
                lines = answer.aiter_lines()
                assert (await anext(lines)).startswith(": ")
                listening.set()
                return [line async for line in lines]

        listening = asyncio.Event()
        stream = asyncio.create_task(heard())
        await listening.wait()
        moving = asyncio.create_task(control.post("/__lab/clock/advance", json={"seconds": "1000d"}))
        while (await control.get("/__lab/clock")).json()["now"] == 0:
            pass
        back = await control.post("/__lab/snapshots/restore", json={"name": "start"})
        assert (back.status_code, back.json()["now"]) == (200, 0.0)
        assert (await moving).status_code in (200, 503)
        await stream
        assert (await control.get("/__lab/clock")).json()["now"] == 0
        beyond = {"last-event-id": "100000"}  # a number of the journal that there was
        async with control.stream("GET", "/__lab/journal/stream", headers=beyond) as answer:
            lines = answer.aiter_lines()
            await anext(lines)
            await control.post("/__lab/outlets", json={"pdu": "pdu-1", "outlet": 1, "on": False})
            async for line in lines:
                if line:
                    assert line == "id: 1"
                    break


async def test_with_a_state_that_is_kept_the_state_that_was_restored_is_the_one_that_outlives_the_stop(tmp_path):
    folder = tmp_path / "state"
    async with lab_up(tmp_path, state=folder) as (_, _, control, panel):
        await log_in(panel)
        await panel.post("/dci/v3/server/1", json={"notes": "kept-one"})
        await control.post("/__lab/snapshots", json={"name": "one"})
        await panel.post("/dci/v3/server/1", json={"notes": "other-one"})
        assert (await control.post("/__lab/snapshots/restore", json={"name": "one"})).status_code == 200
        assert (await panel.get("/dci/v3/server/1")).json()["notes"] == "kept-one"
    text = json.dumps(read_state(folder))
    assert "kept-one" in text
    assert "other-one" not in text


async def test_names_that_mean_nothing_are_told_and_nothing_happens(tmp_path):
    async with lab_up(tmp_path) as (said, _, control, _):
        await control.post("/__lab/snapshots", json={"name": "sold"})
        for call, body, status, why in (
            ("/__lab/snapshots/restore", {"name": "slod"}, 404, "did you mean `sold`?"),
            ("/__lab/snapshots/restore", {"nmae": "sold"}, 400, "did you mean `name`?"),
            ("/__lab/snapshots", {"name": "../x"}, 400, "name: '../x' is no name of a snapshot"),
            ("/__lab/snapshots", {"name": "start"}, 409, "take another name"),
            ("/__lab/snapshot", {"name": "x"}, 404, "did you mean `/__lab/snapshots`?"),
        ):
            done = await control.post(call, json=body)
            assert (done.status_code, why in done.json()["error"]) == (status, True), done.text
        done = await control.delete("/__lab/snapshots?name=slod")
        assert (done.status_code, "did you mean `sold`?" in done.json()["error"]) == (404, True)
        for number in range(31):
            assert (await control.post("/__lab/snapshots", json={"name": f"s{number}"})).status_code == 201
        full = await control.post("/__lab/snapshots", json={"name": "one-more"})
        assert (full.status_code, full.json()["error"]) == (409, "32 snapshots are kept at most; forget one")
        assert (await control.delete("/__lab/snapshots")).json() == {"forgotten": 32}
        assert not any("set back" in line for line in said)


def labs():
    gc.unfreeze()
    gc.collect()
    return sum(type(each) is Run and each.mode == "wire" for each in gc.get_objects())


async def test_labs_that_were_are_not_kept(tmp_path):
    async with lab_up(tmp_path) as (_, _, control, _):
        before = labs()
        for _ in range(4):
            assert (await control.post("/__lab/snapshots/restore", json={"name": "start"})).status_code == 200
        # One may still be known to the connection by which it was asked for something.
        assert labs() <= before + 1


def test_a_lab_that_ends_with_its_program_says_that_it_cannot_be_set_back():
    async def scene(lab, client):
        done = await client.post("/__lab/snapshots", json={"name": "x"})
        assert done.status_code == 409
        assert "only a lab that `rackloop up` started" in done.json()["error"]

    in_lab(scene)
