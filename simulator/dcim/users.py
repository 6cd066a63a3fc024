"""Users, their roles, and the tokens they call with.

Passwords are kept as salted SHA-256. That is cheap on purpose, since this is a simulator; do not copy it.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from simulator.dcim.config import UserSetup
from simulator.dcim.errors import AlreadyThere, Invalid, NotFound, NotLoggedIn, UserInUse, WrongCredentials
from simulator.dcim.inventory import Inventory
from simulator.dcim.records import Register
from simulator.kernel import Clock, Journal, Streams

__all__ = ["ADMIN_ROLE", "USER_ROLE", "LoginKey", "Token", "User", "UserState", "Users"]

ADMIN_ROLE = "@admin"
USER_ROLE = "@user"
KEY_LIFE = 3600.0
"""Seconds; a one-time key is good for an hour (vendor page "How to sign in to the platform with a key?")."""
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

    @property
    def is_admin(self) -> bool:
        return ADMIN_ROLE in self.roles


@dataclass(frozen=True, slots=True)
class Token:
    id: int
    value: str
    user: int
    expires_at: float
    """Lab time, seconds."""
    inactivity: bool
    """Each use moves the end on; else it is fixed."""
    description: str = ""


@dataclass(frozen=True, slots=True)
class LoginKey:
    """Good for one login."""

    id: int
    value: str
    user: int
    expires_at: float


class Users:
    """Everybody who may call."""

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
        self.token_ttl = token_ttl
        self._inventory = inventory
        self._clock = clock
        self._streams = streams
        self._journal = journal
        self._by_email: dict[str, int] = {}
        self._tokens: dict[str, Token] = {}
        self._keys: dict[str, LoginKey] = {}
        self._issued = 0
        for setup in setups:
            self._add(setup.email, setup.password, setup.full_name, tuple(setup.roles), "")

    # logging in

    def log_in(self, email: str, password: str) -> Token:
        """A token that ends after inactivity; raises WrongCredentials, also for a disabled user."""
        user = self.all.find(self._by_email.get(email.lower()))
        digest = _digest(user.salt if user else b"", password)
        if user is None or not hmac.compare_digest(digest, user.digest) or user.state is not UserState.ACTIVE:
            self._journal.write("panel", email, "login refused")
            raise WrongCredentials("wrong e-mail or password")
        return self._issue(user, self.token_ttl, inactivity=True)

    def log_in_by_key(self, value: str) -> Token:
        """Use up a one-time key."""
        key = self._keys.get(value)
        user = self.all.find(key.user) if key else None
        if key is None or user is None or key.expires_at <= self._clock.now() or user.state is not UserState.ACTIVE:
            raise WrongCredentials("the key is unknown, used or too old")
        del self._keys[value]
        return self._issue(user, self.token_ttl, inactivity=True)

    def make_key(self, user: User) -> LoginKey:
        self._issued += 1
        key = LoginKey(self._issued, f"{user.id}-{self._uuid()}", user.id, self._clock.now() + KEY_LIFE)
        self._keys[key.value] = key
        return key

    def make_token(self, user: User, expires_at: float, description: str) -> Token:
        """A token with a fixed end, for integrations."""
        return self._issue(user, expires_at - self._clock.now(), inactivity=False, description=description)

    def authenticate(self, value: str) -> User:
        """Whose token it is; its inactivity starts anew. Raises NotLoggedIn."""
        token = self._tokens.get(value)
        now = self._clock.now()
        if token is None:
            raise NotLoggedIn("no such session; log in")
        user = self.all.find(token.user)
        if token.expires_at <= now or user is None or user.state is not UserState.ACTIVE:
            del self._tokens[value]
            raise NotLoggedIn("the session has expired; log in again")
        if token.inactivity:
            self._tokens[value] = replace(token, expires_at=now + self.token_ttl)
        return user

    def log_out(self, user: User, key: str) -> None:
        """End a token by its value or its id: one's own, or as administrator anybody's. Raises NotFound."""
        for token in self._tokens.values():
            if key in (token.value, str(token.id)) and (token.user == user.id or user.is_admin):
                del self._tokens[token.value]
                return
        raise NotFound("token", key)

    # users

    def by_key(self, key: int | str) -> User:
        """By id, or by e-mail in any case; raises NotFound."""
        text = str(key)
        number = int(text) if text.isascii() and text.isdigit() else self._by_email.get(text.lower())
        user = self.all.find(number)
        if user is None:
            raise NotFound("user", key)
        return user

    def by_email(self, email: str) -> User | None:
        return self.all.find(self._by_email.get(email.lower()))

    def create(
        self,
        email: str,
        password: str,
        *,
        full_name: str = "",
        roles: Iterable[str] = (USER_ROLE,),
        phone_number: str = "",
    ) -> User:
        """Raises Invalid, and AlreadyThere for an e-mail that somebody has."""
        _check_password(password)
        roles = tuple(roles)
        _check_roles(roles)
        if "@" not in email.strip("@") or any(sign.isspace() for sign in email):
            raise Invalid("email", f"{email!r} is not an e-mail address")
        if email.lower() in self._by_email:
            raise AlreadyThere(f"there is a user with the e-mail {email} already")
        user = self._add(email, password, full_name, roles, phone_number)
        self._journal.write("panel", user.email, "user created", id=user.id, roles=list(roles))
        return user

    def edit(self, user: User, fields: Mapping[str, Any]) -> User:
        """Change `full_name`, `phone_number`, `roles`, `lang` or `timezone`."""
        changes = dict(fields)
        if "roles" in changes:
            changes["roles"] = tuple(changes["roles"])
            _check_roles(changes["roles"])
        return self.all.change(user.id, **changes)

    def set_password(self, user: User, password: str) -> None:
        _check_password(password)
        salt = self._streams.octets(STREAM, 8)
        self.all.change(user.id, salt=salt, digest=_digest(salt, password))
        self._journal.write("panel", user.email, "password changed")

    def suspend(self, user: User) -> None:
        """The user's tokens end with it."""
        self.all.change(user.id, state=UserState.DISABLED)
        self._drop_tokens(user)
        self._journal.write("panel", user.email, "user disabled")

    def resume(self, user: User) -> None:
        self.all.change(user.id, state=UserState.ACTIVE)
        self._journal.write("panel", user.email, "user enabled")

    def remove(self, user: User, by: User) -> None:
        """Raises UserInUse while the user owns servers, and for oneself."""
        if user.id == by.id:
            raise UserInUse("nobody can delete himself")
        owned = next(self._inventory.owned_by(user.id), None)
        if owned is not None:
            raise UserInUse(f"user {user.email} still owns server {owned.name}")
        self.all.remove(user.id)
        del self._by_email[user.email.lower()]
        self._drop_tokens(user)
        self._journal.write("panel", user.email, "user deleted", id=user.id)

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

    def _issue(self, user: User, life: float, *, inactivity: bool, description: str = "") -> Token:
        now = self._clock.now()
        for value in [token.value for token in self._tokens.values() if token.expires_at <= now]:
            del self._tokens[value]
        self._issued += 1
        value = f"{user.id}-{self._uuid()}"
        token = self._tokens[value] = Token(self._issued, value, user.id, now + life, inactivity, description)
        self._journal.write("panel", user.email, "logged in")
        return token

    def _drop_tokens(self, user: User) -> None:
        for value in [token.value for token in self._tokens.values() if token.user == user.id]:
            del self._tokens[value]

    def _uuid(self) -> str:
        return str(uuid.UUID(bytes=self._streams.octets(STREAM, 16), version=4))


def _digest(salt: bytes, password: str) -> bytes:
    return hashlib.sha256(salt + password.encode()).digest()


def _check_password(password: str) -> None:
    if len(password) < PASSWORD_LENGTH:
        raise Invalid("password", f"it has fewer than {PASSWORD_LENGTH} characters")


def _check_roles(roles: tuple[str, ...]) -> None:
    if not roles:
        raise Invalid("roles", "a user has at least one role")
    for role in roles:
        if role not in (ADMIN_ROLE, USER_ROLE):
            raise Invalid("roles", f"there is no role {role!r}; there are {ADMIN_ROLE} and {USER_ROLE}")
