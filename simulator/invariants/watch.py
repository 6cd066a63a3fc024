"""Looks on while a lab runs: after each journal record that may bear on it, the invariants look at what the record is about.

A journal has hundreds of records of questions for one that changes something, and a hall thousands of servers for one that is
being changed. So records that change nothing are passed over, and only the servers and services that a record names are looked
at. What an invariant sees is a *condition*; one that lasts longer than the invariant's grace is a violation, which is told once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from provisioner.services import Service, State
from simulator.dcim.access_log import Call
from simulator.invariants.base import BillingView, WatchedPanel
from simulator.invariants.catalogue import INVARIANTS
from simulator.invariants.invariant import Broken, Harm, Invariant
from simulator.invariants.owners import Owners
from simulator.invariants.world import World
from simulator.kernel import Record, Timer

__all__ = ["Violation", "Watch"]

MOST = 1000
"""Violations that a watch remembers unless it is told otherwise."""
_LAYERS = frozenset({"plant", "panel", "billing", "scenario", "fault"})
_NOTHING_NEW = frozenset(
    {
        *(
            "progress",
            "operation stage",
            "logged in",
            "image requested",
            "DHCP request",
            "boot device",
            "boot device set",
        ),
        *("DHCP without answer", "media test failed", "phone-home lost"),
    }
)
_TOLD_BEFORE = frozenset({"power changed", "port set", "port changed", "device error"})
"""What the panel tells of and then puts on record; all else is on record when it is told."""


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

    permitted: str = ""
    """The sentence of the module's document that leaves it so; empty when none does."""

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


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An invariant that will be looked at when its oldest condition may have lasted long enough, if nothing changes before."""

    invariant: Invariant
    due: float
    timer: Timer


class Watch:
    """From when it is made until `close`. `violations` are those so far, as they came."""

    def __init__(
        self,
        lab: WatchedPanel,
        billing: BillingView,
        invariants: Sequence[Invariant] | None = None,
        *,
        most: int = MOST,
        permits: Callable[[Violation], str] = lambda violation: "",
    ) -> None:
        """`most`: of violations that are remembered. `permits`: the sentence of the module's document that leaves it so, if any."""
        self._permits = permits
        self.world = World(lab, billing)
        self.violations: list[Violation] = []
        self.forgotten = 0
        """Violations beyond the most."""
        self._most = most
        chosen = INVARIANTS if invariants is None else tuple(invariants)
        self._of_server = [each for each in chosen if type(each).of_server is not Invariant.of_server]
        self._of_service = [each for each in chosen if type(each).of_service is not Invariant.of_service]
        self._claimed = [each for each in chosen if type(each).claimed is not Invariant.claimed]
        self._called = [each for each in chosen if type(each).called is not Invariant.called]
        self._at: dict[tuple[str, str], list[Invariant]] = {}
        for each in chosen:
            for key in each.records:
                self._at.setdefault(key, []).append(each)
        self._seen: dict[tuple[str, str], _Seen] = {}
        self._waiting: dict[tuple[str, str], _Waiting] = {}
        """Where a condition has not lasted as long as its invariant's grace."""
        self._told: set[tuple[str, tuple[str, ...]]] = set()
        self._again: list[str] = []
        """Servers of which a record told what was about to be noted."""
        self._unasked: dict[str, None] = {}
        """Servers that were not asked about while something was bent."""
        self._record = 0
        self._ends: list[Callable[[], object]] = [lab.journal.watch(self._look)]
        if self._called:
            self._ends.append(lab.panel.access_log.listen(self._answered))

    @classmethod
    def alone(cls, lab: WatchedPanel) -> Watch:
        """Of a lab of whose services nobody knows: those invariants that panel and plant are enough for."""
        owners = Owners(lab)
        watch = cls(lab, owners, [each for each in INVARIANTS if each.alone])
        watch._ends.append(owners.close)
        return watch

    def restart(self) -> None:
        """Forget what was seen. What is wrong already is not told again, unless it ends and comes again."""
        self.violations.clear()
        self._told.clear()
        self.forgotten = 0

    def close(self) -> None:
        for end in self._ends:
            end()
        for waiting in self._waiting.values():
            waiting.timer.cancel()
        self._waiting.clear()

    def finish(self) -> Sequence[Violation]:
        """Look once more at what the last record told of; all violations by now."""
        again, self._again = self._again, []
        for name in again:
            self._look_at_server(name)
        for key, waiting in tuple(self._waiting.items()):
            if waiting.due <= self.world.now:
                self._due(key)
        return tuple(self.violations)

    # a record was written

    def _look(self, record: Record) -> None:
        """First what an earlier record left to be looked at again, then all that this one is about."""
        told = record.layer in _LAYERS and record.what not in _NOTHING_NEW
        servers = dict.fromkeys(self.world.about(record)) if told else {}
        if self._again:
            again, self._again = self._again, []
            for name in again:
                if name not in servers:
                    self._look_at_server(name)
        if not told:
            return
        self._record = record.number
        world = self.world
        if record.layer == "fault":
            self._bent_anew()
        if record.layer == "scenario" and record.what.endswith(" begins"):
            world.begun(record.subject, record.number)
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
            if record.what in _TOLD_BEFORE:
                self._again += servers
            if service is not None:
                self._look_at_service(service, record)
        finally:
            world.ended(None)

    def _answered(self, call: Call) -> None:
        """The panel has done what somebody asked who is no staff."""
        for each in self._called:
            for broken in each.called(self.world, call):
                self._tell(each, broken, self.world.now)

    def _look_at_server(self, name: str) -> None:
        world = self.world
        world.look_at(name)
        for each in self._of_server:
            self._conditions(each, name, self._of(each, name) if each.calm else each.of_server(world, name))
        world.look_at("")

    def _of(self, invariant: Invariant, server: str) -> Iterable[Broken]:
        """What is wrong with the server, unless it is no time to ask for that."""
        if invariant.calm and self.world.lab.faults.active():
            self._unasked[server] = None
            return ()
        return invariant.of_server(self.world, server)

    def _bent_anew(self) -> None:
        """A fault begins or ends: what is asked only when nothing is bent waits from now on."""
        for key, waiting in tuple(self._waiting.items()):
            if waiting.invariant.calm:
                for condition in self._seen[key].open.values():
                    condition.since = self.world.now
                self._ripe(waiting.invariant, key)
        if self._unasked and not self.world.lab.faults.active():
            unasked, self._unasked = self._unasked, {}
            for name in unasked:
                self._look_at_server(name)
            self._again += unasked  # what was bent is mended after the record

    def _look_at_service(self, service: Service, record: Record) -> None:
        told = record.layer == "billing" and record.what in ("Create ended", "Unsuspend ended")
        if told and "error" not in record.detail and service.state is State.ACTIVE:
            if record.what == "Create ended":
                self.world.delivered(service)
            for each in self._claimed:
                for broken in each.claimed(self.world, service):
                    self._tell(each, broken, self.world.now)
        for each in self._of_service:
            self._conditions(each, service.name, each.of_service(self.world, service))

    # conditions

    def _conditions(self, invariant: Invariant, subject: str, found: Iterable[Broken]) -> None:
        now: dict[tuple[str, ...], Broken] | None = None
        for broken in found:
            if now is None:
                now = {}
            now[broken.subjects] = broken
        key = (invariant.name, subject)
        seen = self._seen.get(key)
        if seen is None:
            if now is None:
                return
            seen = self._seen[key] = _Seen()
        now = now or {}
        for subjects in [each for each in seen.open if each not in now]:
            del seen.open[subjects]
        for subjects, broken in now.items():
            known = seen.open.get(subjects)
            if known is None or (known.broken.text != broken.text and not known.told):  # wrong, and in another way
                seen.open[subjects] = _Condition(broken, self.world.now, self._record)
        if not seen.open:
            del self._seen[key]
            self._wait(invariant, key, None)
            return
        self._ripe(invariant, key)

    def _due(self, key: tuple[str, str]) -> None:
        """What was wrong may have lasted long enough by now, or have ended without a record."""
        waiting, name = self._waiting.pop(key), key[1]
        waiting.timer.cancel()
        if self.world.is_server(name):
            self._conditions(waiting.invariant, name, self._of(waiting.invariant, name))
        elif (service := self.world.billing.services.get(name)) is not None:
            self._conditions(waiting.invariant, name, waiting.invariant.of_service(self.world, service))

    def _ripe(self, invariant: Invariant, key: tuple[str, str]) -> None:
        """Tell what has lasted long enough, and look again when something else may have."""
        due, now, patience = None, self.world.now, invariant.patience(self.world)
        for condition in self._seen[key].open.values():
            if condition.told:
                continue
            end = condition.since + patience
            if now >= end:
                condition.told = True
                self._tell(invariant, condition.broken, condition.since, condition.record)
            else:
                due = end if due is None else min(due, end)
        self._wait(invariant, key, due)

    def _wait(self, invariant: Invariant, key: tuple[str, str], due: float | None) -> None:
        """Look again at this time of the lab, and at no other."""
        waiting = self._waiting.get(key)
        if waiting is not None:
            if waiting.due == due:
                return
            self._waiting.pop(key).timer.cancel()
        if due is not None:
            self._waiting[key] = _Waiting(invariant, due, self.world.lab.clock.call_at(due, self._due, key))

    def _tell(self, invariant: Invariant, broken: Broken, since: float, record: int | None = None) -> None:
        once = (invariant.name, broken.subjects)
        if once in self._told:
            return
        if len(self._told) >= self._most:
            self.forgotten += 1
            return
        self._told.add(once)
        violation = Violation(
            invariant.name,
            invariant.harm,
            invariant.source,
            broken.subjects,
            broken.text,
            since,
            self._record if record is None else record,
        )
        # By what billing is now: later its services may be something else.
        self.violations.append(replace(violation, permitted=self._permits(violation)))
