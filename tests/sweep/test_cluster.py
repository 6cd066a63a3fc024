"""Trials on a Dask cluster: scheduler and workers as processes, stopped by the test. What they do together is seen through the command,
whose process has no opinion about the warnings of foreign libraries.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from simulator.files.lab_file import data_directory

pytestmark = pytest.mark.slow

ROOT = data_directory("scenarios").parent
RACKLOOP = Path(sys.executable).with_name("rackloop")
KINDS = ["--kinds", "http,lost", "--points", "kinds"]
DIES = """\
import os

from distributed import WorkerPlugin


class Dies(WorkerPlugin):
    begun = 0

    def setup(self, worker):
        self.name = worker.name

    def transition(self, key, start, finish, **more):
        self.begun += finish == "executing" and "play_in" in str(key)
        if self.begun == 3:
            os._exit(41)


async def dask_setup(worker):
    await worker.plugin_add(Dies())
"""


class Cluster:
    """A scheduler on loopback, and the workers that are asked for."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        _, told = self._program("scheduler", "Scheduler at:", "--port", "0", "--no-show", "--no-dashboard")
        self.address = told.split()[-1]

    def worker(self, *options: str) -> subprocess.Popen[str]:
        """One more that is ready."""
        more = ("--no-nanny", "--nthreads", "1", "--no-dashboard", *options)
        return self._program("worker", "Registered to:", self.address, *more)[0]

    def _program(self, name: str, ready: str, *options: str) -> tuple[subprocess.Popen[str], str]:
        """The program, and the line in which it says that it is ready."""
        words = [sys.executable, "-m", f"distributed.cli.dask_{name}", "--host", "127.0.0.1", *options]
        program = subprocess.Popen(words, cwd=self._folder, stderr=subprocess.PIPE, text=True)
        self._stack.callback(_stopped, program)
        assert program.stderr is not None
        told = []
        for line in program.stderr:
            told.append(line)
            if ready in line:
                return program, line
        pytest.fail(f"dask {name} has ended:\n{''.join(told)}")


def _stopped(program: subprocess.Popen[str]) -> None:
    program.kill()
    program.wait()
    assert program.stderr is not None
    program.stderr.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with ExitStack() as stack:
        yield Cluster(tmp_path, stack)


Rackloop = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def sweep(tmp_path: Path) -> Rackloop:
    def run(*words: str | Path, expected: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([RACKLOOP, "sweep", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == expected, done.stdout + done.stderr
        return done

    return run


def trials(file: Path) -> list[dict[str, object]]:
    return [trial for each in json.loads(file.read_text())["sweeps"] for trial in each["trials"]]


def test_a_cluster_comes_to_the_same_outcomes_and_a_worker_that_dies_loses_no_trial(cluster, sweep, tmp_path) -> None:
    """Two scenarios, relative paths, workers in another directory; one of them dies in the middle of its third trial."""
    files = ["scenarios/life/sold-on.yaml", "scenarios/billmanager6/whole-life.yaml"]
    (tmp_path / "dies.py").write_text(DIES)
    doomed = cluster.worker("--preload", "dies.py")
    cluster.worker()
    known = ["--baseline", "fixtures/sweeps/bundled.yaml"]
    sweep(*files, *KINDS, *known, "--json", tmp_path / "here.json")
    sweep(*files, *KINDS, *known, "--json", tmp_path / "there.json", "--dask", cluster.address)
    assert doomed.wait() == 41, "it was there, and had begun a third one"
    assert trials(tmp_path / "there.json") == trials(tmp_path / "here.json")
    assert len(trials(tmp_path / "here.json")) > 20


def test_a_cluster_that_cannot_be_used_is_one_clear_line(cluster, sweep) -> None:
    words = ["scenarios/life/sold-on.yaml", *KINDS, "--dask"]
    cases = {
        "tcp://127.0.0.1:1": "no Dask scheduler answers at tcp://127.0.0.1:1: ",
        "nonsense": "'nonsense' is no address of a Dask scheduler (tcp://HOST:PORT): ",
        cluster.address: f"the Dask scheduler at {cluster.address} has no workers",
    }
    for address, said in cases.items():
        done = sweep(*words, address, expected=2)
        assert done.stdout == ""
        assert done.stderr.startswith(f"rackloop sweep: {said}")
        assert done.stderr.count("\n") == 1
