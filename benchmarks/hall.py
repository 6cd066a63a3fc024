"""The hall of ten thousand servers: how soon it is ready, what it takes, and whether `ipmipower` finds all its BMCs.

    PYTHONPATH=. python benchmarks/hall.py [SWEEPS]

Starts `rackloop up hall-10000` and sweeps it with FreeIPMI's `ipmipower -F 256`, in two processes at once: one cannot
hold the sockets of ten thousand hosts under the usual limit of open files. Exit status 1 when a BMC did not answer. Run
it from the repository's root.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.up import up

SWEEPS = 5


def memory(process: int) -> float:
    """Resident memory of a process, MB."""
    match = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(encoding="ascii"))
    return int(match[1]) / 1000 if match else 0.0


def ranges(bmcs: list[dict[str, Any]]) -> list[str]:
    """The BMCs' addresses as FreeIPMI writes ranges of them: `127.16.0.[1-254]:6230`."""
    blocks: dict[tuple[str, int], list[int]] = {}
    for bmc in bmcs:
        net, _, last = bmc["host"].rpartition(".")
        blocks.setdefault((net, bmc["port"]), []).append(int(last))
    return [f"{net}.[{min(numbers)}-{max(numbers)}]:{port}" for (net, port), numbers in blocks.items()]


def sweep(program: str, bmcs: list[dict[str, Any]], folder: Path) -> Counter[str]:
    """How often each answer came."""
    blocks = ranges(bmcs)
    login = ["-D", "LAN_2_0", "-u", bmcs[0]["username"], "-p", bmcs[0]["password"], "-l", "USER"]
    halves = (blocks[: len(blocks) // 2], blocks[len(blocks) // 2 :])
    files = [folder / f"sweep-{number}" for number in range(2)]
    running = []
    for half, file in zip(halves, files, strict=True):
        with file.open("w") as out:  # into a file: through a pipe ipmipower loses lines of its own
            command = [program, *login, "-h", ",".join(half), "-F", "256", "--stat"]
            running.append(subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT))  # noqa: S603
    for process in running:
        process.wait()
    return Counter(line.rpartition(": ")[2] for file in files for line in file.read_text().splitlines())


def main() -> int:
    program = shutil.which("ipmipower")
    if program is None:
        print("ipmipower is not installed (Debian: freeipmi-tools)")
        return 1
    sweeps = int(sys.argv[1]) if len(sys.argv) > 1 else SWEEPS
    with tempfile.TemporaryDirectory() as name:
        folder, well, began = Path(name), True, time.perf_counter()
        with up("hall-10000", folder) as (lab, places):
            print(f"ready in {time.perf_counter() - began:.1f} s with {memory(lab):.0f} MB", flush=True)
            bmcs = places["bmcs"]
            for number in range(1, sweeps + 1):
                began = time.perf_counter()
                answers = sweep(program, bmcs, folder)
                well = well and answers["on"] + answers["off"] == len(bmcs)
                print(f"sweep {number}: {dict(answers)} in {time.perf_counter() - began:.1f} s", flush=True)
            print(f"after {sweeps} sweeps {memory(lab):.0f} MB")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
