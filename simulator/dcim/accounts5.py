"""The panel's users as DCImanager 5 knows them: by a name instead of an e-mail, with levels, sessions and one-time keys.

The users are the same ones; only what version 5 has beside them is kept here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from simulator.dcim.errors import AlreadyThere, Invalid, NotFound, NotLoggedIn, WrongCredentials
from simulator.dcim.users import USER_ROLE, User, Users, UserState
from simulator.kernel import Clock

__all__ = ["Accounts5", "Level", "Session5"]

DOMAIN = "@users.dcimgr"
"""Added to a name that is no e-mail, so that it can be one in version 6."""
SESSION_LIFE = 3600.0
"""Seconds after the last call (vendor's guide to the software API: one hour)."""
KEY_LIFE = 3600.0
KEY_LENGTH = 16
"""At least (facts of real clients)."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}(@[A-Za-z0-9.-]{1,128})?")


class Level(IntEnum):
    """META-5.21.4, messages `level_*`."""

    NOBODY = 0
    USER = 16
    OPERATOR = 17
    ADMIN = 29


@dataclass(frozen=True, slots=True)
class Session5:
    id: str
    user: int
    client: str
    """The address that it is tied to."""
    used_at: float


class Accounts5:
    """Names, levels, sessions, keys."""

    def __init__(self, users: Users, clock: Clock, octets: Callable[[int], bytes]) -> None:
        """`octets` gives random octets for session ids."""
        self._users = users
        self._clock = clock
        self._octets = octets
        self._operators: dict[int, None] = {}
        self._sessions: dict[str, Session5] = {}
        self._keys: dict[str, tuple[int, float]] = {}

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
            raise AlreadyThere(f"there is a user {name} already")
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

    def check(self, name: str, password: str) -> User:
        """Raises WrongCredentials, also for a disabled user."""
        user = self.find(name)
        if user is None or not self._users.knows(user.email, password):
            raise WrongCredentials("wrong user name or password")
        return user

    def open(self, user: User, client: str) -> Session5:
        """A session for a caller at this address."""
        now = self._clock.now()
        for key in [key for key, one in self._sessions.items() if one.used_at + SESSION_LIFE <= now]:
            del self._sessions[key]
        session = Session5(self._octets(12).hex(), user.id, client, now)
        self._sessions[session.id] = session
        return session

    def resume(self, key: str, client: str) -> User:
        """Whose session it is; its hour starts anew. Raises NotLoggedIn, also when called from another address."""
        session, now = self._sessions.get(key), self._clock.now()
        user = self._users.all.find(session.user) if session else None
        if session is None or user is None or session.client != client:
            raise NotLoggedIn("no such session for this address")
        if session.used_at + SESSION_LIFE <= now or user.state is not UserState.ACTIVE:
            del self._sessions[key]
            raise NotLoggedIn("the session has expired")
        self._sessions[key] = replace(session, used_at=now)
        return user

    def sessions(self) -> Iterator[tuple[Session5, User, float]]:
        """Those alive: with their users, and seconds since the last call."""
        now = self._clock.now()
        for session in self._sessions.values():
            user = self._users.all.find(session.user)
            if user is not None and session.used_at + SESSION_LIFE > now:
                yield session, user, now - session.used_at

    def close(self, key: str) -> None:
        """Raises NotFound."""
        if self._sessions.pop(key, None) is None:
            raise NotFound("session", key)

    # one-time keys

    def add_key(self, user: User, key: str) -> None:
        """Raises Invalid for a short key, AlreadyThere for one that waits to be used."""
        if len(key) < KEY_LENGTH:
            raise Invalid("key", f"it has fewer than {KEY_LENGTH} characters")
        now = self._clock.now()
        for old in [each for each, (_, end) in self._keys.items() if end <= now]:
            del self._keys[old]
        if key in self._keys:
            raise AlreadyThere("this key is there already")
        self._keys[key] = user.id, now + KEY_LIFE

    def use_key(self, name: str, key: str) -> User:
        """The key is gone with its first use. Raises WrongCredentials."""
        user = self.find(name)
        holder, end = self._keys.get(key, (0, 0.0))
        if user is None or user.id != holder or end <= self._clock.now() or user.state is not UserState.ACTIVE:
            raise WrongCredentials("the key is unknown, used or too old")
        del self._keys[key]
        return user
