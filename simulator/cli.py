"""The `rackloop` command. Exit status: 0 all passed, 1 a scenario failed, 2 the input cannot be used."""

from __future__ import annotations

import atexit
import gc
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, NoReturn

import typer

from simulator.billmanager.cli import app as billmanager
from simulator.commands.certify import certify
from simulator.commands.compare_versions import compare_versions
from simulator.commands.devices import compare, record
from simulator.commands.docs import docs
from simulator.commands.doctor import doctor
from simulator.commands.explore import explore
from simulator.commands.fidelity import fidelity
from simulator.commands.files import schema, validate
from simulator.commands.group import Commands
from simulator.commands.init import init
from simulator.commands.run import run
from simulator.commands.shrink import shrink
from simulator.commands.standing import health, report
from simulator.commands.sweep import sweep
from simulator.commands.up import WithProgram, exec_, up

# Each command imports what it works with: `rackloop health` and `--help` need not wait for the whole simulator.

__all__ = ["app", "main"]

app = typer.Typer(
    name="rackloop",
    cls=Commands,
    help="A datacenter in the loop of software that sells dedicated servers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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


app.command()(init)
app.command()(run)
app.command()(sweep)
app.command()(shrink)
app.command()(explore)
app.command()(compare_versions)
app.command()(validate)
app.command()(schema)
app.command()(fidelity)
app.command()(record)
app.command()(compare)
app.command()(up)
app.command()(certify)
app.command(name="exec", cls=WithProgram)(exec_)
app.command()(health)
app.command()(report)
app.command()(docs)
app.command()(doctor)
app.add_typer(billmanager, name="billmanager", cls=Commands)


if __name__ == "__main__":
    main()
