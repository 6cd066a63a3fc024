"""`rackloop billmanager`: the stand-in from the command line, for processing modules in any language."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(help="A BILLmanager to test processing modules against.", no_args_is_help=True)

Home = Annotated[Path, typer.Argument(metavar="HOME", help="Its directory, which looks like /usr/local/mgr5.")]
Values = Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE")]


def _values(words: list[str] | None) -> dict[str, str]:
    found = {}
    for word in words or ():
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise typer.BadParameter(f"{word!r} is not NAME=VALUE")
        found[name] = value
    return found


@app.command()
def init(
    home: Home,
    database: Annotated[
        str, typer.Option(help="An empty MariaDB or MySQL database, mysql+pymysql://...; else an SQLite file.")
    ] = "",
) -> None:
    """Make the directory: sbin/mgrctl, etc/billmgr.conf, a key, the tables, and processing/ for your modules."""
    from simulator.billmanager.manager import BillManager  # noqa: PLC0415

    try:
        here = BillManager(home.resolve()).install(database=database)
    except ImportError as error:
        typer.echo(f"rackloop billmanager: the database's driver is not installed: {error}", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"link your module into {here.home / 'processing'}; it calls {here.program}")
    typer.echo(f"database  {here.url}")


@app.command()
def connect(home: Home, module: str, values: Values = None) -> None:
    """Connect a module of processing/: its features are asked for, then its check_connection with NAME=VALUE as the form."""
    from simulator.billmanager.manager import BillManager  # noqa: PLC0415
    from simulator.billmanager.queue import NotConnected  # noqa: PLC0415

    try:
        typer.echo(BillManager(home.resolve()).connect(module, _values(values)))
    except NotConnected as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command()
def tariff(
    home: Home,
    itemtype: str,
    values: Values = None,
    module: Annotated[list[int] | None, typer.Option(help="A connected module's number; may be repeated.")] = None,
) -> None:
    """Make a tariff plan of a type of service (dedic, vhost, ...)."""
    from simulator.billmanager.manager import BillManager  # noqa: PLC0415

    typer.echo(BillManager(home.resolve()).add_tariff(itemtype, module or [], **_values(values)))


@app.command()
def order(
    home: Home,
    tariff_plan: Annotated[int, typer.Argument(metavar="TARIFF")],
    values: Values = None,
    client: Annotated[str, typer.Option(help="The client's e-mail.")] = "alice@example.com",
) -> None:
    """Order and pay; prints the item's number."""
    from simulator.billmanager.functions import Refusal  # noqa: PLC0415
    from simulator.billmanager.manager import BillManager  # noqa: PLC0415

    try:
        typer.echo(BillManager(home.resolve()).buy(tariff_plan, client, **_values(values)))
    except Refusal as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command()
def ask(home: Home, item: int, command: str, values: Values = None) -> None:
    """Have a service suspended, resumed, closed, or its parameters set (setparam NAME=VALUE)."""
    from simulator.billmanager.functions import Refusal  # noqa: PLC0415
    from simulator.billmanager.manager import BillManager  # noqa: PLC0415

    here = BillManager(home.resolve())
    for name, value in _values(values).items():
        here.param(item, name, value)
    try:
        typer.echo(here.ask(item, command))
    except Refusal as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command()
def work(
    home: Home,
    tries: Annotated[int, typer.Option(help="Calls of modules at most; an operation that fails is tried again.")] = 1,
) -> None:
    """Call modules for what is to be done, oldest first; exit status 1 when the last call failed."""
    from simulator.billmanager.manager import BillManager  # noqa: PLC0415
    from simulator.billmanager.queue import NotConnected  # noqa: PLC0415

    here, failed = BillManager(home.resolve()), False
    try:
        for _ in range(tries):
            call = here.run_oldest()
            if call is None:
                break
            failed = bool(call.error)
            typer.echo(f"{call.command} of item {call.item}: {call.error or 'ok'}")
            if call.err:
                typer.echo(call.err.rstrip(), err=True)
    except NotConnected as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(1 if failed else 0)


_STATES = {1: "ordered", 2: "active", 3: "suspended", 4: "deleted", 5: "being processed"}


@app.command()
def show(home: Home) -> None:
    """Services with what modules saved, operations that run, tasks of staff, problems."""
    from simulator.billmanager.manager import BillManager  # noqa: PLC0415

    here = BillManager(home.resolve())
    for row in here.rows("SELECT id, status FROM item ORDER BY id"):
        saved = " ".join(
            f"{name}={value}" for name, value in sorted(here.params(row["id"]).items()) if "pass" not in name
        )
        typer.echo(f"item {row['id']}: {_STATES.get(row['status'], row['status'])}  {saved}".rstrip())
    for row in here.rows("SELECT * FROM runningoperation ORDER BY id"):
        manual = ", staff's" if row["manual"] == "on" else ""
        typer.echo(
            f"operation {row['id']}: {row['intname']} of item {row['item']}, tried {row['trycount']} times{manual}"
        )
    for row in here.rows("SELECT * FROM task ORDER BY id"):
        typer.echo(f"task {row['id']}: {row['type']} of item {row['item']}")
    for row in here.rows("SELECT * FROM problem"):
        typer.echo(f"problem {row['name']} of {row['id']}: {row['text']}")
