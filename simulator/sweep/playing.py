"""Plays a trial: the scenario with further faults, and people who try again what has failed, as staff and daily runs do.

A passing trouble may make an action fail, if it is told. Then it is done once more, a quarter of an hour later, and must come to the
same end; an order that cannot be had is given up and taken back. Whatever happens, what must always hold is watched, and nothing may
be left behind.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pydantic import ValidationError

from provisioner.errors import ProvisioningError
from provisioner.services import State
from simulator.faults.catalogue import CATALOGUE
from simulator.faults.kinds import NotPossible
from simulator.invariants.catalogue import BY_NAME
from simulator.invariants.invariant import Harm
from simulator.invariants.watch import Violation
from simulator.kernel import Journal, Record
from simulator.kernel.causes import explain
from simulator.kernel.causes import told as told_as_lines
from simulator.scenario.actors import Actors
from simulator.scenario.billing.outside.plan import load_module
from simulator.scenario.expectations import Miss, check_expected, check_no_leaks
from simulator.scenario.known import excused
from simulator.scenario.labs import LabRun, OpenLab
from simulator.scenario.language import load_scenario
from simulator.scenario.plan import Action, Check, Clear, Expected, PlannedFault, Scenario, Step, Together
from simulator.scenario.result import Failure, Result
from simulator.scenario.runner import Session, StepsEnded, run_scenario
from simulator.scenario.schema.expect import LeaksSpec, ServerExpect, ServiceExpect
from simulator.scenario.schema.ispmanager import AccountExpect
from simulator.sweep.fates import PASSING
from simulator.sweep.points import learn, stage_of
from simulator.sweep.trial import Found, Outcome, Trial, Verdict

__all__ = ["PAUSE", "PersistentSession", "Played", "load", "play", "play_in", "run_disturbed", "with_faults"]

PAUSE: Final = 900.0
"""Seconds of lab time until what has failed is tried again."""
TRIES: Final = 3
_MOST_TRIES: Final = 12
"""Those in which a passing trouble came up included."""
_HOLDS = (ServiceExpect, ServerExpect, AccountExpect, LeaksSpec)
"""Expectations of what there is at the end; how often what was asked depends on what went wrong on the way."""
GIVEN_BACK: Final = "given-back"
_SILENT: Final = "the panel"
_BENT: Final = ("fault", "wire")


@lru_cache(maxsize=64)
def load(file: str, module: str = "") -> Scenario:
    """A scenario that many trials are of; `module` plays it instead of its own. Raises FileProblems."""
    return load_scenario(Path(file), load_module(module) if module else None)


def with_faults(scenario: Scenario, trial: Trial) -> Scenario:
    """The scenario in which these faults strike too. Raises ValueError for a fault that there is not."""
    more = []
    for kind, params in trial.faults:
        if kind not in CATALOGUE:
            raise ValueError(f"there is no fault {kind!r}")
        try:
            more.append(PlannedFault(0, kind, CATALOGUE[kind].params.model_validate(dict(params))))
        except ValidationError as error:
            raise ValueError(f"{kind}: {error.errors()[0]['msg']}") from None
    return replace(scenario, faults=(*scenario.faults, *more))


@dataclass(slots=True)
class Played:
    """A step as it came to be played. `failed`: lines of those of its actions that failed and were told; `again`: beside the file,
    a quarter of an hour after the one before, or (`at_once`) right after it.
    """

    step: Step
    failed: set[int] = field(default_factory=set)
    again: bool = False
    at_once: bool = False


class PersistentSession(Session):
    """One run in which failures are told and made good. `told` are the failures, `found` what is wrong."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        *,
        trouble: int,
        servers: Mapping[str, str] = MappingProxyType({}),
        open_lab: OpenLab | None = None,
    ) -> None:
        """`trouble`: how many of the scenario's faults, counted from its end, are the trial's own. `servers`: which server each
        service got when nothing went wrong.
        """
        mode, own = stage_of(scenario)
        super().__init__(scenario, seed, mode, open_lab or own)
        self.told: list[str] = []
        self.found: list[Found] = []
        self.gave_up = False
        self._told_of: tuple[str, ...] = ()
        self.played: list[Played] = []
        self.trouble = trouble
        self._servers = servers

    @property
    def came_about(self) -> bool:
        """All that was to go wrong has gone wrong."""
        own = self._injected[len(self._injected) - self.trouble :] if self.trouble else []
        return len(own) == self.trouble and all(injected.came_about for _, injected in own)

    # play

    async def _whole(self, run: LabRun, actors: Actors) -> None:
        self._strike_all(run)
        try:
            for step in self.scenario.steps:
                self.played.append(Played(step))
                await self._step(step, run, actors)
        except StepsEnded:
            self.gave_up = True
        else:
            await self._hold(self.scenario.expected, actors)
        if not any(isinstance(each.spec, LeaksSpec) for each in self.scenario.expected) or self.gave_up:
            left = await self._when_it_answers(lambda: check_no_leaks(actors), run)
            self.found += [_unlike(miss, actors) if miss.what == _SILENT else _left(miss, actors) for miss in left]

    async def _when_it_answers(self, ask: Callable[[], Awaitable[list[Miss]]], run: LabRun) -> list[Miss]:
        """What a panel that may be down for a while says in the end."""
        tries = 1
        while True:
            try:
                return await ask()
            except ProvisioningError as error:
                if tries == TRIES:
                    return [Miss(_SILENT, "an answer", f"error: {error}", ())]
            tries += 1
            await run.clock.sleep(PAUSE)

    async def _step(self, step: Step, run: LabRun, actors: Actors) -> None:
        match step:
            case Together():
                await self._all_of(step.actions, run, actors)
            case Check():
                await self._hold(step.expected, actors)
            case Clear():
                run.faults.clear(step.kind, step.target)
            case _:
                await super()._step(step, run, actors)

    async def _all_of(self, actions: Sequence[Action], run: LabRun, actors: Actors) -> None:
        misses = await self._act_together(actions, run, actors)
        for action, miss in zip(actions, misses, strict=True):
            if miss is not None:
                await self._again(action, miss, run, actors)

    async def _act(self, action: Action, run: LabRun, actors: Actors) -> Miss | None:
        """How long it takes is not judged: troubles take their time."""
        patient = action.expect.model_copy(update={"within": None})
        return await super()._act(replace(action, expect=patient), run, actors)

    async def _do(self, action: Action, run: LabRun, actors: Actors) -> None:
        miss = await self._act(action, run, actors)
        if miss is not None:
            await self._again(action, miss, run, actors)

    async def _again(self, action: Action, miss: Miss, run: LabRun, actors: Actors) -> None:
        """Do what has failed once more, and again; then take it back. Raises StepsEnded when it never went well."""
        self.told.append(f"{action}: {miss.seen}")
        self._told_of = self._told_of or tuple(miss.about)
        self.played[-1].failed.add(action.line)
        if action.expect.error is not None:  # it must fail, and did otherwise
            return

        async def attempt() -> Miss | None:
            return await self._act(action, run, actors)

        last = await self._try_again(action, attempt, run)
        if last is not None:
            await self._give_up(action, last, run, actors)
            raise StepsEnded

    async def _try_again(
        self, action: Action, attempt: Callable[[], Awaitable[Miss | None]], run: LabRun
    ) -> Miss | None:
        """What the last try came to. One that a passing trouble has met shows nothing of what is after it, and does not count."""
        last, count = None, 1
        for _ in range(_MOST_TRIES):
            await run.clock.sleep(PAUSE)
            self.played.append(Played(action, again=True))
            before = self._passing()
            last = await attempt()
            if last is None:
                return None
            self.played[-1].failed.add(action.line)
            after = self._passing()
            count += before == after and not any(holds for _, holds, _ in after)
            if count == TRIES:
                break
        return last

    def _passing(self) -> list[tuple[bool, bool, int]]:
        """Of each trouble that ends by itself: whether it has begun, whether it holds for a time, how many messages it has come to."""
        return [
            (fault.struck, timed and fault.undo is not None, fault.hits() if fault.hits is not None else 0)
            for _, fault in self._injected
            if (timed := fault.params.lasts is not None) or getattr(fault.params, "most", None) is not None
        ]

    async def _give_up(self, action: Action, miss: Miss, run: LabRun, actors: Actors) -> None:
        text = f"{action} fails however often it is tried: {miss.seen}"
        subjects = (action.service,) if action.service else ()
        self.found.append(Found("never-recovers", Harm.REACHABILITY, text, subjects, actors.run.clock.now()))
        service = actors.service(action.service)
        if service is not None and service.state is State.FAILED and action.verb != "terminate":
            end = Action(0, "terminate", service.name, False, None, action.expect)

            async def attempt() -> Miss | None:
                try:
                    await actors.billing.terminate(service.name)
                except ProvisioningError as error:
                    return Miss(str(end), "success", f"error: {error}", (service.name,))
                return None

            self.played.append(Played(end, again=True, at_once=True))
            failed = await attempt()
            if failed is not None:
                self.played[-1].failed.add(0)
                self.told.append(f"{end}: {failed.seen}")
                await self._try_again(end, attempt, run)

    async def _hold(self, expected: Sequence[Expected], actors: Actors) -> None:
        """What there is must be as if nothing had happened."""
        for each in expected:
            if not isinstance(each.spec, _HOLDS):
                continue
            if self._elsewhere(actors):
                # Another server is as good; what is said of the one that it was not is for invariants to judge.
                if not isinstance(each.spec, ServiceExpect):
                    continue
                each = replace(each, spec=each.spec.model_copy(update={"on": None, "saved": None}))
            misses = await self._when_it_answers(partial(check_expected, each, actors), actors.run)
            leaks = isinstance(each.spec, LeaksSpec)
            self.found += [
                _left(miss, actors) if leaks and miss.what != _SILENT else _unlike(miss, actors) for miss in misses
            ]

    def _elsewhere(self, actors: Actors) -> bool:
        """A service got another server than without the trouble."""
        services = actors.billing.services.values()
        return any(each.server_name != self._servers.get(each.name, each.server_name) for each in services)

    def _strike(self, fault: PlannedFault, run: LabRun) -> None:
        try:
            self._injected.append((fault, run.faults.inject(fault.kind, fault.params)))
        except NotPossible as error:
            self.went_wrong.impossible(f"{fault}: {error}", fault.line)
            raise StepsEnded from None

    def _judge_violations(self, actors: Actors) -> None:
        if actors.watch is None:
            return
        self.violations = actors.watch.finish()
        undeclared, _ = excused(self.scenario.known, self.violations)
        self.found += [_violation(each) for each in undeclared if not each.permitted]

    # what came of it

    def result(self, *, keep_journal: bool = False) -> Result:
        """As of any run; what is wrong are its failures."""
        if not self.broken:
            self.went_wrong.told = [
                Failure(each.name, "to hold, whatever goes wrong", each.text, 0, _said(self.told))
                for each in (*_one_of("unlike", self.found), *_broken(self))
            ]
        return super().result(keep_journal=keep_journal)

    def _explained_one(self, found: Found) -> Found:
        """With how it came to it: from a fault on where one is behind it, else from what was done."""
        journal = self.stage.journal
        if journal is None:
            return found
        chains = [explain(journal, subject, found.at or None) for subject in found.subjects]
        seen = [v.record for v in self.violations if (v.invariant, v.text) == (found.name, found.text)]
        record = journal.numbered(seen[0]) if seen else None
        chains += [journal.chain(record)] if record is not None else []
        bent = next((chain for chain in chains if chain and chain[0].layer in _BENT), None)
        if bent is None:  # what went wrong, and what was seen in the end: nothing between them says that it met the one
            bent = [*self._struck(journal), *next((chain for chain in reversed(chains) if chain), [])]
        return replace(found, why=tuple(told_as_lines(bent)))

    def _struck(self, journal: Journal) -> list[Record]:
        """The first message that a fault of the trial hit, or that fault, where it hits no message."""
        own = [
            injected.record for _, injected in self._injected[len(self._injected) - self.trouble :] if injected.struck
        ]
        hit = [each for each in journal if each.layer == "wire" and each.cause in own]
        return hit[:1] or [each for each in map(journal.numbered, own[:1]) if each is not None]

    def outcome(self, trial: Trial) -> Outcome:
        """When it has run."""
        self.found = [*_one_of("unlike", self.found), *_broken(self)]
        if self.told and trial.places and all((each.network, each.fate) in PASSING for each in trial.places):
            text = f"a trouble that passes makes it fail: {self.told[0]}"
            self.found.append(Found("gives-up", Harm.MESS, text, self._told_of))
        self.found = [self._explained_one(each) for each in self.found]
        verdict: Verdict = (
            "found" if self.found else "missed" if not self.came_about else "told" if self.told else "same"
        )
        return Outcome(trial, verdict, tuple(self.told), tuple(self.found), self.journal_hash)


