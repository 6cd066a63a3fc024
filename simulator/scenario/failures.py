"""What went wrong in a run, in order, and how it came to it."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import replace

from simulator.kernel import Journal, Record
from simulator.scenario.expectations import Miss
from simulator.scenario.explaining import RECORDS_SHOWN, excerpt, why, words_of
from simulator.scenario.plan import Action, Scenario, Together
from simulator.scenario.result import Failure

__all__ = ["Failures"]


class Failures:
    """Of one run of a scenario. `told` are the failures; with `broken` it is the run itself that failed, not what it tests."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self.told: list[Failure] = []
        self.broken = False
        self.why: Sequence[Record] = ()
        """How it came to the first failure that has a cause, fault first."""
        self._names: set[str] = set()
        """What failures are about."""
        self._subjects: list[str] = []
        """The same in order: what a failure is said to be about, then what its words name."""

    def missed(self, miss: Miss, line: int = 0) -> None:
        """Something was not as it had to be. `line`: of the file; 0 where no line of it expects this."""
        line = line or self._line_of(miss.about)
        words = words_of(f"{miss.what} {miss.expected} {miss.seen}")
        self._names.update(miss.about, words)
        self._subjects += [*miss.about, *words]
        self.told.append(Failure(miss.what, miss.expected, miss.seen, line))

    def _line_of(self, subjects: Sequence[str]) -> int:
        """Of the last step that names one of them; 0 where there is none."""
        actions: list[Action] = []
        for step in self._scenario.steps:
            actions += step.actions if isinstance(step, Together) else [step] if isinstance(step, Action) else []
        lines = [each.line for each in actions if each.service in subjects or (each.server or "") in subjects]
        return lines[-1] if lines else 0

    def broke(self, what: str, expected: str, seen: str, line: int = 0, records: Sequence[str] = ()) -> None:
        """The run cannot be carried on, or cannot be judged."""
        self.broken = True
        self.told.append(Failure(what, expected, seen, line, records))

    def impossible(self, message: str, line: int) -> None:
        """A fault cannot strike in this lab."""
        self.broke("fault", "a lab in which it can strike", message, line)

    def raised(self, error: BaseException, journal: Journal | None) -> None:
        """An error that is none of what is tested."""
        trace = "".join(traceback.format_exception(error)).rstrip()
        records = tuple(str(record) for record in journal.since(len(journal) - RECORDS_SHOWN)) if journal else ()
        self.broke("the run", "no error of the simulator", trace, records=records)

    def explain(self, journal: Journal | None) -> None:
        """Put the last records about what failures name, or the last of all, with the last failure, once; and seek `why`."""
        if journal is None or not self.told or self.broken:
            return
        self.why = why(journal, self._subjects)
        records = tuple(str(record) for record in excerpt(journal, self._names))
        self.told[-1] = replace(self.told[-1], records=records)
