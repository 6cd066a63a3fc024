"""What people who are no staff have asked about whose server, for those who look on: the dialects tell of every call that was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.ip.addresses import Addresses
from simulator.dcim.people.users import User
from simulator.dcim.subjects import Kind, server_of
from simulator.dcim.work.operations import Operations

__all__ = ["AccessLog", "Call"]


@dataclass(frozen=True, slots=True)
class Call:
    """A call about a server, of a user who has no server but his own. `owner`: whose it was when the call came."""

    user: User
    action: str
    """In the dialect's words."""
    server: str
    owner: int | None


class AccessLog:
    """Costs nothing while nobody listens."""

    def __init__(self, inventory: Inventory, operations: Operations, addresses: Addresses) -> None:
        self._inventory = inventory
        self._operations = operations
        self._addresses = addresses
        self._listeners: list[Callable[[Call], object]] = []

    def listen(self, listener: Callable[[Call], object]) -> Callable[[], None]:
        """Be told of every call that is done from now on; what is returned ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    @property
    def wanted(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def came(self, user: User, action: str, kind: Kind, number: int | None) -> Call | None:
        """A call before it is done; None for what is about no server."""
        server = server_of(self._inventory, self._operations, self._addresses, kind, number)
        return None if server is None else Call(user, action, server.name, server.owner)

    def done(self, call: Call) -> None:
        """It was done, and not refused."""
        for listener in tuple(self._listeners):
            listener(call)
