"""People who may call: who they are, their passwords, and what keeps them from being deleted.

Passwords are kept as salted SHA-256. That is cheap on purpose, since this is a simulator; do not copy it.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulator.dcim.config import UserSetup
from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.errors import AlreadyThere, Invalid, NotFound, UserInUse
from simulator.dcim.people.access_lists import AccessLists
from simulator.dcim.people.lockout import Restrictions
from simulator.dcim.people.roles import ADMIN_ROLE, USER_ROLE, Roles
from simulator.dcim.people.second_factor import SecondFactor
from simulator.dcim.people.settings import Settings
from simulator.dcim.people.ssh_keys import SshKeys
from simulator.dcim.records import Register
from simulator.kernel import Clock, Journal, Streams

__all__ = ["People", "User", "UserState"]

PASSWORD_LENGTH = 8
"""At least; auth v4, `password`."""
STREAM = "panel/tokens"


class UserState(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class User:
    id: int
    uuid: str
    email: str
    full_name: str
    roles: tuple[str, ...]
    salt: bytes
    digest: bytes
    created_at: float
    phone_number: str = ""
    lang: str = "en"
    timezone: str = "UTC"
    state: UserState = UserState.ACTIVE
    email_confirm: bool = False

    @property
    def is_admin(self) -> bool:
        return ADMIN_ROLE in self.roles


class People(ABC):
    """The register of users, and all that belongs to one."""

    def __init__(
        self,
        setups: Iterable[UserSetup],
        token_ttl: float,
        inventory: Inventory,
        clock: Clock,
        streams: Streams,
        journal: Journal,
    ) -> None:
        """`token_ttl`: seconds of inactivity after which a token ends."""
        self.all: Register[User] = Register("user")
        self.settings = Settings(token_ttl)
        self.roles = Roles()
        self.access_lists = AccessLists()
        self.restrictions = Restrictions((ADMIN_ROLE, USER_ROLE), clock, journal)
        self.second_factor = SecondFactor(clock, streams)
        self.ssh_keys = SshKeys()
        self._inventory = inventory
        self._clock = clock
        self._streams = streams
        self._journal = journal
        self._by_email: dict[str, int] = {}
        self._locks: dict[int, dict[str, str]] = {}
        self.operators: dict[int, None] = {}
        """Those whom version 5 made operators, a level that version 6 does not know."""
        for setup in setups:
            user = self._add(setup.email, setup.password, setup.full_name, tuple(setup.roles), "")
            if setup.timezone != user.timezone:
                self.all.change(user.id, timezone=setup.timezone)

    @abstractmethod
    def _gone(self, user: User) -> None:
        """He is deleted, or may not call any more."""

    def by_key(self, key: int | str) -> User:
        """By id, or by e-mail in any case; raises NotFound."""
        text = str(key)
        numeric = text.isascii() and text.isdigit() and len(text) < 19
        number = int(text) if numeric else self._by_email.get(text.lower())
        user = self.all.find(number)
        if user is None:
            raise NotFound("user", key)
        return user

    def by_email(self, email: str) -> User | None:
        return self.all.find(self._by_email.get(email.lower()))

    def knows(self, email: str, password: str) -> bool:
        """Whether this is the password of an enabled user; for calls that make no session."""
        user = self.by_email(email)
        return (
            user is not None
            and user.state is UserState.ACTIVE
            and hmac.compare_digest(_digest(user.salt, password), user.digest)
        )

    def create(
        self,
        email: str,
        password: str,
        *,
        full_name: str = "",
        roles: Iterable[str] = (USER_ROLE,),
        phone_number: str = "",
        timezone: str = "UTC",
        email_confirm: bool = False,
    ) -> User:
        """Raises Invalid, and AlreadyThere for an e-mail that somebody has."""
        _check_password(password)
        roles = tuple(roles)
        self.roles.check_names(roles)
        if "@" not in email.strip("@") or any(sign.isspace() for sign in email):
            raise Invalid("email", f"{email!r} is not an e-mail address")
        if email.lower() in self._by_email:
            raise AlreadyThere(f"there is a user with the e-mail {email} already", email)
        user = self._add(email, password, full_name, roles, phone_number)
        if timezone != user.timezone or email_confirm:
            user = self.all.change(user.id, timezone=timezone, email_confirm=email_confirm)
        self._journal.write("panel", user.email, "user created", id=user.id, roles=list(roles))
        return user

    def edit(self, user: User, fields: Mapping[str, Any]) -> User:
        """Change `full_name`, `phone_number`, `roles`, `lang`, `timezone` or `email_confirm`."""
        changes = dict(fields)
        if "roles" in changes:
            changes["roles"] = tuple(changes["roles"])
            self.roles.check_names(changes["roles"])
            if user.is_admin and ADMIN_ROLE not in changes["roles"]:
                self._check_not_last(user)
        return self.all.change(user.id, **changes)

    def set_password(self, user: User, password: str) -> None:
        _check_password(password)
        salt = self._streams.octets(STREAM, 8)
        self.all.change(user.id, salt=salt, digest=_digest(salt, password))
        self._journal.write("panel", user.email, "password changed")

    def suspend(self, user: User) -> None:
        """His sessions end with it. Raises UserInUse for the last administrator."""
        self._check_not_last(user)
        self.all.change(user.id, state=UserState.DISABLED)
        self._gone(user)
        self._journal.write("panel", user.email, "user disabled")

    def resume(self, user: User) -> None:
        self.all.change(user.id, state=UserState.ACTIVE)
        self._journal.write("panel", user.email, "user enabled")

    def remove(self, user: User, by: User) -> None:
        """Raises UserInUse while the user owns servers or a service has locked him, and for oneself."""
        if user.id == by.id:
            raise UserInUse("nobody can delete himself")
        owned = next(self._inventory.owned_by(user.id), None)
        if owned is not None:
            raise UserInUse(f"user {user.email} still owns server {owned.name}")
        for service, description in self._locks.get(user.id, {}).items():
            raise UserInUse(f"user {user.email} is locked by {service}: {description}")
        self.all.remove(user.id)
        del self._by_email[user.email.lower()]
        self._gone(user)
        for part in (
            self.roles,
            self.access_lists,
            self.restrictions,
            self.second_factor,
            self.ssh_keys,
            self.settings,
        ):
            part.forget(user.id)
        self._journal.write("panel", user.email, "user deleted", id=user.id)

    # locks of other services

    def lock(self, user: User, service: str, description: str) -> None:
        """The user cannot be deleted while a service has locked him."""
        self._locks.setdefault(user.id, {})[service] = description

    def unlock(self, user: User, service: str) -> None:
        """Raises NotFound."""
        if self._locks.get(user.id, {}).pop(service, None) is None:
            raise NotFound("lock", service)

    # within

    def _add(self, email: str, password: str, full_name: str, roles: tuple[str, ...], phone_number: str) -> User:
        if email.lower() in self._by_email:
            raise Invalid("users", f"the e-mail {email} is there twice")
        salt = self._streams.octets(STREAM, 8)
        user = self.all.add(
            lambda number: User(
                id=number,
                uuid=self._uuid(),
                email=email,
                full_name=full_name,
                roles=roles,
                salt=salt,
                digest=_digest(salt, password),
                created_at=self._clock.now(),
                phone_number=phone_number,
            )
        )
        self._by_email[email.lower()] = user.id
        return user

    def _check_not_last(self, user: User) -> None:
        """Somebody must be able to undo it."""
        others = (each for each in self.all if each.is_admin and each.state is UserState.ACTIVE and each.id != user.id)
        if user.is_admin and next(others, None) is None:
            raise UserInUse(f"{user.email} is the only administrator")

    def _uuid(self) -> str:
        return str(uuid.UUID(bytes=self._streams.octets(STREAM, 16), version=4))


def _digest(salt: bytes, password: str) -> bytes:
    return hashlib.sha256(salt + password.encode()).digest()


def _check_password(password: str) -> None:
    if len(password) < PASSWORD_LENGTH:
        raise Invalid("password", f"it has fewer than {PASSWORD_LENGTH} characters")
