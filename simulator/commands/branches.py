"""`rackloop run --at MOMENT --then FAULTS`: what would have become of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from simulator.commands.common import UNUSABLE, refuse
from simulator.files.problems import FileProblems

if TYPE_CHECKING:
    from simulator.scenario.branches import Make
    from simulator.scenario.labs import Mode
    from simulator.scenario.plan import Scenario
    from simulator.scenario.result import Result

__all__ = ["branched"]


def branched(
    scenarios: Sequence[Scenario],
    at: str,
    then: Sequence[Path],
    faults: Sequence[str],
    *,
    seed: int | None,
    mode: Mode,
    jobs: int,
    persist: bool,
    keep_journal: bool,
) -> list[Result]:
    """A result for each scenario and branch; `faults` strike in all of them, as `--fault` says."""
    from simulator.scenario.branches import NotReached, Then, run_branches  # noqa: PLC0415
    from simulator.scenario.language import fault_from_text, faults_from_file  # noqa: PLC0415

    moment = _moment(at)
    try:
        planned = [
            (
                replace(each, faults=(*each.faults, *(fault_from_text(text, each) for text in faults))),
                [Then(str(file), faults_from_file(file, each)) for file in then],
            )
            for each in scenarios
        ]
    except FileProblems as problems:
        refuse(problems)
    results: list[Result] = []
    for scenario, branches in planned:
        make = _persistent(scenario, seed) if persist else None
        try:
            results += run_branches(
                scenario, moment, branches, seed=seed, mode=mode, jobs=jobs, keep_journal=keep_journal, make=make
            )
        except NotReached as error:
            typer.echo(f"rackloop run: {scenario.file}: {error}", err=True)
            raise typer.Exit(UNUSABLE) from None
    return results


def _persistent(scenario: Scenario, seed: int | None) -> Make:
    """Runs that are judged as sweeps judge them."""
    from simulator.sweep.playing import PersistentSession  # noqa: PLC0415
    from simulator.sweep.points import learn  # noqa: PLC0415

    number = (scenario.seed or 0) if seed is None else seed
    servers = learn(scenario, number).servers

    def make(played: Scenario) -> PersistentSession:
        return PersistentSession(played, number, trouble=0, servers=servers)

    return make


def _moment(text: str) -> float:
    from simulator.files.units import parse_duration  # noqa: PLC0415

    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--at") from None
