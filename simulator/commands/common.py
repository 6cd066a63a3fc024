"""What all commands do alike: where they print, how they refuse, how they write a report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer
from rich.console import Console

from simulator.files.problems import FileProblems

if TYPE_CHECKING:
    from simulator.scenario.plan import Scenario

__all__ = ["UNUSABLE", "console", "for_module", "refuse", "write"]

UNUSABLE = 2
"""Exit status for input that nothing can be done with."""
_PIPED_WIDTH = 100


def console(*, error: bool = False) -> Console:
    """Of stdout, or stderr; without colours and of one width where nobody looks."""
    terminal = Console(stderr=error)
    return (
        terminal if terminal.is_terminal else Console(stderr=error, width=_PIPED_WIDTH, no_color=True, highlight=False)
    )


def for_module(module: str, files: list[Path], named: list[Path]) -> list[Scenario]:
    """Those that the module plays; of the others it is said why not. Raises FileProblems."""
    from simulator.scenario.billing.outside.plan import load_module  # noqa: PLC0415
    from simulator.scenario.for_module import load_for  # noqa: PLC0415

    scenarios, left = load_for(load_module(module), files, named)
    for each in left:
        typer.echo(f"left out: {each.file}: {each.why}", err=True)
    return list(scenarios)


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
