"""Runs one scenario: builds its lab, strikes its faults, does its steps, checks its expectations, gives a verdict."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from provisioner.errors import ProvisioningError
from simulator.faults.engine import Injected
from simulator.faults.kinds import NotPossible
from simulator.invariants.ledger import Account
from simulator.invariants.watch import Violation
from simulator.kernel import DeadlockError
from simulator.kernel.flow import because, own_flow
from simulator.lab import NotSimulated
from simulator.scenario import labs
from simulator.scenario.actors import Actors
from simulator.scenario.billing.outside.contract import ModuleBroke
from simulator.scenario.expectations import Miss, check_expected, check_ledger, check_no_leaks
from simulator.scenario.failures import Failures
from simulator.scenario.judging import judgeable
from simulator.scenario.known import excused, told
from simulator.scenario.labs import LabRun, Mode, OpenLab
from simulator.scenario.language import load_scenario
from simulator.scenario.plan import (
    Action,
    Check,
    Clear,
    Expected,
    Mark,
    PlannedFault,
    Scenario,
    Step,
    Strike,
    Together,
    Wait,
)
from simulator.scenario.result import Failure, Result, Timelines, Verdict, replay_command
from simulator.scenario.schema.expect import LeaksSpec, LedgerSpec
from simulator.scenario.stage import Stage, run_in
from simulator.timeline.recording import Recording, TimelineMark

__all__ = ["Session", "StepsEnded", "run_scenario"]

_TICK = time.perf_counter  # how long a run took is for people only; nothing in a run may depend on it


def run_scenario(
    scenario: Scenario | Path | str,
    *,
    seed: int | None = None,
    mode: Mode = "simulated",
    open_lab: OpenLab | None = None,
    keep_journal: bool = False,
    timelines: Timelines = "none",
) -> Result:
    """Run a scenario (or a file that holds one) to its end. `seed` overrides the file's, which overrides 0. `open_lab`
    builds the lab; the ordinary one unless given. With `keep_journal` the result has all records. `timelines`: whether it has the marks of
    its timeline; in virtual time a run that failed is played again for them, which gives the same.

    Raises FileProblems when the file cannot be used; everything that goes wrong later is in the result.
    """
    if not isinstance(scenario, Scenario):
        scenario = load_scenario(Path(scenario))
    if seed is None:
        seed = scenario.seed or 0
    if scenario.outside is not None:
        mode, open_lab = scenario.outside.stage(mode, open_lab)
    session = Session(scenario, seed, mode, open_lab or labs.OPEN)
    session.recorded = timelines == "all" or (timelines == "failed" and mode != "simulated")
    session.run()
    result = session.result(keep_journal=keep_journal)
    if timelines == "failed" and result.verdict != "passed" and not session.recorded:
        again = Session(scenario, seed, mode, open_lab or labs.OPEN)
        again.recorded = True
        again.run()
        return replace(result, marks=again.marks)
    return replace(result, marks=session.marks if timelines == "all" or result.verdict != "passed" else ())


def _module_asked(scenario: Scenario) -> str:
    """What to say with `--module`: nothing where the scenario's own module played it."""
    return scenario.outside.source if scenario.outside is not None else ""


class StepsEnded(Exception):
    """A step did not end as it must: the further steps mean nothing."""


