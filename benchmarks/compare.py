"""What this checkout costs beside another one, say that of the commit before a change.

    python benchmarks/compare.py OTHER [--rounds 5] [--python OTHER/.venv/bin/python] [--only TEXT]

`OTHER` is the root of the other checkout. Each figure is processor time (user and system), the median of rounds in which the two
take turns, so that the ratio holds on a noisy machine: the whole life of a service, all scenarios, `rackloop run` of one file,
`rackloop run -j2` beside `-j1`, `rackloop up small` until it is ready, all single faults over the kinds of HTTP call of a life and all
pairs of them, an idle hour of small and large labs, a hundred and a thousand lives at once in one lab, and the memory that a life
leaves behind. A checkout that has no sweeps shows none for them. What takes long is measured once.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

LIFE = """
import json, sys, time
from pathlib import Path
from simulator.scenario.language import load_scenario
from simulator.scenario.runner import run_scenario
scenario = load_scenario(Path("scenarios/life/whole-life.yaml"))
run_scenario(scenario)
began = time.process_time()
for _ in range(5):
    run_scenario(scenario)
print((time.process_time() - began) / 5 * 1000)
"""

SUITE = """
import time
from pathlib import Path
from simulator.scenario.batch import find_scenarios, load_all, run_all
began = time.process_time()
scenarios = [each for each in load_all(find_scenarios([Path("scenarios")]))]
run_all(scenarios, seed=None, mode="simulated")
print((time.process_time() - began) * 1000 / len(scenarios))
"""

# Beginnings of programs: a hall of `%d` racks, to which a panel is added, and a billing side for a lab.
HALL = """
from simulator.files.lab_file import lab_from_document
from simulator.files.reader import read_text
from simulator.kernel import run
from simulator.lab import Lab
HALL = '''lab: hall
racks:
  - name: R{n:03}
    count: %d
    switches: [{name: "sw-{r:03}", model: cisco-c3560, ports: 48}]
    pdus: [{name: "pdu-{r:03}", model: apc-ap8641, outlets: 24}]
    servers:
      - {name: "srv-{r:03}-{n:02}", count: 40, model: generic, configuration: E3-1230-16Gb-2x1000SSD, cables: {nic1: "sw-{r:03}/{n}", psu1: mains}}
'''
"""

BILLING = """
from benchmarks.service_life import SETTINGS
from provisioner.billing import Billing
from provisioner.clients.dci6 import Dci6Client
from provisioner.log import ModuleLog
from provisioner.modules.whmcs6 import Whmcs6, Whmcs6Settings
def billing_of(here):
    log = ModuleLog(here.clock)
    client = Dci6Client(here.dci6_url, *here.admin, clock=here.clock, log=log, transport=here.billing_transport())
    module = Whmcs6(client, Whmcs6Settings.from_mapping(SETTINGS), here.clock, log, source=here.streams["users"])
    return client, Billing(module, here.clock, log, source=here.streams["services"])
"""

IDLE = (
    HALL
    + """
import time
racks = NUMBER // 40
text = (HALL + '''panel:
  admin: {email: a@example.com, password: secret-word, full_name: A}
''') % racks
async def main():
    async with Lab(lab_from_document(read_text(text.encode(), "hall"))).simulated() as lab:
        await lab.clock.sleep(3600)
        began = time.process_time()
        await lab.clock.sleep(3600)
        print((time.process_time() - began) * 1000)
run(main())
"""
)

SWEEP = """
import time
from simulator.files.lab_file import data_directory
from simulator.scenario.language import load_scenario
from simulator.scenario.processes import born
from simulator.sweep.points import learn
from simulator.sweep.sweeping import here, parse_kinds, plan, sweep
scenario = load_scenario(data_directory("scenarios") / "life" / "whole-life.yaml")
whole = plan(scenario, 0, learn(scenario, 0), kinds=parse_kinds("http,lost,answer,gateway"), choose="kinds", pairs=PAIRS)
born()
began = time.process_time()
outcomes, _ = sweep(whole, here)
print((time.process_time() - began) * 1000)
"""

LIVES = (
    HALL
    + BILLING
    + """
import asyncio, resource, time
text = (HALL + '''panel:
  location: {id: 1, name: Main hall}
  pools:
    - {name: public, range: 10.0.0.0/16, gateway: 10.0.0.1, network: 10.0.0.0/16}
    - {name: diag, range: 10.1.0.0/16, gateway: 10.1.0.1, network: 10.1.0.0/16, deallocation: true}
  templates:
    - {name: debian-12, type: os, image: 900 MB, work: 20m, tags: [linux]}
    - {name: Diag6, type: diagnostic, image: 700 MB, work: 14m}
''') % (NUMBER // 40 + 1)
async def life(here, billing, number):
    await here.clock.sleep(number)
    name = f"web{number}"
    await billing.order(name, f"c{number}@example.com")
    await billing.suspend(name)
    await billing.unsuspend(name)
    await billing.terminate(name)
async def main():
    async with Lab(lab_from_document(read_text(text.encode(), "hall"))).simulated() as here:
        client, billing = billing_of(here)
        began = time.process_time()
        await asyncio.gather(*[life(here, billing, number) for number in range(NUMBER)])
        spent = (time.process_time() - began) * 1000 / NUMBER
        await client.close()
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000 if MEMORY else spent)
run(main())
"""
)

MEMORY = (
    BILLING
    + """
