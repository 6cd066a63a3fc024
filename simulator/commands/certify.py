"""`rackloop certify`: what a vendor can publish of his module."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from simulator.commands.common import UNUSABLE, check_writable, console, refuse, write
from simulator.commands.sweep import seconds_of
from simulator.files.problems import FileProblems, did_you_mean

__all__ = ["certify"]


def certify(
    module: Annotated[str, typer.Argument(metavar="MODULE", help="A module's file, or a bundled one's name.")],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Scenarios for any module; default: the library's."),
    ] = None,
    level: Annotated[
        str,
        typer.Option(metavar="LEVEL", help="End with 1 when it has not this level; default: all that can be tried."),
    ] = "survives",
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Sweep its life too: every call to the panel goes wrong in every way.")
    ] = False,
    budget: Annotated[str | None, typer.Option(help="At most so long for the sweep, e.g. `10m`.")] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", min=0, help="Instead of the scenarios' own.")] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", metavar="N", min=1, help="Processes to run on.")] = 1,
    keyword: Annotated[str, typer.Option("-k", help="Only scenarios whose name or file contains this.")] = "",
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the certificate as a page here.")
    ] = None,
    markdown_file: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write it as Markdown here.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write it as JSON here.")] = None,
    badge_file: Annotated[
        Path | None, typer.Option("--badge", metavar="FILE", help="Write a badge (SVG) here.")
    ] = None,
) -> None:
    """Play the library with a module, and write what a vendor can publish of it."""
    from simulator.certify import writing  # noqa: PLC0415
    from simulator.certify.certificate import Certificate  # noqa: PLC0415
    from simulator.certify.levels import LEVELS  # noqa: PLC0415
    from simulator.certify.proof import prove  # noqa: PLC0415
    from simulator.certify.suite import play_all  # noqa: PLC0415
    from simulator.files.lab_file import data_directory  # noqa: PLC0415
    from simulator.scenario.batch import find_scenarios  # noqa: PLC0415
    from simulator.scenario.billing.outside.plan import load_module  # noqa: PLC0415
    from simulator.scenario.for_module import load_for  # noqa: PLC0415
    from simulator.scenario.reports import Progress  # noqa: PLC0415

    check_writable(html_file, markdown_file, json_file, badge_file)

    seconds = seconds_of(budget)
    names = [each.name for each in LEVELS]
    if level not in names:
        hint = did_you_mean(level, names, "levels")
        raise typer.BadParameter(f"there is no level {level!r}; {hint}", param_hint="--level")
    try:
        plan = load_module(module)
        files = find_scenarios(paths or [data_directory("scenarios") / "any"])
        scenarios, left = load_for(plan, files, paths or [])
    except FileProblems as problems:
        refuse(problems)
    word = keyword.casefold()
    chosen = [each for each in scenarios if word in f"{each.name}\n{each.file}".casefold()]
    if not chosen:
        typer.echo("there is no scenario for any module there", err=True)
        raise typer.Exit(UNUSABLE)
    with Progress(len(chosen), console(error=True)) as progress:
        played = play_all(plan, chosen, seed=seed, jobs=jobs, begin=progress.begin, end=progress.end)
    proof = prove(plan, seed=seed or 0, jobs=jobs, budget=seconds) if sweep else None
    made = Certificate(plan, played, left, _installed(), proof)
    typer.echo(writing.as_text(made))
    written = write(html_file, lambda: writing.html(made)) & write(markdown_file, lambda: writing.markdown(made))
    written &= write(json_file, lambda: writing.as_json(made)) & write(badge_file, lambda: writing.badge(made))
    raise typer.Exit(UNUSABLE if not written else 0 if level in made.reached else 1)


def _installed() -> str:
    try:
        return version("rackloop")
    except PackageNotFoundError:
        return "(from its source)"
