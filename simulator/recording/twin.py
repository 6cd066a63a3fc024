"""A real device beside an emulated one: whatever the emulated one is asked to read, the real one is asked too, and the answers are held
against each other. What is asked of it is only reading; a SET, or a command that changes something, stays here.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

from simulator.bmc import Bmc
from simulator.dcim.drivers.base import BmcAccess, DeviceError, SnmpAccess
from simulator.fabric import Fabric
from simulator.ipmi.codes import NetFn
from simulator.ipmi.dispatch import key
from simulator.kernel import Journal
from simulator.recording.asking import Walker
from simulator.recording.bmc_session import bmc_session
from simulator.recording.comparing import Comparison, Difference, compare_walks
from simulator.recording.questions import QUESTIONS
from simulator.snmp.ber import read
from simulator.snmp.engine import Answer
from simulator.snmp.message import EXCEPTIONS, GET, GET_BULK, GET_NEXT, Message
from simulator.snmp.oid import subids
from simulator.snmp.snmprec import Instance
from simulator.snmp.station import Station

__all__ = ["BmcTwin", "SnmpTwin", "Twin"]

Q = TypeVar("Q")
WAITING = 200
"""Questions that wait for the real device; what comes while so many do is not asked of it."""


class Twin(ABC, Generic[Q]):
    """One pair. `start` it, and `stop` it before the network goes."""

    def __init__(self, name: str, journal: Journal) -> None:
        self.name = name
        self._journal = journal
        self._queue: asyncio.Queue[Q] = asyncio.Queue(WAITING)
        self._task: asyncio.Task[None] | None = None
        self._found: dict[str, Difference] = {}
        self.asked = 0
        """Answers that were held against each other."""
        self.passed_over = 0
        """Questions for which the real one had no time."""
        self.error = ""
        """Why the real one did not answer, last."""

    def start(self) -> None:
        self._task = asyncio.create_task(self._work(), name=f"twin of {self.name}")

    async def settled(self) -> None:
        """Return when all that was heard has been asked of the real one too."""
        await self._queue.join()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _hear(self, question: Q) -> None:
        try:
            self._queue.put_nowait(question)
        except asyncio.QueueFull:
            self.passed_over += 1

    async def _work(self) -> None:
        while True:
            question = await self._queue.get()
            try:
                comparison = await self._ask(question)
            except DeviceError as error:
                self.error = error.message
            else:
                self._note(comparison)
            finally:
                self._queue.task_done()

    @abstractmethod
    async def _ask(self, question: Q) -> Comparison:
        """Ask the real one the same. Raises DeviceError."""

    def _note(self, comparison: Comparison) -> None:
        self.asked += comparison.asked
        for each in comparison.differences:
            if each.what not in self._found and each.kind != "moves":
                self._journal.write(
                    "twin", self.name, "differs", answer=each.what, source=each.source, kind=each.kind, there=each.real,
                    here=each.here,
                )  # fmt: skip
            self._found[each.what] = each

    @property
    def comparison(self) -> Comparison:
        return Comparison(self.asked, list(self._found.values()), "answers")

    def report(self) -> list[str]:
        """What was found, a line each."""
        lines = [f"twin of {self.name}: {self.comparison.summary()}"]
        lines += [f"  {each}" for each in self.comparison.findings]
        if self.passed_over:
            lines.append(f"  {self.passed_over} questions were too many for it, and not asked")
        if self.error:
            lines.append(f"  it did not always answer: {self.error}")
        return lines


class SnmpTwin(Twin[tuple[Message, Answer]]):
    """Of a switch or a PDU."""

    def __init__(self, name: str, station: Station[Any], real: SnmpAccess, fabric: Fabric, journal: Journal) -> None:
        super().__init__(name, journal)
        self._walker = Walker(real, fabric)
        template = station.agent.template
        self._living = frozenset(each for place, each in enumerate(template.names) if template.bindings[place] is None)
        station.agent.overheard = self._overheard

    def _overheard(self, request: Message, answer: Answer) -> None:
        if request.pdu in (GET, GET_NEXT, GET_BULK) and not answer.status:
            self._hear((request, answer))

    async def _ask(self, question: tuple[Message, Answer]) -> Comparison:
        request, answer = question
        names = [item.name for item in request.varbinds]
        response = await self._walker.same(request.pdu, names, request.error_status, request.error_index)
        here = [each for each in map(_instance, answer.varbinds) if each is not None]
        there = [Instance(*item) for item in response.varbinds if item.tag not in EXCEPTIONS]
        if request.pdu == GET_BULK and here and there:
            # Either may have cut its answer short: only what both had room for counts.
            end = min(max(subids(each.name) for each in part) for part in (here, there))
            here, there = ([each for each in part if subids(each.name) <= end] for part in (here, there))
        return compare_walks(there, {}, here, self._living)

    async def stop(self) -> None:
        await super().stop()
        await self._walker.close()


def _instance(binding: bytes) -> Instance | None:
    """One binding of our own answer; None for what is no value."""
    _, start, end = read(binding, 0, len(binding))
    _, name_start, name_end = read(binding, start, end)
    tag, value_start, value_end = read(binding, name_end, end)
    if tag in EXCEPTIONS:
        return None
    return Instance(binding[name_start:name_end], tag, binding[value_start:value_end])


_READING = frozenset(key(each.netfn, each.command) for each in QUESTIONS) | frozenset(
    key(NetFn.SENSOR, command) for command in (0x20, 0x25, 0x27, 0x29, 0x2B, 0x2D, 0x2F)
) | frozenset(key(NetFn.STORAGE, command) for command in (0x10, 0x11))  # fmt: skip
_LIVING = frozenset(key(each.netfn, each.command) for each in QUESTIONS if each.lives) | {key(NetFn.SENSOR, 0x2D)}
_NAMES = {key(each.netfn, each.command): (each.name.split(",")[0], each.clause) for each in QUESTIONS}


class BmcTwin(Twin[tuple[int, bytes, bytes]]):
    """Of a server's BMC."""

    def __init__(self, name: str, bmc: Bmc, real: BmcAccess, fabric: Fabric, journal: Journal) -> None:
        super().__init__(name, journal)
        self._real = real
        self._fabric = fabric
        bmc.overheard = self._overheard

    def _overheard(self, number: int, data: bytes, answer: bytes) -> None:
        if number in _READING and answer:
            self._hear((number, data, answer))

    async def _ask(self, question: tuple[int, bytes, bytes]) -> Comparison:
        number, data, here = question
        async with bmc_session(self._real, self._fabric) as session:
            code, reply = await session.ask(number >> 8, number & 0xFF, data)
        there = bytes((code,)) + reply
        name, clause = _NAMES.get(number, (f"command {number >> 8:02X}h/{number & 0xFF:02X}h", ""))
        what = f"{name} {data.hex(' ')}".strip()
        found = []
        if there != here:
            moves = number in _LIVING and there[0] == here[0]
            found.append(
                Difference(what, clause, "moves" if moves else "value", there.hex(" "), here.hex(" "), "likely")
            )
        return Comparison(1, found)
