"""The container image's own steps, run in a clean directory: installed from a copy, Rackloop needs its checkout no more, and sells a server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.files.lab_file import data_directory

ROOT = data_directory("scenarios").parent
DOCKERFILE = ROOT / "docker" / "Dockerfile"
pytestmark = [pytest.mark.interop, pytest.mark.slow]


def sold(places: dict[str, Any]) -> str:
    """The state of the first server, when a client of the lab's addresses alone has made it a customer's and installed it."""
    control = httpx.Client(
        base_url=places["control"], headers={"authorization": f"Bearer {places['control_token']}"}, trust_env=False
    )
    with control, httpx.Client(base_url=places["dci6"], trust_env=False) as panel:
        login = panel.post("/auth/v4/public/token", json=places["admin"]["dci6"])
        panel.headers["x-xsrf-token"] = login.json()["token"]
        customer = {
            "email": "alice@example.com",
            "full_name": "Alice",
            "password": "rosebud-1941",
            "phone_number": "",
            "role": "@user",
        }
        user = panel.post("/dci/v3/user", json=customer)
        assert panel.post("/dci/v3/server/1/owner", json={"owner": user.json()["id"]}).status_code == 200
        order = {"os_template": "debian-12", "password": "root-secret"}
        pool = panel.get("/ip/v3/ippool?where=name+CP+'public'").json()["list"][0]["id"]
        given = panel.post("/dci/v3/server/1/ip", json={"ippool": pool, "family": "ipv4", "count": 1})
        assert given.status_code < 300, given.text
        started = panel.post("/dci/v3/server/1/os_install", json=order)
        assert started.status_code < 300, started.text
        control.post("/__lab/clock/advance", json={"seconds": "30m"}, timeout=60).raise_for_status()
        shown = panel.get("/dci/v3/server/1").json()
        assert (shown["owner_email"], shown["operation"]["status"]) == ("alice@example.com", "ok")
        (server,) = control.get("/__lab/state").json()["servers"]
        return f"{server['state']}, {server['os']['name']}"


def test_what_the_image_installs_runs_scenarios_and_sells_a_server(tmp_path: Path) -> None:
    source, target, home = tmp_path / "src", tmp_path / "rackloop", tmp_path / "home"
    source.mkdir()
    home.mkdir()
    for words in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE.read_text(), re.MULTILINE):
        *names, place = words.split()
        for name in names:
            to = source / name if place == "./" else source / place
            to.parent.mkdir(parents=True, exist_ok=True)
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, to, ignore=ignore) if (ROOT / name).is_dir() else shutil.copy(ROOT / name, to)
    (step,) = re.findall(r"^RUN (sh docker/build) (\S+)$", DOCKERFILE.read_text(), re.MULTILINE)
    built = subprocess.run([*step[0].split(), str(target)], cwd=source, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    rackloop = str(target / "bin" / "rackloop")
    ran = subprocess.run(
        [rackloop, "run", "-k", "stock/server-in-use"], cwd=home, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout.splitlines()[-1]) == (0, "1 passed"), ran.stdout + ran.stderr
    assert list(target.rglob("site-packages/pytest")) == []

    endpoints = home / "endpoints.json"
    words = ["up", "one", "--host", "0.0.0.0", "--clock", "stepped", "--endpoints", str(endpoints)]
    with subprocess.Popen([rackloop, *words], cwd=home, stdout=subprocess.PIPE, text=True) as lab:
        try:
            deadline = time.monotonic() + 60
            while not endpoints.exists():
                assert lab.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.02)
            places = json.loads(endpoints.read_text())
            hosts = {device["host"] for device in places["bmcs"]}
            check = [rackloop, "health", "--endpoints", str(endpoints)]
            healthy = subprocess.run(check, cwd=home, capture_output=True, text=True, check=False)
            state = sold(places)
        finally:
            lab.terminate()
            lab.wait(30)
    assert healthy.returncode == 0, healthy.stderr
    assert hosts == {"127.0.0.1"}
    assert state == "running, debian-12"
