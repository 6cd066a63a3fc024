"""What `rackloop sweep` shows: what was learned and tried, the matrix, the findings, the count."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.table import Table
from rich.text import Text

from simulator.scenario.reports.failure import wrapped
from simulator.sweep.findings import Finding
from simulator.sweep.reports.report import Report

__all__ = ["Progress", "print_sweep"]

PLACES_SHOWN = 3
LETTERS = 3
_LONG = re.compile(r"(?<= )/(?:dci|ip|auth)/v\d+/(?:public/)?|POST /\w+\?func=")


def print_sweep(report: Report, console: Console, *, json_file: str = "") -> None:
    """The whole report; with the name of its JSON file the commands that go on from it."""
    total = len(report.outcomes) + report.untried
    counts = report.counts
    _say(console, f"learned   {report.learned}", 10)
    _say(
        console,
        f"tried     {len(report.outcomes)} of {total} trials in {report.seconds:.1f} s: {counts['same']} end as if nothing "
        f"had happened, {counts['told']} after a failure that was told, {counts['found']} with something wrong",
        10,
    )
    if counts["missed"]:
        console.print(Text(f"          {counts['missed']} whose fault met no message"), soft_wrap=True)
    _matrix(report, console)
    if report.new:
        console.print(Text("findings", style="bold"))
    for finding in report.new:
        _finding(report, finding, console, json_file)
    if report.known:
        console.print(Text("known", style="bold"))
        for finding in report.known:
            assert finding.known is not None
            text = f"  {finding.found.name}: {finding.found.text} ({_trials(finding)}): {finding.known.because}"
            _say(console, text, 4, "dim")
    console.print(Text(_last(report), style="bold red" if report.new else "green"))


def _say(console: Console, text: str, indent: int, style: str = "") -> None:
    """In the console's width; what is too long goes on with so many spaces before it. Commands are not said so: they are there to be copied."""
    for line in wrapped(text, indent, console.width):
        console.print(Text(line, style), soft_wrap=True)


def _last(report: Report) -> str:
    new, late = len(report.new), f", {report.untried} trials not tried" if report.untried else ""
    return f"{new} new {'finding' if new == 1 else 'findings'}{late}" if new else f"no new finding{late}"


def _trials(finding: Finding) -> str:
    count = len(finding.outcomes)
    return f"{count} {'trial' if count == 1 else 'trials'}"


def _matrix(report: Report, console: Console) -> None:
    fates = report.matrix.fates
    table = Table(box=None, pad_edge=False, show_edge=False, padding=0)
    table.add_column("", overflow="ellipsis", no_wrap=True)
    table.add_column("", overflow="ellipsis", no_wrap=True, style="dim")
    for fate in fates:
        table.add_column(fate[:LETTERS], justify="center", no_wrap=True, min_width=LETTERS + 1)
    before = ""
    for row in report.matrix.rows:
        cells = [Text(row.cells.get(fate, ""), _style(row.cells.get(fate, ""))) for fate in fates]
        table.add_row("" if row.step == before else f"{row.step}  ", f"{_short(row.message)} ", *cells)
        before = row.step
    if report.matrix.rows:
        console.print(table)
        legend = ". the same end   t told, and made good   - met no message   0 known   1.. the finding"
        console.print(Text(legend, style="dim"), soft_wrap=True)


def _short(message: str) -> str:
    """`POST server/{}/owner`, `server.edit`."""
    return _LONG.sub("", message)


def _style(mark: str) -> str:
    return "bold red" if mark[:1].isdigit() and mark != "0" else "dim" if mark in (".", "-", "0") else ""


def _finding(report: Report, finding: Finding, console: Console, json_file: str) -> None:
    found, example = finding.found, finding.example
    number, harm = f"  {finding.number}  ", found.harm.name
    head = Text("\n".join(wrapped(f"{number}{harm}  {found.name}: {found.text}", 5, console.width)))
    head.stylize("bold red", len(number), len(number) + len(harm))
    console.print(head, soft_wrap=True)
    _say(console, f"     cause   {finding.cause}: {_trials(finding)}", 13)
    for place in _some([f"{place.step}" for place in finding.places]):
        _say(console, f"     in      {place}", 13, "dim")
    for index, line in enumerate(found.why):
        _say(console, f"     {'why' if index == 0 else '   '}     {line}", 23)
    for line in _some(example.told):
        _say(console, f"     told    {line}", 13)
    console.print(Text(f"     repeat  {example.trial.command}"), soft_wrap=True)
    if json_file:
        console.print(Text(f"     shrink  {report.shrink(finding, json_file)}"), soft_wrap=True)


def _some(lines: Sequence[str]) -> list[str]:
    lines = list(dict.fromkeys(lines))
    if len(lines) <= PLACES_SHOWN:
        return lines
    return [*lines[:PLACES_SHOWN], f"... and {len(lines) - PLACES_SHOWN} more"]


class Progress:
    """A bar with an estimate while trials run; nothing at all where nobody watches."""

    def __init__(self, total: int, console: Console) -> None:
        self._total = total
        self._bar: RichProgress | None = None
        if console.is_terminal:
            self._bar = RichProgress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=console,
                transient=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def tell(self, found: int) -> None:
        """One more has ended, and so many have come to something by now. The bar begins with the first of them: it has a thread, and
        processes are best copied before there is one.
        """
        if self._bar is not None:
            if not self._bar.tasks:
                self._bar.start()
                self._task = self._bar.add_task("trials", total=self._total)
            what = f"trials, {found} with something wrong" if found else "trials"
            self._bar.update(self._task, advance=1, description=what)
