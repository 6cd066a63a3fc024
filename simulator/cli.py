"""The `rackloop` command. Exit status: 0 all passed, 1 a scenario failed, 2 the input cannot be used."""

from __future__ import annotations

import asyncio
import atexit
import gc
import json
import sys
from dataclasses import replace
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand

from simulator.billmanager.cli import app as billmanager
from simulator.commands import branches as branching
from simulator.commands import compare_versions as comparing
from simulator.commands import explore as exploring
from simulator.commands import shrink as shrinking
from simulator.commands import sweep as sweeping
from simulator.commands.common import UNUSABLE
from simulator.commands.common import console as _console
from simulator.commands.common import for_module as _for_module
from simulator.commands.common import refuse as _refuse
from simulator.commands.common import write as _write
from simulator.files.problems import FileProblems, Problem, did_you_mean

if TYPE_CHECKING:
    from simulator.files.plan import LabPlan
    from simulator.scenario.labs import Mode
    from simulator.scenario.plan import Scenario
    from simulator.scenario.result import Result

# Each command imports what it works with: `rackloop health` and `--help` need not wait for the whole simulator.

__all__ = ["app", "main"]

PASSWORD_VARIABLE = "RACKLOOP_PANEL_PASSWORD"  # noqa: S105 - its name
TOKEN_VARIABLE = "RACKLOOP_CONTROL_TOKEN"  # noqa: S105 - its name

app = typer.Typer(
    name="rackloop",
    help="A datacenter in the loop of software that sells dedicated servers.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Drivers(StrEnum):
    own = "own"
    foreign = "foreign"


AllowPrograms = Annotated[
    bool,
    typer.Option(
        "--allow-programs",
        help="Let labs run their handler programs, also those of lab files that are not in or below this folder.",
    ),
]


class SchemaName(StrEnum):
    scenario = "scenario"
    lab = "lab"
    module = "module"


def main() -> NoReturn:
    """The console script's entry."""
    for stream in (sys.stdout, sys.stderr):
        # A report names what stands in files: it must not fail on a terminal that cannot show it.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    # What is imported stays: to look through it for garbage again and again costs a tenth of the start.
    gc.set_threshold(50_000, 20, 20)
    atexit.register(gc.freeze)  # and the end need not look through it either: the process gives all back at once
    app()
    raise AssertionError  # pragma: no cover - typer exits


def _version(wanted: bool) -> None:
    if wanted:
        try:
            typer.echo(f"rackloop {version('rackloop')}")
        except PackageNotFoundError:
            typer.echo("rackloop (not installed: running from its source)")
        raise typer.Exit


@app.callback()
def common(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """A datacenter in the loop of software that sells dedicated servers."""


@app.command()
def run(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH ...]", help="Scenario files or directories; default: scenarios/"),
    ] = None,
    wire: Annotated[bool, typer.Option("--wire", help="On real sockets instead of in virtual time.")] = False,
    drivers: Annotated[
        Drivers, typer.Option(help="With --wire: what the panel speaks to devices with; foreign is pyghmi and pysnmp.")
    ] = Drivers.own,
    seed: Annotated[int | None, typer.Option(min=0, help="Instead of the scenarios' own.")] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Play every datagram, also polls that cannot find anything new.")
    ] = False,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, help="Processes to run on.")] = 1,
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
    junit_file: Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML here.")] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="Write a page for people here.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the results as JSON here.")] = None,
    journal_file: Annotated[
        Path | None, typer.Option("--journal", help="Write all records here, a JSON line each, with their causes.")
    ] = None,
    allow_programs: AllowPrograms = False,
) -> None:
    """Run scenarios and print their verdicts."""
    from simulator.scenario.batch import default_path, find_scenarios, load_all, run_all  # noqa: PLC0415
    from simulator.scenario.reports import Progress, journals, junit, page, print_results, summary  # noqa: PLC0415

    if drivers is Drivers.foreign and not wire:
        raise typer.BadParameter("foreign drivers need real sockets: add --wire", param_hint="--drivers")
    mode: Mode = "simulated" if not wire else "wire-foreign" if drivers is Drivers.foreign else "wire"
    try:
        files = find_scenarios(paths or [default_path()])
        scenarios = load_all(files) if module is None else _for_module(module, files, paths or [])
    except FileProblems as problems:
        _refuse(problems)
    word = keyword.casefold()
    chosen = [each for each in scenarios if word in f"{each.name}\n{each.file}\n{' '.join(each.source)}".casefold()]
    if not chosen:
        where = ", ".join(map(str, paths or [default_path()]))
        matching = f" that contains {keyword!r}" if keyword else ""
        typer.echo(f"there is no scenario{matching} in {where}", err=True)
        raise typer.Exit(UNUSABLE)
    if wire:
        _check_programs([each.plan for each in chosen], allow_programs)
    if (at is None) != (not then):
        raise typer.BadParameter("a moment and what happens then belong together: --at 83s --then faults.yaml")
    if wire and (faults or persist):
        raise typer.BadParameter("further faults strike in virtual time: leave --wire out", param_hint="--fault")
    keep = journal_file is not None
    if at is not None and then:
        results = branching.branched(
            chosen, at, then, faults or [], seed=seed, mode=mode, jobs=jobs, persist=persist, keep_journal=keep
        )
    elif faults or persist:
        results = _disturbed(chosen, faults or [], seed, persist=persist)
    else:
        with Progress(len(chosen), _console(error=True)) as progress:
            results = run_all(
                chosen,
                seed=seed,
                mode=mode,
                exact=exact,
                jobs=jobs,
                stop_early=stop_early,
                keep_journal=keep,
                module=module,
                begin=progress.begin,
                end=progress.end,
            )
    print_results(results, _console())
    written = _write(junit_file, lambda: junit(results)) & _write(html_file, lambda: page(results))
    written &= _write(json_file, lambda: summary(results, seed=seed, mode=mode))
    written &= _write(journal_file, lambda: journals(results))
    raise typer.Exit(_status(results) if written else UNUSABLE)


