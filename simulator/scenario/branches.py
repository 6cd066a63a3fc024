"""What would have become of it: a scenario is played to a moment, and from there on several times, with other faults each time.

Where a process can be copied, the way to the moment is gone once, and each branch is a copy (`kernel/branch.py`); elsewhere, and on real
sockets, each branch is the whole run again. It comes to the same: the journal of a branch is that of a run in which its faults were to
strike `at` that moment.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from simulator.kernel.branch import Branch, can_branch, fork
from simulator.scenario import labs
from simulator.scenario.labs import Mode, OpenLab
from simulator.scenario.plan import PlannedFault, Scenario
from simulator.scenario.result import Result, replay_command
from simulator.scenario.runner import Session

__all__ = ["Make", "NotReached", "Then", "run_branches"]

Make = Callable[[Scenario], Session]


class NotReached(Exception):
    """The scenario had ended before that moment."""


@dataclass(frozen=True, slots=True)
class Then:
    """What strikes at the moment in one branch; `name` is what it is called, usually its file."""

    name: str
    faults: Sequence[PlannedFault]


def run_branches(
    scenario: Scenario,
    moment: float,
    branches: Sequence[Then],
    *,
    seed: int | None = None,
    mode: Mode = "simulated",
    jobs: int = 1,
    keep_journal: bool = False,
    open_lab: OpenLab | None = None,
    again: bool = False,
    make: Make | None = None,
) -> list[Result]:
    """A result for each branch. `jobs`: how many copies may be under way at once. `again`: run the whole of it each time, even where a
    copy could be made. `make` gives the run that a scenario is played by. Raises NotReached.
    """
    number = (scenario.seed or 0) if seed is None else seed
    session_of = make or (lambda played: Session(played, number, mode, open_lab or labs.OPEN))
    if again or mode != "simulated" or not can_branch():
        results = [_whole(scenario, moment, each, session_of, keep_journal=keep_journal) for each in branches]
    else:
        results = _Trunk(session_of(scenario), moment, branches, jobs, keep_journal=keep_journal).results()
    return [
        replace(
            result,
            name=f"{result.name} - then {then.name}",
            replay=f"{replay_command(scenario.file, number, mode)} {shlex.join(['--at', f'{moment:g}s', '--then', then.name])}",
        )
        for result, then in zip(results, branches, strict=True)
    ]


def _whole(scenario: Scenario, moment: float, then: Then, make: Make, *, keep_journal: bool) -> Result:
    """The run from its beginning."""
    faults = [replace(each, params=each.params.model_copy(update={"at": moment})) for each in then.faults]
    session = make(replace(scenario, faults=(*scenario.faults, *faults)))
    session.trouble = len(faults)
    session.run()
    result = session.result(keep_journal=keep_journal)
    if session.simulated < moment and result.verdict != "error":
        raise NotReached(_before(moment, session.simulated))
    return result


class _Trunk:
    """The run that is played up to the moment, and all branches of it."""

    def __init__(
        self, session: Session, moment: float, branches: Sequence[Then], jobs: int, *, keep_journal: bool
    ) -> None:
        self._session = session
        self._moment = moment
        self._branches = branches
        self._jobs = max(jobs, 1)
        self._keep_journal = keep_journal
        self._mine: Branch | None = None
        self._reached = False
        self._results: list[Result] = []

    def results(self) -> list[Result]:
        session = self._session
        session.split_at = self._moment, self._split
        try:
            session.run()
        except asyncio.CancelledError:  # by ourselves: the way beyond the moment is the branches'
            assert self._mine is None
        except BaseException as error:
            if self._mine is not None:
                self._mine.fail(error)
            raise
        if self._mine is not None:
            self._end(self._mine)
        if not self._reached:
            raise NotReached(_before(self._moment, session.simulated))
        return self._results

    def _end(self, mine: Branch) -> None:
        """The copy has come to its end, and so does its process."""
        try:
            result = self._session.result(keep_journal=self._keep_journal)
        except BaseException as error:
            mine.fail(error)
        mine.end(result)

    def _split(self) -> None:
        """The moment has come: a copy for each branch. In a copy it returns at once, to go on there."""
        self._reached = True
        running: list[Branch] = []
        for then in self._branches:
            if len(running) == self._jobs:
                self._results.append(running.pop(0).receive())
            there = fork()
            if there.here:
                self._mine = there
                self._session.trouble = len(then.faults)
                for fault in then.faults:
                    self._session.strike_more(fault)
                return
            running.append(there)
        self._results += [each.receive() for each in running]
        self._session.call_off()


def _before(moment: float, ended: float) -> str:
    return f"it has ended after {ended:g} s, before {moment:g} s"