def _said(told: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"told: {each}" for each in told)


def _one_of(name: str, found: Sequence[Found]) -> Iterator[Found]:
    """All findings, but of those of this name the first, which says how many more there are."""
    alike = [each for each in found if each.name == name]
    for each in found:
        if each.name != name:
            yield each
        elif each is alike[0]:
            more = f" (and {len(alike) - 1} more that are not as without it)" if alike[1:] else ""
            yield replace(each, text=each.text + more)


def _violation(violation: Violation) -> Found:
    return Found(violation.invariant, violation.harm, violation.text, violation.subjects, violation.at)


def _unlike(miss: Miss, actors: Actors) -> Found:
    text = f"{miss.what}: {miss.expected} without the trouble, {miss.seen} after it"
    return Found("unlike", Harm.REACHABILITY, text, tuple(name for name in miss.about if name), actors.run.clock.now())


def _left(miss: Miss, actors: Actors) -> Found:
    text = f"left behind: {miss.seen}"
    return Found(GIVEN_BACK, Harm.MONEY, text, tuple(name for name in miss.about if name), actors.run.clock.now())


def _broken(session: Session) -> Iterator[Found]:
    """What the runner itself had to say: a run that never ended, an error that nobody expected."""
    for failure in session.failures:
        if session.broken:
            yield Found("crashes", Harm.MONEY, failure.seen.strip().rpartition("\n")[2] or failure.what)
        else:
            yield Found("hangs", Harm.REACHABILITY, f"{failure.what}: {failure.seen}")


