"""The spanning tree group of BRIDGE-MIB (RFC 4188): a switch that is the root of a tree of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulator.snmp import Object, column, scalar
from simulator.snmp.ber import counter32, integer, octets, time_ticks
from simulator.switch.state import SwitchState

__all__ = ["spanning_tree_objects"]

_STP = "1.3.6.1.2.1.17.2"
_DISABLED, _LISTENING, _LEARNING, _FORWARDING = (integer(number) for number in (1, 3, 4, 5))
_STATES = {"disabled": _DISABLED, "listening": _LISTENING, "learning": _LEARNING, "forwarding": _FORWARDING}
_PRIORITY = 0x8000
_PORT_PRIORITY = 0x80
_COSTS = {10**7: 100, 10**8: 19, 10**9: 4, 10**10: 2}
"""IEEE 802.1D-1998, table 8-5."""


def _bridge(state: SwitchState) -> bytes:
    """BridgeId: priority and address."""
    return octets(_PRIORITY.to_bytes(2, "big") + state.bridge_address)


def spanning_tree_objects(ports: int) -> list[Object[SwitchState]]:
    """The group's scalars and dot1dStpPortTable. Times are in hundredths of a second; a link is the only change of topology."""
    by_port = {row: (row + 1,) for row in range(ports)}

    def fixed(number: int, value: Mapping[int, bytes] | bytes) -> Object[SwitchState]:
        values = dict.fromkeys(by_port, value) if isinstance(value, bytes) else value
        return column(f"{_STP}.15.1.{number}", by_port, None, None, values)

    def read(number: int, value: Callable[[SwitchState, int], bytes]) -> Object[SwitchState]:
        return column(f"{_STP}.15.1.{number}", by_port, value)

    def cost(state: SwitchState, row: int) -> bytes:
        return integer(_COSTS.get(state.ports[row].speed, 2))

    def designated(row: int) -> bytes:
        return octets(bytes((_PORT_PRIORITY, (row + 1) & 0xFF)))

    times = {8: 2000, 9: 200, 10: 100, 11: 1500, 12: 2000, 13: 200, 14: 1500}
    """MaxAge, HelloTime, HoldTime, ForwardDelay, and the bridge's own."""
    return [
        scalar(f"{_STP}.1", integer(3)),
        scalar(f"{_STP}.2", integer(_PRIORITY)),
        scalar(f"{_STP}.3", lambda state, row: time_ticks(state.since_last_change())),
        scalar(f"{_STP}.4", counter32(0)),
        scalar(f"{_STP}.5", lambda state, row: _bridge(state)),
        scalar(f"{_STP}.6", integer(0)),
        scalar(f"{_STP}.7", integer(0)),
        *[scalar(f"{_STP}.{number}", integer(value)) for number, value in times.items()],
        fixed(1, {row: integer(row + 1) for row in by_port}),
        fixed(2, integer(_PORT_PRIORITY)),
        read(3, lambda state, row: _STATES[state.ports[row].stp_state]),
        fixed(4, integer(1)),
        read(5, cost),
        read(6, lambda state, row: _bridge(state)),
        fixed(7, integer(0)),
        read(8, lambda state, row: _bridge(state)),
        fixed(9, {row: designated(row) for row in by_port}),
        read(10, lambda state, row: counter32(int(state.ports[row].stp_state == "forwarding"))),
        read(11, cost),
    ]
