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

JUDGED = """
import httpx
import pytest

from provisioner.services import Client, Service, State

FAULTY = {"violates": "for-sale", "of": "srv-1", "because": "it is a test"}


async def sell_what_is_faulty(lab):
    lab.panel.edit_server(1, {"faulty": "its fan"})
    lab.panel.set_owner(1, lab.panel.users.create("alice@example.com", "A-password-1").id)


@pytest.mark.rackloop(lab="one")
def test_undeclared(rackloop):
    rackloop(sell_what_is_faulty)


@pytest.mark.rackloop(lab="one", known=[FAULTY])
def test_declared(rackloop):
    rackloop(sell_what_is_faulty)


@pytest.mark.rackloop(lab="one", known=[FAULTY])
def test_declared_and_it_holds(rackloop):
    async def scene(lab):
        await lab.clock.sleep(60)

    rackloop(scene)


@pytest.mark.rackloop(lab="one", known=[{"violates": "for-sail", "because": "it is a test"}])
def test_misspelt(rackloop):
    pass


class View:
    def __init__(self, lab):
        self.services = {"web1": Service("web1", Client("alice@example.com"), "x", server=1, server_name="srv-1")}

    def meant_to_stay(self, held, services):
        return False, 0


@pytest.mark.rackloop(lab="one")
def test_with_a_view_of_billing(rackloop):
    views = []

    def view(lab):
        views.append(View(lab))
        return views[0]

    async def scene(lab):
        views[0].services["web1"].state = State.ACTIVE
        lab.journal.write("billing", "web1", "Create ended")

    rackloop(scene, billing=view)


@pytest.mark.rackloop(lab="one")
def test_up(rackloop_up):
    admin, dci6 = rackloop_up["admin"]["dci6"], rackloop_up["dci6"]
    token = httpx.post(f"{dci6}/auth/v4/public/token", json=admin).json()["token"]
    with httpx.Client(base_url=dci6, headers={"x-xsrf-token": token}) as panel:
        assert panel.post("/dci/v3/server/1", json={"faulty": {"reason": "its fan"}}).is_success
        email = {"email": "alice@example.com", "password": "A-password-1", "roles": ["@user"]}
        user = panel.post("/auth/v4/user", json=email).json()["id"]
        assert panel.post("/dci/v3/server/1/owner", json={"owner": user}).is_success
"""


def run_suite(tmp_path: Path, suite: str) -> str:
    """What pytest prints of it."""
    (tmp_path / "test_suite.py").write_text(suite)
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
    return done.stdout


def test_fixtures_and_marker(tmp_path: Path) -> None:
    told = run_suite(tmp_path, SUITE)
    assert "2 passed" in told, told
    assert "a fault never came about: bmc.dead on srv-1" in told
    assert "not understood: labb" in told
    assert "1 failed, 2 passed, 1 error" in told


def test_what_must_hold_is_judged_at_the_end_of_a_test_unless_it_is_declared(tmp_path: Path) -> None:
    told = run_suite(tmp_path, JUDGED)
    faulty = "violates for-sale: srv-1 is faulty (its fan), and is given to alice@example.com; expected: what the panel calls"
    # In CI pytest writes the summary in full, with the same words again.
    assert told.partition("short test summary")[0].count(faulty) == 2, told
    assert "known: for-sale of srv-1: it held, nothing came of what is declared" in told
    assert "'for-sail' is no invariant; did you mean `for-sale`?" in told
    assert "violates owned: web1 is active on srv-1, which belongs to nobody" in told
    assert "violates installed: web1 is called active, and srv-1 is off" not in told, (
        "it was ordered before anybody looked"
    )
    assert "3 failed, 2 passed, 2 errors" in told, told
