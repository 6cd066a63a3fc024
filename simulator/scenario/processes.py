"""Processes that scenarios are played on: how they are started, and how they end with the first one."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing.context import BaseContext

__all__ = ["born", "end_all", "led", "process_context"]


def process_context(preload: str) -> BaseContext:
    """How processes are started that have all modules loaded already: as copies of this one, and where that is not safe, for
    threads do not live on in a copy, as copies of one that has loaded `preload` for it. Elsewhere each loads it for itself.
    """
    import multiprocessing  # noqa: PLC0415

    ways = multiprocessing.get_all_start_methods()
    if "fork" in ways and sys.platform == "linux" and len(os.listdir("/proc/self/task")) == 1:  # noqa: PTH208
        return multiprocessing.get_context("fork")
    if "forkserver" not in ways:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([preload])
    return context


NEW_OBJECTS = 50_000
"""After which garbage is looked for: a run makes many, and little of it is garbage before its end. Python's own 700 cost 8 % more."""


def born() -> None:
    """What a process that plays runs was born with is no garbage: to look for it there would only copy it."""
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 10, 10)


_GRACE = 5.0
"""Real seconds that a process has to take its lab apart."""


def led() -> None:
    """Ctrl-C reaches all processes of a terminal. The first one decides: the others hear of it as SIGTERM, and take apart what they have built."""
    born()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _ended)


def _ended(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + number)


def end_all(pool: ProcessPoolExecutor) -> None:
    """End what the processes of a pool do, and wait for that; what does not hear is killed."""
    from multiprocessing.connection import wait  # noqa: PLC0415

    processes = list((pool._processes or {}).values())  # `terminate_workers` comes with Python 3.14
    for process in processes:
        process.terminate()
    running = [process.sentinel for process in processes]
    ends = time.monotonic() + _GRACE  # noqa: TID251 - of processes, not of a lab
    while running and (left := ends - time.monotonic()) > 0:  # noqa: TID251
        gone = wait(running, left)
        running = [each for each in running if each not in gone]
    for process in processes:
        if process.sentinel in running:
            process.kill()
