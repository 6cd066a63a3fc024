"""A sweep: which trials there are, and playing them on one processor or several, within a time, with what is known already."""

from __future__ import annotations

import itertools
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol

from simulator.kernel.wire import Network
from simulator.scenario.plan import Scenario
from simulator.scenario.processes import born, process_context
from simulator.sweep.fates import FATES, faults_at
from simulator.sweep.playing import play
from simulator.sweep.points import NETWORKS, Choose, Learned, Noted, chosen
from simulator.sweep.trial import Outcome, Place, Trial

__all__ = ["FATE_NAMES", "Kinds", "Player", "Sweep", "here", "parse_kinds", "plan", "processes", "sweep"]

_TICK = time.perf_counter  # for people's patience only; nothing in a trial may depend on it
FATE_NAMES: tuple[str, ...] = tuple(dict.fromkeys(fate.name for fate in FATES))


@dataclass(frozen=True, slots=True)
class Kinds:
    """Which fates are tried, of messages of which networks."""

    networks: Sequence[Network] = NETWORKS
    fates: frozenset[str] | None = None


def parse_kinds(text: str) -> Kinds:
    """`http,lost,answer`: networks and fates; without a network all networks, without a fate all fates. Raises ValueError."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if word not in NETWORKS and word not in FATE_NAMES:
            raise ValueError(word)
    networks = tuple(network for network in NETWORKS if network in words)
    fates = frozenset(word for word in words if word in FATE_NAMES)
    return Kinds(networks or NETWORKS, fates or None)


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is to be tried of one scenario."""

    scenario: Scenario
    seed: int
    learned: Learned
    points: Sequence[Noted]
    trials: Sequence[Trial]


def plan(
    scenario: Scenario, seed: int, learned: Learned, *, kinds: Kinds, choose: Choose = "steps", pairs: bool = False
) -> Sweep:
    """Every fate at every chosen message; with `pairs` every two of them at two messages, instead."""
    points = chosen(learned.points, choose, kinds.networks)
    module = scenario.outside.source if scenario.outside is not None else ""
    singles = [
        (point, Place(noted.step, point.what, point.network, name), spec)
        for noted in points
        for point in [noted.point]
        for name, spec in faults_at(point, scenario.plan.pdus, kinds.fates)
    ]
    if not pairs:
        trials = [Trial(scenario.file, seed, (spec,), (place,), module) for _, place, spec in singles]
    else:
        trials = [
            Trial(scenario.file, seed, (one[2], two[2]), (one[1], two[1]), module)
            for one, two in itertools.combinations(singles, 2)
            if one[0] != two[0]
        ]
    return Sweep(scenario, seed, learned, points, tuple({trial.id: trial for trial in trials}.values()))


class Player(Protocol):
    """Plays trials somewhere; outcomes come as they are ready."""

    def __call__(self, trials: Sequence[Trial], servers: Mapping[str, str]) -> Iterator[Outcome]: ...


def here(trials: Sequence[Trial], servers: Mapping[str, str]) -> Iterator[Outcome]:
    """One after another, in this process."""
    for trial in trials:
        yield play(trial, servers)


def processes(jobs: int) -> Player:
    """On so many processes. A trial whose process dies is tried again by another, once."""

    def player(trials: Sequence[Trial], servers: Mapping[str, str]) -> Iterator[Outcome]:
        again: list[Trial] = []
        yield from _pooled(trials, servers, jobs, again)
        if again:
            lost: list[Trial] = []
            yield from _pooled(again, servers, 1, lost)
            yield from (Outcome(trial, "missed", ("its process died, twice",)) for trial in lost)

    return player


def _pooled(trials: Sequence[Trial], servers: Mapping[str, str], jobs: int, lost: list[Trial]) -> Iterator[Outcome]:
    """What was not played, because a process died, is in `lost`."""
    context = process_context("simulator.sweep.playing")
    waiting = iter(trials)
    running: dict[Future[Outcome], Trial] = {}
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_called_off_by_the_first) as pool:
        try:
            while True:
                for trial in itertools.islice(waiting, 2 * jobs - len(running)):
                    running[pool.submit(play, trial, dict(servers))] = trial
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    trial = running.pop(future)
                    try:
                        yield future.result()
                    except BrokenExecutor:
                        lost.append(trial)
                        raise
        except BrokenExecutor:
            lost.extend(running.values())
            lost.extend(waiting)
        finally:
            for future in running:
                future.cancel()


def _called_off_by_the_first() -> None:
    """Ctrl-C reaches all processes of a terminal; the first one decides, and lets the others end what they do.

    It is born with what all have in common.
    """
    born()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def sweep(
    what: Sweep,
    player: Player,
    *,
    budget: float | None = None,
    known: Mapping[str, Outcome] | None = None,
    tell: Callable[[Outcome], object] = lambda outcome: None,
) -> tuple[list[Outcome], int]:
    """Outcomes in the order of the trials, and how many trials there was no time for (`budget`, real seconds). `known`: outcomes
    of before by their trials' ids, which are not played again. `tell` hears of each as it comes.
    """
    known = known or {}
    outcomes = {trial.id: known[trial.id] for trial in what.trials if trial.id in known}
    rest = [trial for trial in what.trials if trial.id not in outcomes]
    ends = None if budget is None else _TICK() + budget
    for outcome in _until(player(rest, what.learned.servers), ends):
        outcomes[outcome.trial.id] = outcome
        tell(outcome)
    done = [outcomes[trial.id] for trial in what.trials if trial.id in outcomes]
    return done, len(what.trials) - len(done)


def _until(outcomes: Iterable[Outcome], ends: float | None) -> Iterator[Outcome]:
    iterator = iter(outcomes)
    try:
        while ends is None or _TICK() < ends:
            try:
                yield next(iterator)
            except StopIteration:
                return
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()
