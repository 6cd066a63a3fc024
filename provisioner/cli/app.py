"""The `provisioner` command: sells dedicated servers through a DCImanager 6, the way WHMCS does with its module.

Exit status: 0 done; 1 the action failed, and the service says why; 2 unusable input; 3 the panel is not there. To be
stopped at any moment does no harm: what was under way is kept, and `resume-interrupted` ends it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer

from provisioner.billing import Billing
from provisioner.cli import dci5
from provisioner.cli.common import console, failures, open_store, pairs, same_panel, status, tell
from provisioner.clients.dci6 import Dci6Client
from provisioner.clock import SystemClock
from provisioner.errors import BadSettings, ProvisioningError, Refused, StoreUnavailable
from provisioner.log import ModuleLog
from provisioner.modules.whmcs6 import POLL_SECONDS, Whmcs6, Whmcs6Settings
from provisioner.modules.whmcs6.options import Whmcs6Options
from provisioner.services import Service
from provisioner.shown import (
    as_text,
    interrupted,
    journal,
    journal_table,
    service_summary,
    services_table,
    summaries,
)
from provisioner.sql_store import SqlStore

__all__ = ["app", "main"]

app = typer.Typer(
    name="provisioner",
    help="Sells dedicated servers through a DCImanager 6.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(dci5.app, name="dci5")

PanelUrl = Annotated[str, typer.Option("--panel", envvar="PROVISIONER_PANEL", help="URL of the DCImanager 6.")]
Email = Annotated[str, typer.Option("--email", envvar="PROVISIONER_EMAIL", help="E-mail of its administrator.")]
Password = Annotated[str, typer.Option("--password", envvar="PROVISIONER_PASSWORD", help="His password.")]
Insecure = Annotated[bool, typer.Option("--insecure", help="Do not verify the panel's certificate.")]
Poll = Annotated[float, typer.Option(min=0.01, help="Seconds between looks at a running operation.")]
StoreUrl = Annotated[str, typer.Option("--store", envvar="PROVISIONER_STORE", help="Where services are kept: an URL.")]
Tariff = Annotated[
    Path | None,
    typer.Option("--tariff", envvar="PROVISIONER_TARIFF", help="JSON file with the settings of the module."),
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the module; over the tariff's.")
]
Name = Annotated[str, typer.Argument(help="The service.")]
_STORE = "sqlite:///provisioner.db"


def main() -> NoReturn:
    """The console script's entry."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    signal.signal(signal.SIGINT, _stopped)
    app()
    raise AssertionError  # pragma: no cover - typer exits


def _stopped(number: int, frame: FrameType | None) -> NoReturn:
    """Ctrl-C ends the process as any other end would: everything that matters has been written."""
    os.write(2, b"\nstopped; `provisioner resume-interrupted` goes on from here\n")
    os._exit(128 + number)


# what every command needs


@dataclass(frozen=True, slots=True)
class _Connection:
    panel: str
    email: str
    password: str
    insecure: bool
    poll: float


def _tariff(file: Path | None, changes: list[str] | None) -> Whmcs6Settings:
    given: dict[str, Any] = {}
    if file is not None:
        try:
            given = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as exc:
            raise BadSettings(f"{file}: {exc}") from exc
        if not isinstance(given, dict):
            raise BadSettings(f"{file}: a tariff is a JSON object of settings")
    return Whmcs6Settings.from_mapping(given | pairs(changes or [], "--set"))


@asynccontextmanager
async def _billing(connection: _Connection, settings: Whmcs6Settings, store: SqlStore) -> AsyncIterator[Billing]:
    clock = SystemClock()
    log = ModuleLog(clock, keep=1)
    client = Dci6Client(
        connection.panel,
        connection.email,
        connection.password,
        clock=clock,
        log=log,
        verify=not connection.insecure,
    )
    log.subscribe(tell)
    try:
        yield Billing(
            Whmcs6(client, settings, clock, log, poll=connection.poll),
            clock,
            log,
            store=same_panel(store, connection.panel),
        )
    finally:
        await client.end()


def _act(
    connection: _Connection,
    store_url: str,
    settings: Callable[[], Whmcs6Settings],
    name: str,
    work: Callable[[Billing], Awaitable[None]],
) -> None:
    """Do something to one service, as the only process that does."""

    async def whole() -> Service:
        async with _billing(connection, settings(), store) as billing:
            await work(billing)
            return billing.service(name)

    with failures(name), open_store(store_url) as store, store.hold(name):
        service = asyncio.run(whole())
        where = f" on {service.server_name} (id {service.server})" if service.server is not None else ""
        console().print(f"{name} is {service.state.value}{where}", markup=False)


# commands


@app.command()
def order(
    name: Name,
    client: Annotated[str, typer.Option("--client", help="E-mail of the client.")],
    panel: PanelUrl,
    email: Email,
    password: Password,
    configuration: Annotated[str, typer.Option(help="Instead of the tariff's.")] = "",
    server: Annotated[int | None, typer.Option(help="The panel's id of the one server that may be issued.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", metavar="NAME=VALUE", help="A configurable option: os, ip, ip6, ...")
    ] = None,
    tariff: Tariff = None,
    settings: Settings = None,
    store: StoreUrl = _STORE,
    insecure: Insecure = False,
    poll: Poll = POLL_SECONDS,
) -> None:
    """Order a server and see it installed; an order that failed is processed once more."""

    async def work(billing: Billing) -> None:
        options = pairs(option or [], "--option")
        Whmcs6Options.from_mapping(options)
        if name not in billing.services:
            billing.place(name, client, configuration=configuration, server=server, options=options)
        elif billing.service(name).client.email != client:
            raise Refused(f"the service belongs to {billing.service(name).client.email}")
        elif options or configuration or server is not None:
            if billing.service(name).server is not None:
                raise BadSettings("the service has a server; what it is to have cannot be changed any more")
            billing.correct(name, client, configuration=configuration, server=server, options=options)
        await billing.create(name)

    connection = _Connection(panel, email, password, insecure, poll)
    _act(connection, store, lambda: _tariff(tariff, settings), name, work)


