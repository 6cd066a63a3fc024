"""Sessions and one-time keys: who has logged in, from where, and until when. Users are known by their number here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from simulator.kernel import Clock

__all__ = ["KEY_LENGTH", "KEY_LIFE", "SESSION_LIFE", "OneTimeKeys", "Session", "Sessions"]

SESSION_LIFE = 3600.0
"""Seconds after the last call (vendor's guide to the software API: one hour)."""
KEY_LIFE = 3600.0
KEY_LENGTH = 16
"""At least (facts of real clients)."""


@dataclass(frozen=True, slots=True)
class Session:
    id: str
    user: int
    client: str
    """The address that it is tied to."""
    used_at: float


class Sessions:
    def __init__(self, clock: Clock, octets: Callable[[int], bytes]) -> None:
        """`octets` gives random octets for session ids."""
        self._clock = clock
        self._octets = octets
        self._all: dict[str, Session] = {}

    def open(self, user: int, client: str) -> Session:
        """A session for a caller at this address."""
        now = self._clock.now()
        for key in [key for key, one in self._all.items() if one.used_at + SESSION_LIFE <= now]:
            del self._all[key]
        session = Session(self._octets(12).hex(), user, client, now)
        self._all[session.id] = session
        return session

    def find(self, key: str, client: str) -> int | None:
        """Whose it is; None for an unknown one, for one of another address, and for one that has expired."""
        session = self._all.get(key)
        if session is None or session.client != client:
            return None
        if session.used_at + SESSION_LIFE <= self._clock.now():
            del self._all[key]
            return None
        return session.user

    def renew(self, key: str) -> None:
        """Its hour starts anew."""
        self._all[key] = replace(self._all[key], used_at=self._clock.now())

    def alive(self) -> Iterator[tuple[Session, float]]:
        """With the seconds since its last call."""
        now = self._clock.now()
        for session in self._all.values():
            if session.used_at + SESSION_LIFE > now:
                yield session, now - session.used_at

    def close(self, key: str) -> bool:
        """Whether there was one."""
        return self._all.pop(key, None) is not None


class OneTimeKeys:
    """Keys to log in with, gone with their first use."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._all: dict[str, tuple[int | None, float]] = {}

    def add(self, user: int | None, key: str) -> bool:
        """False when the key waits to be used already; `user` None: for whoever comes with it."""
        now = self._clock.now()
        for old in [each for each, (_, end) in self._all.items() if end <= now]:
            del self._all[old]
        if key in self._all:
            return False
        self._all[key] = user, now + KEY_LIFE
        return True

    def use(self, user: int, key: str) -> bool:
        """Whether it was this user's, and not too old; then it is gone."""
        holder, end = self._all.get(key, (None, 0.0))
        if holder not in (user, None) or end <= self._clock.now():
            return False
        del self._all[key]
        return True
