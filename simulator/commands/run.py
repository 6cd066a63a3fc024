"""`rackloop run`: scenarios and their verdicts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.commands import branches
from simulator.commands.common import (
    CALLED_OFF,
    UNUSABLE,
    AllowPrograms,
    Drivers,
    check_programs,
    check_writable,
    console,
    for_module,
    refuse,
    write,
)
from simulator.commands.watching import Play, publish, watched
from simulator.files.problems import FileProblems

if TYPE_CHECKING:
    from simulator.scenario.labs import Mode, OpenLab
    from simulator.scenario.plan import PlannedFault, Scenario
    from simulator.scenario.result import Result

__all__ = ["run"]


TIMELINES = 20
"""With `--html`, so many scenarios have their timelines in it whether they passed or not; of more, those that did not pass."""


def run(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Scenario files or directories; default: scenarios/"),
    ] = None,
    wire: Annotated[bool, typer.Option("--wire", help="On real sockets instead of in virtual time.")] = False,
    drivers: Annotated[
        Drivers, typer.Option(help="With --wire: what the panel speaks to devices with; foreign is pyghmi and pysnmp.")
    ] = Drivers.own,
    seed: Annotated[int | None, typer.Option(metavar="N", min=0, help="Instead of the scenarios' own.")] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Play every datagram and call, also those that cannot find anything new.")
    ] = False,
    jobs: Annotated[int, typer.Option("-j", "--jobs", metavar="N", min=1, help="Processes to run on.")] = 1,
    keyword: Annotated[str, typer.Option("-k", help="Only scenarios whose name, file or source contains this.")] = "",
    stop_early: Annotated[bool, typer.Option("-x", help="Stop at the first that does not pass.")] = False,
    faults: Annotated[
        list[str] | None, typer.Option("--fault", help="What strikes too, as in a file: `bmc.dead: {server: srv-03}`.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="Play to this moment of lab time once, then on from it for each --then.")
    ] = None,
    then: Annotated[
        list[Path] | None,
        typer.Option("--then", metavar="FAULTS", help="With --at: a file of faults that strike there."),
    ] = None,
    persist: Annotated[
        bool, typer.Option("--persist", help="Try again what fails, and judge by what must always hold, as sweeps do.")
    ] = False,
    module: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE", help="A module's file, or a bundled one's name: it plays the scenarios for any."
        ),
    ] = None,
    junit_file: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML here.")] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page for people here.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the results as JSON here.")
    ] = None,
    markdown_file: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write Markdown here, e.g. for a CI summary.")
    ] = None,
    journal_file: Annotated[
        Path | None,
        typer.Option("--journal", metavar="FILE", help="Write all records here, a JSON line each, with their causes."),
    ] = None,
    clock: Annotated[
        str | None,
        typer.Option(help="With --wire: real, which real equipment needs, or scaled:N where it does not mind."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only say how long it takes and what would be written to real equipment."),
    ] = False,
    allow_programs: AllowPrograms = False,
) -> None:
    """Run scenarios and print their verdicts."""
    from simulator.scenario import reports  # noqa: PLC0415
    from simulator.scenario.batch import default_path, find_scenarios, load_all, run_all  # noqa: PLC0415

    check_writable(junit_file, html_file, json_file, markdown_file, journal_file)
    if drivers is Drivers.foreign and not wire:
        raise typer.BadParameter("foreign drivers need real sockets: add --wire", param_hint="--drivers")
    mode: Mode = "simulated" if not wire else "wire-foreign" if drivers is Drivers.foreign else "wire"
    try:
        files = find_scenarios(paths or [default_path()])
        scenarios = load_all(files) if module is None else for_module(module, files, paths or [])
    except FileProblems as problems:
        refuse(problems)
    word = keyword.casefold()
    chosen = [each for each in scenarios if word in f"{each.name}\n{each.file}\n{' '.join(each.source)}".casefold()]
    if not chosen:
        where = ", ".join(map(str, paths or [default_path()]))
        matching = f" that contains {keyword!r}" if keyword else ""
        typer.echo(f"there is no scenario{matching} in {where}", err=True)
        raise typer.Exit(UNUSABLE)
    if wire:
        check_programs([each.plan for each in chosen], allow_programs)
    if clock is not None and not wire:
        raise typer.BadParameter("virtual time has no pace: add --wire", param_hint="--clock")
    open_lab = _with_real(chosen, seed, wire=wire, jobs=jobs, dry_run=dry_run, clock=clock)
    if (at is None) != (not then):
        raise typer.BadParameter("a moment and what happens then belong together: --at 83s --then faults.yaml")
    if wire and (faults or persist):
        raise typer.BadParameter("further faults strike in virtual time: leave --wire out", param_hint="--fault")
    keep = journal_file is not None
    of: int | None = None
    if at is not None and then:
        results = branches.branched(
            chosen, at, then, faults or [], seed=seed, mode=mode, jobs=jobs, persist=persist, keep_journal=keep
        )
        reports.print_results(results, console())
    else:
        play: Play
        if faults or persist:
            play = partial(_disturbed, _planned(chosen, faults or []), seed, persist=persist)
        else:
            play = partial(
                run_all,
                chosen,
                seed=seed,
                mode=mode,
                exact=exact,
                open_lab=open_lab,
                jobs=jobs,
                stop_early=stop_early,
                keep_journal=keep,
                timelines="none" if html_file is None else "all" if len(chosen) <= TIMELINES else "failed",
                module=module,
            )
        results, of = watched([each.file for each in chosen], play)
    publish(results, of)
    written = [
        write(junit_file, lambda: reports.junit(results)),
        write(html_file, lambda: reports.page(results)),
        write(json_file, lambda: reports.summary(results, seed=seed, mode=mode, of=of)),
        write(markdown_file, lambda: reports.markdown(results, of=of)),
        write(journal_file, lambda: reports.journals(results)),
    ]
    if of is not None:
        raise typer.Exit(CALLED_OFF)
    raise typer.Exit(_status(results) if all(written) else UNUSABLE)


def _planned(scenarios: list[Scenario], faults: list[str]) -> list[tuple[Scenario, list[PlannedFault]]]:
    """Each scenario with further faults."""
    from simulator.scenario.language import fault_from_text  # noqa: PLC0415

    try:
        return [(each, [fault_from_text(text, each) for text in faults]) for each in scenarios]
    except FileProblems as problems:
        refuse(problems)


def _disturbed(
    planned: list[tuple[Scenario, list[PlannedFault]]],
    seed: int | None,
    *,
    persist: bool,
    begin: Callable[[str], None],
    end: Callable[[Result], None],
) -> None:
    """One after another."""
    from simulator.sweep.playing import run_disturbed  # noqa: PLC0415

    for scenario, more in planned:
        begin(scenario.name)
        end(run_disturbed(scenario, more, seed=seed, persist=persist))


def _with_real(
    scenarios: list[Scenario], seed: int | None, *, wire: bool, jobs: int, dry_run: bool, clock: str | None
) -> OpenLab | None:
    """Before anything runs: what is said of scenarios with real equipment, and how labs are opened."""
    from functools import partial  # noqa: PLC0415

    from simulator.scenario.forecast import forecast  # noqa: PLC0415
    from simulator.scenario.labs import on_sockets  # noqa: PLC0415

    real = [each for each in scenarios if each.plan.real]
    if dry_run and not real:
        typer.echo("nothing real stands in these labs: a dry run has nothing to say", err=True)
        raise typer.Exit(UNUSABLE)
    if real and not (wire or dry_run):
        typer.echo(f"{real[0].file}: {', '.join(real[0].plan.real)}: real equipment is reached with --wire", err=True)
        raise typer.Exit(UNUSABLE)
    if real and jobs > 1:
        raise typer.BadParameter("one scenario after another uses real equipment: leave -j out", param_hint="--jobs")
    for each in real:
        seen = forecast(each, seed)
        typer.echo(
            f"{each.file}: {', '.join(each.plan.real)}: {seen or 'how long it takes is up to its module'}", err=True
        )
        for line in seen.writes if seen and dry_run else ():
            typer.echo(f"  {line}")
    if dry_run:
        raise typer.Exit(0)
    return None if clock is None else partial(on_sockets, clock=clock)


def _status(results: list[Result]) -> int:
    if results and results[-1].stopped:
        return 128 + results[-1].stopped
    return 0 if all(result.verdict == "passed" for result in results) else 1