def run_disturbed(scenario: Scenario, faults: Sequence[PlannedFault], *, seed: int | None, persist: bool) -> Result:
    """The scenario in which these strike too, in virtual time: as it is judged by its file, or (`persist`) as a sweep judges it."""
    bent = replace(scenario, faults=(*scenario.faults, *faults))
    number = (scenario.seed or 0) if seed is None else seed
    if not persist:
        return run_scenario(bent, seed=number)
    session = PersistentSession(bent, number, trouble=len(faults), servers=learn(scenario, number).servers)
    session.run()
    return session.result()


def play(trial: Trial, servers: Mapping[str, str] = MappingProxyType({}), open_lab: OpenLab | None = None) -> Outcome:
    """Play a trial to its end. Raises FileProblems and ValueError for one that cannot be played."""
    return play_in(load(trial.file, trial.module), trial, servers, open_lab)


def play_in(
    scenario: Scenario, trial: Trial, servers: Mapping[str, str] = MappingProxyType({}), open_lab: OpenLab | None = None
) -> Outcome:
    """The same in a scenario that is at hand, whose file need not be. Raises ValueError for faults that there are not."""
    scenario = with_faults(scenario, trial)
    session = PersistentSession(scenario, trial.seed, trouble=len(trial.faults), servers=servers, open_lab=open_lab)
    session.run()
    return session.outcome(trial)


assert GIVEN_BACK not in BY_NAME
