"""Roles: the two that every panel has, custom ones made of sub-roles, and what a trustee was granted by somebody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from simulator.dcim.errors import AlreadyThere, Forbidden, Invalid
from simulator.dcim.records import Register

__all__ = ["ADMIN_ROLE", "COMMON", "INTERNAL_ROLE", "METHODS", "USER_ROLE", "Role", "Roles", "sub_role"]

ADMIN_ROLE = "@admin"
USER_ROLE = "@user"
INTERNAL_ROLE = "@internal"
"""Of services of the platform itself; nobody outside has it."""
BUILT_IN = (ADMIN_ROLE, USER_ROLE)
METHODS = ("GET", "POST", "DELETE")
COMMON = {"GET": "@common_read", "POST": "@common_write", "DELETE": "@common_write"}
"""Sub-roles of what every user may do with his own (the names are those of auth v4's examples)."""

INSTANCE = 1
"""DCImanager is a single-instance product: there is the one."""

Data = Mapping[str, tuple[str, ...]]


def sub_role(action: str, method: str) -> str:
    """The sub-role that permits an action on all things of its kind: `@server_read`, `@user_write` (names are ours)."""
    area = action.removeprefix("auth.").partition(".")[0]
    return f"@{area}_{'read' if method == 'GET' else 'write'}"


@dataclass(frozen=True, slots=True)
class Role:
    id: int
    name: str
    human_name: str
    human_descr: str
    data: Data
    """Sub-roles by HTTP method."""


class Roles:
    """Custom roles, and grants to trustees and on instances."""

    def __init__(self) -> None:
        self.custom: Register[Role] = Register("role")
        self._grants: dict[tuple[int | None, int, int], tuple[str, ...]] = {}

    def named(self, name: str) -> Role | None:
        return next((role for role in self.custom if role.name == name), None)

    def check_names(self, names: Sequence[str]) -> None:
        """Raises Invalid unless there is at least one, and all exist."""
        if not names:
            raise Invalid("roles", "a user has at least one role")
        for name in names:
            if name not in BUILT_IN and self.named(name) is None:
                known = ", ".join((*BUILT_IN, *(role.name for role in self.custom)))
                raise Invalid("roles", f"there is no role {name!r}; there are {known}")

    def create(self, name: str, human_name: str, human_descr: str, data: Mapping[str, Sequence[str]]) -> Role:
        """Raises Invalid and AlreadyThere."""
        if not re.match(r"@\w+$", name):
            raise Invalid("name", f"{name!r} is not @ and a word")
        if name in (*BUILT_IN, INTERNAL_ROLE) or self.named(name) is not None:
            raise AlreadyThere(f"there is a role {name} already", name)
        checked = _checked(data)
        return self.custom.add(lambda number: Role(number, name, human_name, human_descr, checked))

    def edit(self, number: int, **fields: object) -> Role:
        """Change `human_name`, `human_descr` or `data`. Raises NotFound and Invalid."""
        self.custom.get(number)
        if "data" in fields:
            fields["data"] = _checked(fields["data"])  # type: ignore[arg-type]
        return self.custom.change(number, **fields)

    def remove(self, number: int, in_use: Iterable[str]) -> None:
        """Raises NotFound, and Forbidden while somebody has it; `in_use` are the roles of all users."""
        role = self.custom.get(number)
        if role.name in set(in_use) or any(role.name in granted for granted in self._grants.values()):
            raise Forbidden(f"somebody still has the role {role.name}")
        self.custom.remove(number)

    def sub_roles(self, names: Iterable[str]) -> list[str]:
        """All that these roles are made of; a built-in role is its own."""
        found: dict[str, None] = {}
        for name in names:
            role = self.named(name)
            for each in (name,) if role is None else (sub for method in METHODS for sub in role.data[method]):
                found[each] = None
        return list(found)

    def permit(self, names: Iterable[str], method: str) -> Iterator[str]:
        """The sub-roles that custom ones among these roles have for an HTTP method."""
        if len(self.custom):
            for name in names:
                role = self.named(name)
                if role is not None:
                    yield from role.data[method]

    # what an owner's trustee may do, everywhere (instance None) or on the instance

    def grant(self, owner: int, trustee: int, names: Sequence[str], instance: int | None = None) -> None:
        """Raises Invalid for roles that do not exist."""
        self.check_names(names)
        self._grants[instance, owner, trustee] = tuple(dict.fromkeys(names))

    def granted(self, owner: int, trustee: int, instance: int | None = None) -> tuple[str, ...]:
        return self._grants.get((instance, owner, trustee), ())

    def revoke(self, owner: int, trustee: int, instance: int | None = None) -> None:
        self._grants.pop((instance, owner, trustee), None)

    def on_instance(self) -> Iterator[int]:
        """Users who were granted something on the instance."""
        return iter(dict.fromkeys(owner for instance, owner, _ in self._grants if instance is not None))

    def forget(self, user: int) -> None:
        """The user is gone."""
        for key in [key for key in self._grants if user in key[1:]]:
            del self._grants[key]


def _checked(data: Mapping[str, Sequence[str]]) -> Data:
    for method, names in data.items():
        if method not in METHODS:
            raise Invalid("data", f"{method!r} is none of {', '.join(METHODS)}")
        for name in names:
            if not re.match(r"@\w+$", name):
                raise Invalid("data", f"{name!r} is not @ and a word")
    return {method: tuple(dict.fromkeys(data.get(method, ()))) for method in METHODS}
