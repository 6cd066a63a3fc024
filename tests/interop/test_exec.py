"""`rackloop exec`: a lab for as long as one program runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.interop, pytest.mark.slow]


def rackloop(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "simulator.cli", *words],
        cwd=cwd or ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


SUITE = """
    import json, os, time, urllib.request

    LAB = json.load(open(os.environ["RACKLOOP_ENDPOINTS"]))

    def ask(url, body=None, token=""):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json", "x-xsrf-token": token})
        return json.load(urllib.request.urlopen(request))

    def login():
        who = {"email": os.environ["RACKLOOP_EMAIL"], "password": os.environ["RACKLOOP_PASSWORD"]}
        return ask(os.environ["RACKLOOP_DCI6"] + "/auth/v4/public/token", who)["token"]

    def test_the_panel_has_a_server():
        assert len(ask(os.environ["RACKLOOP_DCI6"] + "/dci/v3/server", token=login())["list"]) == 1
        assert LAB["dci6"] == os.environ["RACKLOOP_DCI6"]

    def test_the_lab_can_be_steered():
        control = os.environ["RACKLOOP_CONTROL"]
        before = ask(control + "/__lab/clock")["now"]
        assert ask(control + "/__lab/clock/advance", {"seconds": 60})["now"] == before + 60
"""


def test_a_pytest_suite_runs_against_it(tmp_path: Path):
    (tmp_path / "test_mine.py").write_text(textwrap.dedent(SUITE))
    journal, report = tmp_path / "journal.jsonl", tmp_path / "report.json"
    options = ["--clock", "stepped", "--journal", str(journal), "--report", str(report)]
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"]
    done = rackloop("exec", "one", *options, "--", *words, cwd=tmp_path)
    assert "2 passed" in done.stdout
    assert json.loads(report.read_text())["calls"] == 2
    assert any(json.loads(line)["what"] == "request" for line in journal.read_text().splitlines())
    assert done.returncode == (1 if json.loads(report.read_text())["findings"] else 0)


@pytest.mark.parametrize(
    ("script", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137), ("kill -TERM $$", 143)]
)
def test_it_ends_with_the_status_of_the_program(script: str, status: int):
    done = rackloop("exec", "one", "--", "sh", "-c", script)
    assert done.returncode == status
    assert "the program has not called a panel" in done.stderr


def test_a_program_that_did_well_and_asked_for_nonsense_ends_with_one():
    done = rackloop("exec", "one", "--", "sh", "-c", 'curl -s "$RACKLOOP_DCI6/dci/v3/nonsense" >/dev/null')
    assert done.returncode == 1
    assert "unknown-call" in done.stderr


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["exec", "one"], 2, "say which program"),
        (["exec", "nonesuch", "--", "true"], 2, "nonesuch"),
        (["exec", "one", "--", "./no-such-program"], 127, "No such file"),
        (["exec", "one", "--clock", "fast", "--", "true"], 2, "'fast' is no clock"),
        (["exec", "one", "--fault", "bmc.ded: {server: srv-1}", "--", "true"], 2, "did you mean `bmc.dead`?"),
        (["exec", "one", "--fault", "bmc.dead: {server: srv-9}", "--", "true"], 2, "there is no server `srv-9`"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_runs(words: list[str], status: int, said: str):
    done = rackloop(*words)
    assert done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_fault_is_struck_in_it():
    script = 'curl -s "$RACKLOOP_CONTROL/__lab/faults"'
    done = rackloop("exec", "one", "--fault", "bmc.dead: {server: srv-1}", "--", "sh", "-c", script)
    assert "bmc.dead" in done.stdout


def test_when_it_is_stopped_half_way_nothing_is_left(tmp_path: Path):
    script = f"sleep 3600 & echo $! > {tmp_path}/child; echo $RACKLOOP_ENDPOINTS > {tmp_path}/file; echo up; wait"
    lab = subprocess.Popen(
        [sys.executable, "-m", "simulator.cli", "exec", "one", "--", "sh", "-c", script],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert lab.stdout is not None
    assert lab.stdout.readline() == "up\n"
    lab.send_signal(signal.SIGTERM)
    assert lab.wait(timeout=30) == 128 + signal.SIGTERM
    lab.stdout.close()
    child = Path(f"/proc/{(tmp_path / 'child').read_text().strip()}/stat")
    assert not child.exists() or child.read_text().rpartition(")")[2].split()[0] == "Z"
    assert not Path((tmp_path / "file").read_text().strip()).exists()
