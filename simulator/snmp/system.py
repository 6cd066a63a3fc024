"""The system group of SNMPv2-MIB (RFC 3418), which every agent shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from simulator.snmp.ber import integer, object_identifier, octets, time_ticks
from simulator.snmp.mib import Object, column, scalar, writes_octets

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

_MODULES = (
    ("1.3.6.1.6.3.1", "The MIB module for SNMP entities"),
    ("1.3.6.1.6.3.10.3.1.1", "The SNMP Management Architecture MIB"),
    ("1.3.6.1.6.3.15.2.1.1", "The management information definitions for the User-based Security Model"),
)


def system_group(
    state: type[S], *, description: str, object_id: str, services: int, modules: Sequence[tuple[str, str]] = ()
) -> list[Object[S]]:
    """sysDescr, sysObjectID, sysUpTime, sysContact, sysName, sysLocation, sysServices, and sysORTable, over states of type
    `state`. `modules`: further ones that the agent supports, with a description each.
    """
    listed = dict(enumerate((*_MODULES, *modules)))
    rows = {row: (row + 1,) for row in listed}

    def resource(number: int, values: dict[int, bytes]) -> Object[S]:
        return column(f"{_SYSTEM}.9.1.{number}", rows, None, None, values)

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
        scalar(f"{_SYSTEM}.8", time_ticks(0)),
        resource(2, {row: object_identifier(name) for row, (name, _) in listed.items()}),
        resource(3, {row: octets(text) for row, (_, text) in listed.items()}),
        resource(4, dict.fromkeys(listed, time_ticks(0))),
    ]
