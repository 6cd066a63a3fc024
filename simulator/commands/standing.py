"""`rackloop health` and `rackloop report`: questions to a lab that is up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from simulator.commands.common import TOKEN_VARIABLE, UNUSABLE, write

__all__ = ["health", "report"]


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


def report(
    endpoints: Annotated[Path | None, typer.Option(help="The file that `up --endpoints` wrote.")] = None,
    control: Annotated[str, typer.Option(help="Where the lab control answers.")] = "http://127.0.0.1:8016",
    token: Annotated[
        str | None, typer.Option(envvar=TOKEN_VARIABLE, help="Its control token, if it asks for one.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the report as JSON here.")
    ] = None,
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
    if not write(json_file, lambda: json.dumps(found, indent=2, ensure_ascii=False) + "\n"):
        raise typer.Exit(UNUSABLE)
    typer.echo(as_text(found))
    raise typer.Exit(1 if found["findings"] else 0)
