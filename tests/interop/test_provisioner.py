"""The `provisioner` command against a lab that is up: two real processes, real sockets, a database file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import httpx
import pytest

from tests.interop.test_up import ROOT, Up

pytestmark = [pytest.mark.interop, pytest.mark.slow]
TARIFF = {"configuration": "E3-1230-16Gb-480SSD", "os": "debian-12", "pool": "public"}


class Shell:
    """Where somebody types `provisioner`."""

    def __init__(self, lab: Up, folder: Path) -> None:
        tariff = folder / "tariff.json"
        tariff.write_text(json.dumps(TARIFF))
        admin = lab.places["admin"]["dci6"]
        self.env = os.environ | {
            "PROVISIONER_PANEL": lab.places["dci6"],
            "PROVISIONER_EMAIL": admin["email"],
            "PROVISIONER_PASSWORD": admin["password"],
            "PROVISIONER_TARIFF": str(tariff),
            "PROVISIONER_STORE": f"sqlite:///{folder / 'billing.db'}",
        }

    def words(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "provisioner", *words]

    def run(self, *words: str, status: int = 0) -> str:
        done = subprocess.run(
            self.words(*words), cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def json(self, *words: str) -> dict:
        done = subprocess.run(self.words(*words, "--json"), cwd=ROOT, env=self.env, capture_output=True, check=True)
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory):
    up = Up(tmp_path_factory.mktemp("lab"), "--clock", "scaled:600")
    yield up
    up.process.kill()
    up.process.communicate()


@pytest.fixture
def shell(lab: Up, tmp_path: Path) -> Shell:
    return Shell(lab, tmp_path)


@pytest.mark.requirement("W6-G1")
@pytest.mark.requirement("W6-S1")
def test_a_service_is_sold_suspended_resumed_and_given_back_from_the_command_line(shell: Shell):
    assert "the connection works" in shell.run("check")
    said = shell.run("order", "web1", "--client", "alice@example.com", "--option", "ip=2", "--poll", "0.2")
    assert "web1: A9 start the installation done" in said
    assert "web1 is active on srv-1 (id 1)" in said
    shown = shell.json("show", "web1")
    assert (shown["state"], shown["dedicated_ip"], shown["assigned_ips"]) == (
        "active",
        "192.0.2.10",
        ["192.0.2.11"],
    )
    calls = [call for step in shown["journal"] for call in step["calls"]]
    assert "POST /dci/v3/server/1/os_install" in [call["call"] for call in calls]
    assert all(call["status"] == 200 and call["answered"] >= call["sent"] for call in calls)
    assert "os_install" in shell.run("show", "web1")
    assert "no free server" in shell.run("order", "web2", "--client", "bob@example.com", status=1)
    assert "web1 is suspended" in shell.run("suspend", "web1")
    assert "no 'suspend' in state 'suspended'" in shell.run("suspend", "web1", status=1)
    assert "web1 is active" in shell.run("resume", "web1")
    assert "web1 is closed" in shell.run("terminate", "web1", "--poll", "0.2")
    assert [(each["service"], each["state"]) for each in shell.json("list")] == [("web1", "closed"), ("web2", "failed")]
    assert "web2" in shell.run("list")


@pytest.mark.parametrize(
    ("how", "line"), [(signal.SIGKILL, "A9 start the installation done"), (signal.SIGINT, "A10 wait")]
)
def test_an_order_that_is_stopped_is_resumed_by_the_next_process(shell: Shell, how: signal.Signals, line: str):
    order = shell.words("order", "web1", "--client", "alice@example.com")
    stopped = subprocess.Popen(order, cwd=ROOT, env=shell.env, stderr=subprocess.PIPE, text=True)
    assert stopped.stderr is not None
    for said in stopped.stderr:
        if line in said:
            break
    stopped.send_signal(how)
    assert ("resume-interrupted" in stopped.communicate(timeout=20)[1]) is (how is signal.SIGINT)
    assert stopped.returncode == (128 + how if how is signal.SIGINT else -how)
    (service,) = shell.json("list")
    assert (service["state"], service["interrupted"]) == ("processing", True)
    assert "Create was interrupted" in shell.run("order", "web1", "--client", "alice@example.com", status=1)
    assert "web1 is active" in shell.run("resume-interrupted", "--poll", "0.2")
    assert "nothing was interrupted" in shell.run("resume-interrupted")
    calls = [call["call"] for step in shell.json("show", "web1")["journal"] for call in step["calls"]]
    assert calls.count("POST /dci/v3/server/1/os_install") == 1
    shell.run("terminate", "web1", "--poll", "0.2")


@pytest.mark.parametrize(
    ("call", "kind", "params"),
    [
        ("POST */owner", "http.reset", {"when": "after"}),
        ("POST */ip", "http.cut", {}),
        ("POST */os_install", "http.gateway", {"status": 502, "when": "before", "page": "haproxy"}),
        ("POST */port_off", "http.refused", {}),
        ("DELETE *", "http.gateway", {"status": 200, "when": "before", "page": "haproxy"}),
    ],
)
def test_what_happens_to_a_call_on_a_real_socket_does_not_show_in_the_end(
    shell: Shell, lab: Up, call: str, kind: str, params: dict[str, object]
) -> None:
    faults = f"{lab.places['control']}/__lab/faults"
    httpx.post(faults, json={kind: {"call": call, "nth": 1, **params}}).raise_for_status()
    try:
        shell.run("order", "web1", "--client", "alice@example.com", "--poll", "0.2")
        shown = shell.json("show", "web1")
        assert (shown["state"], shown["dedicated_ip"], shown["assigned_ips"]) == ("active", "192.0.2.10", [])
        assert "web1 is suspended" in shell.run("suspend", "web1")
        assert "web1 is active" in shell.run("resume", "web1")
        assert "web1 is closed" in shell.run("terminate", "web1", "--poll", "0.2")
        records = httpx.get(f"{lab.places['control']}/__lab/journal", params={"layer": "wire", "limit": 100}).json()[
            "list"
        ]
        assert any(fnmatchcase(record["subject"], call) for record in records), "the fault came about"
        assert "no free server" not in shell.run("order", "web2", "--client", "bob@example.com", "--poll", "0.2")
        shell.run("terminate", "web2", "--poll", "0.2")
    finally:
        httpx.delete(faults)


def test_what_cannot_be_used_is_said_in_words_and_an_exit_status(shell: Shell):
    order = ("order", "web1", "--client", "alice@example.com")
    assert "unknown setting 'pol'" in shell.run(*order, "--set", "pol=public", status=2)
    assert "is not supported" in shell.run(*order, "--option", "ips=2", status=2)
    assert "NAME=VALUE" in shell.run(*order, "--option", "ips", status=2)
    assert "no service web9" in shell.run("show", "web9", status=1)
    assert "answered 401" in shell.run("check", "--password", "wrong", status=2)
    assert "store belongs to the panel" in shell.run(*order, "--panel", "http://127.0.0.1:9", status=2)


@pytest.mark.requirement("B5-8", "B5-11", "B5-12", "B5-13", "B5-14")
def test_a_server_of_dcimanager_5_is_sold_and_returned_from_the_command_line(lab: Up, tmp_path: Path):
    shell, admin = Shell(lab, tmp_path), lab.places["admin"]["dci5"]
    shell.env |= {
        "PROVISIONER_PANEL": lab.places["dci5"],
        "PROVISIONER_USER": admin["username"],
        "PROVISIONER_PASSWORD": admin["password"],
        "PROVISIONER_PING": "true",  # nobody here could answer an echo
    }
    package = ("--set", f"configuration={TARIFF['configuration']}", "--set", "os=debian-12")
    assert "the connection works" in shell.run("dci5", "check")
    refused = shell.run("dci5", "order", "old1", "--client", "bob@example.com", *package, "--set", "os=minix", status=1)
    assert "There is no OS template 'minix'" in refused
    sold = shell.run("dci5", "order", "old1", "--client", "bob@example.com", *package)
    assert "old1 is active" in sold
    assert "DCImanager user: bobexamplecom, password: " in sold
    assert "old1 is active" in shell.run("dci5", "add-address", "old1", *package)
    shell.run("dci5", "delete-address", "old1", *package)
    shell.run("dci5", "change-password", "old1", *package)
    assert "old1 is suspended" in shell.run("dci5", "suspend", "old1", *package)
    assert "old1 is active" in shell.run("dci5", "resume", "old1", *package)
    assert "old1 is closed" in shell.run("dci5", "terminate", "old1", *package)
