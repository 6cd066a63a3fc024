"""`rackloop up` as its users meet it: the real command, a real panel port, ipmitool, snmpwalk, curl."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from simulator.files.lab_file import data_directory
from tests.interop.programs import need

ROOT = data_directory("scenarios").parent
RACKLOOP = [sys.executable, "-m", "simulator.cli"]
pytestmark = pytest.mark.interop


class Up:
    """A lab in a process of its own, on free ports."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.file = folder / "endpoints.json"
        words = [*RACKLOOP, "up", "one", *options, "--endpoints", str(self.file)]
        self.process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        deadline = time.monotonic() + 60
        while not self.file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the lab did not come up:\n{self.process.communicate()[0]}")
            time.sleep(0.02)
        self.places = json.loads(self.file.read_text())

    def stop(self, how: int = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(how)
        said = self.process.communicate(timeout=30)[0]
        return self.process.returncode, said

    def curl(self, *words: str) -> str:
        done = subprocess.run(
            [need("curl"), "-sS", "-k", *words], capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout

    def advance(self, seconds: float) -> dict[str, object]:
        body = json.dumps({"seconds": seconds})
        return json.loads(self.curl("--json", body, f"{self.places['control']}/__lab/clock/advance"))

    def ipmi(self, *words: str) -> str:
        bmc = self.places["bmcs"][0]
        login = ["-H", bmc["host"], "-p", str(bmc["port"]), "-U", bmc["username"], "-P", bmc["password"]]
        call = [need("ipmitool"), "-I", "lanplus", *login, *words]
        return subprocess.run(call, capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.fixture
def up(tmp_path):
    started: list[Up] = []

    def start(*options: str) -> Up:
        started.append(Up(tmp_path, *options))
        return started[-1]

    yield start
    for lab in started:
        if lab.process.poll() is None:
            lab.process.kill()
            lab.process.communicate()


def test_a_lab_goes_on_where_it_stopped_and_its_folder_is_its_own(up, tmp_path):
    state = ("--clock", "stepped", "--state", str(tmp_path / "kept"))
    lab = up(*state)
    lab.ipmi("chassis", "power", "on")
    lab.ipmi("chassis", "bootdev", "pxe", "options=persistent")
    lab.advance(600)
    words = [*RACKLOOP, "up", "one", *state]
    second = subprocess.run(words, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert second.returncode == 2
    assert "another lab that is up keeps its state there" in second.stderr
    assert lab.stop()[0] == 0
    again = up(*state)
    assert again.advance(5)["now"] == 605
    assert again.ipmi("chassis", "power", "status").strip() == "Chassis Power is on"
    assert "Force PXE" in again.ipmi("chassis", "bootparam", "get", "5")
    code, said = again.stop()
    assert code == 0
    assert "start 2: it goes on at 2026-01-01 00:10:00" in said
    (tmp_path / "kept" / "state.sqlite").write_text("not what was there")
    damaged = subprocess.run(words, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert damaged.returncode == 2
    assert "state.sqlite: it is damaged: file is not a database" in damaged.stderr
    assert "Traceback" not in damaged.stderr


@pytest.mark.requirement("HW-6")
def test_an_installation_of_half_an_hour_is_watched_by_a_polling_client_in_seconds(up):
    lab = up("--clock", "stepped")
    api = f"{lab.places['dci6']}/api"
    admin = lab.places["admin"]["dci6"]
    token = json.loads(lab.curl("-X", "POST", f"{api}/auth/v4/public/token", "-d", json.dumps(admin)))["token"]
    header = ("-H", f"x-xsrf-token: {token}")
    (server,) = json.loads(lab.curl(*header, f"{api}/dci/v3/server?limit=1"))["list"]
    item = f"{api}/dci/v3/server/{server['id']}"
    lab.curl(*header, "-X", "POST", f"{item}/ip", "-d", '{"ippool": "public", "family": "ipv4"}')
    (template, *_) = json.loads(lab.curl(*header, f"{api}/dci/v3/os_template?where=type EQ 'os'".replace(" ", "%20")))[
        "list"
    ]
    order = json.dumps({"os_template": template["id"], "password": "Secret-123"})
    operation = json.loads(lab.curl(*header, "-X", "POST", f"{item}/os_install", "-d", order))["operation"]
    statuses = []
    for _ in range(60):
        lab.advance(60)
        statuses.append(json.loads(lab.curl(*header, f"{api}/dci/v3/operation/{operation}"))["status"])
        if statuses[-1] not in ("waiting", "running"):
            break
    assert statuses[-1] == "ok"
    assert "running" in statuses
    assert "Chassis Power is on" in lab.ipmi("chassis", "power", "status")
    journal = json.loads(lab.curl(f"{lab.places['control']}/__lab/journal"))
    assert "running" in [record["what"] for record in journal["list"] if record["layer"] == "plant"]
    assert "Last events" in lab.curl(f"{lab.places['control']}/")


@pytest.mark.requirement("HW-1")
@pytest.mark.requirement("HW-2")
@pytest.mark.requirement("HW-3")
def test_what_ipmitool_and_net_snmp_do_is_what_the_plant_shows(up):
    lab = up("--clock", "stepped")
    control, switch, pdu = lab.places["control"], lab.places["switches"][0], lab.places["pdus"][0]

    def snmp(program: str, device: dict[str, str], *words: str) -> str:
        target = ["-v2c", "-c", device["community"], "-On", f"{device['host']}:{device['port']}"]
        call = [need(program), "-m", "", *target, *words]
        return subprocess.run(call, capture_output=True, text=True, timeout=60, check=True).stdout

    def truth() -> dict[str, object]:
        return json.loads(lab.curl(f"{control}/__lab/state"))

    assert "Up/On" in lab.ipmi("chassis", "power", "on")
    assert truth()["servers"][0]["powered"] is True
    assert truth()["servers"][0]["nics"][0]["link_up"] is True
    first = snmp("snmpwalk", switch, "1.3.6.1.2.1.31.1.1.1.1").splitlines()
    index = next(line.split(" ")[0].rsplit(".", 1)[1] for line in first if "0/1" in line)
    snmp("snmpset", switch, f"1.3.6.1.2.1.2.2.1.7.{index}", "i", "2")
    assert truth()["servers"][0]["nics"][0]["link_up"] is False
    assert snmp("snmpget", switch, f"1.3.6.1.2.1.2.2.1.8.{index}").strip().endswith("INTEGER: 2")
    snmp("snmpset", pdu, "1.3.6.1.4.1.318.1.1.12.3.3.1.1.4.1", "i", "2")
    httpx.post(
        f"{control}/__lab/clock/advance", json={"seconds": 2}
    ).raise_for_status()  # an APC's relay moves a second after its command
    assert truth()["servers"][0]["state"] == "no_ac"
    assert truth()["servers"][0]["bmc_alive"] is False


def test_it_stops_cleanly_and_takes_its_endpoints_file_away(up):
    for how in (signal.SIGINT, signal.SIGTERM):
        lab = up()
        healthy = subprocess.run(
            [*RACKLOOP, "health", "--endpoints", str(lab.file)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert (healthy.returncode, healthy.stdout) == (
            0,
            "healthy: DCImanager 6, DCImanager 5, lab control, devices\n",
        )
        status, said = lab.stop(how)
        assert status == 0
        assert "is up" in said
        assert said.rstrip().endswith("stopped")
        assert not lab.file.exists()
        sick = subprocess.run(
            [*RACKLOOP, "health", "--endpoints", str(lab.file)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert sick.returncode == 1
        assert "no such file" in sick.stderr


def test_two_labs_stand_beside_each_other_and_tls_and_scaled_time_work(up, tmp_path):
    one = up("--tls", "--clock", "scaled:600")
    (tmp_path / "other").mkdir()
    two = Up(tmp_path / "other")
    try:
        assert one.places["dci6"].startswith("https://")
        assert one.places["dci6"] != two.places["dci6"]
        assert (one.places["bmcs"][0]["host"], one.places["bmcs"][0]["port"]) != (
            two.places["bmcs"][0]["host"],
            two.places["bmcs"][0]["port"],
        )
        answer = one.curl(
            "-X", "POST", f"{one.places['dci6']}/auth/v4/public/token", "-d", json.dumps(one.places["admin"]["dci6"])
        )
        assert "token" in json.loads(answer)
        refused = one.advance(1)
        assert "--clock stepped" in str(refused["error"])
        before = json.loads(one.curl(f"{one.places['control']}/__lab/clock"))["now"]
        assert json.loads(one.curl(f"{one.places['control']}/__lab/clock"))["now"] > before
    finally:
        two.stop()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["up", "smal"], "small"),
        (["up", "one", "--clock", "fast"], "scaled:N"),
        (["up", "one", "--host", "203.0.113.9"], "assign"),
    ],
)
def test_what_cannot_be_started_says_why_and_exits_with_2(words, why):
    done = subprocess.run(
        [*RACKLOOP, *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, env={**os.environ}
    )
    assert done.returncode == 2
    assert why in done.stderr
    assert "Traceback" not in done.stderr
