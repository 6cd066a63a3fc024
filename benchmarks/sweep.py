"""What sweeps cost: all single faults over the kinds of HTTP call of a life, a share of the pairs, and all singles of every network.

python benchmarks/sweep.py [JOBS]      prints trials, seconds of wall time and of processor time, and what a trial costs.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from simulator.files.lab_file import data_directory
from simulator.scenario.language import load_scenario
from simulator.sweep.points import learn
from simulator.sweep.sweeping import Sweep, here, parse_kinds, plan, processes, sweep

LIFE = Path("life") / "whole-life.yaml"
PAIRS = 200
"""Of all pairs, every so manieth as makes about so many."""


def cpu() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def tried(name: str, what: Sweep, jobs: int) -> None:
    wall, processor = time.perf_counter(), cpu()
    outcomes, _ = sweep(what, here if jobs == 1 else processes(jobs))
    wall, processor = time.perf_counter() - wall, cpu() - processor
    found = sum(bool(each.found) for each in outcomes)
    print(
        f"{name:<34} {len(outcomes):5} trials  {wall:7.2f} s  {processor:7.2f} s of CPU  {processor / len(outcomes) * 1000:6.1f} ms each"
        f"  {found} with something wrong"
    )


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    scenario = load_scenario(data_directory("scenarios") / LIFE)
    learned = learn(scenario, 0)

    def made(kinds: str, *, pairs: bool = False) -> Sweep:
        return plan(scenario, 0, learned, kinds=parse_kinds(kinds), choose="kinds", pairs=pairs)

    tried("singles: lost, answer, gateway", made("http,lost,answer,gateway"), jobs)
    whole = made("http,lost,answer,gateway", pairs=True)
    step = max(len(whole.trials) // PAIRS, 1)
    some = Sweep(whole.scenario, whole.seed, whole.learned, whole.points, whole.trials[::step])
    tried(f"one in {step} of {len(whole.trials)} pairs", some, jobs)
    tried("singles of every network", made(""), jobs)


if __name__ == "__main__":
    main()
