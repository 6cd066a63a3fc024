"""The system group of SNMPv2-MIB (RFC 3418), which every agent shows."""

from __future__ import annotations

from typing import Protocol, TypeVar

from simulator.snmp.ber import integer, object_identifier, octets, time_ticks
from simulator.snmp.mib import Object, scalar, writes_octets

__all__ = ["SystemState", "system_group"]

_SYSTEM = "1.3.6.1.2.1.1"


class SystemState(Protocol):
    """What an agent's state must have for the system group. The texts can be set; they outlive a restart."""

    contact: bytes
    name: bytes
    location: bytes

    def uptime(self) -> int:
        """Hundredths of a second since the agent started."""


S = TypeVar("S", bound=SystemState)


def system_group(state: type[S], *, description: str, object_id: str, services: int) -> list[Object[S]]:
    """sysDescr, sysObjectID, sysUpTime, sysContact, sysName, sysLocation, sysServices over states of type `state`."""

    def set_contact(state: S, row: int, content: bytes) -> None:
        state.contact = content

    def set_name(state: S, row: int, content: bytes) -> None:
        state.name = content

    def set_location(state: S, row: int, content: bytes) -> None:
        state.location = content

    return [
        scalar(f"{_SYSTEM}.1", octets(description)),
        scalar(f"{_SYSTEM}.2", object_identifier(object_id)),
        scalar(f"{_SYSTEM}.3", lambda state, row: time_ticks(state.uptime())),
        scalar(f"{_SYSTEM}.4", lambda state, row: octets(state.contact), writes_octets(255, set_contact)),
        scalar(f"{_SYSTEM}.5", lambda state, row: octets(state.name), writes_octets(255, set_name)),
        scalar(f"{_SYSTEM}.6", lambda state, row: octets(state.location), writes_octets(255, set_location)),
        scalar(f"{_SYSTEM}.7", integer(services)),
    ]
