"""Who may ask an agent, and in which versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from simulator.snmp.message import Version
from simulator.snmp.operations import Access
from simulator.snmp.usm import User

__all__ = ["BOTH", "Credentials", "credentials_of"]

BOTH = frozenset((Version.V1, Version.V2C))


@dataclass(frozen=True, slots=True)
class Credentials:
    """How a device is set up for SNMP. Versions that are not spoken are dropped (RFC 1157, 4.1)."""

    write: tuple[str, ...] = ()
    """Communities that read and write."""
    read: tuple[str, ...] = ()
    users: tuple[User, ...] = ()
    """Of SNMPv3, which is spoken where there are any."""
    versions: frozenset[Version] = BOTH

    @property
    def communities(self) -> Mapping[bytes, Access]:
        """One for all devices that are set up alike."""
        return _communities(self.read, self.write)


@lru_cache(maxsize=256)
def _communities(read: tuple[str, ...], write: tuple[str, ...]) -> Mapping[bytes, Access]:
    return {**{name.encode(): Access.READ for name in read}, **{name.encode(): Access.WRITE for name in write}}


def credentials_of(community: str | Credentials | None, read: str | None, users: Iterable[User]) -> Credentials:
    """Of a device with at most one community of each kind."""
    if isinstance(community, Credentials):
        return community
    return Credentials(() if community is None else (community,), () if read is None else (read,), tuple(users))
