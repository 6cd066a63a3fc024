"""What writes a kept lab's state: changes are durable before an answer that knows of them leaves.

Answers wait for the commit that is under way or the next one, which is everybody's (group commit); an answer before which nothing
has changed waits for nothing. While the state cannot be written, calls are refused before they do anything, and datagrams
are not answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial

from starlette.types import ASGIApp

from simulator.fabric import Gate
from simulator.kernel.rows import Changed
from simulator.lab import Run
from simulator.lab.changes import Changes
from simulator.lab.state_dir import NotWritten, StateDir
from simulator.web.durable import Durable

__all__ = ["StateWriter", "state_kept"]

SWEEP_INTERVAL = 5.0
"""Real seconds between two looks at everything, for what changed by itself."""
RETRY_INTERVAL = 0.25
"""Real seconds between two tries while it cannot be written."""


class StateWriter:
    """Entered by `state_kept`. `say` is told, in a line, when the state cannot be written and when it can again."""

    def __init__(self, run: Run, folder: StateDir, starts: int, say: Callable[[str], None]) -> None:
        """Writes the whole state. Raises NotWritten."""
        self._run = run
        self._folder = folder
        self._say = say
        self._loop = asyncio.get_running_loop()
        self._changes = Changes(run, starts)
        self._thread = ThreadPoolExecutor(1, "state")
        self._pending: Changed = {}
        """Taken, and in no commit yet."""
        self._unsafe: set[str] = set()
        """Items of what is pending or under way."""
        self._waiters: list[asyncio.Future[None]] = []
        """Of the next commit."""
        self._under_way: asyncio.Future[None] | None = None
        self._committing: asyncio.Task[None] | None = None
        self._sweep_due: asyncio.TimerHandle | None = None
        self.failed: NotWritten | None = None
        """Why the last commit failed; None when it did not."""
        self._closed = False
        self.commits = 0
        whole = self._changes.take(everything=True)
        folder.begin((*key, *row) for key, row in whole.items() if row is not None)
        self._sweep_due = self._loop.call_later(SWEEP_INTERVAL, self._sweep)

    async def durable(self) -> None:
        """Return when all that has happened is durable. Raises NotWritten."""
        if self._closed:
            raise NotWritten("the lab stops")
        self._take()
        if self._pending or self.failed:
            await asyncio.shield(self._next())
        elif self._under_way is not None:
            await asyncio.shield(self._under_way)

    def guarded(self, app: ASGIApp, *, refusal: ASGIApp) -> ASGIApp:
        """The application, whose answers are durable; `refusal` answers where they cannot be."""
        return Durable(app, self.durable, lambda: self._closed or self.failed is not None, refusal)

    def hold(self, name: str, send: Callable[[], None]) -> None:
        """Let this device send what it answers: at once, or when what has changed of it is durable."""
        if self._closed:
            return
        if not self._changes.touch(name) and name not in self._unsafe:
            send()
            return
        self._take()
        self._run.activity.touch()
        with_it = self._next() if self._pending or self._under_way is None else self._under_way
        with_it.add_done_callback(lambda done: None if done.cancelled() or done.exception() else send())

    async def close(self) -> None:
        """Write the last, whole. Raises NotWritten."""
        if self._sweep_due is not None:
            self._sweep_due.cancel()
        while self._committing is not None:
            await asyncio.wait([self._committing])
        self._changes.close()
        self._closed = True
        try:
            self._folder.append({**self._pending, **self._changes.take(everything=True)})
        finally:
            self._thread.shutdown()

    def _take(self, *, everything: bool = False) -> None:
        new = self._changes.take(everything=everything)
        self._pending.update(new)
        self._unsafe.update(item for _, item in new)

    def _next(self) -> asyncio.Future[None]:
        """Done with the next commit, which it causes."""
        future: asyncio.Future[None] = self._loop.create_future()
        future.add_done_callback(lambda done: done.cancelled() or done.exception())  # whoever waited may be gone
        self._waiters.append(future)
        if self._committing is None:
            self._committing = self._loop.create_task(self._commit(), name="state")
        return future

    async def _commit(self) -> None:
        """Commit as long as somebody waits."""
        try:
            while self._waiters:
                if self.failed:
                    await asyncio.sleep(RETRY_INTERVAL)  # noqa: TID251 - the host's disk, the host's time
                self._take()
                batch, self._pending = self._pending, {}
                waiters, self._waiters = self._waiters, []
                self._under_way = self._loop.create_future()
                try:
                    await self._loop.run_in_executor(self._thread, self._folder.append, batch)
                except NotWritten as error:
                    self._pending = {**batch, **self._pending}
                    self._tell(error)
                    _finish([*waiters, self._under_way], error)
                else:
                    self.commits += 1
                    self._unsafe = {item for _, item in self._pending}
                    self._tell(None)
                    _finish([*waiters, self._under_way], None)
                finally:
                    self._under_way = None
        finally:
            self._committing = None

    def _tell(self, error: NotWritten | None) -> None:
        was, self.failed = self.failed, error
        if error and not was:
            self._say(f"rackloop up: {error}; until it can be written, calls are refused")
            self._run.journal.write("lab", self._run.plan.name, "state not written", error=str(error))
        elif was and not error:
            self._say("rackloop up: the state is written again")
            self._run.journal.write("lab", self._run.plan.name, "state written again")

    def _sweep(self) -> None:
        began = self._loop.time()
        self._take(everything=True)
        took = self._loop.time() - began
        if self._pending or self.failed:
            self._next()
        # A hall of ten thousand takes a while: it should not do only that.
        self._sweep_due = self._loop.call_later(max(SWEEP_INTERVAL, 30 * took), self._sweep)


def _finish(futures: list[asyncio.Future[None]], error: NotWritten | None) -> None:
    for future in futures:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.add_done_callback(lambda done: done.exception())
            future.set_exception(error)


@asynccontextmanager
async def state_kept(
    run: Run, state: StateDir | None, starts: int, gate: Gate | None, say: Callable[[str], None]
) -> AsyncIterator[StateWriter | None]:
    """Keep the lab's state in this folder, from now until the end: what the panels and devices answer waits for it. Raises
    NotWritten.
    """
    if state is None:
        yield None
        return
    writer = StateWriter(run, state, starts, say)
    for name, panel in run.doors.items():
        panel.wrap(partial(writer.guarded, refusal=run.not_written[name]))
    if gate is not None:
        gate.hold = writer.hold
    try:
        yield writer
    finally:
        await writer.close()