def _verb(word: str, method: str, words: str) -> None:
    """A command that is an action of the billing system on one service."""

    @app.command(word, help=words)
    def command(
        name: Name,
        panel: PanelUrl,
        email: Email,
        password: Password,
        tariff: Tariff = None,
        settings: Settings = None,
        store: StoreUrl = _STORE,
        insecure: Insecure = False,
        poll: Poll = POLL_SECONDS,
    ) -> None:
        connection = _Connection(panel, email, password, insecure, poll)
        _act(connection, store, lambda: _tariff(tariff, settings), name, lambda billing: getattr(billing, method)(name))


_verb("suspend", "suspend", "Switch the ports of the service's server off.")
_verb("resume", "unsuspend", "Switch them on again.")
_verb("terminate", "terminate", "Give the server back, with its disks cleared.")


@app.command()
def resume_interrupted(
    panel: PanelUrl,
    email: Email,
    password: Password,
    tariff: Tariff = None,
    settings: Settings = None,
    store: StoreUrl = _STORE,
    insecure: Insecure = False,
    poll: Poll = POLL_SECONDS,
) -> None:
    """End every action that the end of a process interrupted; one that another process works on is left to it."""
    connection = _Connection(panel, email, password, insecure, poll)
    terminal, worst = console(), 0

    async def one(name: str, kept: SqlStore) -> str:
        """Read anew under the lock: the other process may have ended it by now."""
        async with _billing(connection, _tariff(tariff, settings), kept) as billing:
            if name not in billing.interrupted():
                return ""
            await billing.resume(name)
            return billing.service(name).state.value

    with failures(), open_store(store) as kept:
        names = interrupted(kept)
        for name in names:
            try:
                with ExitStack() as stack:
                    stack.enter_context(kept.hold(name))
                    if state := asyncio.run(one(name, kept)):
                        terminal.print(f"{name} is {state}", markup=False)
            except (ProvisioningError, StoreUnavailable) as exc:
                typer.echo(f"provisioner: {name}: {exc}", err=True)
                worst = max(worst, status(exc))
        if not names:
            terminal.print("nothing was interrupted")
    raise typer.Exit(worst)


@app.command()
def cron(
    panel: PanelUrl,
    email: Email,
    password: Password,
    tariff: Tariff = None,
    settings: Settings = None,
    store: StoreUrl = _STORE,
    insecure: Insecure = False,
) -> None:
    """Do what no action waited for, as a billing system does every five minutes: temporary addresses of installations."""
    connection = _Connection(panel, email, password, insecure, POLL_SECONDS)

    async def whole() -> dict[str, ProvisioningError | None]:
        async with _billing(connection, _tariff(tariff, settings), kept) as billing:
            return await billing.cron()

    with failures(), open_store(store) as kept:
        results = asyncio.run(whole())
    for name, error in results.items():
        typer.echo(f"provisioner: {name}: {error or 'done'}", err=error is not None)
    raise typer.Exit(max((status(error) for error in results.values() if error is not None), default=0))


@app.command()
def check(
    panel: PanelUrl,
    email: Email,
    password: Password,
    insecure: Insecure = False,
) -> None:
    """Test the connection: the panel answers, and takes the user for an administrator."""

    async def whole() -> None:
        clock = SystemClock()
        log = ModuleLog(clock, keep=1)
        client = Dci6Client(panel, email, password, clock=clock, log=log, verify=not insecure)
        try:
            await Whmcs6(client, Whmcs6Settings(), clock, log).test_connection()
        finally:
            await client.end()

    with failures():
        asyncio.run(whole())
    console().print("the connection works")


@app.command()
def verb() -> None:
    """Answer one question of a billing system, JSON on stdin, as a module of Rackloop's contract does."""
    from provisioner.cli.verb import answer  # noqa: PLC0415 - the others need no HTTP client of its own

    raise typer.Exit(answer())


@app.command(name="list")
def list_services(
    store: StoreUrl = _STORE,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """All services with their state."""
    with failures(), open_store(store) as kept:
        if as_json:
            typer.echo(json.dumps(summaries(kept), indent=2))
        else:
            console().print(services_table(kept))


@app.command()
def show(
    name: Name,
    store: StoreUrl = _STORE,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """A service, and the journal of what was done for it: steps, orders to the panel, answers, seconds."""
    with failures(name), open_store(store) as kept:
        summary = service_summary(kept, name)
        if as_json:
            typer.echo(json.dumps(summary | {"journal": journal(kept, name)}, indent=2))
            return
        terminal = console()
        for word, value in summary.items():
            terminal.print(f"{word.replace('_', ' '):16} {as_text(value)}", markup=False, highlight=False)
        terminal.print(journal_table(kept, name), markup=False)
