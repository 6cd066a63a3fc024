"""What writes a kept lab's state: now and then while it is up, and when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from simulator.lab import Run
from simulator.lab.snapshot import save_lab
from simulator.lab.state_dir import StateDir

__all__ = ["state_kept"]

STATE_INTERVAL = 5.0
"""Real seconds between two writings of a kept lab's state."""


@asynccontextmanager
async def state_kept(run: Run, state: StateDir | None, starts: int) -> AsyncIterator[None]:
    """Write the lab's state down now and then, and when it ends: who kills it loses the last seconds."""
    if state is None:
        yield
        return
    loop = asyncio.get_running_loop()
    folder = state
    timer: asyncio.TimerHandle | None = None
    writing: asyncio.Future[None] | None = None

    def write() -> None:
        nonlocal writing
        began = loop.time()
        writing = loop.run_in_executor(None, folder.write, save_lab(run, starts))
        writing.add_done_callback(lambda done: written(done, loop.time() - began))

    def written(done: asyncio.Future[None], took: float) -> None:
        nonlocal timer
        if error := done.exception():
            run.journal.write("lab", run.plan.name, "state not written", error=str(error))
        # A hall of ten thousand takes seconds: it should not do only that.
        timer = loop.call_later(max(STATE_INTERVAL, 30 * took), write)

    folder.write(save_lab(run, starts))
    timer = loop.call_later(STATE_INTERVAL, write)
    try:
        yield
    finally:
        if writing is not None:
            await asyncio.wait([writing])
        if timer is not None:
            timer.cancel()
        folder.write(save_lab(run, starts))
