"""Scenarios in which one server's BMC, switch port and outlet are real, and the rest is emulated."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from simulator.files.lab_file import data_directory
from simulator.files.problems import FileProblems
from simulator.scenario.forecast import forecast
from simulator.scenario.language import load_scenario
from tests.real.support import Hall, hall, mixed, sets

ROOT = data_directory("scenarios").parent
SETTINGS = {"os": "debian-12", "pool": "public", "diagnostic_pool": "diag", "configuration": "E3-1230-16Gb-480SSD"}
TIMINGS = {
    "bmc_start": "100ms", "equipment_start": "100ms", "post": "200ms", "loader": "100ms", "os_boot": "100ms", "shutdown": "100ms",
    "cycle_pause": "100ms", "jitter": 0,
}  # fmt: skip


def written(folder: Path, there: Hall, **more: Any) -> Path:
    lab = mixed(there) | {"timings": TIMINGS}
    for template in lab["panel"]["templates"]:
        template |= {"image": "1 MB", "work": "100ms"}
    server = lab["racks"][0]["servers"][0]["name"]
    steps = [{"create": {"service": "web1", "client": "alice@example.com", "server": server}}]
    scenario = {"scenario": "A real one is sold", "lab": lab, "settings": SETTINGS, "steps": steps, **more}
    file = folder / "real.yaml"
    file.write_text(json.dumps(scenario))
    return file


async def run(*words: str, until: bytes = b"", then: signal.Signals | None = None) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator.cli", "run", *words, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    said = b""
    try:
        if then is not None:
            said = await process.stdout.readuntil(until)
            process.send_signal(then)
        said += await process.stdout.read()
        return await process.wait(), said.decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.requirement("HW-1")
async def test_how_long_it_takes_and_what_is_written_is_told_before_it_runs(tmp_path: Path) -> None:
    async with hall() as there:
        file = written(tmp_path, there)
        seen = await asyncio.to_thread(forecast, load_scenario(file))
        assert seen is not None
        assert seen.trouble == ""
        assert any("BMC of iron" in line and "boot device" in line and line.endswith("-> pxe") for line in seen.writes)
        assert not any("srv-2" in line for line in seen.writes)
        assert sets(there.taps["switch"]) == sets(there.taps["pdu"]) == there.commands == []
        assert not any(tap.heard for tap in there.taps.values())


@pytest.mark.slow  # real time
@pytest.mark.requirement("HW-1")
async def test_a_scenario_with_real_equipment_passes_and_leaves_it_as_it_was(tmp_path: Path) -> None:
    async with hall() as there:
        more = {
            "expect": [{"service": "web1", "is": "active", "on": "iron"}, {"server": "iron", "really": {"power": "on"}}]
        }
        file = str(written(tmp_path, there, **more))
        status, said = await run(file, "--dry-run")
        assert status == 0
        assert "of real time" in said
        assert said.count("BMC of iron") >= 3
        assert not any(tap.heard for tap in there.taps.values())
        status, said = await run(file, "--wire", "--json", str(tmp_path / "out.json"))
        assert status == 0, said
        assert "written to real equipment:" in said
        assert "of real time" in said.partition("Scenario")[0]
        assert not there.far.plant.servers["far"].powered
        (result,) = json.loads((tmp_path / "out.json").read_text())["scenarios"]
        assert any("BMC of iron" in line and line.endswith("set back") for line in result["real"])


@pytest.mark.requirement("HW-1")
async def test_a_run_that_is_killed_leaves_the_device_as_it_was(tmp_path: Path) -> None:
    async with hall() as there:
        outlet = there.far.plant.pdus["pdu"].outlets[2]
        switched = asyncio.Event()
        there.far.plant.pdus["pdu"].watch(lambda outlet: switched.set(), lambda: None)
        more = {
            "steps": [{"wait": "1h"}],
            "faults": [{"outlet.off": {"pdu": "pdu-real", "outlet": 3}}],
        }
        file = written(tmp_path, there, **more)
        process = asyncio.ensure_future(_killed_when(switched, str(file), "--wire"))
        status, said = await process
        assert outlet.on, said
        assert status == 128 + signal.SIGTERM
        assert "stopped by SIGTERM" in said
        assert "outlet 3" in said
        assert "set back" in said


async def _killed_when(switched: asyncio.Event, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator.cli", "run", *words, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(60):
            await switched.wait()
        process.send_signal(signal.SIGTERM)
        said, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"bmc.dead": {"server": "iron"}}, "bmc.dead would bend the BMC of iron"),
        ({"port.broken": {"switch": "sw-real", "port": 2}}, "port.broken would bend switch sw-real"),
        ({"pdu.dead": {"pdu": "pdu-real", "at": "5m"}}, "pdu.dead would bend PDU pdu-real"),
    ],
)
async def test_a_fault_that_would_bend_what_is_real_is_refused_in_its_file(
    fault: dict[str, Any], said: str, tmp_path: Path
) -> None:
    async with hall() as there:
        with pytest.raises(FileProblems, match=said):
            load_scenario(written(tmp_path, there, faults=[fault]))
        step = {"steps": [{"fault": fault}]}
        with pytest.raises(FileProblems, match=said):
            load_scenario(written(tmp_path, there, **step))


@pytest.mark.slow  # two processes
async def test_it_is_said_that_real_equipment_needs_real_sockets_and_one_run_after_another(tmp_path: Path) -> None:
    async with hall() as there:
        file = str(written(tmp_path, there))
        status, said = await run(file)
        assert (status, "real equipment is reached with --wire" in said) == (2, True)
        status, said = await run(file, "--wire", "-j", "2")
        assert (status, "leave -j out" in said) == (2, True)
