"""`rackloop sweep`: a scenario with something else gone wrong each time, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.commands.common import UNUSABLE, check_writable, console, for_module, refuse, write
from simulator.commands.watching import append_summary
from simulator.files.problems import FileProblems, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.scenario.plan import Scenario
    from simulator.sweep.baseline import Baseline
    from simulator.sweep.reports import Report
    from simulator.sweep.sweeping import Kinds, Player, Sweep
    from simulator.sweep.trial import Outcome

__all__ = ["seconds_of", "sweep"]

INTERRUPTED = 130


def sweep(
    paths: Annotated[list[Path], typer.Argument(metavar="SCENARIO|DIR", help="Scenario files or directories.")],
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Every two things that may go wrong, instead of every one.")
    ] = False,
    kinds: Annotated[
        str, typer.Option("--kinds", help="Networks and fates, e.g. `http,lost,answer`; all unless given.")
    ] = "",
    points: Annotated[
        str,
        typer.Option(
            help="Which messages: the first of each kind (`kinds`), of each kind in each step (`steps`), `every`."
        ),
    ] = "steps",
    budget: Annotated[str | None, typer.Option(help="At most so long, e.g. `10m`.")] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", metavar="N", min=1, help="Processes to play trials on.")] = 1,
    dask: Annotated[str | None, typer.Option(help="Play trials on the Dask cluster with this scheduler.")] = None,
    module: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE", help="A module's file, or a bundled one's name: it is swept by scenarios for any."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", min=0, help="Instead of the scenario's own.")] = None,
    baseline: Annotated[Path | None, typer.Option(help="Findings that are known, with reasons.")] = None,
    resume: Annotated[Path | None, typer.Option(help="A report in JSON: what it has is not tried again.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write all trials as JSON here.")
    ] = None,
    junit_file: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML here.")] = None,
    markdown_file: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write Markdown here, e.g. for a CI summary.")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page for people here.")
    ] = None,
) -> None:
    """Run scenarios again and again, with a message gone wrong each time, and say what that does to the billing side."""
    from simulator.scenario.batch import find_scenarios, load_all  # noqa: PLC0415
    from simulator.sweep.baseline import NO_BASELINE, load_baseline  # noqa: PLC0415
    from simulator.sweep.reports import as_json, as_junit, as_markdown, as_page, print_sweep, read_json  # noqa: PLC0415

    check_writable(json_file or resume, junit_file, markdown_file, html_file)
    chosen, seconds = _kinds(kinds, points), seconds_of(budget)
    try:
        files = find_scenarios(paths)
        scenarios = load_all(files) if module is None else for_module(module, files, paths)
        known = NO_BASELINE if baseline is None else load_baseline(baseline)
        before = _before(read_json(resume)) if resume is not None and resume.exists() else {}
    except FileProblems as problems:
        refuse(problems)
    if not scenarios:
        typer.echo(f"there is no scenario in {', '.join(map(str, paths))}", err=True)
        raise typer.Exit(UNUSABLE)
    reports: list[Report] = []
    status = 0
    out = console()
    ends = None if seconds is None else time.perf_counter() + seconds
    with _player(dask, jobs) as player:
        for scenario in scenarios:
            what = _plan(scenario, seed, chosen, points, pairs=pairs)
            if what is None:
                status = 1
                continue
            left = None if ends is None else max(ends - time.perf_counter(), 0.0)
            report, ended = _tried(what, player, left, before, known)
            reports.append(report)
            if len(scenarios) > 1:
                out.print(f"\n{scenario.name} ({scenario.file})", style="bold", soft_wrap=True, markup=False)
            print_sweep(report, out, json_file=str(json_file) if json_file and len(scenarios) == 1 else "")
            status = ended or max(status, 1 if report.new else 0)
            if ended:
                break
    written = [
        write(json_file or resume, lambda: as_json(reports)),
        write(junit_file, lambda: as_junit(reports)),
        write(markdown_file, lambda: as_markdown(reports)),
        write(html_file, lambda: as_page(reports)),
    ]
    append_summary(lambda: as_markdown(reports))
    raise typer.Exit(status if all(written) else UNUSABLE)


@contextmanager
def _player(dask: str | None, jobs: int) -> Iterator[Player]:
    """Who plays the trials: this process, several, or a cluster."""
    from simulator.sweep.sweeping import here, processes  # noqa: PLC0415

    if dask is None:
        yield here if jobs == 1 else processes(jobs)
        return
    from simulator.sweep.cluster import NoCluster, cluster  # noqa: PLC0415

    try:
        with cluster(dask) as player:
            yield player
    except NoCluster as error:
        typer.echo(f"rackloop sweep: {error}", err=True)
        raise typer.Exit(UNUSABLE) from None


def _tried(
    what: Sweep, player: Player, budget: float | None, before: dict[str, Outcome], known: Baseline
) -> tuple[Report, int]:
    """The report; with an exit status when it was called off, or there was no cluster any more."""
    from simulator.sweep.cluster import NoCluster  # noqa: PLC0415
    from simulator.sweep.findings import findings, matrix  # noqa: PLC0415
    from simulator.sweep.reports import Progress, Report  # noqa: PLC0415
    from simulator.sweep.sweeping import sweep as tried  # noqa: PLC0415

    began, ended = time.perf_counter(), 0
    heard: dict[str, Outcome] = {key: value for key, value in before.items() if key in {t.id for t in what.trials}}
    with Progress(len(what.trials) - len(heard), console(error=True)) as progress:

        def tell(outcome: Outcome) -> None:
            heard[outcome.trial.id] = outcome
            progress.tell(sum(bool(each.found) for each in heard.values()))

        try:
            tried(what, player, budget=budget, known=before, tell=tell)
        except KeyboardInterrupt:
            ended = INTERRUPTED
        except NoCluster as error:
            typer.echo(f"rackloop sweep: {error}", err=True)
            ended = UNUSABLE
    outcomes = [heard[trial.id] for trial in what.trials if trial.id in heard]
    found = findings(outcomes, known, what.scenario.module)
    took = time.perf_counter() - began
    rest = len(what.trials) - len(outcomes)
    return Report(what, outcomes, found, matrix(outcomes, found), rest, took), ended


def _plan(scenario: Scenario, seed: int | None, kinds: Kinds, points: str, *, pairs: bool) -> Sweep | None:
    """None when the scenario fails as it is."""
    from simulator.scenario.reports import print_results  # noqa: PLC0415
    from simulator.sweep.points import learn  # noqa: PLC0415
    from simulator.sweep.sweeping import plan  # noqa: PLC0415

    number = (scenario.seed or 0) if seed is None else seed
    learned = learn(scenario, number)
    if learned.result.verdict != "passed":
        print_results([learned.result], console())
        typer.echo(f"{scenario.file} fails as it is: nothing can be learned from what more goes wrong", err=True)
        return None
    return plan(scenario, number, learned, kinds=kinds, choose=points, pairs=pairs)  # type: ignore[arg-type]


def _before(sweeps: Sequence[dict[str, object]]) -> dict[str, Outcome]:
    return {outcome.trial.id: outcome for each in sweeps for outcome in each["trials"]}  # type: ignore[attr-defined]


def _kinds(text: str, points: str) -> Kinds:
    from simulator.sweep.points import NETWORKS  # noqa: PLC0415
    from simulator.sweep.sweeping import FATE_NAMES, parse_kinds  # noqa: PLC0415

    ways = ("kinds", "steps", "every")
    if points not in ways:
        hint = did_you_mean(points, ways, "ways to choose")
        raise typer.BadParameter(f"there is no way {points!r} to choose messages; {hint}", param_hint="--points")
    try:
        return parse_kinds(text)
    except ValueError as error:
        hint = did_you_mean(str(error), (*NETWORKS, *FATE_NAMES), "kinds")
        raise typer.BadParameter(f"there is no kind {str(error)!r}; {hint}", param_hint="--kinds") from None


def seconds_of(budget: str | None) -> float | None:
    """What `--budget` says, in seconds."""
    from simulator.files.units import parse_duration  # noqa: PLC0415

    if budget is None:
        return None
    try:
        return parse_duration(budget)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--budget") from None
