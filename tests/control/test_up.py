"""What `rackloop up` says, what it writes, and what it refuses before anything starts."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
from asyncio import to_thread

import httpx
import pytest
from typer.testing import CliRunner

from simulator.cli import app
from simulator.control.client.health import Unhealthy, check_health
from simulator.control.client.report import NoLab, control_of, fetch_report
from simulator.control.endpoints import endpoints, greeting, write_endpoints
from simulator.control.up import stand
from simulator.lab import Lab
from simulator.lab.options import WireOptions

ONE = Lab.load("one").plan


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--host", "198.51.100.7"], "--host 198.51.100.7: this machine cannot listen there"),
        (["--host", "no such host"], "--host no such host: this machine cannot listen there"),
        (["--endpoints", "missing/e.json"], "--endpoints missing/e.json: it cannot be written"),
        (["--endpoints", "."], "--endpoints .: it cannot be written (it is a folder)"),
        (["--clock", "warp"], "'warp' is no clock"),
    ],
)
def test_what_cannot_be_is_told_in_one_line_before_anything_starts(words, why, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["up", "one", *words])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert why in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


async def test_it_says_which_ports_were_taken_how_time_goes_and_how_to_ask_for_the_report(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        options = WireOptions(port=taken, clock="stepped")
        async with stand(ONE, options, control_port=0) as standing:
            said = "\n".join(greeting(standing))
            port = httpx.URL(standing.run.dci6_url).port
            assert f"port {taken} is taken: DCImanager 6 answers on {port}" in said
            assert said.count("is taken") == 1
            assert "stepped: time stands until it is moved" in said
            assert f"{standing.run.dci6_url}/swagger" in said
            assert f"{standing.control}/__lab/docs" in said
            assert f"`rackloop report --control {standing.control}` says" in said
            host, number = standing.run.bmcs["srv-1"]
            assert f"taken or not to be had here: srv-1 {host}:{number}" in said
            file = tmp_path / "lab's.json"
            assert f"""`rackloop report --endpoints '{tmp_path}/lab'"'"'s.json'` says""" in "\n".join(
                greeting(standing, file)
            )


async def test_off_loopback_the_control_api_asks_for_a_token_that_the_owner_of_the_endpoints_file_has(tmp_path):
    file = tmp_path / "endpoints.json"
    async with stand(ONE, WireOptions(host="0.0.0.0"), control_port=0) as standing:
        write_endpoints(file, standing)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        places = json.loads(file.read_text())
        assert places == endpoints(standing)
        token = places["control_token"]
        assert len(token) >= 20
        said = "\n".join(greeting(standing))
        assert f"{standing.control}/?token={token}" in said
        assert f"--token {token}" in said
        assert "0.0.0.0" not in said + file.read_text()
        assert "from other machines: an address of this one instead of 127.0.0.1" in said
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"{standing.control}/__lab/state")).status_code == 401
            right = {"authorization": f"Bearer {token}"}
            assert (await client.get(f"{standing.control}/__lab/state", headers=right)).status_code == 200
        assert (await to_thread(check_health, file)).endswith("devices")
        control, told = control_of(file)
        assert (await to_thread(fetch_report, control, token=told))["calls"] == 0
        with pytest.raises(NoLab, match="asks for its control token"):
            await to_thread(fetch_report, control)
        file.write_text(json.dumps({**places, "control_token": "wrong"}))
        with pytest.raises(Unhealthy, match="lab control answers 401"):
            await to_thread(check_health, file)


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
async def test_addresses_of_version_6_are_printed_as_programs_take_them():
    async with stand(ONE, WireOptions(host="::"), control_port=0) as standing:
        said = "\n".join(greeting(standing))
        _, port = standing.run.switches["sw-1"]
        assert f"snmpwalk -v2c -c private udp6:[::1]:{port} " in said
        assert f"ipmitool -I lanplus -H ::1 -p {standing.run.bmcs['srv-1'][1]} " in said
        assert "from other machines: an address of this one instead of ::1" in said
        assert standing.control.startswith("http://[::1]:")
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {standing.token}"}) as client:
            assert (await client.get(f"{standing.control}/__lab/clock")).status_code == 200


async def test_an_empty_token_is_none():
    """A variable that is set to nothing, as compose does it, opens nothing."""
    async with stand(ONE, WireOptions(host="0.0.0.0"), control_port=0, control_token="") as standing:
        assert len(endpoints(standing)["control_token"]) >= 20


async def test_on_loopback_no_token_is_asked_for_unless_one_is_given():
    async with stand(ONE, WireOptions(), control_port=0) as standing:
        assert "control_token" not in endpoints(standing)
    async with stand(ONE, WireOptions(), control_port=0, control_token="mine") as standing:
        assert endpoints(standing)["control_token"] == "mine"


async def test_the_journal_is_heard_over_a_socket_and_ends_with_the_lab():
    async with (
        stand(ONE, WireOptions(), control_port=0) as standing,
        httpx.AsyncClient(trust_env=False) as client,
        client.stream("GET", f"{standing.control}/__lab/journal/stream") as answer,
    ):
        lines = answer.aiter_lines()
        assert (await anext(lines)).startswith(": ")
        standing.run.journal.write("plant", "srv-1", "tick")
        async for line in lines:
            if line.startswith("data: "):
                assert json.loads(line[6:])["subject"]
                break
        assert answer.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize("path", ["/__lab/journal/stream", "/__lab/page/stream"])
async def test_a_lab_that_stops_while_somebody_listens_stops_at_once_and_without_a_word(path, capfd):
    async with httpx.AsyncClient(trust_env=False) as client:
        async with stand(ONE, WireOptions(), control_port=0) as standing:
            answer = await client.send(client.build_request("GET", standing.control + path), stream=True)
            lines = answer.aiter_lines()
            await anext(lines)
            began = asyncio.get_running_loop().time()
        assert [line async for line in lines if line.startswith("event")] == []
        assert asyncio.get_running_loop().time() - began < 0.9
    told = capfd.readouterr()
    assert told.out + told.err == ""
