"""What open pages are told as it happens: one frame for all of them, computed once, and only while one is open.

A frame is made at most so often, whatever happens meanwhile: marks of devices that the journal named, the records, the exchanges
with devices. Who is slower than frames come begins anew from the page; nobody waits for him.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from itertools import islice, takewhile
from typing import Any

from simulator.control.api.clock import view_of
from simulator.control.api.lab import ControlledLab
from simulator.control.pages.marks import Marks
from simulator.control.pages.racks import Racks
from simulator.kernel import Record
from simulator.timeline.recording import shown_exchange, shown_record
from simulator.timeline.traffic import Traffic

__all__ = ["Live"]

PERIOD = 0.4
"""Real seconds between two frames."""
BEAT = 10
"""Periods after which a frame comes though nothing happened."""
RECORDS = 250
"""Records in one frame; of more only the last are sent, and how many there were."""
FRAMES = 32
"""Kept for those who are slow."""
TURN = 200
"""Devices looked at before others have their turn."""
EXCHANGES = 500


class Live:
    """Of one lab. It costs nothing while nobody listens."""

    def __init__(self, lab: ControlledLab) -> None:
        self._lab = lab
        self._run = run = lab.run
        self.marks = Marks(run)
        self.racks = Racks(run, self.marks)
        self.traffic = Traffic(run.clock, run.bmc_devices, run.stations, most=EXCHANGES, routine=False)
        self._names = {**run.plant.servers, **run.plant.switches, **run.plant.pdus}.keys()
        self._dirty: dict[str, None] = {}
        self.known: dict[str, Any] = {}
        """The marks of all devices, as they were last looked at."""
        self._counts: Counter[str] = Counter()
        self._force: set[str] = set()
        self._struck: dict[str, list[str]] = {}
        self._told = 0
        """Number of the last record that was sent."""
        self._heard = 0
        self._state: dict[str, Any] = {}
        self._frames: deque[str] = deque(maxlen=FRAMES)
        self._count = 0
        self._news = asyncio.Event()
        self._listeners = 0
        self._task: asyncio.Task[None] | None = None
        self._hall = {
            (switch.name, port.number): port.cable.nic.server
            for switch in run.plant.switches.values()
            for port in switch.ports
            if port.cable is not None
        }

    @property
    def listeners(self) -> int:
        """How many pages are open."""
        return self._listeners

    async def listen(self, since: int) -> AsyncIterator[str]:
        """Frames as server-sent events, from what has changed after the record of this number on."""
        self._listeners += 1
        if self._task is None:
            self._begin(since)
        else:
            self._touch(since)
        place = self._count
        try:
            yield ": a lab\n\n"
            if since > len(self._run.journal):  # the lab was set back
                yield "event: again\ndata: {}\n\n"
            while not self._lab.ended.is_set():
                news = self._news
                if place < self._count - len(self._frames):
                    place = self._count
                    yield "event: again\ndata: {}\n\n"
                for text in list(islice(self._frames, len(self._frames) - (self._count - place), None)):
                    place += 1
                    yield text
                if place == self._count:
                    await news.wait()
        finally:
            self._listeners -= 1
            if not self._listeners:
                self._end()

    def close(self) -> None:
        """The lab stops: who listens hears no more."""
        self._news.set()

    def _begin(self, since: int) -> None:
        self._unwatch = self._run.journal.watch(self._noted)
        self.traffic.attach()
        self._told, self._heard = since, self.traffic.exchanges[-1].number if self.traffic.exchanges else 0
        self._struck = self.marks.struck()
        self._touch(since)
        self._task = asyncio.ensure_future(self._go_on())

    def _end(self) -> None:
        self._unwatch()
        self.traffic.detach()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._frames.clear()
        self._dirty.clear()
        self.known = {}

    def _touch(self, since: int) -> None:
        for record in self._run.journal.since(since):
            self._noted(record)
        self._force |= self._dirty.keys()

    def _noted(self, record: Record) -> None:
        if record.subject in self._names:
            self._dirty[record.subject] = None
            port = record.detail.get("port")
            if port is not None and (server := self._hall.get((record.subject, port))) is not None:
                self._dirty[server] = None

    async def _go_on(self) -> None:
        loop, idle = asyncio.get_running_loop(), BEAT
        await self._look_at_all()
        while True:
            frame = await self._frame(idle >= BEAT)
            idle = 0 if frame else idle + 1
            if frame:
                self._count += 1
                self._frames.append(f"data: {json.dumps(frame, separators=(',', ':'))}\n\n")
                news, self._news = self._news, asyncio.Event()
                news.set()
            pause = asyncio.Event()
            timer = loop.call_later(PERIOD, pause.set)
            try:
                await pause.wait()
            finally:
                timer.cancel()

    async def _frame(self, beat: bool) -> dict[str, Any]:
        """What is new since the last one; empty where nothing is."""
        frame: dict[str, Any] = {}
        struck = self.marks.struck()
        for name in struck.keys() | self._struck.keys():
            if struck.get(name) != self._struck.get(name):
                self._dirty[name] = None
        self._struck = struck
        if self._dirty:
            dirty, self._dirty = self._dirty, {}
            frame["touched"] = list(dirty)
            frame["marks"] = await self._changed(list(dirty), struck)
            frame["counts"] = dict(self._counts)
        journal = self._run.journal
        if len(journal) > self._told:
            skipped = max(len(journal) - self._told - RECORDS, 0)
            frame["records"] = [shown_record(each) for each in journal.since(self._told + skipped)]
            frame["skipped"] = skipped
            self._told = len(journal)
        fresh = list(takewhile(lambda each: each.number > self._heard, reversed(self.traffic.exchanges)))[::-1]
        if fresh:
            frame["exchanges"] = [shown_exchange(each) for each in fresh[-RECORDS:]]
            self._heard = fresh[-1].number
        state = self.state()
        if beat or frame or state != self._state:
            self._state = state
            frame |= state | {"clock": view_of(self._lab).model_dump(mode="json"), "traffic": dict(self.traffic.counts)}
        return frame

    def state(self) -> dict[str, Any]:
        """What the head of a page says in numbers."""
        return {
            "calls": self._lab.recorder.seen,
            "violations": len(self._lab.watch.violations),
            "faults": len(self._run.faults.active()) + len(self._run.faults.waiting()),
        }

    async def survey(self) -> dict[str, int]:
        """How many servers are on, busy, off, dead; silent, struck, believed otherwise. At hand while a page is open."""
        if self._task is None or not self.known:
            await self._look_at_all()
        return dict(self._counts)

    @staticmethod
    def flags(mark: Mapping[str, Any]) -> list[str]:
        """What a device is counted as."""
        server = "bmc" in mark
        flags = [str(mark["lamp"])] if server else []
        flags += ["struck"] if mark["faults"] else []
        return flags + (["silent"] * (not mark["bmc"]) + ["wrong"] * bool(mark["wrong"]) if server else [])

    async def _look_at_all(self) -> None:
        struck, known = self.marks.struck(), {}
        for number, name in enumerate(self._names):
            known[name] = self.marks.of(name, struck)
            if number % TURN == TURN - 1:
                await asyncio.sleep(0)  # noqa: TID251 - devices answer meanwhile
        self.known = known
        self._counts = Counter(flag for mark in known.values() if mark is not None for flag in self.flags(mark))

    async def _changed(self, names: list[str], struck: dict[str, list[str]]) -> dict[str, Any]:
        changed = {}
        for number, name in enumerate(names):
            mark, before = self.marks.of(name, struck), self.known.get(name)
            if mark is not None and (before != mark or name in self._force):
                changed[name] = self.known[name] = mark
                self._counts.subtract(self.flags(before) if before else ())
                self._counts.update(self.flags(mark))
            if number % TURN == TURN - 1:
                await asyncio.sleep(0)  # noqa: TID251 - devices answer meanwhile
        self._force.clear()
        return changed
