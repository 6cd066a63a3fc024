"""What a LAN channel is set up with: users, cipher suites, limits. Shared by all BMCs that are set up alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from simulator.ipmi.codes import Privilege
from simulator.ipmi.crypto import CipherSuite, password_key

__all__ = ["NAME_OCTETS", "Channel", "User", "user"]

NAME_OCTETS: Final = 16


@dataclass(frozen=True, slots=True)
class User:
    """One user of a BMC. Make it with `user`."""

    slot: int
    """User id, from 1."""
    name: bytes
    key: bytes
    limit: Privilege
    enabled: bool = True
    locked: bool = False
    """Too many wrong passwords, and no interval after which they are forgiven (table 23-4, parameter 26)."""
    sessions: int = 0
    """How many he may have at once; 0: as many as there are slots (22.26)."""


def user(
    slot: int, name: str, password: str, limit: Privilege = Privilege.ADMINISTRATOR, *, enabled: bool = True
) -> User:
    """A user record. Raises ValueError when the name (16 octets) or the password (20) is too long."""
    octets = name.encode()
    if len(octets) > NAME_OCTETS:
        raise ValueError(f"an IPMI user name has at most {NAME_OCTETS} octets")
    return User(slot, octets, password_key(password), limit, enabled)


@dataclass(frozen=True, slots=True)
class Channel:
    """Times in seconds of wire time."""

    suites: tuple[CipherSuite, ...]
    number: int = 1
    session_limit: int = 16
    """Slots; half-open sessions take one too."""
    evicts_half_open: bool = True
    """With all slots taken, the oldest half-open session gives way; else status 01h. Both kinds exist."""
    inactivity: float = 60.0
    """IPMI 2.0, 6.12.15: 60 s, give or take 3."""
    half_open: float = 30.0
    """Longer than the resends of the clients that are known (20 s)."""
    authentication: tuple[int, ...] = ()
    """Types of IPMI 1.5 sessions that are accepted (`lan15.AuthType`); empty: it speaks IPMI 2.0 only."""
    authentication_masks: tuple[int, ...] = ()
    """By privilege level from callback on: the mask of the types that are accepted at it; empty: all, at each."""
    suite_limits: tuple[int, ...] = ()
    """Of each suite: the highest privilege of a session with it, 0 where it may not be used; empty: no limits."""
    enabled: bool = True
    """Else nobody can set a session up, or ask anything outside of one."""
    limit: int = Privilege.ADMINISTRATOR
    """The highest privilege of any session."""
    per_message: bool = True
    """Every packet of an IPMI 1.5 session carries a code; else only those that set it up must."""
    user_level: bool = True
    """... those of commands that users may run, too."""
    bad_logins: int = 0
    """So many log-ins with a wrong password lock the user out for a while; 0: never."""
    lock_out: float = 60.0
    """For how long; 0: until an administrator lets him in again."""
    forgives: float = 0.0
    """After so long a wrong password is forgotten; 0: after a log-in that succeeds, and not before."""
    quirks: frozenset[str] = frozenset()
    """Of `quirks.QUIRKS`: what this board gets wrong."""

    def suite_limit(self, suite: CipherSuite) -> int:
        """The highest privilege of a session with this suite, 0 where it may not be used."""
        place = self.suites.index(suite)
        return min(self.limit, self.suite_limits[place]) if place < len(self.suite_limits) else self.limit

    def authentication_at(self, level: int) -> tuple[int, ...]:
        """The types of IPMI 1.5 sessions that are accepted at a privilege level (1 to 5)."""
        masks = self.authentication_masks
        return tuple(kind for kind in self.authentication if not masks or masks[level - 1] >> kind & 1)
