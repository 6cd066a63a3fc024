"""The billing side's own calendar, which moves with lab time: what is not paid for when its time is over is suspended."""

from __future__ import annotations

import asyncio
from typing import Final

from provisioner.accounts import Accounts
from simulator.kernel import Clock

__all__ = ["Calendar"]

RETRY_SECONDS: Final = 3600.0


class Calendar:
    """The daily run, at the moment when it has something to do. What could not be done is tried again an hour later."""

    def __init__(self, clock: Clock, accounts: Accounts) -> None:
        self._clock = clock
        self._accounts = accounts
        self._run: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    def look(self) -> None:
        """Something has been done to a service."""
        self._accounts.look()
        self._changed.set()
        if self._run is None and self._accounts.next_due() is not None:
            self._run = asyncio.ensure_future(self._keep())

    async def _keep(self) -> None:
        clock, accounts = self._clock, self._accounts
        while True:
            self._changed.clear()
            due = accounts.next_due()
            when = None if due is None else due if due > clock.now() else clock.now() + RETRY_SECONDS
            timer = None if when is None else clock.call_at(when, self._changed.set)
            await self._changed.wait()
            if timer is not None:
                timer.cancel()
            await accounts.cron()

    async def close(self) -> None:
        if self._run is not None:
            self._run.cancel()
            await asyncio.gather(self._run, return_exceptions=True)
