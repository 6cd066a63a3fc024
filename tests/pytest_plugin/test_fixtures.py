"""The pytest plugin's fixtures and marker as a suite of somebody else meets them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from rackloop_pytest import lab_up, plugin
from rackloop_pytest.own_process import close_all
from tests.pytest_plugin.suites import ROOT, run_suite

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
        lab.faults.inject("bmc.dead", server="srv-1", at="2h")

    rackloop(scene)


@pytest.mark.rackloop(labb="one")
def test_misspelt(rackloop):
    pass


@pytest.mark.rackloop(lab="one", clock="stepped")
def test_up(rackloop_up):
    answer = httpx.post(f"{rackloop_up['control']}/__lab/clock/advance", json={"seconds": 600})
    assert answer.json()["now"] == 600
    token = httpx.post(f"{rackloop_up['dci6']}/auth/v4/public/token", json=rackloop_up["admin"]["dci6"])
    assert token.status_code == 201


def test_own_clients(rackloop_dci6_url, rackloop_dci5_url, rackloop_dci5, rackloop_clock):
    assert httpx.get(f"{rackloop_dci6_url}/swagger").status_code == 200
    assert rackloop_dci5_url.endswith("/dcimgr")
    found = rackloop_dci5.get("", params={"func": "server", "out": "json"}).json()["doc"]["elem"]
    assert found[0]["name"]["$"] == "srv-01"
    with pytest.raises(ValueError, match="runs by itself"):
        rackloop_clock.advance("10m")
"""

JUDGED = """
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
def test_misspelt_invariant(rackloop):
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
def test_judged_up(rackloop_up):
    admin, dci6 = rackloop_up["admin"]["dci6"], rackloop_up["dci6"]
    token = httpx.post(f"{dci6}/auth/v4/public/token", json=admin).json()["token"]
    with httpx.Client(base_url=dci6, headers={"x-xsrf-token": token}) as panel:
        assert panel.post("/dci/v3/server/1", json={"faulty": {"reason": "its fan"}}).is_success
        email = {"email": "alice@example.com", "password": "A-password-1", "roles": ["@user"]}
        user = panel.post("/auth/v4/user", json=email).json()["id"]
        assert panel.post("/dci/v3/server/1/owner", json={"owner": user}).is_success
"""

POLLS = """
import pytest


@pytest.mark.rackloop(lab="one")
def test_a_client_that_polls_gets_on(rackloop_up, rackloop_provisioner, rackloop_clock):
    service = rackloop_provisioner.order("web1", "alice@example.com")
    assert (service["state"], service["server"]) == ("active", "srv-1")
    assert 1200 < rackloop_clock.now < 7200
    assert rackloop_up.server("srv-1")["os"]["name"] == "debian-12"
    assert any(each["what"] == "phone-home" or "os_install" in each["subject"] for each in rackloop_up.journal())
    with pytest.raises(KeyError, match="there is no server 'srv-2': srv-1"):
        rackloop_up.server("srv-2")
    with pytest.raises(AssertionError, match="exit status 2, not 0"):
        rackloop_provisioner.run("order", "web2")
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    return run_suite(tmp_path_factory.mktemp("suite"), SUITE + JUDGED)


def test_fixtures_and_marker(told: str) -> None:
    assert "5 passed" in told, told
    assert "a fault never came about: bmc.dead on srv-1" in told
    assert "not understood: labb" in told
    assert "4 failed, 5 passed, 3 errors" in told


def test_what_must_hold_is_judged_at_the_end_of_a_test_unless_it_is_declared(told: str) -> None:
    faulty = "violates for-sale: srv-1 is faulty (its fan), and is given to alice@example.com; expected: what the panel calls"
    # In CI pytest writes the summary in full, with the same words again.
    assert told.partition("short test summary")[0].count(faulty) == 2, told
    assert "known: for-sale of srv-1: it held, nothing came of what is declared" in told
    assert "'for-sail' is no invariant; did you mean `for-sale`?" in told
    assert "violates owned: web1 is active on srv-1, which belongs to nobody" in told
    assert "violates installed: web1 is called active, and srv-1 is off" not in told, (
        "it was ordered before anybody looked"
    )


@pytest.mark.slow
def test_by_the_clock_that_a_lab_has_unless_told_otherwise_a_client_that_polls_gets_on(tmp_path: Path) -> None:
    said = run_suite(tmp_path, POLLS)
    assert "1 passed" in said, said


def test_who_installs_rackloop_has_the_plugin_under_a_name_of_its_own() -> None:
    (entry,) = (each for each in entry_points(group="pytest11") if each.name == "rackloop")
    assert entry.value == "rackloop_pytest.plugin"


@pytest.fixture(scope="module")
def process_of_our_own() -> Iterator[None]:
    yield
    close_all()


@pytest.mark.usefixtures("process_of_our_own")
@pytest.mark.parametrize("lab", ["one", "hosting", "secure"])
def test_the_page_about_pytest_names_every_key_of_a_lab_that_is_up(lab: str) -> None:
    def keys(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from value
        for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from keys(each)

    page = (ROOT / "docs" / "pytest.md").read_text().partition("Keys of `rackloop_up`")[2].partition("\n## ")[0]
    named = set(re.findall(r"[\w]+", page))
    with lab_up(lab, clock="stepped") as here:
        assert set(keys(dict(here))) - named == set()


def test_the_page_about_pytest_names_every_fixture() -> None:
    page = (ROOT / "docs" / "pytest.md").read_text().partition("## Fixtures")[2]
    assert [name for name in plugin.__all__ if f"`{name}`" not in page] == []


@pytest.mark.slow
def test_the_page_about_pytest_has_tests_that_pass(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "pytest.md").read_text()
    said = run_suite(tmp_path, page.partition("```python\n")[2].partition("```")[0])
    assert "6 passed" in said, said
