"""Who may do what. Administrators everything; users what the vendor's page on roles lists, on their own servers only.

What a caller may not see does not exist for him. Actions are words such as `server.power_on`; dialects name them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from simulator.dcim.addresses import Address, Addresses
from simulator.dcim.errors import Forbidden, NotFound, WrongState
from simulator.dcim.inventory import Inventory
from simulator.dcim.operation_table import Operation
from simulator.dcim.operations import Operations
from simulator.dcim.records import Server, ServerState
from simulator.dcim.users import User, Users

__all__ = ["USER_ACTIONS", "USER_EDITS", "USER_READS", "Access"]

USER_READS = frozenset(
    {
        "server.list",
        "server.item",
        "server.connection",
        "server.ip.list",
        "server.operation.list",
        "operation.list",
        "operation.item",
        "os_template.list",
        "ip.list",
        "ip.item",
        "user.item",
        "user.list",
        "auth.user.list",
    }
)
"""What `@user` may look at, where it is his own."""

USER_ACTIONS = frozenset(
    {
        "server.edit",
        "server.power_on",
        "server.power_off",
        "server.power_reset",
        "server.os_install",
        "operation.cancel",
        "server.operation.cancel",
        "user.edit",
        "user.password",
        "user.key",
    }
)
"""What `@user` may do to his own: "Configuring user roles and permissions" names power, OS installation, notes and the
domain name; that he may end what he began, and change his own password, is ours."""

USER_EDITS = frozenset({"domain", "notes", "full_name", "phone_number", "lang", "timezone"})
"""What of his server, or of himself, `@user` may edit."""


class Access:
    """Finds things on behalf of a caller: raises NotFound for what he may not see, Forbidden for what he may not do."""

    def __init__(self, inventory: Inventory, operations: Operations, addresses: Addresses, users: Users) -> None:
        self._inventory = inventory
        self._addresses = addresses
        self._users = users
        self._operations = operations

    def check(self, user: User, action: str) -> None:
        """Raises Forbidden when the user's role does not include the action at all."""
        if not user.is_admin and action not in USER_READS and action not in USER_ACTIONS:
            raise Forbidden(f"your role does not include {action}")

    def check_edit(self, user: User, fields: Iterable[str]) -> None:
        """Raises Forbidden for the first field that the user may not edit, on his servers and on himself."""
        for field in fields:
            if not user.is_admin and field not in USER_EDITS:
                raise Forbidden(f"your role does not include editing {field}")

    def user(self, caller: User, key: int | str) -> User:
        """A user by id or e-mail; for those who are no administrators there is only themselves."""
        user = self._users.by_key(key)
        if user.id != caller.id and not caller.is_admin:
            raise NotFound("user", key)
        return user

    def users(self, caller: User) -> Iterator[User]:
        return iter(self._users.all) if caller.is_admin else iter((caller,))

    def addresses(self, caller: User) -> Iterator[Address]:
        """Those in use: all of them, or those on the caller's servers."""
        for address in self._addresses.used:
            server = self._inventory.servers.find(address.server)
            if caller.is_admin or (server is not None and server.owner == caller.id):
                yield address

    def servers(self, user: User) -> Iterator[Server]:
        return iter(self._inventory.servers) if user.is_admin else self._inventory.owned_by(user.id)

    def server(self, user: User, action: str, number: int) -> Server:
        server = self._inventory.servers.get(number)
        if user.is_admin:
            return server
        if server.owner != user.id:
            raise NotFound("server", number)
        self.check(user, action)
        if action in USER_ACTIONS and server.state is not ServerState.ACTIVE:
            raise WrongState(f"server {server.name} is {server.state.value}")
        return server

    def operations(self, user: User) -> Iterator[Operation]:
        """Newest first."""
        for operation in reversed(list(self._operations.all)):
            if user.is_admin or self._inventory.servers.get(operation.server).owner == user.id:
                yield operation

    def operation(self, user: User, action: str, number: int) -> Operation:
        operation = self._operations.all.get(number)
        try:
            self.server(user, action, operation.server)
        except NotFound:
            raise NotFound("operation", number) from None
        return operation
