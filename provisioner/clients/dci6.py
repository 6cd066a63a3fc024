"""A DCImanager 6, as a billing module uses it: one method for each thing that it asks or orders.

Paths are the documented ones where there are such (servers, users, power, pools, sessions); for the others no public
source has a path, and they can be replaced in one place, `PATHS`.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

import httpx

from provisioner.clients.records6 import Address, Operation, Pool, Server, Template, User
from provisioner.clients.session6 import Session6
from provisioner.clock import Clock
from provisioner.errors import PanelError, ProvisioningError, ServerGone
from provisioner.log import ModuleLog

__all__ = ["PATHS", "Dci6Client", "equals"]

T = TypeVar("T")
NOT_FOUND: Final = 404
NO_HANDLER: Final = 1106
"""The code of an unknown path: it says nothing of what the path names."""

PATHS: Mapping[str, str] = MappingProxyType(
    {
        # documented, or seen in real clients
        "servers": "/dci/v3/server",
        "server": "/dci/v3/server/{server}",
        "power_on": "/dci/v3/server/{server}/power_on",
        "power_off": "/dci/v3/server/{server}/power_off",
        "users": "/dci/v3/user",
        "pools": "/ip/v3/ippool",
        # inferred
        "owner": "/dci/v3/server/{server}/owner",
        "ports_on": "/dci/v3/server/{server}/port_on",
        "ports_off": "/dci/v3/server/{server}/port_off",
        "addresses": "/dci/v3/server/{server}/ip",
        "address": "/dci/v3/server/{server}/ip/{address}",
        "templates": "/dci/v3/os_template",
        "os_install": "/dci/v3/server/{server}/os_install",
        "diagnostic": "/dci/v3/server/{server}/diagnostic",
        "operation": "/dci/v3/operation/{operation}",
        "cancel": "/dci/v3/server/{server}/operation/cancel",
    }
)


def equals(field: str, text: str) -> str:
    """A `where` condition. How the list language quotes a quote or a backslash is not known: there CP with wildcards
    stands in, and the caller, who has to compare what comes back anyway, sorts out the rest.
    """
    wild = text.replace("'", "%").replace("\\", "%")
    return f"{field} EQ '{text}'" if wild == text else f"{field} CP '{wild}'"


class Dci6Client:
    """One connection to one panel. All methods raise PanelError and PanelUnavailable; what changes something, AnswerLost."""

    def __init__(
        self,
        base_url: str,
        email: str,
        password: str,
        *,
        clock: Clock,
        log: ModuleLog,
        transport: httpx.AsyncBaseTransport | None = None,
        verify: bool | ssl.SSLContext = True,
        paths: Mapping[str, str] = PATHS,
    ) -> None:
        """`paths` as `PATHS`, for a panel where some differ."""
        self._session = Session6(base_url, email, password, clock=clock, log=log, transport=transport, verify=verify)
        if unknown := sorted(set(paths) - set(PATHS)):
            raise ValueError(f"no such paths: {', '.join(unknown)}; there are {', '.join(PATHS)}")
        self._paths = {**PATHS, **paths}
        self.email = email
        self._told: tuple[object, Operation] | None = None
        """What was last told of an operation, and what it means."""

    # servers

    async def find_servers(
        self, where: str = "", *, orderby: str = "", limit: tuple[int, int] | None = None
    ) -> tuple[list[Server], int]:
        """Servers that answer `where` (the platform's list language), and how many there are without `limit`.

        `limit` is (offset, count); the offset counts from 0.
        """
        query: dict[str, str | int] = {}
        if where:
            query["where"] = where
        if orderby:
            query["orderby"] = orderby
        if limit is not None:
            query["limit"] = f"{limit[0]},{limit[1]}"
        answer = await self._session.get(self._path("servers"), **query)
        servers = _list(answer, Server.read)
        size = answer.get("size")
        return servers, size if isinstance(size, int) else len(servers)

    async def server(self, server: int) -> Server:
        """Raises ServerGone when the panel has none of this id any more."""
        try:
            answer = await self._session.get(self._path("server", server=server))
        except PanelError as exc:
            if exc.status == NOT_FOUND and exc.code != NO_HANDLER:
                raise ServerGone(exc.status, exc.code, exc.message) from exc
            raise
        return _read(answer, Server.read)

    async def set_owner(self, server: int, user: int) -> None:
        await self._session.post(self._path("owner", server=server), {"owner": user})

    async def clear_owner(self, server: int) -> None:
        await self._session.post(self._path("owner", server=server), {"owner": None})

    # users

    async def find_user(self, email: str) -> User | None:
        """The user with this e-mail, upper and lower case alike."""
        answer = await self._session.get(self._path("users"), where=f"({equals('email', email)})")
        users = _list(answer, User.read)
        return next((user for user in users if user.email.casefold() == email.casefold()), None)

    async def create_user(self, email: str, password: str, *, full_name: str = "", phone: str = "") -> User:
        """A new ordinary user."""
        body = {"email": email, "full_name": full_name, "password": password, "phone_number": phone, "role": "@user"}
        answer = await self._session.post(self._path("users"), body)
        return _read(answer, lambda row: User.read({**row, "email": email, "roles": ["@user"]}))

    # power and ports

    async def power_on(self, server: int) -> None:
        await self._session.post(self._path("power_on", server=server))

    async def power_off(self, server: int) -> None:
        await self._session.post(self._path("power_off", server=server))

    async def ports_on(self, server: int) -> None:
        """Switch on all switch ports that the panel has on record for the server."""
        await self._session.post(self._path("ports_on", server=server))

    async def ports_off(self, server: int) -> None:
        await self._session.post(self._path("ports_off", server=server))

    # addresses

    async def server_ips(self, server: int) -> list[Address]:
        return _list(await self._session.get(self._path("addresses", server=server)), Address.read)

    async def delete_ip(self, server: int, address: int) -> None:
        await self._session.delete(self._path("address", server=server, address=address))

    async def add_ips(
        self, server: int, pool: int, count: int = 1, *, family: int = 4, prefix: int | None = None
    ) -> list[int]:
        """Addresses from the pool, or with `prefix` IPv6 subnets: all `count` of them or none. Returns the ids that the
        panel names; none when its answer names none.
        """
        body: dict[str, Any] = {"ippool": pool, "family": f"ipv{family}", "count": count}
        if prefix is not None:
            body["ip_prefix"] = prefix
        answer = await self._session.post(self._path("addresses", server=server), body)
        given = answer.get("ids") or [answer.get("id")]
        return [each for each in given if isinstance(each, int)] if isinstance(given, list) else []

    async def find_pool(self, name: str) -> Pool | None:
        pools = _list(await self._session.get(self._path("pools"), where=f"({equals('name', name)})"), Pool.read)
        return next((pool for pool in pools if pool.name == name), None)

    async def pools(self) -> list[Pool]:
        """All of them."""
        return _list(await self._session.get(self._path("pools")), Pool.read)

    # operations

    async def templates(self, kind: str) -> list[Template]:
        """All that fit `kind`."""
        templates = _list(await self._session.get(self._path("templates")), Template.read)
        return [row for row in templates if row.type in (kind, "")]

    async def find_template(self, name: str, kind: str) -> Template | None:
        """The template of this name that fits `kind` (`os`, `diagnostic`)."""
        answer = await self._session.get(self._path("templates"), where=f"({equals('name', name)})")
        templates = _list(answer, Template.read)
        return next((row for row in templates if row.name == name and row.type in (kind, "")), None)

    async def os_install(self, server: int, template: int, password: str, *, temporary_ipv4: bool = False) -> int:
        """Start an installation; the id of its operation. With `temporary_ipv4` the server's IPv4 addresses serve the
        installation only.
        """
        body: dict[str, Any] = {"os_template": template, "password": password}
        if temporary_ipv4:
            body["temporary_ipv4"] = True
        return await self._started(server, await self._session.post(self._path("os_install", server=server), body))

    async def diagnostic(self, server: int, template: int, *, clear_disks: bool, pool: int | None = None) -> int:
        """Start diagnostics; the id of its operation. Without `pool` the panel chooses the pool."""
        body: dict[str, Any] = {"template": template, "clear_disks": clear_disks}
        if pool is not None:
            body["ippool"] = pool
        return await self._started(server, await self._session.post(self._path("diagnostic", server=server), body))

    async def operation(self, operation: int) -> Operation:
        answer = await self._session.get(self._path("operation", operation=operation))
        # Equal octets are one object (`Known`), and polling is told the same octets again and again.
        if self._told is None or self._told[0] is not answer:
            self._told = answer, _read(answer, Operation.read)
        return self._told[1]

    async def cancel_operation(self, server: int) -> None:
        """Order the end of the server's running operation; it may take a while to come."""
        await self._session.post(self._path("cancel", server=server))

    async def _started(self, server: int, answer: Any) -> int:
        """The operation that an answer names; where it names none, the one that the server then shows."""
        operation = answer.get("operation")
        if isinstance(operation, dict):
            operation = operation.get("id")
        if isinstance(operation, int):
            return operation
        shown = (await self.server(server)).operation
        if shown is None:
            raise PanelError(200, None, f"the panel shows no operation on server {server} after starting one")
        return shown.id

    # the session

    async def logout(self) -> None:
        """End the session in the panel; a further call begins a new one."""
        await self._session.logout()

    async def end(self) -> None:
        """End the session in the panel, if it answers, and close the connections."""
        try:
            with contextlib.suppress(ProvisioningError):  # it ends by itself, in time
                await self._session.logout(patient=False)
        finally:
            await self._session.close()

    async def close(self) -> None:
        """Close the connections; the session in the panel is not touched."""
        await self._session.close()

    def _path(self, name: str, **ids: int) -> str:
        path = self._paths[name]
        return path.format(**ids) if ids else path


def _read(answer: Any, reader: Callable[[Any], T]) -> T:
    try:
        return reader(answer)
    except (ValueError, AttributeError, TypeError, KeyError) as exc:
        raise PanelError(200, None, f"the answer is not understood: {exc}") from exc


def _list(answer: Any, reader: Callable[[Any], T]) -> list[T]:
    rows = answer.get("list") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise PanelError(200, None, "the answer is not understood: it has no list")
    return [_read(row, reader) for row in rows]
