"""What all commands do alike: where they print, how they refuse, how they write a report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console

from simulator.files.problems import FileProblems

__all__ = ["UNUSABLE", "console", "refuse", "write"]

UNUSABLE = 2
"""Exit status for input that nothing can be done with."""
_PIPED_WIDTH = 100


def console(*, error: bool = False) -> Console:
    """Of stdout, or stderr; without colours and of one width where nobody looks."""
    terminal = Console(stderr=error)
    return (
        terminal if terminal.is_terminal else Console(stderr=error, width=_PIPED_WIDTH, no_color=True, highlight=False)
    )


def refuse(problems: FileProblems) -> NoReturn:
    """Say what is wrong with files, and end."""
    for problem in problems.problems:
        typer.echo(str(problem), err=True)
    raise typer.Exit(UNUSABLE)


def write(file: Path | None, text: Callable[[], str]) -> bool:
    """Whether the report is where it was asked for (or was not asked for)."""
    if file is None:
        return True
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text(), encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        typer.echo(f"{file}: cannot be written: {error.strerror or error}", err=True)
        return False
    return True
