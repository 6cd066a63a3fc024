"""A project with packages `simulator` and `provisioner` of its own, and the plugin installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.pytest_plugin.suites import run_pytest

OWN = """
import simulator
import provisioner.orders


def test_of_its_own_packages():
    assert simulator.WHOSE == provisioner.orders.WHOSE == "theirs"
"""
OURS = """
import httpx
import pytest
import rackloop_pytest
import simulator

STILL = "rackloop", 1


@pytest.mark.rackloop(lab="one", clock="stepped")
def test_a_lab_that_is_up(rackloop_up, rackloop_dci6):
    assert simulator.WHOSE == "theirs"
    rackloop_up.clock.advance("10m")
    assert [each["name"] for each in rackloop_dci6.get("/dci/v3/server").json()["list"]] == ["srv-1"]


@pytest.mark.parametrize("kind", rackloop_pytest.fault_kinds("bmc.dead"))
def test_the_catalogue(kind):
    assert kind == "bmc.dead"


@pytest.mark.rackloop(lab="one")
def test_in_process(rackloop):
    raise AssertionError("it never comes so far")
"""
SCENARIO = """
scenario: The clock goes
lab: one
steps:
  - wait: 10m
expect:
  - {server: srv-1, has: {owner: none}}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name, text in {
        "simulator/__init__.py": 'WHOSE = "theirs"\n',
        "provisioner/__init__.py": "",
        "provisioner/orders.py": 'WHOSE = "theirs"\n',
        "test_own.py": OWN,
        "test_with_a_lab.py": OURS,
        "clock.yaml": SCENARIO,
    }.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return folder


PYTEST = (str(Path(sys.executable).with_name("pytest")),)
"""The program, which does not put its folder where imports look."""


@pytest.mark.parametrize("way", ["pytest", "python -m pytest"])
def test_a_project_with_packages_of_our_names(project: Path, way: str) -> None:
    """The second one also has the folder on the path of every Python that is started."""
    program, env = (PYTEST, {}) if way == "pytest" else (("-m", "pytest"), {"PYTHONPATH": str(project)})
    told = run_pytest(project, "--rackloop-scenarios", program=program, **env)
    assert "4 passed, 1 error" in told, told
    assert f"`import simulator` finds {project / 'simulator'}, and not Rackloop's own package of that name" in told
    assert "Take the fixture `rackloop_up`, whose lab has a process of its own" in told
    assert "Traceback" not in told


def test_the_plugin_imports_nothing_of_ours_before_it_is_asked(tmp_path: Path) -> None:
    (tmp_path / "test_nothing.py").write_text(
        "import sys\n\n\ndef test_nothing():\n"
        "    ours = [name for name in sys.modules if name.split('.')[0] in ('simulator', 'provisioner', 'httpx')]\n"
        "    assert ours == []\n"
    )
    told = run_pytest(tmp_path)
    assert "1 passed" in told, told