import gc, tracemalloc
from simulator.kernel import run
from simulator.lab import Lab
async def main():
    async with Lab.load("small").simulated() as here:
        _, billing = billing_of(here)
        kept = []
        for number in range(3):
            gc.collect()
            kept.append(tracemalloc.get_traced_memory()[0])
            await billing.order(f"web{number}", "alice@example.com")
            await billing.terminate(f"web{number}")
        gc.collect()
        print((tracemalloc.get_traced_memory()[0] - kept[1]) / (len(kept) - 1) / 1000)
tracemalloc.start()
run(main())
"""
)


class Missing(Exception):
    """A checkout has no such thing."""


class Tree:
    """One checkout and the Python that runs it."""

    def __init__(self, root: Path, python: str) -> None:
        self.root = root
        self.python = python

    def told(self, program: str) -> float:
        """What a program says that runs in it."""
        words = [self.python, "-c", f"import sys; sys.path.insert(0, '.')\n{program}"]
        done = subprocess.run(words, cwd=self.root, env=ENVIRONMENT, capture_output=True, text=True, check=False)  # noqa: S603
        if "No module named 'simulator." in done.stderr:
            raise Missing
        if done.returncode:
            raise SystemExit(f"{self.root}: {done.stderr.strip().splitlines()[-1]}")
        return float(done.stdout.split()[-1])

    def command(self, *words: str) -> float:
        """Milliseconds of processor time of `rackloop ...`, its children included."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(  # noqa: S603
            [self.python, "-m", "simulator.cli", *words],
            cwd=self.root,
            env=ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000

    def up(self) -> float:
        """Milliseconds of processor time until `rackloop up small` has written its endpoints."""
        with tempfile.TemporaryDirectory(prefix="rackloop-") as folder:
            file = Path(folder) / "endpoints.json"
            words = [self.python, "-m", "simulator.cli", "up", "small", "--endpoints", str(file)]
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            process = subprocess.Popen(  # noqa: S603
                words, cwd=self.root, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            while not file.exists() and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.wait()
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


@dataclass(frozen=True)
class Figure:
    """What is measured; `once`: in a single round, since it takes long."""

    unit: str
    measure: Callable[[Tree], float]
    once: bool = False


def _program(text: str, **words: object) -> Callable[[Tree], float]:
    for name, value in words.items():
        text = text.replace(name, str(value))
    return lambda tree: tree.told(text)


FIGURES: dict[str, Figure] = {
    "whole life of a service": Figure("ms", _program(LIFE)),
    "all scenarios, each": Figure("ms", _program(SUITE)),
    "run of one file": Figure("ms", lambda tree: tree.command("run", "scenarios/stock/no-free-server.yaml")),
    "run -j1 of all": Figure("ms", lambda tree: tree.command("run", "-j1", "scenarios")),
    "run -j2 of all": Figure("ms", lambda tree: tree.command("run", "-j2", "scenarios")),
    "up small, ready": Figure("ms", Tree.up),
    "all singles of a life": Figure("ms", _program(SWEEP, PAIRS=False)),
    "all pairs of a life": Figure("ms", _program(SWEEP, PAIRS=True), once=True),
    "idle hour, 40 servers": Figure("ms", _program(IDLE, NUMBER=40)),
    "idle hour, 1000 servers": Figure("ms", _program(IDLE, NUMBER=1000)),
    "idle hour, 10000 servers": Figure("ms", _program(IDLE, NUMBER=10_000), once=True),
    "100 lives at once, each": Figure("ms", _program(LIVES, NUMBER=100, MEMORY=False)),
    "1000 lives at once, each": Figure("ms", _program(LIVES, NUMBER=1000, MEMORY=False), once=True),
    "1000 lives at once, memory": Figure("MB", _program(LIVES, NUMBER=1000, MEMORY=True), once=True),
    "memory that a life leaves": Figure("kB", _program(MEMORY)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("other", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--python", default="", help="of the other checkout; its .venv's unless given")
    parser.add_argument("--only", default="", metavar="TEXT", help="figures whose names have this")
    given = parser.parse_args()
    other = given.other.resolve()
    trees = {
        "other": Tree(other, given.python or str(other / ".venv" / "bin" / "python")),
        "here": Tree(HERE, sys.executable),
    }
    found = {}
    print(f"{'':28}{'other':>10}{'here':>10}   ratio")
    for name, figure in FIGURES.items():
        if given.only not in name:
            continue
        seen: dict[str, list[float]] = {each: [] for each in trees}
        for _ in range(1 if figure.once else given.rounds):
            for each, tree in trees.items():
                try:
                    seen[each].append(figure.measure(tree))
                except Missing:
                    seen[each].append(math.nan)
        there, here = (statistics.median(seen[each]) for each in trees)
        found[name] = {each: None if math.isnan(value) else value for each, value in (("other", there), ("here", here))}
        ratio = "none there" if math.isnan(there) else f"{here / there:6.2f}"
        print(f"{name:28}{there:10.0f}{here:10.0f} {figure.unit} {ratio}", flush=True)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
