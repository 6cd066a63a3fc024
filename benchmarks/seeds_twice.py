"""Seeds twice: whether a scenario with a seed is the same run again, byte for byte.

    python benchmarks/seeds_twice.py [PAIRS] [SEED]

Draws scenarios and seeds, runs each pair twice in fresh labs, and compares the hashes of the journals and the verdicts. Prints pairs and
differences; exit status 1 when any differs. Run it from the repository's root.
"""

from __future__ import annotations

import random
import sys

from simulator.files.lab_file import data_directory
from simulator.scenario.batch import find_scenarios, load_all, run_all

PAIRS = 10_000


def main() -> int:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    scenarios = load_all(find_scenarios([data_directory("scenarios")]))
    differ, verdicts = 0, 0
    for _ in range(pairs):
        scenario, seed = chance.choice(scenarios), chance.randrange(1 << 31)
        one, other = (run_all([scenario], seed=seed, mode="simulated")[0] for _ in range(2))
        verdicts += one.verdict != "passed"
        if (one.journal_hash, one.verdict) != (other.journal_hash, other.verdict):
            differ += 1
            print(f"{scenario.file} --seed {seed}: differs")
    print(f"pairs: {pairs}, differing: {differ}; not passed: {verdicts}")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
