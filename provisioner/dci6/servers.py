"""A server to be sold: finding it, its owner, its switch ports, its power."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Collection
from typing import Final

from provisioner.clients.dci6 import Dci6Client, equals
from provisioner.clients.records6 import Server, User
from provisioner.errors import (
    AdministratorEmail,
    AnswerLost,
    BadSettings,
    NoFreeServer,
    NoServerBound,
    NotOurServer,
    PanelError,
    ProvisioningError,
    ServerGone,
    ServerInUse,
)
from provisioner.log import ModuleLog
from provisioner.progress import NOT_DONE, NotDone, Progress
from provisioner.services import Client, Service, generate_password

__all__ = ["PAGE", "Servers", "bound", "check_owner", "shown"]

PAGE: Final = 50
"""Servers asked for at a time."""


class Servers:
    """Of one panel."""

    def __init__(self, client: Dci6Client, source: random.Random | None = None, *, panel: str = "") -> None:
        """`source` of the passwords of panel users it creates: the host's secure one unless given. `panel` tells the
        reservations of this panel's servers from another's.
        """
        self._client = client
        self._source = source
        self._panel = panel

    async def test_connection(self) -> None:
        """Log in, and see that the user of the connection is an administrator. Raises BadSettings if not."""
        user = await self._client.find_user(self._client.email)
        if user is None or not user.administrator:
            raise BadSettings(f"the user {self._client.email} of the connection is not an administrator")

    # finding one

    async def find(
        self,
        service: Service,
        wanted: str,
        location: int | None,
        progress: Progress,
        *,
        last: Collection[int] = (),
        unfit: bool = False,
    ) -> Server:
        """A free server of the configuration `wanted`; those in `last` only when there is no other. One that never had
        an operation counts as free: there is none that did not succeed. What the panel has in maintenance or calls faulty
        is only taken where `unfit` says so. A list may be old: the server itself is asked for before it is taken.

        A service that failed with a server keeps it: another one would be bought on top of it.
        """
        progress.release()
        if service.server is not None and (kept := await self._kept(service, progress)) is not None:
            return kept
        if service.requested_server is not None:
            return await self._requested(service.requested_server, wanted, location, progress, unfit=unfit)
        where = f"({equals('configuration', wanted)}) AND (owner_email IS null)"
        if location is not None:
            where += f" AND (location_id EQ {location})"
        offset, put_off = 0, list[Server]()
        while True:
            servers, size = await self._client.find_servers(where, orderby="id asc", limit=(offset, PAGE))
            for server in servers:
                if server.owned or _why_not(server, wanted, location, unfit=unfit) is not None:
                    continue
                if server.id in last:
                    put_off.append(server)
                elif (fresh := await self._taken(server, wanted, location, progress, unfit=unfit)) is not None:
                    return fresh
            offset += len(servers)
            if not servers or offset >= size:
                break
        for server in put_off:
            if (fresh := await self._taken(server, wanted, location, progress, unfit=unfit)) is not None:
                return fresh
        there = f" in location {location}" if location is not None else ""
        raise NoFreeServer(f"There is no free server of configuration {wanted}{there}")

    async def _taken(
        self, listed: Server, wanted: str, location: int | None, progress: Progress, *, unfit: bool
    ) -> Server | None:
        """The server as it is now, kept for this service; None when it is another's or not for sale any more."""
        if not progress.reserve(listed.id, self._panel):
            return None
        try:
            server = await self._client.server(listed.id)
        except ServerGone:
            return None
        return None if server.owned or _why_not(server, wanted, location, unfit=unfit) is not None else server

    async def _kept(self, service: Service, progress: Progress) -> Server | None:
        """The server that the service has from an earlier try, unless it is gone or somebody else's."""
        assert service.server is not None
        try:
            server = await self._client.server(service.server)
        except ServerGone:
            return None
        ours = not server.owned or server.belongs_to(service.panel_user, service.client.email)
        return server if ours and progress.reserve(server.id, self._panel) else None

    async def _requested(
        self, server_id: int, wanted: str, location: int | None, progress: Progress, *, unfit: bool
    ) -> Server:
        try:
            server = await self._client.server(server_id)
        except ServerGone as exc:
            raise NoFreeServer(f"The selected server {server_id} does not exist") from exc
        if server.owned:
            raise ServerInUse
        if why := _why_not(server, wanted, location, unfit=unfit):
            raise NoFreeServer(f"The selected server {server} {why}")
        if not progress.reserve(server.id, self._panel):
            raise ServerInUse
        return server

    def reserve(self, server: int, progress: Progress) -> bool:
        """Keep a server for the service of this action."""
        return progress.reserve(server, self._panel)

    async def still_there(self, service: Service, log: ModuleLog) -> Server | None:
        """The service's server; None, with a note, when it has none, or the panel has none of its id any more."""
        if service.server is None:
            log.note(f"service {service.name} has no server: there is nothing to give back")
            return None
        try:
            return await self._client.server(service.server)
        except ServerGone:
            gone = service.server_name or service.server
            log.note(f"server {gone} is gone from DCImanager 6: there is nothing left to give back")
            return None

    # its owner

    async def find_client(self, client: Client, *, administrators: bool = False) -> tuple[int, str]:
        """The client's user, created when absent; id and e-mail. Raises AdministratorEmail, unless those may own."""
        user = await self._user(client.email, full_name=client.full_name, phone=client.phone)
        if user.administrator and not administrators:
            raise AdministratorEmail(user.email)
        return user.id, user.email

    async def _user(self, email: str, *, full_name: str = "", phone: str = "") -> User:
        """The user with this e-mail, created when absent. One who is there when that is refused was made by a first copy
        of our order, or by somebody else in the same moment.
        """
        user = await self._client.find_user(email)
        if user is not None:
            return user
        password = generate_password(self._source)
        try:
            return await self._client.create_user(email, password, full_name=full_name, phone=phone)
        except PanelError:
            if (user := await self._client.find_user(email)) is None:
                raise
            return user

    async def make_owner(self, service: Service, server: int, name: str, user: int) -> None:
        """The service is bound before: should the answer be lost, the server is known all the same."""
        fresh = service.server != server
        service.server, service.server_name = server, name
        try:
            await self._client.set_owner(server, user)
        except AnswerLost:
            raise
        except ProvisioningError:
            if fresh:
                service.server, service.server_name = None, ""
            raise

    async def owned(self, service: Service, server: int, name: str, user: int) -> NotDone | None:
        """Whether the server is the user's by now, after an order whose answer is not known. Raises ServerInUse, and
        leaves the server to its owner, when somebody else was faster.
        """
        seen = await self._client.server(server)
        if not seen.owned:
            return NOT_DONE
        if not seen.belongs_to(user, service.client.email):
            service.server, service.server_name = None, ""
            raise ServerInUse
        service.server, service.server_name = server, name
        return None

    async def give_away(self, server: Server, email: str) -> str:
        """To the user with this e-mail, created when absent; to nobody when it is empty."""
        if not email:
            await self._client.clear_owner(server.id)
            return "no owner"
        user = await self._user(email)
        await self._client.set_owner(server.id, user.id)
        return str(user)

    # ports and power

    async def ports_on(self, server: Server) -> str:
        return await self._switch(server, self._client.ports_on)

    async def ports_off(self, server: Server) -> str:
        return await self._switch(server, self._client.ports_off)

    async def _switch(self, server: Server, order: Callable[[int], Awaitable[None]]) -> str:
        if not server.ports:
            return "the server has no switch ports"
        await order(server.id)
        return ""

    async def power_on(self, server: Server) -> str:
        """The panel takes the command when power is off or unknown ("Server power supply management logic")."""
        if server.power_status == "on":
            return "it is on"
        await self._client.power_on(server.id)
        return f"it was {server.power_status}"

    async def on_already(self, server: int) -> str | NotDone:
        """Whether power is on by now, after an order whose answer is not known."""
        return "it is on by now" if (await self._client.server(server)).power_status == "on" else NOT_DONE

    async def off_already(self, server: int) -> str | NotDone:
        """Whether power is off by now, after an order whose answer is not known."""
        return "it is off by now" if (await self._client.server(server)).power_status == "off" else NOT_DONE

    async def power_off(self, server: Server) -> str:
        if (await self._client.server(server.id)).power_status == "off":
            return "it is off"
        await self._client.power_off(server.id)
        return ""


def check_owner(server: Server, service: Service, *others: str) -> None:
    """That the server is the client's, nobody's, or that of one of the other e-mails. Raises NotOurServer."""
    mine = server.belongs_to(service.panel_user, service.client.email)
    if server.owned and not mine and server.owner_email.casefold() not in [each.casefold() for each in others if each]:
        raise NotOurServer(f"server {server} belongs to {server.owner_email or server.owner_id} by now")


def bound(service: Service) -> int:
    """The server that the service has. Raises NoServerBound."""
    if service.server is None:
        raise NoServerBound(f"service {service.name} has no server")
    return service.server


def shown(found: tuple[int, str]) -> str:
    """Id and name, for the log."""
    return f"{found[1]} (id {found[0]})"


def _why_not(server: Server, wanted: str, location: int | None, *, unfit: bool) -> str | None:
    """Why a server without owner cannot be issued, None when it can. `unfit`: also one that the panel would not sell."""
    if server.configuration != wanted:
        return f"is not of configuration {wanted}"
    if location is not None and server.location_id != location:
        return f"is not in location {location}"
    if server.operation is not None and not server.operation.lets_sell:
        return f"is not free: {server.operation}"
    if server.unfit and not unfit:
        return server.unfit
    return None
