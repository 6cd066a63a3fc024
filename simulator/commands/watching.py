"""Scenarios that are played while somebody watches: verdicts as they come, and an end at any moment by Ctrl-C."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import typer

from simulator.commands.common import console

if TYPE_CHECKING:
    from simulator.scenario.result import Result

__all__ = ["Play", "append_summary", "publish", "watched"]


class Play(Protocol):
    """Plays scenarios, and tells of each that begins, and of each result as it comes."""

    def __call__(self, *, begin: Callable[[str], None], end: Callable[[Result], None]) -> Any: ...


def watched(files: list[str], play: Play) -> tuple[list[Result], int | None]:
    """Results in the order of the files; and how many there would have been, when Ctrl-C called the rest off: it is not heard again then,
    for what is known is still to be told and written.
    """
    from simulator.scenario.reports import Progress, Verdicts, print_outcome  # noqa: PLC0415

    out, of = console(), None
    with Progress(len(files), out if out.is_terminal else console(error=True)) as progress:
        verdicts = Verdicts(len(files), out, progress)
        try:
            play(begin=progress.begin, end=verdicts.end)
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            of = len(files)
    places = {file: place for place, file in enumerate(files)}
    results = sorted(verdicts.results, key=lambda each: places[each.file])
    print_outcome(results, out, of=of)
    return results, of


def publish(results: list[Result], of: int | None) -> None:
    """On GitHub's runners: errors at the lines of files, and a summary of the step."""
    from simulator.scenario.reports import markdown, workflow_commands  # noqa: PLC0415

    for line in workflow_commands(results, os.environ):
        typer.echo(line)
    append_summary(lambda: markdown(results, of=of))


def append_summary(text: Callable[[], str]) -> None:
    """To the summary of the step, on GitHub's runners. That it cannot be written is no reason to fail: all of it is told elsewhere."""
    from simulator.scenario.reports import summary_file  # noqa: PLC0415

    file = summary_file(os.environ)
    if file is None:
        return
    try:
        with file.open("a", encoding="utf-8", errors="backslashreplace") as out:
            out.write(text() + "\n")
    except OSError as error:
        typer.echo(f"GITHUB_STEP_SUMMARY {file}: cannot be written: {error.strerror or error}", err=True)
