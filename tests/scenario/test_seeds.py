"""No verdict is luck: every scenario passes with ten more seeds."""

from __future__ import annotations

import pytest

from simulator.files.lab_file import data_directory
from simulator.scenario.batch import find_scenarios, load_all, run_all

pytestmark = pytest.mark.slow
SEEDS = range(101, 111)
SHARDS = 8


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("seed", SEEDS)
def test_every_scenario_passes_with_this_seed(seed: int, shard: int) -> None:
    scenarios = load_all(find_scenarios([data_directory("scenarios")]))[shard::SHARDS]
    assert len(scenarios) > 10
    results = run_all(scenarios, seed=seed, mode="simulated")
    failed = [
        f"{result.file}: {result.verdict}: {[str(each) for each in result.failures]}"
        for result in results
        if result.verdict != "passed"
    ]
    assert failed == []
