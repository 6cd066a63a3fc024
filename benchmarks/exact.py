"""Do readings that are passed over leave every journal as if each datagram had been played?

    python benchmarks/exact.py [SEEDS [JOBS [SCENARIO]]]

Runs every scenario with so many seeds (10), each twice: as usual, and `--exact`. Then all trials of a sweep over a scenario (the whole life of
a service unless told otherwise), each twice as well. Prints how many journals were compared and how many differ, and names those; exit status
1 when any does. Run it from the repository's root.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from simulator.files.lab_file import data_directory
from simulator.scenario.batch import find_scenarios, load_all
from simulator.scenario.labs import OpenLab, open_exact
from simulator.scenario.language import load_scenario
from simulator.scenario.plan import Scenario
from simulator.scenario.processes import born
from simulator.scenario.runner import run_scenario
from simulator.sweep.playing import PersistentSession, with_faults
from simulator.sweep.points import learn
from simulator.sweep.sweeping import parse_kinds, plan
from simulator.sweep.trial import Trial

SEEDS, JOBS = 10, 2
LIFE = "life/whole-life.yaml"
_SCENARIOS: list[Scenario] = []


def _begin() -> None:
    _SCENARIOS.extend(load_all(find_scenarios([data_directory("scenarios")])))
    born()


def _ran(number: int, seed: int) -> tuple[str, bool]:
    """What it was, and whether both ways were the same."""
    scenario = _SCENARIOS[number]
    usual, exact = (run_scenario(scenario, seed=seed, open_lab=each) for each in (None, open_exact))
    same = (usual.journal_hash, usual.verdict) == (exact.journal_hash, exact.verdict)
    return f"{scenario.name}, seed {seed}", same


def _tried(file: str, trial: Trial) -> tuple[str, bool]:
    scenario = with_faults(load_scenario(data_directory("scenarios") / file), trial)

    def journal(open_lab: OpenLab | None) -> tuple[str, str]:
        session = PersistentSession(scenario, trial.seed, trouble=len(trial.faults), open_lab=open_lab)
        session.run()
        result = session.result()
        return result.journal_hash, result.verdict

    return f"{file}: {trial}", journal(None) == journal(open_exact)


def _told(what: str, results: Iterator[tuple[str, bool]]) -> int:
    count = differ = 0
    for name, same in results:
        count += 1
        if not same:
            differ += 1
            print(f"another journal: {name}", flush=True)
    print(f"{what}: {count} journals compared, {differ} differ", flush=True)
    return differ


def main() -> int:
    given = sys.argv[1:]
    seeds = int(given[0]) if given else SEEDS
    jobs = int(given[1]) if len(given) > 1 else JOBS
    file = given[2] if len(given) > 2 else LIFE
    scenario = load_scenario(data_directory("scenarios") / file)
    trials = plan(scenario, 0, learn(scenario, 0), kinds=parse_kinds(""), choose="kinds").trials
    count = len(find_scenarios([data_directory("scenarios")]))
    pairs = [(number, seed) for seed in range(seeds) for number in range(count)]
    with ProcessPoolExecutor(jobs, initializer=_begin) as pool:
        runs = pool.map(_ran, *zip(*pairs, strict=True), chunksize=4) if pairs else iter(())
        differ = _told(f"{count} scenarios, {seeds} seeds", runs)
        differ += _told(f"a sweep of {file}", pool.map(_tried, [file] * len(trials), trials, chunksize=4))
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
