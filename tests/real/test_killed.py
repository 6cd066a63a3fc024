"""A lab that is killed leaves real equipment as it was: Ctrl-C, SIGTERM, a terminal that goes away."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import httpx
import pytest

from simulator.files.lab_file import data_directory
from tests.real.support import hall, mixed

ROOT = data_directory("scenarios").parent


@pytest.mark.requirement("HW-1")
@pytest.mark.parametrize(
    "how",
    [
        signal.SIGTERM,
        pytest.param(signal.SIGINT, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, marks=pytest.mark.slow),
    ],
)
async def test_a_lab_that_is_killed_leaves_real_equipment_as_it_was(how: signal.Signals, tmp_path: Path) -> None:
    async with hall() as there:
        file, places, written = tmp_path / "lab.yaml", tmp_path / "endpoints.json", tmp_path / "written.json"
        file.write_text(json.dumps(mixed(there)))
        words = ["up", str(file), "--clock", "real", "--endpoints", str(places), "--written", str(written)]
        words += ["--state", str(tmp_path / "kept")]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "simulator.cli", *words, cwd=ROOT,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            said = b""
            while b"Ctrl-C stops it" not in said:
                line = await process.stdout.readline()
                assert line, said.decode()
                said += line
            while not places.exists():  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.01)
            urls = json.loads(places.read_text())
            login = {"email": urls["admin"]["dci6"]["email"], "password": urls["admin"]["dci6"]["password"]}
            outlet = there.far.plant.pdus["pdu"].outlets[2]
            async with httpx.AsyncClient(base_url=urls["dci6"]) as client:
                token = (await client.post("/auth/v4/public/token", json=login)).json()["token"]
                client.headers["x-xsrf-token"] = token
                pdus = (await client.get("/dci/v3/pdu")).json()["list"]
                pdu = next(each for each in pdus if each["name"] == "pdu-real")["id"]
                ports = (await client.get(f"/dci/v3/pdu/{pdu}/port")).json()["list"]
                answer = await client.post(f"/dci/v3/pdu/{pdu}/port/{ports[2]['id']}/off", json={})
                assert answer.status_code == 200, answer.text
                for page in ("", "/__lab/state", "/__lab/journal"):
                    assert (await client.get(urls["control"] + page)).status_code == 200
            assert not outlet.on
            assert [each["outcome"] for each in json.loads(written.read_text())] == ["written"]  # as it goes
            process.send_signal(how)
            said += await process.stdout.read()
            assert await process.wait() == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert outlet.on
        text = said.decode()
        assert "written to real equipment: 2" in text
        assert "real             BMC of iron (boot, power), switch sw-real (ports, vlans), PDU pdu-real (power)" in text
        assert [each["outcome"] for each in json.loads(written.read_text())] == ["written", "set back"]
