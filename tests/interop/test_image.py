"""The container image's own steps, run in a clean directory: installed from a copy, Rackloop needs its checkout no more."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from simulator.files.lab_file import data_directory

ROOT = data_directory("scenarios").parent
DOCKERFILE = ROOT / "docker" / "Dockerfile"
pytestmark = [pytest.mark.interop, pytest.mark.slow]


def test_what_the_image_installs_runs_scenarios_and_stands_healthy(tmp_path: Path) -> None:
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
    words = ["up", "one", "--host", "0.0.0.0", "--endpoints", str(endpoints)]
    with subprocess.Popen([rackloop, *words], cwd=home, stdout=subprocess.PIPE, text=True) as lab:
        try:
            deadline = time.monotonic() + 60
            while not endpoints.exists():
                assert lab.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.02)
            hosts = {device["host"] for device in json.loads(endpoints.read_text())["bmcs"]}
            check = [rackloop, "health", "--endpoints", str(endpoints)]
            healthy = subprocess.run(check, cwd=home, capture_output=True, text=True, check=False)
        finally:
            lab.terminate()
            lab.wait(30)
    assert healthy.returncode == 0, healthy.stderr
    assert hosts == {"127.0.0.1"}
