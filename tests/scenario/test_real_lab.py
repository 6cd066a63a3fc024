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


ASKS = """
import sys, threading, time
from simulator.scenario import batch
from simulator.scenario.batch import find_scenarios, load_all, run_all
from pathlib import Path

if __name__ == "__main__":
    stop = threading.Event()
    if sys.argv[1] == "threads":
        threading.Thread(target=stop.wait, daemon=True).start()
    print(batch.process_context("simulator.scenario.batch").get_start_method())
    scenarios = load_all(find_scenarios([Path(file) for file in sys.argv[2:]]))
    print(*(each.journal_hash for each in run_all(scenarios, seed=3, mode="simulated", jobs=2)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="how processes are copied is each system's own")
@pytest.mark.parametrize(("threads", "way"), [("none", "fork"), ("threads", "forkserver")])
def test_processes_are_copies_of_one_that_has_loaded_all_unless_threads_would_be_lost(threads, way, tmp_path) -> None:
    program = tmp_path / "asks.py"
    program.write_text(ASKS)
    file = SCENARIOS / "stock" / "no-free-server.yaml"
    done = subprocess.run(
        [sys.executable, str(program), threads, str(file)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == [way, run_scenario(file, seed=3).journal_hash]
