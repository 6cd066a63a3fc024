"""The suite of a certificate: the library played by one module, with somebody who watches what it asks of the panels."""

from __future__ import annotations

import multiprocessing
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from simulator.files.plan import LabPlan
from simulator.lab import Run
from simulator.review import Finding, Recorder, review
from simulator.scenario.billing.outside.plan import ModulePlan, load_module
from simulator.scenario.labs import LabRun, Mode
from simulator.scenario.language import load_scenario
from simulator.scenario.plan import Scenario, Strike
from simulator.scenario.processes import end_all, led
from simulator.scenario.result import Failure, Result, replay_command
from simulator.scenario.runner import run_scenario

__all__ = ["Played", "play_all"]


@dataclass(frozen=True, slots=True)
class Played:
    """One scenario, and what the report holds against the calls that were made in it."""

    theme: str
    result: Result
    findings: Sequence[Finding]

    @property
    def name(self) -> str:
        """`life/whole`."""
        return f"{self.theme}/{Path(self.result.file).stem}"


def play_all(
    module: ModulePlan,
    scenarios: Sequence[Scenario],
    *,
    seed: int | None = None,
    jobs: int = 1,
    begin: Callable[[str], None] = lambda name: None,
    end: Callable[[Result], None] = lambda result: None,
) -> list[Played]:
    """In their order; `begin` and `end` are told of each."""
    played: list[Played] = []
    if jobs <= 1:
        for scenario in scenarios:
            begin(scenario.name)
            played.append(_play(module, scenario, seed))
            end(played[-1].result)
        return played
    context = multiprocessing.get_context("spawn")  # as `batch` does, for the same reasons
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=led) as pool:
        futures = [pool.submit(_elsewhere, module.source, scenario.file, seed) for scenario in scenarios]
        try:
            for scenario, future in zip(scenarios, futures, strict=True):
                begin(scenario.name)
                try:
                    played.append(future.result())
                except BrokenExecutor as error:
                    played.append(_lost(module, scenario, seed, str(error) or "its process died"))
                end(played[-1].result)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            end_all(pool)
            raise
    return played


def _elsewhere(module: str, file: str, seed: int | None) -> Played:
    plan = load_module(module)
    return _play(plan, load_scenario(Path(file), plan), seed)


def _play(module: ModulePlan, scenario: Scenario, seed: int | None) -> Played:
    findings: list[Finding] = []

    def watched(plan: LabPlan, mode: Mode, seed: int) -> AbstractAsyncContextManager[LabRun]:
        return _watched(module.lab(plan, mode, seed), findings)

    result = run_scenario(scenario, seed=seed, open_lab=watched if _wire_works(scenario) else None)
    known = {_RULES[each.what] for each in module.known if each.what in _RULES}
    return Played(Path(scenario.file).parent.name, result, tuple(each for each in findings if each.rule not in known))


_RULES = {"owner-left": "owner-left-behind"}
"""Rules of the report about what a module's vendor says that it leaves."""


def _wire_works(scenario: Scenario) -> bool:
    """The report reads calls as they were answered: where answers get lost, it cannot tell what a module made of it."""
    struck = [fault.kind for fault in scenario.faults]
    struck += [step.fault.kind for step in scenario.steps if isinstance(step, Strike)]
    return not any(kind.startswith(("http.", "panel.")) for kind in struck)


@asynccontextmanager
async def _watched(lab: AbstractAsyncContextManager[LabRun], findings: list[Finding]) -> AsyncIterator[LabRun]:
    async with lab as run:
        assert isinstance(run, Run)
        recorder = Recorder(run)
        recorder.watch()
        try:
            yield run
        finally:
            findings += review(recorder)


def _lost(module: ModulePlan, scenario: Scenario, seed: int | None, why: str) -> Played:
    number = (scenario.seed or 0) if seed is None else seed
    replay = replay_command(scenario.file, number, "wire", module.source)
    failure = Failure("the run", "a result", why, 0)
    result = Result(
        scenario.name, scenario.file, "error", number, "wire", "", 0.0, 0.0, (failure,), scenario.source, replay
    )
    return Played(Path(scenario.file).parent.name, result, ())
