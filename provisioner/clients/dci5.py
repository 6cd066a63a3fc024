"""DCImanager 5, function by function: what the billing side asks of it, in its own terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from provisioner.clients.coremanager import CoreClient, CoreError, Element
from provisioner.clients.dci5_records import (
    Address5,
    Connection5,
    Network5,
    Server5,
    Template5,
    User5,
)

__all__ = ["Dci5Client"]

T = TypeVar("T")
PAGE: Final = 500
"""Rows asked for at a time."""
LIMIT: Final = 1000
"""Pages of one list; a panel that gives more repeats itself."""


class Dci5Client:
    """The functions. All of them raise CoreError for what the panel refuses, PanelUnavailable for silence."""

    def __init__(self, core: CoreClient) -> None:
        self.core = core
        self._told: dict[str, tuple[Element, Callable[[Element], Any], Sequence[Any]]] = {}
        """By function: the page that was told last, how it was read, and its rows."""

    @property
    def username(self) -> str:
        return self.core.username

    async def close(self) -> None:
        await self.core.close()

    # servers

    async def servers(self) -> list[Server5]:
        """All servers, in the panel's order."""
        return await self._list("server", Server5.read)

    async def server(self, server: int) -> Server5:
        """One row of the list: the function has no other way to show a server's state. Raises CoreError `missed`."""
        for row in await self.servers():
            if row.id == server:
                return row
        raise CoreError("server", "missed", "server", f"there is no server {server}")

    async def exists(self, server: int) -> bool:
        """Whether the panel has a server of this id: its form says so, where a list may be old."""
        try:
            await self.core.ask("server.edit", elid=server)
        except CoreError as exc:
            if exc.type == "missed":
                return False
            raise
        return True

    async def notes(self, server: int) -> str:
        """The administrator's notes, which the form shows."""
        return ((await self.core.ask("server.edit", elid=server)).findtext("notes") or "").strip()

    async def set_owner(self, server: int, owner: int | str) -> None:
        """`owner`: the id of a user, or `no_owner`. The other fields go back as the form has them (observed)."""
        await self._edit(server, owner=owner)

    async def set_hostname(self, server: int, hostname: str) -> None:
        await self._edit(server, hostname=hostname)

    async def set_notes(self, server: int, notes: str) -> None:
        await self._edit(server, notes=notes)

    async def _edit(self, server: int, **changes: str | int) -> None:
        form = await self.core.ask("server.edit", elid=server)
        fields: dict[str, str | int] = {
            name: (form.findtext(name) or "").strip() for name in ("mac", "name", "notes", "type", "owner")
        }
        await self.core.act("server.edit", elid=server, sok="ok", **{**fields, **changes})

    async def enable(self, server: int) -> None:
        await self.core.act("server.enable", elid=server)

    async def disable(self, server: int) -> None:
        await self.core.act("server.disable", elid=server)

    async def power_on(self, server: int) -> None:
        await self.core.act("server.poweron", elid=server)

    async def install(self, server: int, template: str, hostname: str, password: str) -> None:
        """Start the installation of an operating system; the panel answers at once."""
        await self.core.act(
            "server.operations",
            elid=server,
            sok="ok",
            operation="ostemplate",
            ostemplate=template,
            hostname=hostname,
            passwd=password,
            confirm=password,
            checkpasswd=password,
            recipe="null",
        )

    # network ports

    async def switch_ports(self, server: int) -> list[int]:
        """The server's connections to switches."""
        rows = await self._list("server.connection", Connection5.read, elid=server)
        return [row.id for row in rows if row.type == "Switch"]

    async def ports_on(self, server: int, ports: Iterable[int]) -> None:
        """One group action: it may fail for some and have worked for others."""
        await self.core.act("server.connection.on", plid=server, elid=_group(ports))

    async def ports_off(self, server: int, ports: Iterable[int]) -> None:
        """As `ports_on`."""
        await self.core.act("server.connection.off", plid=server, elid=_group(ports))

    # addresses

    async def addresses(self, server: int) -> list[Address5]:
        return [row for row in await self._list("iplist", Address5.read, elid=server) if not row.group]

    async def add_address(self, server: int, domain: str, *, iptype: str = "public", family: str = "ipv4") -> str:
        """Have the panel pick an address; returns it."""
        document = await self.core.act(
            "iplist.edit", plid=server, domain=domain, sok="ok", iptype=iptype, ip="", family=family
        )
        return (document.findtext("ip") or "").strip()

    async def set_domain(self, server: int, address: int, domain: str) -> None:
        await self.core.act("iplist.edit", elid=address, plid=server, domain=domain, sok="ok")

    async def delete_address(self, server: int, address: int) -> None:
        await self.core.act("iplist.delete", elid=address, plid=server)

    # users

    async def users(self) -> list[User5]:
        return await self._list("user", User5.read)

    async def create_user(self, name: str, password: str) -> int:
        """A client of the panel; returns the id. Raises CoreError `exists` when the name is taken."""
        document = await self.core.act(
            "user.edit", sok="ok", level="lvUser", name=name, passwd=password, confirm=password
        )
        made = (document.findtext("id") or "").strip()
        if made.isascii() and made.isdigit():
            return int(made)
        for user in await self.users():
            if user.name == name:
                return user.id
        raise CoreError("user.edit", "missed", "user", f"there is no user {name} after its creation")

    async def change_password(self, user: User5, password: str) -> None:
        await self.core.act(
            "user.edit", elid=user.id, sok="ok", name=user.name, level="lvUser", passwd=password, confirm=password
        )

    # what there is

    async def templates(self) -> list[Template5]:
        return await self._list("osmgr", Template5.read)

    async def networks(self) -> list[Network5]:
        """Of the report "Network", which later versions have."""
        return await self._list("new_net", Network5.read)

    async def _list(self, func: str, reader: Callable[[Element], T], **params: str | int) -> list[T]:
        """All rows of a list, page by page. An empty list has no `elem`."""
        rows: list[T] = []
        for page in range(1, LIMIT):
            document = await self.core.ask(func, **params, p_num=page, p_cnt=PAGE)
            found = self._rows(func, document, reader)
            rows.extend(found)
            total = (document.findtext("p_elems") or "").strip()
            if not found or not total.isdecimal() or len(rows) >= int(total):
                break
        return rows

    def _rows(self, func: str, document: Element, reader: Callable[[Element], T]) -> Sequence[T]:
        """Equal octets are one document (`Known`), and polling is told the same octets again and again."""
        told = self._told.get(func)
        if told is not None and told[0] is document and told[1] == reader:
            return told[2]
        try:
            rows = tuple(reader(row) for row in document.findall("elem"))
        except ValueError as exc:
            raise CoreError(func, "client", "bad_response", f"the answer is not understood: {exc}") from exc
        self._told[func] = document, reader, rows
        return rows


def _group(ids: Iterable[int]) -> str:
    return ", ".join(map(str, ids))
