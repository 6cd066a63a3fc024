"""`rackloop up` and `rackloop exec`: a lab on real sockets, and a program against one."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from simulator.commands.common import (
    TOKEN_VARIABLE,
    UNUSABLE,
    AllowPrograms,
    ClockWord,
    Drivers,
    LabName,
    check_programs,
    check_writable,
    lab_plan,
    refuse,
    write,
)
from simulator.files.problems import FileProblems

__all__ = ["WithProgram", "exec_", "up"]


def up(
    lab: LabName = "small",
    host: Annotated[str, typer.Option(help="Address to listen on; devices have their own on loopback.")] = "127.0.0.1",
    clock: ClockWord = "real",
    tls: Annotated[bool, typer.Option("--tls", help="HTTPS with a certificate made for the occasion.")] = False,
    endpoints: Annotated[Path | None, typer.Option(help="Write where everything answers here, once it does.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of chance in the plant.")] = 1,
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
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing to real equipment: say what would be written.")
    ] = False,
    written: Annotated[
        Path | None, typer.Option(help="Write what was written to real equipment here, as JSON, when it stops.")
    ] = None,
    allow_programs: AllowPrograms = False,
) -> None:
    """Start a lab on real sockets and keep it running until Ctrl-C."""
    from simulator.control import up as standing  # noqa: PLC0415

    plan = lab_plan(lab, "rackloop up")
    check_programs([plan], allow_programs)
    options = replace(standing.UP, host=host, clock=clock, tls=tls, seed=seed, drivers=drivers.value, dry_run=dry_run)
    try:
        asyncio.run(
            standing.up(
                plan,
                options,
                say=typer.echo,
                endpoints_file=endpoints,
                state_dir=state,
                control_token=control_token,
                written_file=written,
            )
        )
    except (OSError, ValueError) as error:  # an address that is not ours, a clock that there is not
        typer.echo(f"rackloop up: {error}", err=True)
        raise typer.Exit(UNUSABLE) from None


class WithProgram(TyperCommand):
    """What stands after `--` is a program and its arguments, and nobody else's business."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            ctx.meta["program"] = args[at + 1 :]
            args = args[:at]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "-- COMMAND ..."]


def exec_(
    ctx: typer.Context,
    lab: LabName = "small",
    clock: ClockWord = "scaled:600",
    fault: Annotated[
        list[str] | None, typer.Option(metavar="FAULT", help="As in a scenario: 'bmc.dead: {server: srv-03, at: 8m}'.")
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="HTTPS with a certificate made for the occasion.")] = False,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of chance in the plant.")] = 1,
    report_file: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Write the report as JSON here.")
    ] = None,
    journal_file: Annotated[
        Path | None, typer.Option("--journal", metavar="FILE", help="Write the journal here, one JSON a line.")
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
    check_writable(report_file, journal_file)
    plan = lab_plan(lab, "rackloop exec")
    try:
        faults = [fault_of(text, plan) for text in fault or ()]
    except FileProblems as problems:
        refuse(problems)
    options = replace(EXEC, clock=clock, tls=tls, seed=seed)
    try:
        done = asyncio.run(execute(plan, program, options, faults=faults, say=lambda line: typer.echo(line, err=True)))
    except (OSError, ValueError, NotPossible) as error:
        typer.echo(f"rackloop exec: {error}", err=True)
        raise typer.Exit(UNUSABLE) from None
    said = as_text(done.report) if done.report["calls"] else "the program has not called a panel"
    typer.echo(f"rackloop report: {said}", err=True)
    written = write(report_file, lambda: json.dumps(done.report, indent=2, ensure_ascii=False) + "\n")
    written &= write(
        journal_file, lambda: "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in done.journal)
    )
    raise typer.Exit(done.status or (0 if written else UNUSABLE) or (1 if done.report["findings"] else 0))
