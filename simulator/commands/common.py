"""What all commands do alike: where they print, how they refuse, how they write a report."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from simulator.files.problems import FileProblems, Problem

if TYPE_CHECKING:
    from simulator.files.plan import LabPlan
    from simulator.scenario.plan import Scenario

__all__ = [
    "CALLED_OFF",
    "TOKEN_VARIABLE",
    "UNUSABLE",
    "AllowPrograms",
    "ClockWord",
    "Drivers",
    "LabName",
    "check_programs",
    "check_writable",
    "console",
    "for_module",
    "lab_plan",
    "refuse",
    "write",
]

UNUSABLE = 2
"""Exit status for input that nothing can be done with."""
TOKEN_VARIABLE = "RACKLOOP_CONTROL_TOKEN"  # noqa: S105 - its name
CALLED_OFF = 130
"""Exit status after Ctrl-C: 128 and the number of SIGINT."""
_PIPED_WIDTH = 80
_NARROWEST, _MOST_DIGITS = 40, 5


class Drivers(StrEnum):
    own = "own"
    foreign = "foreign"


def _labs(incomplete: str) -> list[str]:
    """Names of labs, for the shell."""
    from simulator.files.lab_file import lab_names  # noqa: PLC0415

    return [name for name in lab_names() if name.startswith(incomplete)]


def _clock(ctx: typer.Context, text: str) -> str:
    """One that lets programs outside find the time that they wait for; scenarios on the wire have one of their own."""
    if not ctx.resilient_parsing and not re.fullmatch(r"real|stepped|scaled:\d+(\.\d+)?", text):
        message = f"{text!r} is no clock: write real, stepped, or scaled:N (N seconds pass in one)"
        typer.echo(f"{ctx.command_path}: {message}", err=True)
        raise typer.Exit(UNUSABLE)
    return text


LabName = Annotated[str, typer.Argument(metavar="[LAB]", help="A lab's name or file.", autocompletion=_labs)]
ClockWord = Annotated[
    str,
    typer.Option(
        metavar="CLOCK",
        help="real, scaled:N (N seconds pass in one), or stepped (by the lab control).",
        callback=_clock,
        autocompletion=lambda: ["real", "scaled:60", "scaled:600", "stepped"],
    ),
]
AllowPrograms = Annotated[
    bool,
    typer.Option(
        "--allow-programs",
        help="Let labs run their handler programs, also those of lab files that are not in or below this folder.",
    ),
]


def console(*, error: bool = False) -> Console:
    """Of stdout, or stderr. In a pipe without colours and 80 columns wide, unless COLUMNS says otherwise; NO_COLOR is heeded on terminals."""
    plain = Console(stderr=error, color_system=None, highlight=False, emoji=False)
    if plain.is_terminal:
        return plain if os.environ.get("NO_COLOR") else Console(stderr=error, highlight=False, emoji=False)
    asked = os.environ.get("COLUMNS", "")
    width = max(int(asked), _NARROWEST) if asked.isdecimal() and len(asked) < _MOST_DIGITS else _PIPED_WIDTH
    return Console(stderr=error, width=width, color_system=None, highlight=False, emoji=False, force_terminal=False)


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


def check_writable(*files: Path | None, folder: bool = False) -> None:
    """Refuse, before anything runs, to write reports where they cannot be, or two over each other. Nothing is written, and no directory made.
    `folder`: they are directories.
    """
    asked = [file for file in files if file is not None]
    problems = [Problem(str(file), 0, 0, why) for file in asked if (why := _not_writable(file, folder))]
    problems += [Problem(str(file), 0, 0, "two reports of one name") for file in set(asked) if asked.count(file) > 1]
    if problems:
        refuse(FileProblems(problems))


def _not_writable(file: Path, folder: bool) -> str:
    if file.is_dir() and not folder:
        return "cannot be written: it is a directory"
    if file.exists() and folder and not file.is_dir():
        return "cannot be written: it is no directory"
    if file.exists():
        return "" if os.access(file, os.W_OK) else "cannot be written: it is read-only"
    above = next(each for each in file.absolute().parents if each.exists())
    if not above.is_dir():
        return f"cannot be written: {above} is no directory"
    return "" if os.access(above, os.W_OK | os.X_OK) else f"cannot be written: {above} is read-only"


def lab_plan(lab: str, who: str) -> LabPlan:
    from simulator.files.lab_file import find_lab, load_lab, no_such_lab  # noqa: PLC0415

    file = find_lab(lab)
    if file is None:
        refuse(FileProblems([Problem(who, 0, 0, *no_such_lab(lab))]))
    try:
        return load_lab(file)
    except FileProblems as problems:
        refuse(problems)


def check_programs(plans: list[LabPlan], allowed: bool) -> None:
    """Refuse labs of others that would run programs (`handler: {executable: ...}`)."""
    from simulator.files.lab_file import foreign_programs  # noqa: PLC0415

    for plan in plans:
        if not allowed and (programs := foreign_programs(plan, Path.cwd())):
            typer.echo(
                f"{plan.file}: it runs {', '.join(programs)}, which is not of the project in this folder;"
                " --allow-programs lets it",
                err=True,
            )
            raise typer.Exit(UNUSABLE)
