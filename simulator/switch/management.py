"""IP-MIB (RFC 4293, and the older tables that discoveries still read) of a switch's management address.

IPv4 only. Its datagrams are those of SNMP, which is all that it speaks.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.snmp import Object, Rows, Table, column, oid, read_only, scalar
from simulator.snmp.ber import counter32, integer, object_identifier, time_ticks
from simulator.snmp.constants import encoded, ip_address
from simulator.snmp.statistics import Traffic
from simulator.switch.personality import Personality
from simulator.switch.state import SwitchState

__all__ = ["ip_objects"]

_IP = "1.3.6.1.2.1.4"
_MASK = b"\xff\x00\x00\x00"
"""Of the loopback network, on which devices have their addresses here."""
_REASSEMBLES = 18024
_ZEROS = (4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 23)
"""Counters of the deprecated group for what never happens to these datagrams: errors, forwarding, fragments."""


def ip_objects(page: Personality) -> tuple[list[Object[SwitchState]], list[Table[SwitchState]]]:
    """The ip group, ipv4InterfaceTable, ipAddrTable and ipAddressTable, all of the one management address."""
    index = page.management_index

    def counts(number: int, read: Callable[[Traffic], int]) -> Object[SwitchState]:
        return scalar(f"{_IP}.{number}", lambda state, row: counter32(read(state.traffic)))

    interface = {0: (index,)}
    objects: list[Object[SwitchState]] = [
        scalar(f"{_IP}.1", integer(2)),
        scalar(f"{_IP}.2", integer(64)),
        counts(3, lambda traffic: traffic.received),
        counts(9, lambda traffic: traffic.received),
        counts(10, lambda traffic: traffic.sent),
        scalar(f"{_IP}.13", integer(60)),
        *[scalar(f"{_IP}.{number}", counter32(0)) for number in _ZEROS],
        scalar(f"{_IP}.27", time_ticks(0)),
        column(f"{_IP}.28.1.2", interface, None, None, {0: integer(_REASSEMBLES)}),
        column(f"{_IP}.28.1.3", interface, None, None, {0: integer(1)}),
        column(f"{_IP}.28.1.4", interface, None, None, {0: encoded({"gauge": 1000})}),
        scalar(f"{_IP}.33", integer(0)),
    ]

    def old(state: SwitchState) -> Rows:
        address = state.traffic.address
        columns = {
            1: ip_address(address),
            2: integer(index),
            3: ip_address(_MASK),
            4: integer(1),
            5: integer(_REASSEMBLES),
        }
        return Rows(oid(f"{_IP}.20.1"), [(tuple(address), columns)])

    def current(state: SwitchState) -> Rows:
        address = state.traffic.address
        columns = {
            3: integer(index),
            4: integer(1),
            5: object_identifier("0.0"),
            6: integer(2),
            7: integer(1),
            8: time_ticks(0),
            9: time_ticks(0),
            10: integer(1),
            11: integer(4),
        }
        return Rows(oid(f"{_IP}.34.1"), [((1, 4, *address), columns)])

    return objects, [
        read_only(
            f"{_IP}.20.1",
            range(1, 6),
            lambda state: state.cached("ipAddr", state.traffic.address, lambda: old(state)),
        ),
        read_only(
            f"{_IP}.34.1",
            range(3, 12),
            lambda state: state.cached("ipAddress", state.traffic.address, lambda: current(state)),
        ),
    ]
