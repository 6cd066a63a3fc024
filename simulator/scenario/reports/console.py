"""What `rackloop run` shows: each verdict as it comes, then every failure with all that is needed to understand it, and the count."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress as RichProgress
from rich.progress import SpinnerColumn, TextColumn
from rich.table import Column
from rich.text import Text

from simulator.scenario.reports.failure import failure_lines, printable, wrapped
from simulator.scenario.reports.formatting import billed, differences, ended, lab_time, wall_time
from simulator.scenario.result import Result

__all__ = ["Progress", "Verdicts", "print_outcome", "print_results"]

_COLOURS = {"passed": "green", "failed": "bold red", "error": "bold yellow"}
_QUIET = 15.0
"""Real seconds after which somebody who reads a pipe is told how far it is."""
_TICK = time.perf_counter  # how long it takes is for people only


def print_results(results: Sequence[Result], console: Console) -> None:
    """The verdicts and all that follows them."""
    for number, result in enumerate(results, start=1):
        _verdict(result, number, len(results), console)
    print_outcome(results, console)


def print_outcome(results: Sequence[Result], console: Console, *, of: int | None = None) -> None:
    """The failures, the ledger, and the count; `of`: how many there would have been, had nobody called it off."""
    for result in results:
        if result.failures:
            _failure(result, console)
    for result in results:
        for line in result.real:
            console.print(Text(printable(line)), soft_wrap=True)
    _ledger(results, console)
    console.print()
    good = of is None and all(result.verdict == "passed" for result in results)
    text = ended(results) if of is None else f"called off: {len(results)} of {of} were played, {ended(results)}"
    console.print(Text(text, style="green" if good else "bold red"), soft_wrap=True)


def _verdict(result: Result, number: int, total: int, console: Console) -> None:
    """`12/261  passed  scenarios/life/whole.yaml   1:34:05   42 ms`; the times of a file with a long name are on a line of their own."""
    counter = f"{number:>{len(str(total))}}/{total}"
    times = f"{lab_time(result.simulated_s):>8}  {wall_time(result.wall_s):>7}"
    file = printable(result.file)
    room = console.width - len(counter) - 2 - 6 - 2 - len(times) - 2
    line = Text.assemble(counter, "  ", (f"{result.verdict:<6}", _COLOURS[result.verdict]), "  ", file)
    if len(file) <= room:
        line.append(f"{' ' * (room - len(file))}  {times}")
    else:
        line.append(f"\n{times:>{max(console.width, len(times))}}")
    console.print(line, soft_wrap=True)


def _failure(result: Result, console: Console) -> None:
    console.print()
    head = wrapped(f"{result.verdict}  {result.name}", len(result.verdict) + 2, console.width)
    text = Text("\n".join(head), style="bold")
    text.stylize(_COLOURS[result.verdict], 0, len(result.verdict))
    console.print(text, soft_wrap=True)
    for line in failure_lines(result, console.width):
        console.print(Text(line.text, style="dim" if line.style == "dim" else ""), soft_wrap=True)


def _ledger(results: Sequence[Result], console: Console) -> None:
    """What was charged against what was delivered; of a single scenario, each difference with its reason."""
    if not (lines := billed(results)):
        return
    console.print()
    console.print(Text("Ledger", style="bold"))
    if len(results) == 1:
        lines += [str(each) for each in differences(results[0])]
    for line in lines:
        for each in wrapped(f"  {line}", 10, console.width):
            console.print(Text(each), soft_wrap=True)


def left(seconds: float) -> str:
    """`about 40 s left`, `about 3 min left`."""
    return f"about {seconds:.0f} s left" if seconds < 90 else f"about {seconds / 60:.0f} min left"


class Progress:
    """While scenarios run: on a terminal a line with the count, the time left and what runs; in a pipe a line now and then."""

    def __init__(self, total: int, console: Console, tick: Callable[[], float] = _TICK) -> None:
        self._total = total
        self._console = console
        self._tick = tick
        self._done = 0
        self._name = ""
        self._began = self._told = tick()
        self._bar: RichProgress | None = None
        if console.is_terminal and not console.is_dumb_terminal:
            line = TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis"))
            self._bar = RichProgress(SpinnerColumn(), line, console=console, transient=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begin(self, name: str) -> None:
        """The line begins with the first of them: it has a thread, and processes are best copied before there is one."""
        if self._bar is not None:
            if not self._bar.tasks:
                self._bar.start()
                self._task = self._bar.add_task("", total=self._total)
            self._name = name or self._name
            self._show()

    def end(self, result: Result) -> None:
        self._done += 1
        if self._bar is not None:
            self._show()
        elif self._done < self._total and self._tick() - self._told >= _QUIET:
            self._told = self._tick()
            self._console.print(f"{self._done} of {self._total} played, {self._left()}", highlight=False)

    def _show(self) -> None:
        assert self._bar is not None
        parts = [f"{self._done}/{self._total}", self._left() if self._done else "", printable(self._name)]
        self._bar.update(self._task, completed=self._done, description=escape("  ".join(filter(None, parts))))

    def _left(self) -> str:
        return left((self._tick() - self._began) / self._done * (self._total - self._done))


class Verdicts:
    """Prints each verdict as it comes, beside `Progress`, and keeps the results: also when the rest is called off."""

    def __init__(self, total: int, out: Console, progress: Progress) -> None:
        self.results: list[Result] = []
        self._total = total
        self._out = out
        self._progress = progress

    def end(self, result: Result) -> None:
        self.results.append(result)
        _verdict(result, len(self.results), self._total, self._out)
        self._progress.end(result)