def _disturbed(scenarios: list[Scenario], faults: list[str], seed: int | None, *, persist: bool) -> list[Result]:
    """Each scenario with further faults, one after another."""
    from simulator.scenario.language import fault_from_text  # noqa: PLC0415
    from simulator.sweep.playing import run_disturbed  # noqa: PLC0415

    try:
        planned = [(each, [fault_from_text(text, each) for text in faults]) for each in scenarios]
    except FileProblems as problems:
        _refuse(problems)
    return [run_disturbed(each, more, seed=seed, persist=persist) for each, more in planned]


def _check_programs(plans: list[LabPlan], allowed: bool) -> None:
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


def _status(results: list[Result]) -> int:
    return 0 if all(result.verdict == "passed" for result in results) else 1


app.command()(sweeping.sweep)
app.command()(shrinking.shrink)
app.command()(exploring.explore)
app.command()(comparing.compare_versions)


@app.command()
def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE ...", help="Lab, scenario and module files.")],
) -> None:
    """Check lab, scenario and module files; print every problem as file:line:column: message."""
    problems: list[Problem] = []
    for file in files:
        try:
            typer.echo(f"{file}: {_validated(file)}")
        except FileProblems as found:
            problems.extend(found.problems)
    if problems:
        _refuse(FileProblems(problems))


def _validated(file: Path) -> str:
    """What the file is, in a few words. Raises FileProblems."""
    from simulator.files.lab_file import load_lab  # noqa: PLC0415
    from simulator.files.reader import read  # noqa: PLC0415
    from simulator.scenario.billing.outside.plan import load_module  # noqa: PLC0415
    from simulator.scenario.language import load_scenario  # noqa: PLC0415

    document = read(file)
    if "scenario" in document.data:
        scenario = load_scenario(file)
        return f"a scenario, {_count(len(scenario.steps), 'step')}, lab {scenario.plan.name}"
    if "lab" in document.data:
        plan = load_lab(file)
        servers, switches, pdus = len(plan.servers), len(plan.switches), len(plan.pdus)
        return f"a lab, {_count(servers, 'server')}, {_count(switches, 'switch', 'switches')}, {_count(pdus, 'PDU')}"
    if "module" in document.data:
        module = load_module(str(file))
        return f"a module, {', '.join(module.verbs)}; time: {module.time if module.on_wire else 'virtual'}"
    first = str(next(iter(document.data), ""))
    line, column = document.place((first,), key=True)
    hint = did_you_mean(first, ["lab", "scenario", "module"], "it begins with one of")
    raise FileProblems([Problem(str(file), line, column, "neither a lab, a scenario nor a module", hint)])


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


@app.command()
def schema(kind: Annotated[SchemaName, typer.Argument(help="Which file format.")]) -> None:
    """Print the JSON Schema (draft 7) of a file format; of `module` also what a module is given and answers."""
    from simulator.scenario.billing.outside.schema import module_schema_text  # noqa: PLC0415
    from simulator.scenario.json_schema import schema_text  # noqa: PLC0415

    if kind is SchemaName.module:
        typer.echo(module_schema_text(), nl=False)
    else:
        typer.echo(schema_text("lab" if kind is SchemaName.lab else "scenario"), nl=False)