class Session:
    """One run. `failures` and `verdict` are its outcome."""

    def __init__(self, scenario: Scenario, seed: int, mode: Mode, open_lab: OpenLab) -> None:
        self.scenario = scenario
        self.stage = Stage(scenario, seed, mode, open_lab)
        self.went_wrong = Failures(scenario)
        self.journal_hash = ""
        self.unjudged = 0
        """Expectations that mean nothing, since steps were left out."""
        self.simulated = 0.0
        self.took = 0.0
        self.account: Account | None = None
        self.violations: Sequence[Violation] = ()
        self.real: Sequence[str] = ()
        """What was written to real equipment, a line each."""
        self.stopped = 0
        """The number of the signal that ended it."""
        self.trouble = 0
        """How many of the faults, counted from the end, are no part of the scenario's file."""
        self.split_at: tuple[float, Callable[[], None]] | None = None
        """A moment of lab time, and what is called then, as the file's faults are that strike `at` it: after them."""
        self.recorded = False
        """Its timeline is wanted, which is in `marks` then."""
        self.marks: Sequence[TimelineMark] = ()
        self._recording: Recording | None = None
        self._playing: asyncio.Task[Any] | None = None
        self._called_off = False
        self._injected: list[tuple[PlannedFault, Injected]] = []
        self._doing: list[str] = []

    @property
    def failures(self) -> Sequence[Failure]:
        return self.went_wrong.told

    @property
    def broken(self) -> bool:
        """The run itself failed, not what it tests."""
        return self.went_wrong.broken

    @property
    def verdict(self) -> Verdict:
        return "error" if self.broken else "failed" if self.failures else "passed"

    def result(self, *, keep_journal: bool = False) -> Result:
        """What came of it, when it has run; with its whole journal where that is asked for."""
        scenario, mode = self.scenario, self.stage.mode
        return Result(
            scenario.name,
            scenario.file,
            self.verdict,
            self.stage.seed,
            mode,
            self.journal_hash,
            round(self.simulated, 3),
            round(self.took, 3),
            tuple(self.failures),
            scenario.source,
            replay_command(scenario.file, self.stage.seed, mode, _module_asked(scenario)),
            self.account,
            self.violations,
            self.went_wrong.why,
            len(self.stage.journal) if self.stage.journal is not None else 0,
            tuple(record.as_line() for record in self.stage.journal or ()) if keep_journal else (),
            self.unjudged,
            real=self.real,
            stopped=self.stopped,
        )

    def run(self) -> None:
        """Run to the end, whatever happens."""
        began = _TICK()
        self._run()
        self.took = _TICK() - began

    def _run(self) -> None:
        try:
            self.stopped = run_in(self.stage.mode, self._in_lab(), real=bool(self.scenario.plan.real))
            if self.stopped:
                name = signal.Signals(self.stopped).name
                self.went_wrong.broke("the run", "an end of its own", f"stopped by {name}")
        except DeadlockError as error:
            self.went_wrong.missed(Miss("the run", "an end", str(error), ()))
        except NotSimulated as error:
            self.went_wrong.broke("the lab", "one that can be simulated", str(error))
        except asyncio.CancelledError:
            # Ctrl-C that comes while asyncio's runner starts cancels its task, and the runner forgets why.
            if self._called_off:
                raise
            raise KeyboardInterrupt from None
        except Exception as error:  # whatever broke is in the result, not on the user's screen
            self.went_wrong.raised(error, self.stage.journal)
        if not self.journal_hash:
            self._stop_the_watch()
        self._look_at_real_equipment()
        self.went_wrong.explain(self.stage.journal)

    def _look_at_real_equipment(self) -> None:
        """What was written to it, and that it is as it was."""
        run = getattr(self.stage, "run", None)
        equipment = getattr(run, "equipment", None)
        lines = [line for twin in getattr(run, "twins", ()) for line in twin.report()]
        if equipment is not None:
            lines += equipment.report()
            for left in equipment.left:
                self.went_wrong.missed(Miss("real equipment", "to be as it was before", left, ()))
        self.real = tuple(lines)

    # the lab

    async def _in_lab(self) -> None:
        self._playing = asyncio.current_task()
        async with self.stage.opened(self._lost):
            self._recording = Recording(self.stage.run) if self.recorded else None
            try:
                await self.stage.run.drive(self._play(self.stage.run, self.stage.actors))
                self._judge_violations(self.stage.actors)
            finally:
                self._stop_the_watch()
                self.account = self.stage.actors.ledger.account()

    def _stop_the_watch(self) -> None:
        journal, clock = self.stage.journal, self.stage.clock
        if journal is not None and clock is not None and not self.journal_hash:
            self.simulated = clock.now()
            self.journal_hash = journal.hash()
            if self._recording is not None:
                self._recording.close()
                self.marks = self._recording.marks(journal)

    def _lost(self, error: BaseException) -> None:
        if isinstance(error, NotPossible):
            self.went_wrong.impossible(str(error), 0)
        else:
            self.went_wrong.raised(error, self.stage.journal)

    async def _play(self, run: LabRun, actors: Actors) -> None:
        waiting: list[str] = []

        def look() -> None:
            """Who waits, before the limit ends it; set first, so it happens first."""
            busy = [f"{each.busy} of {each.name}" for each in actors.billing.services.values() if each.busy]
            waiting.extend(self._doing or busy or ["nobody"])

        timer = run.clock.call_later(self.scenario.limit, look)
        try:
            async with run.clock.timeout(self.scenario.limit):
                await self._whole(run, actors)
        except TimeoutError:
            expected, seen = f"an end within {_time(self.scenario.limit)}", f"still waiting: {', '.join(waiting)}"
            self.went_wrong.missed(Miss("the run", expected, seen, tuple(actors.billing.services)))
        finally:
            timer.cancel()

    async def _whole(self, run: LabRun, actors: Actors) -> None:
        """Faults, steps, expectations. After a step that did not end as it must, those that still mean something; what is looked at without being
        asked, leaks and money, counts only when all did.
        """
        left_out: Sequence[Step] = self.scenario.steps
        try:
            self._strike_all(run)
            for number, step in enumerate(self.scenario.steps, start=1):
                left_out = self.scenario.steps[number:]
                await self._step(step, run, actors)
        except StepsEnded:
            fit = () if self.broken else judgeable(self.scenario.expected, left_out, actors)
            self.unjudged = len(self.scenario.expected) - len(fit)
            await self._check(fit, actors)
        else:
            await self._check(self.scenario.expected, actors)
            if not any(isinstance(each.spec, LeaksSpec) for each in self.scenario.expected):
                await self._check_no_leaks(actors)
            if not any(isinstance(each.spec, LedgerSpec) for each in self.scenario.expected):
                for miss in check_ledger((), actors):
                    self.went_wrong.missed(miss)
        for fault, injected in self._injected:
            if not injected.came_about:
                at = fault.params.at
                seen = "a fault that never fired" if at is None else f"a fault that never fired (at {_moment(at)})"
                if injected.struck:
                    seen = "a fault that never fired: no message that it chooses has passed"
                self.went_wrong.missed(Miss(str(fault), "to strike", seen, (fault.params.target,)), fault.line)

    def _judge_violations(self, actors: Actors) -> None:
        """What invariants saw fails the scenario, unless it or the module's document declares it."""
        if actors.watch is None:
            return
        self.violations = actors.watch.finish()
        undeclared, idle = excused(self.scenario.known, self.violations)
        for violation in undeclared:
            if not violation.permitted:
                what, expected, seen = told(violation)
                self.went_wrong.missed(Miss(what, expected, seen, violation.subjects))
        if not self.failures:
            for known in idle:
                seen = "it held: nothing came of what is declared"
                self.went_wrong.missed(Miss(f"known: {known}", "to be violated", seen, ()), known.line)

    async def _check_no_leaks(self, actors: Actors) -> None:
        try:
            misses = await check_no_leaks(actors)
        except ProvisioningError as error:
            misses = [_no_answer(error)]
        for miss in misses:
            self.went_wrong.missed(miss)

    # steps

    async def _step(self, step: Step, run: LabRun, actors: Actors) -> None:
        match step:
            case Action():
                await self._do(step, run, actors)
            case Together():
                misses = await self._act_together(step.actions, run, actors)
                for action, miss in zip(step.actions, misses, strict=True):
                    self._verdict_of(action, miss)
            case Wait():
                self._doing = [f"wait {_time(step.seconds)}"]
                await run.clock.sleep(step.seconds)
            case Mark():
                await actors.mark_faulty(step.args.server, step.args.reason if step.args.faulty else None)
            case Strike():
                self._strike(step.fault, run)
            case Clear():
                if not run.faults.clear(step.kind, step.target):
                    what = step.kind or step.target or "all"
                    self.went_wrong.missed(Miss(f"clear {what}", "a fault to mend", "none", (what,)), step.line)
                    raise StepsEnded
            case Check():
                await self._check(step.expected, actors)
        if self.failures:
            raise StepsEnded
        self._doing = []

    async def _do(self, action: Action, run: LabRun, actors: Actors) -> None:
        self._verdict_of(action, await self._act(action, run, actors))

    async def _act_together(self, actions: Sequence[Action], run: LabRun, actors: Actors) -> list[Miss | None]:
        return await _all([self._act(action, run, actors) for action in actions])

    async def _act(self, action: Action, run: LabRun, actors: Actors) -> Miss | None:
        """Do it, and say what was not as expected."""
        since = run.journal.write("scenario", action.service, f"{action.verb} begins").number
        with own_flow(since), because(since):
            return await self._carry_out(action, run, actors, since)

    async def _carry_out(self, action: Action, run: LabRun, actors: Actors, since: int) -> Miss | None:
        """Do the action within its time, write down how it ended (`since`: the record that it began), and judge that."""
        self._doing.append(str(action))
        expect, clock = action.expect, run.clock
        began, error = clock.now(), ""
        try:
            if expect.within is None:
                await actors.do(action)
            else:
                async with clock.timeout(expect.within):
                    await actors.do(action)
        except ModuleBroke as broke:
            error = str(broke)
            seen = "\n".join(filter(None, [error, broke.output]))
            return Miss(str(action), "an answer of the module", seen, self._about(action, actors))
        except ProvisioningError as failure:
            error = str(failure) or type(failure).__name__
        except asyncio.CancelledError:
            error = "ended from outside"
            raise
        except TimeoutError:
            if expect.within is None:
                raise
            error = f"not ended after {_time(clock.now() - began)}"
            return Miss(str(action), f"an end within {_time(expect.within)}", error, self._about(action, actors))
        finally:
            self._doing.remove(str(action))
            detail = {"error": error} if error else {}
            with because(actors.why(action.service, since) if error else 0):
                run.journal.write("scenario", action.service, f"{action.verb} ends", **detail)
        if expect.error is None:
            return Miss(str(action), "success", f"error: {error}", self._about(action, actors)) if error else None
        if not _glob(expect.error, error):
            seen = f"error: {error}" if error else "success"
            return Miss(str(action), f"an error like {expect.error!r}", seen, self._about(action, actors))
        return None

    def _about(self, action: Action, actors: Actors) -> Sequence[str]:
        service = actors.service(action.service)
        asked = action.server
        bound = service.server_name if service else ""
        return [name for name in (action.service, bound or asked) if name]

    def _verdict_of(self, action: Action, miss: Miss | None) -> None:
        if miss is not None:
            self.went_wrong.missed(miss, action.line)

    def _strike_all(self, run: LabRun) -> None:
        for fault in self.scenario.faults:
            self._strike(fault, run)
        if self.split_at is not None:
            moment, split = self.split_at
            if moment > run.clock.now():
                run.clock.call_at(moment, split)
            else:
                split()

    def strike_more(self, fault: PlannedFault) -> None:
        """One that is no part of the scenario, now."""
        run = self.stage.run
        try:
            self._injected.append((fault, run.faults.inject(fault.kind, fault.params)))
        except NotPossible as error:
            self.went_wrong.impossible(str(error), 0)

    def call_off(self) -> None:
        """End the run here; `run` then raises CancelledError."""
        assert self._playing is not None
        self._called_off = True
        self._playing.cancel()

    def _strike(self, fault: PlannedFault, run: LabRun) -> None:
        try:
            self._injected.append((fault, run.faults.inject(fault.kind, fault.params)))
        except NotPossible as error:
            self.went_wrong.impossible(f"{fault}: {error}", fault.line)
            raise StepsEnded from None

    async def _check(self, expected: Sequence[Expected], actors: Actors) -> None:
        for each in expected:
            try:
                misses = await check_expected(each, actors)
            except ProvisioningError as error:
                misses = [_no_answer(error)]
            for miss in misses:
                self.went_wrong.missed(miss, each.line)


async def _all(work: Sequence[Coroutine[Any, Any, Miss | None]]) -> list[Miss | None]:
    """All at once; the first error of ours ends the others."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def _no_answer(error: ProvisioningError) -> Miss:
    return Miss("the panel", "an answer", f"error: {error}", ("panel",))


def _glob(pattern: str, text: str) -> bool:
    return bool(text) and fnmatchcase(text, pattern)


def _moment(at: Any) -> str:
    return _time(at) if isinstance(at, float | int) else f"{at.share:.0%} of the image"


def _time(seconds: float) -> str:
    """`5400` as `1 h 30 min`."""
    if seconds < 120:
        return f"{seconds:g} s" if seconds == round(seconds) else f"{seconds:.3f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (rest, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count)
