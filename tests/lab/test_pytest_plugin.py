"""The pytest plugin as a suite of somebody else meets it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from simulator.files.lab_file import data_directory

ROOT = data_directory("scenarios").parent

SUITE = """
import httpx
import pytest


@pytest.mark.rackloop(lab="one", seed=7)
def test_simulated(rackloop):
    async def scene(lab):
        await lab.clock.sleep(3600)
        return lab.seed, lab.clock.now()

    assert rackloop(scene) == (7, 3600)


@pytest.mark.rackloop(lab="one")
def test_fault_that_never_came_about(rackloop):
    async def scene(lab):
        from simulator.faults import CATALOGUE

        params = CATALOGUE["bmc.dead"].params.model_validate({"server": "srv-1", "at": "2h"})
        lab.faults.inject("bmc.dead", params)

    rackloop(scene)


@pytest.mark.rackloop(labb="one")
def test_misspelt(rackloop):
    pass


@pytest.mark.rackloop(lab="one")
def test_up(rackloop_up):
    answer = httpx.post(f"{rackloop_up['control']}/__lab/clock/advance", json={"seconds": 600})
    assert answer.json()["now"] == 600
    token = httpx.post(f"{rackloop_up['dci6']}/auth/v4/public/token", json=rackloop_up["admin"]["dci6"])
    assert token.status_code == 201
"""


def test_fixtures_and_marker(tmp_path: Path) -> None:
    (tmp_path / "test_suite.py").write_text(SUITE)
    options = ["-q", "-p", "simulator.pytest_plugin", "-p", "no:cacheprovider", "--strict-markers", "-W", "error"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout
    assert "a fault never came about: bmc.dead on srv-1" in done.stdout
    assert "not understood: labb" in done.stdout
    assert "1 failed, 2 passed, 1 error" in done.stdout
