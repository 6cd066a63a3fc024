"""What an agent counts of its own traffic, and where it shows it: the snmp group (RFC 3418), the engine (RFC 3411), and
the User-based Security Model's counters (RFC 3414).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from simulator.snmp.ber import counter32, integer, octets
from simulator.snmp.engine import Engine, Stat
from simulator.snmp.mib import Object, scalar, writes_integer

__all__ = ["Traffic", "TrafficState", "statistics"]

_SNMP = "1.3.6.1.2.1.11"
_ENGINE = "1.3.6.1.6.3.10.2.1"
_USM = "1.3.6.1.6.3.15.1.1"
_LARGEST = 65507


class Traffic:
    """Since the card's start."""

    __slots__ = (
        "address",
        "authentication_traps",
        "bad_communities",
        "bad_uses",
        "bad_versions",
        "clock",
        "engine_id",
        "malformed",
        "received",
        "security",
        "sent",
    )

    def __init__(self, engine_id: bytes, clock: Callable[[], tuple[int, int]]) -> None:
        self.address = bytes(4)
        """The card's own."""
        self.engine_id = engine_id
        self.clock = clock
        self.security: Engine | None = None
        self.authentication_traps = True
        """snmpEnableAuthenTraps; it outlives a restart."""
        self.clear()

    def clear(self) -> None:
        self.received = self.sent = self.bad_versions = self.bad_communities = self.bad_uses = self.malformed = 0

    def reports(self, stat: Stat) -> int:
        return 0 if self.security is None else self.security.stats[stat]


class TrafficState(Protocol):
    traffic: Traffic


S = TypeVar("S", bound=TrafficState)


def statistics(state: type[S]) -> list[Object[S]]:
    """The current objects of the groups, over states of type `state`."""

    def enable(state: S, row: int, value: int) -> None:
        state.traffic.authentication_traps = value == 1

    def count(name: str, read: Callable[[Traffic], int]) -> Object[S]:
        return scalar(name, lambda state, row: counter32(read(state.traffic)))

    return [
        count(f"{_SNMP}.1", lambda traffic: traffic.received),
        count(f"{_SNMP}.2", lambda traffic: traffic.sent),
        count(f"{_SNMP}.3", lambda traffic: traffic.bad_versions),
        count(f"{_SNMP}.4", lambda traffic: traffic.bad_communities),
        count(f"{_SNMP}.5", lambda traffic: traffic.bad_uses),
        count(f"{_SNMP}.6", lambda traffic: traffic.malformed),
        scalar(
            f"{_SNMP}.30",
            lambda state, row: integer(1 if state.traffic.authentication_traps else 2),
            writes_integer((1, 2), enable),
        ),
        scalar(f"{_SNMP}.31", counter32(0)),
        scalar(f"{_SNMP}.32", counter32(0)),
        scalar(f"{_ENGINE}.1", lambda state, row: octets(state.traffic.engine_id)),
        scalar(f"{_ENGINE}.2", lambda state, row: integer(state.traffic.clock()[0])),
        scalar(f"{_ENGINE}.3", lambda state, row: integer(state.traffic.clock()[1])),
        scalar(f"{_ENGINE}.4", integer(_LARGEST)),
        *[count(f"{_USM}.{stat.value}", lambda traffic, stat=stat: traffic.reports(stat)) for stat in Stat],  # type: ignore[misc]
    ]
