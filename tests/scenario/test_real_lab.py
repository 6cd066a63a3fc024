"""Scenarios against the real lab in virtual time: the whole chain from billing to plant, and that it repeats itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.files.lab_file import data_directory
from simulator.scenario.batch import find_scenarios, load_all, run_all
from simulator.scenario.runner import run_scenario

SCENARIOS = data_directory("scenarios")
ROOT = SCENARIOS.parent


@pytest.mark.requirement("HW-6")
def test_a_whole_life_passes_and_repeats_itself_in_another_process_under_another_hash_seed(tmp_path: Path) -> None:
    file = SCENARIOS / "life" / "whole-life.yaml"
    result = run_scenario(file)
    assert result.failures == ()
    assert result.simulated_s > 3600
    report = tmp_path / "out.json"
    words = [sys.executable, "-m", "simulator.cli", "run", str(file), "--seed", str(result.seed), "--json", str(report)]
    subprocess.run(words, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "77"}, check=True, capture_output=True)
    (again,) = json.loads(report.read_text())["scenarios"]
    assert (again["verdict"], again["journal_hash"]) == ("passed", result.journal_hash)


@pytest.mark.requirement("HW-9")
def test_an_installation_that_never_ends_is_seen_through_the_whole_chain() -> None:
    assert run_scenario(SCENARIOS / "installation" / "never-ends.yaml").failures == ()


def test_several_processes_give_the_same_results_in_file_order() -> None:
    files = [SCENARIOS / "stock" / "no-free-server.yaml", SCENARIOS / "life" / "whole-life.yaml"]
    scenarios = load_all(find_scenarios(files))
    alone = run_all(scenarios, seed=3, mode="simulated")
    together = run_all(scenarios, seed=3, mode="simulated", jobs=2)
    assert [(each.file, each.journal_hash) for each in together] == [(each.file, each.journal_hash) for each in alone]
