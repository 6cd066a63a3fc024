"""`provisioner dci5`: sells dedicated servers through a DCImanager 5, the way BILLmanager does with its module."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from provisioner.billing import Billing
from provisioner.billmanager.office import Office
from provisioner.cli.common import console, failures, open_store, pairs, same_panel, tell
from provisioner.clients.coremanager import CoreClient
from provisioner.clients.dci5 import Dci5Client
from provisioner.clock import SystemClock
from provisioner.log import ModuleLog
from provisioner.modules.billmanager5 import BillManager5, BillManager5Settings
from provisioner.modules.billmanager5.desk import Desk
from provisioner.ping import IcmpPing, Ping
from provisioner.sql_store import SqlStore

__all__ = ["app"]

app = typer.Typer(help="Sells dedicated servers through a DCImanager 5.", no_args_is_help=True, rich_markup_mode=None)
_STORE = "sqlite:///provisioner-dci5.db"

PanelUrl = Annotated[str, typer.Option("--panel", envvar="PROVISIONER_PANEL", help="URL of the DCImanager 5.")]
User = Annotated[str, typer.Option("--user", envvar="PROVISIONER_USER", help="Name of its administrator.")]
Password = Annotated[str, typer.Option("--password", envvar="PROVISIONER_PASSWORD", help="His password.")]
Insecure = Annotated[bool, typer.Option("--insecure", help="Do not verify the panel's certificate.")]
StoreUrl = Annotated[str, typer.Option("--store", envvar="PROVISIONER_STORE", help="Where services are kept: an URL.")]
PingProgram = Annotated[
    str, typer.Option("--ping", envvar="PROVISIONER_PING", help="Program that says whether an address answers.")
]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the package.")]
Name = Annotated[str, typer.Argument(help="The service.")]


@dataclass(frozen=True, slots=True)
class _Connection:
    panel: str
    user: str
    password: str
    insecure: bool
    ping: str


@dataclass(frozen=True, slots=True)
class _Late:
    """The program is looked for when it is needed."""

    program: str

    async def alive(self, address: str) -> bool:
        return await IcmpPing(self.program).alive(address)


@asynccontextmanager
async def _desk(connection: _Connection, settings: list[str] | None, store: SqlStore) -> AsyncIterator[Desk]:
    clock = SystemClock()
    log = ModuleLog(clock, keep=1)
    core = CoreClient(
        connection.panel,
        connection.user,
        connection.password,
        clock=clock,
        log=log,
        verify=not connection.insecure,
    )
    log.subscribe(tell)
    office = Office(clock, store)
    package = BillManager5Settings.from_mapping(_package(settings))
    ping: Ping = _Late(connection.ping)
    try:
        kept = same_panel(store, connection.panel)
        module = BillManager5(Dci5Client(core), package, clock, log, ping, office, store=kept)
        yield Desk(Billing(module, clock, log, store=kept), module, office, log)
    finally:
        await core.close()


def _package(settings: list[str] | None) -> dict[str, Any]:
    """Lists are given with commas: `templates=debian-12,ubuntu-24`."""
    given = pairs(settings or [], "--set")
    for name in ("periods", "templates", "administrators"):
        if isinstance(given.get(name), str):
            given[name] = [each for each in given[name].split(",") if each]
    return given


def _act(
    connection: _Connection,
    store_url: str,
    settings: list[str] | None,
    name: str,
    work: Callable[[Desk], Awaitable[object]],
) -> None:
    """Do something to one service, as the only process that does; what the work gives is shown."""

    async def whole() -> tuple[Any, object]:
        async with _desk(connection, settings, store) as desk:
            result = await work(desk)
            return desk.billing.service(name), result

    with failures(name), open_store(store_url) as store, store.hold(name):
        service, result = asyncio.run(whole())
        where = f" on {service.server_name} (id {service.server})" if service.server is not None else ""
        console().print(f"{name} is {service.state.value}{where}", markup=False)
        if isinstance(result, str) and result:
            console().print(result, markup=False)


@app.command()
def check(panel: PanelUrl, user: User, password: Password, insecure: Insecure = False) -> None:
    """Test the connection: the panel answers, and the account is an administrator's."""

    async def whole() -> None:
        store = SqlStore("sqlite://")
        try:
            async with _desk(_Connection(panel, user, password, insecure, "ping"), [], store) as desk:
                await desk.module.check_connection()
        finally:
            store.close()

    with failures():
        asyncio.run(whole())
    console().print("the connection works")


@app.command()
def order(
    name: Name,
    client: Annotated[str, typer.Option("--client", help="E-mail of the client.")],
    panel: PanelUrl,
    user: User,
    password: Password,
    configuration: Annotated[str, typer.Option(help="Instead of the package's.")] = "",
    server: Annotated[int | None, typer.Option(help="The panel's id of the one server that may be sold.")] = None,
    os: Annotated[str, typer.Option(help="One of the package's operating systems.")] = "",
    settings: Settings = None,
    store: StoreUrl = _STORE,
    insecure: Insecure = False,
    ping: PingProgram = "ping",
) -> None:
    """Order a server and see it installed; an order that failed is processed once more. Shows the message to the client,
    the only place where the passwords are told.
    """
    connection = _Connection(panel, user, password, insecure, ping)

    async def work(desk: Desk) -> str:
        await desk.order(name, client, configuration=configuration, server=server, os=os)
        return next((each.text for each in reversed(desk.office.messages) if each.to == client), "")

    _act(connection, store, settings, name, work)


def _verb(word: str, work: Callable[[Desk, str], Awaitable[object]], words: str) -> None:
    """A command that is an action on one service."""

    @app.command(word, help=words)
    def command(
        name: Name,
        panel: PanelUrl,
        user: User,
        password: Password,
        settings: Settings = None,
        store: StoreUrl = _STORE,
        insecure: Insecure = False,
        ping: PingProgram = "ping",
    ) -> None:
        connection = _Connection(panel, user, password, insecure, ping)
        _act(connection, store, settings, name, lambda desk: work(desk, name))


_verb("suspend", lambda desk, name: desk.suspend(name), "Switch the server's network ports off.")
_verb("resume", lambda desk, name: desk.unsuspend(name), "Switch them on again.")
_verb("terminate", lambda desk, name: desk.terminate(name), "Give the server back.")
_verb("add-address", lambda desk, name: desk.add_address(name), "Give the server one more address.")
_verb("delete-address", lambda desk, name: desk.delete_address(name), "Take the last address away.")
_verb("change-password", lambda desk, name: desk.change_password(name), "A new password for the client's panel user.")


@app.command()
def resume_interrupted(
    panel: PanelUrl,
    user: User,
    password: Password,
    settings: Settings = None,
    store: StoreUrl = _STORE,
    insecure: Insecure = False,
    ping: PingProgram = "ping",
) -> None:
    """End every action that the end of a process interrupted."""
    connection = _Connection(panel, user, password, insecure, ping)

    async def whole() -> bool:
        async with _desk(connection, settings, kept) as desk:
            results = await desk.resume_interrupted()
            for name, error in results.items():
                console().print(f"{name}: {error or desk.billing.service(name).state.value}", markup=False)
            return all(error is None for error in results.values())

    with failures(), open_store(store) as kept:
        if not asyncio.run(whole()):
            raise typer.Exit(1)
