"""Looks on while a lab runs: after each journal record that may bear on it, the invariants look at what the record is about.

A journal has hundreds of records of questions for one that changes something, and a hall thousands of servers for one that is
being changed. So records that change nothing are passed over, and only the servers and services that a record names are looked
at. What an invariant sees is a *condition*; one that lasts longer than the invariant's grace is a violation, which is told once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from provisioner.services import Service, State
from simulator.invariants.base import BillingView, WatchedPanel
from simulator.invariants.catalogue import INVARIANTS
from simulator.invariants.invariant import Broken, Harm, Invariant
from simulator.invariants.world import World
from simulator.kernel import Record

__all__ = ["Violation", "Watch"]

_LAYERS = frozenset({"plant", "panel", "billing", "scenario", "fault"})
_NOTHING_NEW = frozenset({"progress", "operation stage", "logged in", "image requested", "DHCP request"})


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that did not hold. `at`: lab time since when; `record`: number of the journal record after which it was seen."""

    invariant: str
    harm: Harm
    source: str
    subjects: tuple[str, ...]
    text: str
    at: float
    record: int

    def __str__(self) -> str:
        return f"{self.invariant}: {self.text}"


@dataclass(slots=True)
class _Condition:
    broken: Broken
    since: float
    record: int
    told: bool = False


@dataclass(slots=True)
class _Seen:
    """The conditions of one invariant at one server or service, by subjects."""

    open: dict[tuple[str, ...], _Condition] = field(default_factory=dict)


class Watch:
    """From when it is made until `close`. `violations` are those so far, as they came."""

    def __init__(self, lab: WatchedPanel, billing: BillingView, invariants: Sequence[Invariant] | None = None) -> None:
        self.world = World(lab, billing)
        self.violations: list[Violation] = []
        chosen = INVARIANTS if invariants is None else tuple(invariants)
        self._of_server = [each for each in chosen if type(each).of_server is not Invariant.of_server]
        self._of_service = [each for each in chosen if type(each).of_service is not Invariant.of_service]
        self._claimed = [each for each in chosen if type(each).claimed is not Invariant.claimed]
        self._at: dict[tuple[str, str], list[Invariant]] = {}
        for each in chosen:
            for key in each.records:
                self._at.setdefault(key, []).append(each)
        self._seen: dict[tuple[str, str], _Seen] = {}
        self._waiting: dict[tuple[str, str], Invariant] = {}
        """Where a condition has not lasted as long as its invariant's grace."""
        self._told: set[tuple[str, tuple[str, ...]]] = set()
        self._again: list[str] = []
        """Servers of which a record told what was about to be noted."""
        self._record = 0
        self._unwatch = lab.journal.watch(self._look)

    def close(self) -> None:
        self._unwatch()

    def finish(self) -> Sequence[Violation]:
        """Look once more at what has waited; all violations."""
        for name in self._again:
            self._look_at_server(name)
        self._again = []
        self._ripen()
        return tuple(self.violations)

    # a record was written

    def _look(self, record: Record) -> None:
        if self._again:
            again, self._again = self._again, []
            for name in again:
                self._look_at_server(name)
        if record.layer not in _LAYERS or record.what in _NOTHING_NEW:
            return
        self._record = record.number
        world = self.world
        if self._waiting:
            self._ripen()
        servers = dict.fromkeys(world.about(record))
        service = world.billing.services.get(record.subject) if record.layer in ("billing", "scenario") else None
        if service is not None:
            ended = record.layer == "billing" and record.what.endswith(" ended")
            world.ended(service if ended else None)
            world.touched_service(service)
            if world.is_server(service.server_name):
                servers[service.server_name] = None
        try:
            for each in self._at.get((record.layer, record.what), ()):
                for broken in each.at(world, record):
                    self._tell(each, broken, world.now)
            for name in servers:
                self._look_at_server(name)
            if record.layer == "panel":
                self._again = list(servers)
            if service is not None:
                self._look_at_service(service, record)
        finally:
            world.ended(None)

    def _look_at_server(self, name: str) -> None:
        self.world.touched_server(name)
        for each in self._of_server:
            self._conditions(each, name, each.of_server(self.world, name))

    def _look_at_service(self, service: Service, record: Record) -> None:
        told = record.layer == "billing" and record.what in ("Create ended", "Unsuspend ended")
        if told and "error" not in record.detail and service.state is State.ACTIVE:
            for each in self._claimed:
                for broken in each.claimed(self.world, service):
                    self._tell(each, broken, self.world.now)
        for each in self._of_service:
            self._conditions(each, service.name, each.of_service(self.world, service))

    # conditions

    def _conditions(self, invariant: Invariant, subject: str, found: Iterable[Broken]) -> None:
        key = (invariant.name, subject)
        now = {broken.subjects: broken for broken in found}
        seen = self._seen.get(key)
        if seen is None:
            if not now:
                return
            seen = self._seen[key] = _Seen()
        for subjects in [each for each in seen.open if each not in now]:
            del seen.open[subjects]
        for subjects, broken in now.items():
            if subjects not in seen.open:
                seen.open[subjects] = _Condition(broken, self.world.now, self._record)
        if not seen.open:
            del self._seen[key]
            self._waiting.pop(key, None)
            return
        self._ripe(invariant, key)

    def _ripen(self) -> None:
        """Look again at what may have lasted long enough by now: it may have ended without a record."""
        world = self.world
        for key, invariant in tuple(self._waiting.items()):
            if not any(world.now - each.since >= invariant.grace for each in self._seen[key].open.values()):
                continue
            name = key[1]
            if world.is_server(name):
                self._conditions(invariant, name, invariant.of_server(world, name))
            else:
                self._conditions(invariant, name, invariant.of_service(world, world.billing.services[name]))

    def _ripe(self, invariant: Invariant, key: tuple[str, str]) -> None:
        """Tell what has lasted long enough, and remember whether something has not."""
        waits, now = False, self.world.now
        for condition in self._seen[key].open.values():
            if condition.told:
                continue
            if now - condition.since >= invariant.grace:
                condition.told = True
                self._tell(invariant, condition.broken, condition.since, condition.record)
            else:
                waits = True
        if waits:
            self._waiting[key] = invariant
        else:
            self._waiting.pop(key, None)

    def _tell(self, invariant: Invariant, broken: Broken, since: float, record: int | None = None) -> None:
        once = (invariant.name, broken.subjects)
        if once in self._told:
            return
        self._told.add(once)
        self.violations.append(
            Violation(
                invariant.name,
                invariant.harm,
                invariant.source,
                broken.subjects,
                broken.text,
                since,
                self._record if record is None else record,
            )
        )
