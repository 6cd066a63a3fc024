"""Lab time. The plant, the panel and the billing side know no other clock than this one.

A clock gives seconds since the lab was started, as a float. Calendar dates come from `Clock.calendar`, so that
nobody has to ask the host what day it is.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from math import isfinite
from types import TracebackType
from typing import Any, Protocol

__all__ = ["LAB_EPOCH", "Clock", "LoopClock", "SteppedClock", "TimeOutOfRange", "Timer"]

LAB_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class TimeOutOfRange(ValueError):
    """A time that the lab's clock or its calendar does not have."""


class Timer(Protocol):
    """What `call_at` returns: something that can be called off, any number of times."""

    def cancel(self) -> None: ...


class Clock(ABC):
    """A clock of the lab. `now` and `call_at` are its own; the rest follows from them."""

    def __init__(self, epoch: datetime = LAB_EPOCH) -> None:
        self.epoch = epoch

    @abstractmethod
    def now(self) -> float:
        """Seconds since the lab was started for the first time."""

    @abstractmethod
    def call_at(self, when: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Call back at `when` (seconds, as `now`); at once when that is past, and never before `now` has come to it. Equal
        times fire in the order set. Raises TimeOutOfRange for what is no finite number.
        """

    def stood(self) -> float:
        """Seconds that pass for people outside and not here, since some fixed time: none on a clock that goes by itself."""
        return 0.0

    @property
    def rate(self) -> float:
        """Seconds of lab time that pass by themselves in one of the loop's; 0 on a clock that stands until it is moved."""
        return 0.0

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Timer:
        return self.call_at(self.now() + delay, callback, *args)

    def calendar(self, at: float | None = None) -> datetime:
        """The date and time that the lab's people would read off their wall, to whole seconds, UTC. Raises TimeOutOfRange
        after the year 9999, with which calendars end here.
        """
        seconds = self.now() if at is None else at
        try:
            return self.epoch + timedelta(seconds=int(seconds))
        except OverflowError:
            raise TimeOutOfRange(
                f"{seconds:g} s after {self.epoch:%Y-%m-%d} is after the year 9999, with which the lab's calendar ends"
            ) from None

    async def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed on this clock; zero or less still lets others run."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.call_later(seconds, _wake, future)
        try:
            await future
        except BaseException:
            timer.cancel()
            raise

    def timeout(self, seconds: float) -> _Timeout:
        """Cancel the body and raise TimeoutError when it takes longer than `seconds` of this clock."""
        return _Timeout(self, seconds)


class _Timeout:
    """One for each call that is waited for: a class, since a generator's context costs three times as much."""

    __slots__ = ("_already", "_clock", "_expired", "_seconds", "_task", "_timer")

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._expired = False

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        if task is None:  # pragma: no cover - asyncio always has one inside a coroutine
            raise RuntimeError("timeout() is for code that runs in a task")
        self._task = task
        self._already = task.cancelling()
        self._timer = self._clock.call_later(self._seconds, self._expire)

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._expired and isinstance(error, asyncio.CancelledError) and self._task.uncancel() <= self._already:
            raise TimeoutError from None


def _finite(seconds: float) -> float:
    if not isfinite(seconds):
        raise TimeOutOfRange(f"{seconds} s is no time: lab time is a finite number of seconds")
    return seconds


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class LoopClock(Clock):
    """Lab time is the event loop's time, times `rate`: simulated mode (virtual loop), `real` and `scaled:N`."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop | None = None,
        *,
        rate: float = 1.0,
        epoch: datetime = LAB_EPOCH,
        start: float = 0.0,
    ) -> None:
        """`start`: what it shows at first, seconds."""
        super().__init__(epoch)
        if rate <= 0:
            raise ValueError("a clock's rate is a number above zero")
        self._loop = loop or asyncio.get_running_loop()
        self._time = self._loop.time
        self._start = self._loop.time() - start / rate
        self._rate = rate
        self._same = self._start == 0.0 and rate == 1.0
        """It shows the loop's own time."""

    @property
    def rate(self) -> float:
        return self._rate

    def now(self) -> float:
        return self._time() if self._same else (self._time() - self._start) * self._rate

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Timer:
        if self._same and isfinite(delay):
            return self._loop.call_at(self._time() + delay, callback, *args)
        return self.call_at(self.now() + delay, callback, *args)

    def call_at(self, when: float, callback: Callable[..., object], *args: Any) -> Timer:
        if self._same:
            return self._loop.call_at(_finite(when), callback, *args)
        at = self._start + _finite(when) / self._rate
        while (at - self._start) * self._rate < when:  # rounded down: one step more, so that nobody comes too early
            at += max(math.ulp(at), math.ulp(self._start))
        return self._loop.call_at(at, callback, *args)


class _SteppedTimer:
    __slots__ = ("args", "callback", "context", "when")

    def __init__(self, when: float, callback: Callable[..., object], args: tuple[Any, ...]) -> None:
        self.when = when
        self.callback: Callable[..., object] | None = callback
        self.args = args
        self.context = copy_context()
        """Of whoever set the timer, as asyncio's own timers have it."""

    def cancel(self) -> None:
        self.callback = None
        self.args = ()


class SteppedClock(Clock):
    """A clock that moves only when told. `settle` is awaited between two instants, so that whatever a due event
    sets off (datagrams, requests) has ended before time goes on.
    """

    def __init__(self, settle: Callable[[], Any], *, epoch: datetime = LAB_EPOCH, start: float = 0.0) -> None:
        """`start`: what it shows at first, seconds."""
        super().__init__(epoch)
        self._settle = settle
        self._now = start
        self._order = 0
        self._heap: list[tuple[float, int, _SteppedTimer]] = []
        self._moving = asyncio.Lock()
        self._halted = False

    def now(self) -> float:
        return self._now

    def stood(self) -> float:
        return asyncio.get_running_loop().time()

    def call_at(self, when: float, callback: Callable[..., object], *args: Any) -> Timer:
        timer = _SteppedTimer(max(_finite(when), self._now), callback, args)
        self._order += 1
        heapq.heappush(self._heap, (timer.when, self._order, timer))
        return timer

    def next_due(self) -> float | None:
        """When the next event is due, or None when nothing is."""
        while self._heap and self._heap[0][2].callback is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    async def advance(self, seconds: float) -> float:
        """Move on by `seconds`; return the new time when everything that was due has happened. Raises ValueError for less
        than none, TimeOutOfRange for what the calendar does not have.
        """
        if seconds < 0:
            raise ValueError("time does not run backwards")
        self.calendar(_finite(self._now + seconds))
        async with self._moving:
            await self._settle()
            return await self._advance_to(self._now + seconds)

    async def advance_to(self, when: float) -> float:
        """Move on to the instant `when`. Raises ValueError for one that is past, TimeOutOfRange as `advance` does."""
        self.calendar(_finite(when))
        async with self._moving:
            await self._settle()
            if when < self._now:
                raise ValueError(f"it is {self._now:g} s already; time does not run backwards")
            return await self._advance_to(when)

    async def advance_to_next(self) -> float:
        """Move on to the next due event and let it happen; without one, time stands still."""
        async with self._moving:
            await self._settle()
            due = self.next_due()
            return self._now if due is None else await self._advance_to(due)

    async def run_freely(self) -> None:
        """Move on from event to event for ever, each as soon as the one before has settled; cancel to stop."""
        async with self._moving:
            while True:
                await self._settle()
                while (due := self.next_due()) is not None:
                    await self._advance_to(due)

    def halt(self) -> None:
        """Who advances it now stops at the next instant at which something has happened."""
        self._halted = True

    async def _advance_to(self, target: float) -> float:
        self._halted = False
        while (due := self.next_due()) is not None and due <= target:
            if self._halted:
                return self._now
            self._now = due
            while self.next_due() == due:
                timer = heapq.heappop(self._heap)[2]
                if timer.callback is not None:
                    timer.context.run(timer.callback, *timer.args)
            await self._settle()
        self._now = max(self._now, target)
        return self._now
