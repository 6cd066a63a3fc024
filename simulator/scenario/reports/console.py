"""What `rackloop run` shows: a line for each scenario, then every failure with all that is needed to understand it."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as RichProgress
from rich.table import Table
from rich.text import Text

from simulator.kernel.causes import told
from simulator.scenario.reports.formatting import billed, differences, ended, lab_time, place, wall_time
from simulator.scenario.result import Failure, Result

__all__ = ["Progress", "print_results"]

_COLOURS = {"passed": "green", "failed": "bold red", "error": "bold yellow"}


def print_results(results: Sequence[Result], console: Console) -> None:
    """The table, the failures, the ledger, and the count."""
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    table.add_column("Scenario", overflow="fold", ratio=1)
    table.add_column("Verdict", no_wrap=True)
    table.add_column("Lab time", justify="right", no_wrap=True)
    table.add_column("Took", justify="right", no_wrap=True)
    for result in results:
        table.add_row(
            Text(_printable(result.name)),
            Text(result.verdict, style=_COLOURS[result.verdict]),
            lab_time(result.simulated_s),
            wall_time(result.wall_s),
        )
    console.print(table)
    for result in results:
        if result.failures:
            _failures(result, console)
    _ledger(results, console)
    console.print()
    colour = "green" if all(result.verdict == "passed" for result in results) else "bold red"
    console.print(Text(ended(results), style=colour))


def _ledger(results: Sequence[Result], console: Console) -> None:
    """What was charged against what was delivered; of a single scenario, each difference with its reason."""
    if not (lines := billed(results)):
        return
    console.print()
    console.print(Text("Ledger", style="bold"))
    if len(results) == 1:
        lines += [str(each) for each in differences(results[0])]
    for line in lines:
        console.print(Text(f"  {_printable(line)}"), soft_wrap=True)


def _failures(result: Result, console: Console) -> None:
    console.print()
    console.print(Text.assemble((result.verdict, _COLOURS[result.verdict]), " ", (_printable(result.name), "bold")))
    for place_of, line in enumerate(told(result.why)):
        console.print(Text(f"  {'why' if not place_of else '':<7} {_printable(line)}"), soft_wrap=True)
    for failure in result.failures:
        _failure(result, failure, console)
    console.print(Text(f"  replay    {_printable(result.replay)}"), soft_wrap=True)
    if result.records and not result.journal:
        console.print(
            Text(f"  journal   --journal FILE writes all {result.records} records", style="dim"), soft_wrap=True
        )


def _failure(result: Result, failure: Failure, console: Console) -> None:
    console.print(Text(f"  {_printable(place(result, failure))}: {_printable(failure.what)}"), soft_wrap=True)
    for label, text in (("expected", failure.expected), ("seen", failure.seen)):
        lines = _printable(text).split("\n")
        console.print(Text(f"    {label:<9} {lines[0]}"), soft_wrap=True)
        for line in lines[1:]:
            console.print(Text(f"              {line}"), soft_wrap=True)
    if failure.records:
        console.print(Text("    journal", style="dim"))
        for record in failure.records:
            console.print(Text(f"      {_printable(record)}", style="dim"), soft_wrap=True)


def _printable(text: str) -> str:
    return "".join(c if c == "\n" or c.isprintable() else "\ufffd" for c in text)


class Progress:
    """A bar while scenarios run; nothing at all where nobody watches."""

    def __init__(self, total: int, console: Console) -> None:
        self._total = total
        self._bar: RichProgress | None = None
        if console.is_terminal:
            self._bar = RichProgress(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begin(self, name: str) -> None:
        """The bar begins with the first of them: it has a thread, and processes are best copied before there is one."""
        if self._bar is not None:
            if not self._bar.tasks:
                self._bar.start()
                self._task = self._bar.add_task("", total=self._total)
            self._bar.update(self._task, description=escape(_printable(name)))

    def end(self, result: Result) -> None:
        if self._bar is not None:
            self._bar.advance(self._task)
