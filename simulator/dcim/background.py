"""Work that outlives the call that began it: named tasks of the panel, ended together."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from simulator.kernel import Journal

__all__ = ["Background"]


class Background:
    """The panel's own tasks. One that raises is written in the journal and handed to the loop's exception handler."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._stopped = False

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` under this name. After `stop` nothing is begun any more: the task ends as cancelled."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks[task] = None
        task.add_done_callback(self._ended)
        if self._stopped:
            task.cancel()
        return task

    def abandon(self) -> None:
        """Cancel all of it at once; what is begun later runs."""
        for task in tuple(self._tasks):
            task.cancel()

    async def stop(self) -> None:
        """Cancel all of it, in the order begun, and wait for the ends."""
        self._stopped = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        for task in tasks:
            await asyncio.gather(task, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._journal.write("panel", task.get_name(), "internal error", error=f"{type(error).__name__}: {error}")
            task.get_loop().call_exception_handler(
                {"message": f"panel task {task.get_name()!r} failed", "exception": error, "task": task}
            )