@app.command()
def fidelity(
    spec: Annotated[Path | None, typer.Option(help="OpenAPI document of a real installation, JSON or YAML.")] = None,
    dialect: Annotated[Path | None, typer.Option(help="A dialect file instead of the package's.")] = None,
    page: Annotated[
        bool, typer.Option("--page", help="Print the page of the docs on where our forms come from.")
    ] = False,
    recorded: Annotated[
        Path | None, typer.Option(help="A HAR file, or one of mitmproxy's, of a real client with a real panel.")
    ] = None,
    url: Annotated[str, typer.Option(help="A live panel, which is read and never changed.")] = "",
    panel: Annotated[int, typer.Option(min=5, max=6, help="With --url: its version.")] = 6,
    username: Annotated[str, typer.Option(help="With --url: an administrator's e-mail or name.")] = "",
    password: Annotated[
        str, typer.Option(envvar=PASSWORD_VARIABLE, help="With --url: his password.", show_envvar=True)
    ] = "",
    insecure: Annotated[bool, typer.Option("--insecure", help="With --url: do not check its certificate.")] = False,
    lab: Annotated[str, typer.Option(help="With --recorded and --url: the lab that is compared.")] = "small",
) -> None:
    """Compare our APIs with a real installation: its OpenAPI document, a recording of a client, or the live panel itself."""
    from simulator.fidelity import SpecError, fidelity_page, report_on  # noqa: PLC0415

    if sum((page, spec is not None, recorded is not None, bool(url))) != 1:
        raise typer.BadParameter("give one of --spec, --recorded, --url and --page", param_hint="--spec")
    if recorded is not None or url:
        login = (username, password) if url else None
        raise typer.Exit(_reality(recorded, url, panel, login, lab, insecure=insecure))
    if spec is None:
        typer.echo(fidelity_page(), nl=False)
        return
    try:
        words = None if dialect is None else dialect.read_text(encoding="utf-8")
        text, alike = report_on(spec.read_text(encoding="utf-8"), words)
    except OSError as error:
        typer.echo(f"{error.filename}: cannot be read: {error.strerror or error}", err=True)
        raise typer.Exit(UNUSABLE) from None
    except SpecError as error:
        typer.echo(f"{spec}: {error}", err=True)
        raise typer.Exit(UNUSABLE) from None
    except ValueError as error:  # not UTF-8, or no dialect
        typer.echo(f"rackloop fidelity: {error}", err=True)
        raise typer.Exit(UNUSABLE) from None
    typer.echo(text, nl=False)
    raise typer.Exit(0 if alike else 1)


def _reality(
    recorded: Path | None, url: str, panel: int, login: tuple[str, str] | None, lab: str, *, insecure: bool
) -> int:
    """The exit status; the table is printed."""
    from simulator.fidelity.live import NotAsked  # noqa: PLC0415
    from simulator.fidelity.recording import RecordingError, read_recording  # noqa: PLC0415
    from simulator.fidelity.replay import as_table  # noqa: PLC0415
    from simulator.lab import Lab  # noqa: PLC0415
    from simulator.lab.reality import asked_live, played_on  # noqa: PLC0415

    try:
        hall = Lab.load(lab)
        if recorded is not None:
            exchanges = read_recording(recorded.read_bytes())
        else:
            assert login is not None
            exchanges = asyncio.run(asked_live(url, 5 if panel == 5 else 6, *login, verify=not insecure))
        found = played_on(hall, exchanges)
    except FileProblems as problems:
        _refuse(problems)
    except OSError as error:
        typer.echo(f"{error.filename}: cannot be read: {error.strerror or error}", err=True)
        return UNUSABLE
    except (RecordingError, NotAsked) as error:
        typer.echo(f"rackloop fidelity: {recorded or url}: {error}", err=True)
        return UNUSABLE
    typer.echo(as_table(found, len(exchanges)), nl=False)
    return 1 if found else 0


