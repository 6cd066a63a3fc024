"""Who may do what. Administrators everything; users what the vendor's page on roles lists, on their own servers only;
custom roles what their sub-roles say (`simulator/dcim/people/roles.py`).

What a caller may not see does not exist for him. Actions are words such as `server.power_on`; dialects name them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.errors import Forbidden, NotFound, WrongState
from simulator.dcim.ip.addresses import Address, Addresses
from simulator.dcim.people.roles import COMMON, METHODS, USER_ROLE, sub_role
from simulator.dcim.people.users import User, Users
from simulator.dcim.records import Server, ServerState
from simulator.dcim.work.operation_table import Operation
from simulator.dcim.work.operations import Operations

__all__ = ["ADMINS_ONLY", "USER_ACTIONS", "USER_EDITS", "USER_READS", "Access"]

USER_READS = frozenset(
    {
        "server.list",
        "server.item",
        "server.connection",
        "server.ip.list",
        "server.operation.list",
        "server.statistic",
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
        "server.recovery",
        "server.diagnostic",
        "server.ip.edit",
        "operation.cancel",
        "server.operation.cancel",
        "auth.user.edit",
        "user.edit",
        "user.password",
        "user.key",
    }
)
"""What `@user` may do to his own: "Configuring user roles and permissions" names power, OS installation, recovery, cleaning
disks (which diagnostics do), domain names of server and addresses, and notes; that he may end what he began, and change his own password, is ours."""

USER_EDITS = frozenset({"domain", "notes", "full_name", "phone_number", "lang", "timezone"})
"""What of his server, or of himself, `@user` may edit."""

ADMINS_ONLY = frozenset({"@role_write", "@acl_write", "@restriction_write", "@setting_write"})
"""Sub-roles that no custom role gets, since whoever had one could give himself all the others."""


class Access:
    """Finds things on behalf of a caller: raises NotFound for what he may not see, Forbidden for what he may not do."""

    def __init__(self, inventory: Inventory, operations: Operations, addresses: Addresses, users: Users) -> None:
        self._inventory = inventory
        self._addresses = addresses
        self._users = users
        self._operations = operations

    def check(self, user: User, action: str, method: str = "") -> None:
        """Raises Forbidden when no role of the user includes the action at all. Without a method, any will do."""
        if user.is_admin:
            return
        common = action in USER_READS or action in USER_ACTIONS
        if common and USER_ROLE in user.roles:
            return
        for each in (method,) if method else METHODS:
            wanted = (sub_role(action, each), COMMON[each]) if common else (sub_role(action, each),)
            if wanted[0] not in ADMINS_ONLY and any(
                sub in wanted for sub in self._users.roles.permit(user.roles, each)
            ):
                return
        raise Forbidden(f"your role does not include {action}")

    def everything(self, user: User, action: str, method: str = "GET") -> bool:
        """Whether the action's kind of thing is open to him wherever it belongs: to administrators, and to custom roles
        that have that kind's sub-role for the method.
        """
        wanted = sub_role(action, method)
        return user.is_admin or (wanted not in ADMINS_ONLY and wanted in self._users.roles.permit(user.roles, method))

    def check_edit(self, user: User, fields: Iterable[str], action: str = "") -> None:
        """Raises Forbidden for the first field that the user may not edit, on his servers and on himself."""
        if user.is_admin or (action and self.everything(user, action, "POST")):
            return
        for field in fields:
            if field not in USER_EDITS:
                raise Forbidden(f"your role does not include editing {field}")

    def check_grant(self, caller: User, roles: Iterable[str]) -> None:
        """Nobody gives what he has not: raises Forbidden for a role, other than `@user`, that the caller lacks."""
        for role in roles:
            if not caller.is_admin and role != USER_ROLE and role not in caller.roles:
                raise Forbidden(f"you cannot give the role {role}")

    def user(self, caller: User, key: int | str, *, touch: bool = False) -> User:
        """A user by id or e-mail; for those without a role on users there is only themselves. To `touch` somebody who
        may more than oneself raises Forbidden.
        """
        user = self._users.by_key(key)
        if user.id == caller.id or caller.is_admin:
            return user
        if not self.everything(caller, "user.item"):
            raise NotFound("user", key)
        if touch:
            if not self.everything(caller, "user.edit", "POST"):
                raise Forbidden("your role does not include changing users")
            self.check_grant(caller, user.roles)
        return user

    def users(self, caller: User) -> Iterator[User]:
        return iter(self._users.all) if self.everything(caller, "user.list") else iter((self._users.by_key(caller.id),))

    def addresses(self, caller: User) -> Iterator[Address]:
        """Those in use: all of them, or those on the caller's servers."""
        everything = self.everything(caller, "ip.list")
        for address in self._addresses.used:
            server = self._inventory.servers.find(address.server)
            if everything or (server is not None and server.owner == caller.id):
                yield address

    def servers(self, user: User) -> Iterator[Server]:
        everything = self.everything(user, "server.list")
        return iter(self._inventory.servers) if everything else self._inventory.owned_by(user.id)

    def server(self, user: User, action: str, number: int, method: str = "") -> Server:
        """To do the action to it; without a method it is a reading one if it is among `USER_READS`."""
        server = self._inventory.servers.get(number)
        if user.is_admin:
            return server
        if server.owner != user.id:
            if not self.everything(user, "server.item"):
                raise NotFound("server", number)
            method = method or ("GET" if action in USER_READS else "POST")
            if not self.everything(user, action, method):
                raise Forbidden(f"your role does not include {action} of other people's servers")
        self.check(user, action, method)
        if action in USER_ACTIONS and server.state is not ServerState.ACTIVE:
            raise WrongState(f"server {server.name} is {server.state.value}")
        return server

    def operations(self, user: User) -> Iterator[Operation]:
        """Newest first."""
        everything = self.everything(user, "operation.list")
        for operation in reversed(list(self._operations.all)):
            server = self._inventory.servers.find(operation.server)
            if everything or (server is not None and server.owner == user.id):
                yield operation

    def operation(self, user: User, action: str, number: int) -> Operation:
        operation = self._operations.all.get(number)
        try:
            self.server(user, action, operation.server)
        except NotFound:
            raise NotFound("operation", number) from None
        return operation
