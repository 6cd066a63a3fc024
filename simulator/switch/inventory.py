"""What a switch says of its own parts: ENTITY-MIB (RFC 6933), EtherLike-MIB (RFC 3635), LLDP-MIB (IEEE 802.1AB)."""

from __future__ import annotations

from collections.abc import Callable

from simulator.snmp import Object, column, scalar
from simulator.snmp.ber import counter32, integer, object_identifier, octets
from simulator.switch.personality import Personality
from simulator.switch.state import SwitchState

__all__ = ["entity_objects", "ether_like_objects", "lldp_objects"]

_PHYSICAL = "1.3.6.1.2.1.47.1.1.1.1"
_ETHER = "1.3.6.1.2.1.10.7.2.1"
_LLDP = "1.0.8802.1.1.2.1"
_CHASSIS, _PORT = 3, 10
_DUPLEX = {None: integer(1), False: integer(2), True: integer(3)}
"""DuplexStatus: unknown, half, full."""


def entity_objects(page: Personality, ports: int) -> list[Object[SwitchState]]:
    """entPhysicalTable: the chassis is 1, the port n is n + 1."""
    indexes = {row: (row + 1,) for row in range(ports + 1)}

    def fixed(number: int, chassis: bytes, port: Callable[[int], bytes]) -> Object[SwitchState]:
        values = {0: chassis} | {row: port(row) for row in range(1, ports + 1)}
        return column(f"{_PHYSICAL}.{number}", indexes, None, None, values)

    def name(template: str, n: int) -> bytes:
        return octets(template.replace("{n}", str(n)))

    def serial(state: SwitchState, row: int) -> bytes:
        return octets("FDO" + state.bridge_address.hex().upper()[2:])

    none = octets(b"")
    texts = {
        8: page.hardware,
        9: page.firmware,
        10: page.software,
        12: page.maker,
        13: page.product,
        14: "",
        15: "",
        18: "",
    }
    return [
        fixed(2, octets(page.product or page.description), lambda n: name(page.port_description, n)),
        fixed(3, object_identifier(page.object_id), lambda n: object_identifier("0.0")),
        fixed(4, integer(0), lambda n: integer(1)),
        fixed(5, integer(_CHASSIS), lambda n: integer(_PORT)),
        fixed(6, integer(-1), integer),
        fixed(7, octets("1"), lambda n: name(page.port_name, n)),
        *[fixed(number, octets(text), lambda n: none) for number, text in texts.items()],
        column(f"{_PHYSICAL}.11", indexes, serial, None, dict.fromkeys(range(1, ports + 1), none)),
        fixed(16, integer(1), lambda n: integer(2)),
        fixed(17, octets(bytes(8)), lambda n: octets(bytes(8))),
    ]


def ether_like_objects(page: Personality, ports: int) -> list[Object[SwitchState]]:
    """dot3StatsTable: duplex, and what a duplex mismatch damages."""
    indexes = {row: (page.port_index(row),) for row in range(ports)}
    zeros = dict.fromkeys(range(ports), counter32(0))
    return [
        column(f"{_ETHER}.1", indexes, None, None, {row: integer(page.port_index(row)) for row in range(ports)}),
        *[
            column(f"{_ETHER}.{number}", indexes, None, None, zeros)
            for number in (2, 4, 5, 6, 7, 9, 10, 11, 13, 16, 18)
        ],
        column(f"{_ETHER}.3", indexes, lambda state, row: counter32(state.ports[row].fcs_errors)),
        column(f"{_ETHER}.8", indexes, lambda state, row: counter32(state.ports[row].late_collisions)),
        column(f"{_ETHER}.20", indexes, None, None, dict.fromkeys(range(ports), integer(2))),
        column(f"{_ETHER}.21", indexes, None, None, dict.fromkeys(range(ports), integer(1))),
        column(f"{_ETHER}.19", indexes, lambda state, row: _DUPLEX[state.ports[row].full_duplex]),
    ]


def lldp_objects(page: Personality, ports: int) -> list[Object[SwitchState]]:
    """What it tells its neighbours of itself. Servers do not speak LLDP, so it knows of no neighbour."""
    indexes = {row: (row + 1,) for row in range(ports)}
    local = f"{_LLDP}.3"
    names = {row: octets(page.port_name.replace("{n}", str(row + 1))) for row in range(ports)}
    texts = {row: octets(page.port_description.replace("{n}", str(row + 1))) for row in range(ports)}
    return [
        scalar(f"{local}.1", integer(4)),
        scalar(f"{local}.2", lambda state, row: octets(state.bridge_address)),
        scalar(f"{local}.3", lambda state, row: octets(state.name)),
        scalar(f"{local}.4", octets(page.description)),
        column(f"{local}.7.1.2", indexes, None, None, dict.fromkeys(range(ports), integer(5))),
        column(f"{local}.7.1.3", indexes, None, None, names),
        column(f"{local}.7.1.4", indexes, None, None, texts),
    ]
