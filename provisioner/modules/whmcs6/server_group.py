"""WHMCS with several DCImanager 6: a product's "Server Group" (W6-S2), of whose connections each order gets one.

The vendor's document names the setting and says no more; how a group is filled is WHMCS's own. A service stays with its
connection for life. When that panel has no free server the order fails: WHMCS asks no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Protocol

from provisioner.billing import Module
from provisioner.errors import BadSettings, NoFreeServer
from provisioner.services import Service, State
from provisioner.store import Row, ServiceRow, Store

__all__ = ["ROWS", "Connection", "ConnectionRow", "Fill", "Product", "ServerGroup"]

Fill = Literal["least", "one by one"]
"""`least`: the connection that has the fewest services. `one by one`: the first that is not full."""


@dataclass(frozen=True, slots=True)
class ConnectionRow(Row):
    """Which connection a service is with."""

    TABLE: ClassVar = "whmcs_connections"
    KEY: ClassVar = ("service",)

    service: str
    connection: str


ROWS: Sequence[type[Row]] = (ConnectionRow,)


class Product(Module, Protocol):
    """What acts through a connection: `Whmcs6`, or a choice of several."""

    async def left(self, service: Service, step: str, what: Any) -> tuple[str, Any]: ...

    async def remove_temporary_addresses(self, service: Service, addresses: Sequence[Sequence[Any]]) -> None: ...


@dataclass(frozen=True, slots=True)
class Connection:
    """One entry of Setup, Servers: a name, the module that acts through it, and what WHMCS lets it have."""

    name: str
    module: Product
    most: int = 200
    """Maximum number of accounts, WHMCS's default."""
    disabled: bool = False
    """It gets no new services; those that it has stay with it."""


class ServerGroup:
    """A module for the billing system: each service is handled by the module of its connection."""

    def __init__(self, connections: Sequence[Connection], store: Store, *, fill: Fill = "least") -> None:
        """What the `store` has kept is there again. Raises BadSettings for a group without connections, or two of a name."""
        self.edit(connections, fill)
        self._store = store
        self._of = {row.service: row.connection for row in store.read(ConnectionRow)}

    def edit(self, connections: Sequence[Connection], fill: Fill) -> None:
        """What the group is made of from now on; services stay with the connections that they have. Raises as a new one."""
        by_name = {each.name: each for each in connections}
        if not connections or len(by_name) < len(connections):
            raise BadSettings("a server group has connections, and no two of one name")
        self.connections: Mapping[str, Connection] = MappingProxyType(by_name)
        self._fill = fill

    def connection(self, service: str) -> str:
        """Name of the connection that a service is with; empty when it is with none yet."""
        return self._of.get(service, "")

    def check_client(self, service: Service) -> None:
        next(iter(self.connections.values())).module.check_client(service)

    async def create(self, service: Service) -> None:
        """As `Whmcs6.create`, through the connection that the service has or gets now."""
        if service.name not in self._of:
            chosen = self._choose()
            self._store.write(ConnectionRow(service.name, chosen.name))
            self._of[service.name] = chosen.name
        await self._module(service).create(service)

    async def suspend(self, service: Service) -> None:
        await self._module(service).suspend(service)

    async def unsuspend(self, service: Service) -> None:
        await self._module(service).unsuspend(service)

    async def terminate(self, service: Service) -> None:
        await self._module(service).terminate(service)

    async def left(self, service: Service, step: str, what: Any) -> tuple[str, Any]:
        return await self._module(service).left(service, step, what)

    async def remove_temporary_addresses(self, service: Service, addresses: Sequence[Sequence[Any]]) -> None:
        await self._module(service).remove_temporary_addresses(service, addresses)

    def _choose(self) -> Connection:
        """Raises NoFreeServer when every connection is full or disabled."""
        closed = {row.name for row in self._store.read(ServiceRow) if row.state == State.CLOSED.value}
        with_it = [connection for service, connection in self._of.items() if service not in closed]
        counts = {name: with_it.count(name) for name in self.connections}
        open_ = [each for each in self.connections.values() if not each.disabled and counts[each.name] < each.most]
        if not open_:
            raise NoFreeServer("every connection of the server group is full or disabled")
        return min(open_, key=lambda each: counts[each.name]) if self._fill == "least" else open_[0]

    def _module(self, service: Service) -> Product:
        name = self._of.get(service.name, "")
        if name not in self.connections:
            raise BadSettings(
                f"service {service.name} is with the connection {name!r}, which is not in the server group"
            )
        return self.connections[name].module
