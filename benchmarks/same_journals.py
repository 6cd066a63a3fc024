"""Do two checkouts give the same journals? Runs every scenario in both, with some seeds, and compares verdicts and hashes.

    python benchmarks/same_journals.py OTHER [--seeds 0,7] [--python OTHER/.venv/bin/python] [-k TEXT]

`OTHER` is the root of another checkout of this repository, say one of the commit before a change. A change that only moves
code leaves every journal as it was; the exit status is 1 where one differs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent


def journals(root: Path, python: str, seed: int, text: str) -> dict[str, tuple[str, str]]:
    """Verdict and hash by the scenario's file, as the checkout at `root` gives them."""
    with tempfile.TemporaryDirectory(prefix="rackloop-") as folder:
        out = Path(folder) / "results.json"
        words = [python, "-m", "simulator.cli", "run", str(root / "scenarios"), "--seed", str(seed), "--json", str(out)]
        subprocess.run([*words, *(["-k", text] if text else [])], cwd=root, stdout=subprocess.DEVNULL, check=False)  # noqa: S603
        rows = json.loads(out.read_text(encoding="utf-8"))["scenarios"]
    return {str(Path(row["file"]).relative_to(root)): (row["verdict"], row["journal_hash"]) for row in rows}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("other", type=Path)
    parser.add_argument("--seeds", default="0,7")
    parser.add_argument("--python", default="", help="of the other checkout; its .venv's unless given")
    parser.add_argument("-k", default="", metavar="TEXT", help="only scenarios whose names have this")
    given = parser.parse_args()
    other = given.other.resolve()
    theirs_by = given.python or str(other / ".venv" / "bin" / "python")
    differ = count = 0
    for seed in map(int, given.seeds.split(",")):
        ours = journals(HERE, sys.executable, seed, given.k)
        theirs = journals(other, theirs_by, seed, given.k)
        for file in sorted(ours.keys() | theirs.keys()):
            count += 1
            here, there = ours.get(file, ("missing", "")), theirs.get(file, ("missing", ""))
            if here != there:
                differ += 1
                print(
                    f"seed {seed}  {file}: {there[0]} -> {here[0]}"
                    + ("" if here[1] == there[1] else ", another journal")
                )
    print(f"{count} journals compared, {differ} differ")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