@app.command()
def up(
    lab: Annotated[str, typer.Argument(metavar="[LAB]", help="A lab's name or file.")] = "small",
    host: Annotated[str, typer.Option(help="Address to listen on; devices have their own on loopback.")] = "127.0.0.1",
    clock: Annotated[str, typer.Option(help="real, scaled:N or stepped.")] = "real",
    tls: Annotated[bool, typer.Option("--tls", help="HTTPS with a certificate made for the occasion.")] = False,
    endpoints: Annotated[Path | None, typer.Option(help="Write where everything answers here, once it does.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of chance in the plant.")] = 1,
    drivers: Annotated[Drivers, typer.Option(help="What the panel speaks to devices with.")] = Drivers.own,
    state: Annotated[
        Path | None, typer.Option(help="Folder in which the lab's state is kept: go on where it stopped.")
    ] = None,
    control_token: Annotated[
        str | None,
        typer.Option(
            envvar=TOKEN_VARIABLE, help="What the lab control asks for; off loopback one is made unless it is given."
        ),
    ] = None,
    allow_programs: AllowPrograms = False,
) -> None:
    """Start a lab on real sockets and keep it running until Ctrl-C."""
    from simulator.control import up as standing  # noqa: PLC0415

    plan = _lab_plan(lab, "rackloop up")
    _check_programs([plan], allow_programs)
    options = replace(standing.UP, host=host, clock=clock, tls=tls, seed=seed, drivers=drivers.value)
    try:
        asyncio.run(
            standing.up(
                plan, options, say=typer.echo, endpoints_file=endpoints, state_dir=state, control_token=control_token
            )
        )
    except (OSError, ValueError) as error:  # an address that is not ours, a clock that there is not
        typer.echo(f"rackloop up: {error}", err=True)
        raise typer.Exit(UNUSABLE) from None


@app.command()
def certify(
    module: Annotated[str, typer.Argument(metavar="MODULE", help="A module's file, or a bundled one's name.")],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH ...]", help="Scenarios for any module; default: the library's."),
    ] = None,
    level: Annotated[
        str,
        typer.Option(metavar="LEVEL", help="End with 1 when it has not this level; default: all that can be tried."),
    ] = "survives",
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Sweep its life too: every call to the panel goes wrong in every way.")
    ] = False,
    budget: Annotated[str | None, typer.Option(help="At most so long for the sweep, e.g. `10m`.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Instead of the scenarios' own.")] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, help="Processes to run on.")] = 1,
    keyword: Annotated[str, typer.Option("-k", help="Only scenarios whose name or file contains this.")] = "",
    html_file: Annotated[Path | None, typer.Option("--html", help="Write the certificate as a page here.")] = None,
    markdown_file: Annotated[Path | None, typer.Option("--markdown", help="Write it as Markdown here.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write it as JSON here.")] = None,
    badge_file: Annotated[Path | None, typer.Option("--badge", help="Write a badge (SVG) here.")] = None,
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

    seconds = sweeping.seconds_of(budget)
    names = [each.name for each in LEVELS]
    if level not in names:
        hint = did_you_mean(level, names, "levels")
        raise typer.BadParameter(f"there is no level {level!r}; {hint}", param_hint="--level")
    try:
        plan = load_module(module)
        files = find_scenarios(paths or [data_directory("scenarios") / "any"])
        scenarios, left = load_for(plan, files, paths or [])
    except FileProblems as problems:
        _refuse(problems)
    word = keyword.casefold()
    chosen = [each for each in scenarios if word in f"{each.name}\n{each.file}".casefold()]
    if not chosen:
        typer.echo("there is no scenario for any module there", err=True)
        raise typer.Exit(UNUSABLE)
    with Progress(len(chosen), _console(error=True)) as progress:
        played = play_all(plan, chosen, seed=seed, jobs=jobs, begin=progress.begin, end=progress.end)
    proof = prove(plan, seed=seed or 0, jobs=jobs, budget=seconds) if sweep else None
    made = Certificate(plan, played, left, _installed(), proof)
    typer.echo(writing.as_text(made))
    written = _write(html_file, lambda: writing.html(made)) & _write(markdown_file, lambda: writing.markdown(made))
    written &= _write(json_file, lambda: writing.as_json(made)) & _write(badge_file, lambda: writing.badge(made))
    raise typer.Exit(UNUSABLE if not written else 0 if level in made.reached else 1)


def _installed() -> str:
    try:
        return version("rackloop")
    except PackageNotFoundError:
        return "(from its source)"


