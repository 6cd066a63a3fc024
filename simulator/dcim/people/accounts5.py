"""The panel's users as DCImanager 5 knows them: by a name instead of an e-mail, with levels, sessions and one-time keys.

The users are the same ones; only what version 5 has beside them is kept here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import IntEnum

from simulator.coremanager.sessions import KEY_LENGTH, OneTimeKeys, Session, Sessions
from simulator.dcim.errors import AlreadyThere, Invalid, NotFound, NotLoggedIn, WrongCredentials
from simulator.dcim.people.users import USER_ROLE, User, Users, UserState
from simulator.kernel import Clock

__all__ = ["Accounts5", "Level"]

DOMAIN = "@users.dcimgr"
"""Added to a name that is no e-mail, so that it can be one in version 6."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}(@[A-Za-z0-9.-]{1,128})?")


class Level(IntEnum):
    """META-5.21.4, messages `level_*`."""

    NOBODY = 0
    USER = 16
    OPERATOR = 17
    ADMIN = 29


class Accounts5:
    """Names, levels, sessions, keys."""

    def __init__(self, users: Users, clock: Clock, octets: Callable[[int], bytes]) -> None:
        """`octets` gives random octets for session ids."""
        self._users = users
        self._operators = users.operators
        self._sessions = Sessions(clock, octets)
        self._keys = OneTimeKeys(clock)

    # names and levels

    @staticmethod
    def name(user: User) -> str:
        return user.email.removesuffix(DOMAIN)

    def find(self, name: str) -> User | None:
        """By name: a user of version 6 has his e-mail as name."""
        return self._users.by_email(name if "@" in name else name + DOMAIN)

    def level(self, user: User) -> Level:
        if user.is_admin:
            return Level.ADMIN
        return Level.OPERATOR if user.id in self._operators else Level.USER

    def create(self, name: str, password: str, level: Level) -> User:
        """Raises Invalid, and AlreadyThere for a name that somebody has."""
        if not _NAME.fullmatch(name):
            raise Invalid("name", f"{name!r} is not a user name")
        if self.find(name) is not None:
            raise AlreadyThere(f"there is a user {name} already", name)
        roles = ["@admin"] if level is Level.ADMIN else [USER_ROLE]
        user = self._users.create(name if "@" in name else name + DOMAIN, password, full_name=name, roles=roles)
        self.set_level(user, level)
        return user

    def set_level(self, user: User, level: Level) -> None:
        if (level is Level.ADMIN) != user.is_admin:
            self._users.edit(user, {"roles": ["@admin"] if level is Level.ADMIN else [USER_ROLE]})
        self._operators.pop(user.id, None)
        if level is Level.OPERATOR:
            self._operators[user.id] = None

    # who calls

    @staticmethod
    def active(user: User) -> bool:
        return user.state is UserState.ACTIVE

    def check(self, name: str, password: str, client: str = "") -> User:
        """By password, for a call or for a session. Raises WrongCredentials, also for a disabled user; where the
        caller's address is known, AddressRefused as for a login of version 6.

        Failures are not counted, and nobody waits for the next try: delays and bans are version 6's (auth v4), and no
        source has them for version 5.
        """
        user = self.find(name)
        if user is None or not self._users.knows(user.email, password):
            raise WrongCredentials("wrong user name or password")
        if client:
            self._users.access_lists.check(user.id, client)
        return user

    def open(self, user: User, client: str) -> Session:
        """A session for a caller at this address."""
        return self._sessions.open(user.id, client)

    def resume(self, key: str, client: str) -> User:
        """Whose session it is; its hour starts anew. Raises NotLoggedIn, also when called from another address."""
        number = self._sessions.find(key, client)
        user = self._users.all.find(number) if number is not None else None
        if user is None:
            raise NotLoggedIn("no such session for this address")
        if user.state is not UserState.ACTIVE:
            self._sessions.close(key)
            raise NotLoggedIn("the session has expired")
        self._sessions.renew(key)
        return user

    def sessions(self) -> Iterator[tuple[Session, User, float]]:
        """Those alive: with their users, and seconds since the last call."""
        for session, idle in self._sessions.alive():
            user = self._users.all.find(session.user)
            if user is not None:
                yield session, user, idle

    def close(self, key: str) -> None:
        """Raises NotFound."""
        if not self._sessions.close(key):
            raise NotFound("session", key)

    # one-time keys

    def add_key(self, user: User, key: str) -> None:
        """Raises Invalid for a short key, AlreadyThere for one that waits to be used."""
        if len(key) < KEY_LENGTH:
            raise Invalid("key", f"it has fewer than {KEY_LENGTH} characters")
        if not self._keys.add(user.id, key):
            raise AlreadyThere("this key is there already")

    def use_key(self, name: str, key: str, client: str = "") -> User:
        """The key is gone with its first use. Raises WrongCredentials, and AddressRefused where the address is known."""
        user = self.find(name)
        if user is not None and client:
            self._users.access_lists.check(user.id, client)
        if user is None or user.state is not UserState.ACTIVE or not self._keys.use(user.id, key):
            raise WrongCredentials("the key is unknown, used or too old")
        return user
