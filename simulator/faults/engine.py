"""When faults strike and end: at once, at a time, or when the running image has come so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulator.faults.asking import params_of
from simulator.faults.catalogue import CATALOGUE
from simulator.faults.kinds import FaultKind, FaultParams, Progress, Undo, World
from simulator.faults.standing import ways
from simulator.kernel import Clock, Journal, Record
from simulator.kernel.flow import because, root

__all__ = ["FaultEngine", "Injected"]


@dataclass(slots=True)
class Injected:
    """A fault that was asked for. `struck` says whether it has come about yet."""

    kind: str
    params: FaultParams
    struck: bool = False
    undo: Undo | None = field(default=None, repr=False)
    record: int = 0
    """The number of the journal's record that it struck; 0 before that."""
    hits: Callable[[], int] | None = field(default=None, repr=False)
    """How many messages a rule has come to; None for what bends the world itself."""

    @property
    def came_about(self) -> bool:
        """It bent something: a rule about messages, at least one of them."""
        return self.struck and (self.hits is None or self.hits() > 0)

    def __str__(self) -> str:
        return f"{self.kind} on {self.params.target}"


class FaultEngine:
    """The only hand that bends the world. Faults clear in any order, and clearing restores what was."""

    def __init__(self, world: World, clock: Clock, journal: Journal) -> None:
        self._world = world
        self._clock = clock
        self._journal = journal
        self._injected: list[Injected] = []
        self._waiting: list[Injected] = []
        journal.watch(self._watch)

    def inject(self, kind: str, params: FaultParams | None = None, /, **given: Any) -> Injected:
        """Ask for a fault: `inject("bmc.dead", server="srv-03", at="8m", lasts="5m")`, or with parameters that were read
        already. Raises BadFault for words that mean nothing here, with the nearest that do, KeyError for a kind or target of
        read parameters that is not there, NotPossible when the lab has no such part; nothing has happened then.
        """
        if params is None:
            params = params_of(kind, given, self._world)
        self._world.may_bend(kind, params)
        CATALOGUE[kind].find(self._world, params)
        fault = Injected(kind, params)
        self._injected.append(fault)
        if isinstance(params.at, Progress):
            self._waiting.append(fault)
        elif params.at is None or params.at <= self._clock.now():
            self._strike(fault)
        else:
            self._clock.call_at(params.at, self._strike, fault)
        return fault

    def clear(self, kind: str | None = None, target: str | None = None) -> int:
        """Mend what matches and call off what has not struck yet; returns how many faults that were."""
        cleared = 0
        for fault in tuple(self._injected):
            if kind in (None, fault.kind) and target in (None, fault.params.target):
                cleared += 1
                self._mend(fault)
        return cleared

    def mend(self, fault: Injected) -> None:
        """Mend this one, or call it off."""
        self._mend(fault)

    def pending(self) -> list[Injected]:
        """Faults that were asked for and never came about."""
        return [fault for fault in self._injected if not fault.came_about]

    def waiting(self) -> list[Injected]:
        """Faults whose time has not come."""
        return [fault for fault in self._injected if not fault.struck]

    def active(self) -> list[Injected]:
        """Faults that hold now."""
        return [fault for fault in self._injected if fault.undo is not None]

    def _strike(self, fault: Injected) -> None:
        if fault not in self._injected or fault.struck:
            return
        fault.struck = True
        with root():
            fault.record = self._journal.write("fault", fault.params.target, fault.kind).number
        for subject, aspect in ways(fault.kind, fault.params):
            self._journal.marks.set(subject, aspect, fault.record, by=f"fault {fault.record}")
        with because(fault.record):
            alike, kind = self._alike(fault), CATALOGUE[fault.kind]
            fault.undo = alike[0].undo if alike and kind.once else kind.strike(self._world, fault.params)
            fault.hits = getattr(fault.undo, "hits", None)
            if alike and fault.hits is None:  # the one that came first knows how it was before any of them
                fault.undo = alike[0].undo
            if fault.params.lasts is not None:
                self._clock.call_later(fault.params.lasts, self._end, fault)

    def _end(self, fault: Injected) -> None:
        if fault.undo is None:
            return
        undo, fault.undo = fault.undo, None
        with because(fault.record):
            ended = self._journal.write("fault", fault.params.target, f"{fault.kind} ends").number
        for subject, aspect in ways(fault.kind, fault.params):
            self._journal.marks.free(subject, aspect, by=f"fault {fault.record}")
        # What several faults bend stays bent, as the one says that came last, until the last of them ends; a rule is each fault's own.
        alike, kind = self._alike(fault), CATALOGUE[fault.kind]
        with because(ended):
            if fault.hits is not None or not alike:
                undo()
            elif fault.record > alike[-1].record and _how(kind, fault.params) != _how(kind, alike[-1].params):
                kind.strike(self._world, alike[-1].params)

    def _alike(self, fault: Injected) -> list[Injected]:
        """Other faults that hold, and bend the same, in the order in which they struck."""
        same = CATALOGUE[fault.kind].bends_the_same
        others = [
            each
            for each in self._injected
            if each.undo is not None
            and each is not fault
            and each.kind == fault.kind
            and same(each.params, fault.params)
        ]
        return sorted(others, key=lambda each: each.record)

    def _mend(self, fault: Injected) -> None:
        if fault in self._waiting:
            self._waiting.remove(fault)
        self._end(fault)
        self._injected.remove(fault)

    def _watch(self, record: Record) -> None:
        if not self._waiting or record.layer != "plant" or record.what != "progress":
            return
        for fault in tuple(self._waiting):
            at = fault.params.at
            if not isinstance(at, Progress) or fault.params.target != record.subject:
                continue
            if record.detail["percent"] >= at.share * 100:
                self._waiting.remove(fault)
                self._strike(fault)


def _how(kind: FaultKind, params: FaultParams) -> dict[str, Any]:
    return params.model_dump(include=set(kind.values))
