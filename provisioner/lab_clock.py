"""The time of the billing side where somebody else's clock is the one that counts: a lab's that stands while a program works."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from pathlib import Path

import httpx

from provisioner.clock import Clock, SystemClock

__all__ = ["LabClock", "clock_of_environment"]

_MOST = 3600.0
"""Real seconds that a move of the lab's clock may take."""


class _Expired(asyncio.CancelledError):
    """The time of a body is up; nobody inside it may take that for an error of his own."""


class LabClock:
    """The lab's clock, which stands while this program works and moves when it waits."""

    def __init__(self, control: str, file: Path | None) -> None:
        """`control`: of the lab. `file` holds what it shows, so that nobody has to ask."""
        self._control = f"{control.rstrip('/')}/__lab/clock"
        self._file = file
        self._deadlines: ContextVar[tuple[float, ...]] = ContextVar("deadlines", default=())

    def now(self) -> float:
        text = self._file.read_text("ascii") if self._file else httpx.get(self._control, trust_env=False).text
        return float(json.loads(text)["now"])

    async def sleep(self, seconds: float) -> None:
        left = min(self._deadlines.get(), default=float("inf")) - self.now()
        async with httpx.AsyncClient(timeout=_MOST, trust_env=False) as client:
            wait = max(min(seconds, left), 0.0)
            (await client.post(f"{self._control}/advance", json={"seconds": wait})).raise_for_status()
        if left < seconds:
            raise _Expired

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        return self._timeout(seconds)

    @asynccontextmanager
    async def _timeout(self, seconds: float) -> AsyncIterator[None]:
        deadline = self.now() + seconds
        token = self._deadlines.set((*self._deadlines.get(), deadline))
        try:
            yield
        except _Expired:
            if self.now() < deadline:
                raise
            raise TimeoutError from None
        finally:
            self._deadlines.reset(token)


def clock_of_environment() -> Clock:
    """The lab's where RACKLOOP_TIME is `told`, else the host's."""
    if os.environ.get("RACKLOOP_TIME") == "told":
        file = os.environ.get("RACKLOOP_CLOCK_FILE")
        return LabClock(os.environ["RACKLOOP_CONTROL"], Path(file) if file else None)
    return SystemClock()
