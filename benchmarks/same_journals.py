"""Do two checkouts give the same journals? Runs every scenario in both, with some seeds, and compares verdicts and hashes.

    python benchmarks/same_journals.py OTHER [--seeds 0,7 | --seeds 0-99] [--exact] [--sweep FILE] [-j 2] [--python OTHER/.venv/bin/python] [-k TEXT]

`OTHER` is the root of another checkout of this repository, say one of the commit before a change. A change that only moves code, or makes it
faster, leaves every journal as it was; the exit status is 1 where one differs. `--exact` runs all a third time, here, with every datagram and
call played, and compares that too. `--sweep` also compares those of all trials of a sweep over
this scenario.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent
Journals = dict[str, tuple[str, str]]
"""Verdict and hash, by what was run."""


def _told(root: Path, python: str, words: list[str]) -> dict[str, list[dict[str, Any]]]:
    """What a command of the checkout at `root` writes as JSON."""
    with tempfile.TemporaryDirectory(prefix="rackloop-") as folder:
        out = Path(folder) / "results.json"
        whole = [python, "-m", "simulator.cli", *words, "--json", str(out)]
        subprocess.run(whole, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603
        told: dict[str, list[dict[str, Any]]] = json.loads(out.read_text(encoding="utf-8"))
        return told


def ran(root: Path, python: str, seed: int, text: str, *more: str) -> Journals:
    """By the scenario's file."""
    words = ["run", str(root / "scenarios"), "--seed", str(seed), *(["-k", text] if text else []), *more]
    rows = _told(root, python, words)["scenarios"]
    return {str(Path(row["file"]).relative_to(root)): (row["verdict"], row["journal_hash"]) for row in rows}


def tried(root: Path, python: str, file: str) -> Journals:
    """By the trial's place: both checkouts plan the same ones. (Their ids are of the scenario's path as well.)"""
    (swept,) = _told(root, python, ["sweep", str(root / "scenarios" / file)])["sweeps"]
    return {f"{file}, trial {n}": (row["verdict"], row["journal_hash"]) for n, row in enumerate(swept["trials"], 1)}


def _seeds(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last) + 1)) if last else [int(each) for each in text.split(",") if each]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("other", type=Path)
    parser.add_argument("--seeds", default="0,7", help="as 0,7 or 0-99; nothing for none")
    parser.add_argument(
        "--sweep", default="", metavar="FILE", help="of a scenario, as in `scenarios`: life/whole-life.yaml"
    )
    parser.add_argument("--exact", action="store_true", help="and here with every datagram and call played")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("--python", default="", help="of the other checkout; its .venv's unless given")
    parser.add_argument("-k", default="", metavar="TEXT", help="only scenarios whose names have this")
    given = parser.parse_args()
    other = given.other.resolve()
    trees = (HERE, sys.executable), (other, given.python or str(other / ".venv" / "bin" / "python"))

    def both(task: tuple[str, int | str]) -> tuple[str, list[Journals]]:
        """Each work is a process of its own: these threads only wait."""
        kind, which = task
        if kind == "seed":
            ours, theirs = [ran(root, python, int(which), given.k) for root, python in trees]
            if given.exact:
                exact = ran(*trees[0], int(which), given.k, "--exact")
                ours |= {f"{what}, exact": journal for what, journal in exact.items()}
                theirs |= {f"{what}, exact": journal for what, journal in theirs.items()}
            return f"seed {which}", [ours, theirs]
        return "sweep", [tried(root, python, str(which)) for root, python in trees]

    tasks = [
        *(("sweep", file) for file in ([given.sweep] if given.sweep else [])),
        *(("seed", n) for n in _seeds(given.seeds)),
    ]
    differing: Counter[str] = Counter()
    count = 0
    with ThreadPoolExecutor(given.jobs) as pool:
        results: Iterator[tuple[str, list[Journals]]] = pool.map(both, tasks)
        for name, (ours, theirs) in results:
            for what in sorted(ours.keys() | theirs.keys()):
                count += 1
                here, there = ours.get(what, ("missing", "")), theirs.get(what, ("missing", ""))
                if here != there:
                    differing[what] += 1
                    more = "" if here[1] == there[1] else ", another journal"
                    print(f"{name}  {what}: {there[0]} -> {here[0]}{more}", flush=True)
    print(f"{count} journals compared, {differing.total()} differ")
    for what, times in sorted(differing.items()):
        print(f"  {times:4}  {what}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