class _WithProgram(TyperCommand):
    """What stands after `--` is a program and its arguments, and nobody else's business."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            ctx.meta["program"] = args[at + 1 :]
            args = args[:at]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "-- COMMAND ..."]


@app.command(name="exec", cls=_WithProgram)
def exec_(
    ctx: typer.Context,
    lab: Annotated[str, typer.Argument(metavar="[LAB]", help="A lab's name or file.")] = "small",
    clock: Annotated[str, typer.Option(help="real, scaled:N or stepped.")] = "scaled:600",
    fault: Annotated[
        list[str] | None, typer.Option(metavar="FAULT", help="As in a scenario: 'bmc.dead: {server: srv-03, at: 8m}'.")
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="HTTPS with a certificate made for the occasion.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of chance in the plant.")] = 1,
    report_file: Annotated[Path | None, typer.Option("--report", help="Write the report as JSON here.")] = None,
    journal_file: Annotated[
        Path | None, typer.Option("--journal", help="Write the journal here, one JSON a line.")
    ] = None,
) -> None:
    """Start a lab, run a program against it, end with its status: else 1 when the report has findings.

    The program finds the lab in RACKLOOP_DCI6, RACKLOOP_DCI5, RACKLOOP_EMAIL, RACKLOOP_PASSWORD, RACKLOOP_CONTROL and RACKLOOP_ENDPOINTS.
    """
    from simulator.control.client.report import as_text  # noqa: PLC0415
    from simulator.control.execute import EXEC, execute, fault_of  # noqa: PLC0415
    from simulator.faults.kinds import NotPossible  # noqa: PLC0415

    program: list[str] = ctx.meta.get("program", [])
    if not program:
        raise typer.BadParameter("say which program: rackloop exec [LAB] -- COMMAND ...", param_hint="COMMAND")
    plan = _lab_plan(lab, "rackloop exec")
    try:
        faults = [fault_of(text, plan) for text in fault or ()]
    except FileProblems as problems:
        _refuse(problems)
    options = replace(EXEC, clock=clock, tls=tls, seed=seed)
    try:
        done = asyncio.run(execute(plan, program, options, faults=faults, say=lambda line: typer.echo(line, err=True)))
    except (OSError, ValueError, NotPossible) as error:
        typer.echo(f"rackloop exec: {error}", err=True)
        raise typer.Exit(UNUSABLE) from None
    said = as_text(done.report) if done.report["calls"] else "the program has not called a panel"
    typer.echo(f"rackloop report: {said}", err=True)
    written = _write(report_file, lambda: json.dumps(done.report, indent=2, ensure_ascii=False) + "\n")
    written &= _write(
        journal_file, lambda: "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in done.journal)
    )
    raise typer.Exit(done.status or (0 if written else UNUSABLE) or (1 if done.report["findings"] else 0))


def _lab_plan(lab: str, who: str) -> LabPlan:
    from simulator.files.lab_file import find_lab, load_lab, no_such_lab  # noqa: PLC0415

    file = find_lab(lab)
    if file is None:
        _refuse(FileProblems([Problem(who, 0, 0, *no_such_lab(lab))]))
    try:
        return load_lab(file)
    except FileProblems as problems:
        _refuse(problems)


@app.command()
def health(
    endpoints: Annotated[Path, typer.Option(help="The file that `up --endpoints` wrote.")],
) -> None:
    """Ask a lab that is up whether it answers; exit status 1 when it does not."""
    from simulator.control.client.health import Unhealthy, check_health  # noqa: PLC0415

    try:
        typer.echo(check_health(endpoints))
    except Unhealthy as unhealthy:
        typer.echo(str(unhealthy), err=True)
        raise typer.Exit(1) from None


@app.command()
def report(
    endpoints: Annotated[Path | None, typer.Option(help="The file that `up --endpoints` wrote.")] = None,
    control: Annotated[str, typer.Option(help="Where the lab control answers.")] = "http://127.0.0.1:8016",
    token: Annotated[
        str | None, typer.Option(envvar=TOKEN_VARIABLE, help="Its control token, if it asks for one.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the report as JSON here.")] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Forget what was seen, for the next trial.")] = False,
) -> None:
    """Say what the clients of a lab that is up did wrong; exit status 1 when there is anything."""
    from simulator.control.client.report import NoLab, as_text, control_of, fetch_report  # noqa: PLC0415

    try:
        if endpoints:
            control, told = control_of(endpoints)
            token = token or told
        found = fetch_report(control, token=token, restart=restart)
    except NoLab as error:
        typer.echo(f"rackloop report: {error}", err=True)
        raise typer.Exit(UNUSABLE) from None
    if not _write(json_file, lambda: json.dumps(found, indent=2, ensure_ascii=False) + "\n"):
        raise typer.Exit(UNUSABLE)
    typer.echo(as_text(found))
    raise typer.Exit(1 if found["findings"] else 0)


app.add_typer(billmanager, name="billmanager")


if __name__ == "__main__":
    main()
