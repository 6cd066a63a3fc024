"""Scenario files that pytest collects."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.pytest_plugin.suites import run_pytest

GOOD = "# What is here is explained\n---\nscenario: The clock goes\nlab: one\nsteps:\n  - wait: 10m\n"
BAD = """scenario: Whoever walks by switches a server on
lab: one
steps:
  - wait: 10m
expect:
  - {server: srv-1, has: {owner: alice@example.com}}
"""
BROKEN = "scenario: Nobody can read this\nlab: one\nstepz: []\n"
OTHER = "services:\n  scenario: of docker compose\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"good": GOOD, "bad": BAD, "broken": BROKEN, "other": OTHER}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def test_scenario_files_are_tests_where_that_is_asked_for(folder: Path) -> None:
    told = run_pytest(folder, "--rackloop-scenarios", "--rackloop-seed", "5")
    assert "2 failed, 1 passed" in told, told
    assert "other.yaml" not in told
    for line in (
        "failed  Whoever walks by switches a server on",
        "  bad.yaml:6: srv-1 has owner",
        "    expected  alice@example.com",
        "    seen      none",
        "  repeat    rackloop run bad.yaml --seed 5",
    ):
        assert line in told.splitlines()
    assert "broken.yaml:3:1: unknown key `stepz`; did you mean `steps`?" in told
    assert "Traceback" not in told


def test_they_are_left_alone_otherwise_but_for_one_that_is_named(folder: Path) -> None:
    (folder / "pytest.ini").write_text("[pytest]\n")
    told = run_pytest(folder, "--collect-only", "good.yaml")
    assert "good.yaml::scenario" in told
    assert "1 test collected" in told
    shutil.copy(folder / "good.yaml", folder / "test_good.yaml")
    assert "no tests collected" in run_pytest(folder, "--collect-only")


def test_a_project_may_ask_for_them_in_its_settings(folder: Path) -> None:
    (folder / "pytest.ini").write_text("[pytest]\nrackloop_scenarios = true\n")
    assert "3 tests collected" in run_pytest(folder, "--collect-only")
