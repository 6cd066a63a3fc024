"""BRIDGE-MIB and Q-BRIDGE-MIB (RFC 4188, 4363) over a switch's ports, stations and VLANs.

A bridge port has the number of the front port. The forwarding rows are the stations that are heard now: what is plugged
in, powered and up. A VLAN's forwarding database has the VLAN's number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from simulator.snmp import Object, Rows, Status, Table, column, oid, read_only, scalar
from simulator.snmp.ber import counter32, gauge32, integer, object_identifier, octets, time_ticks
from simulator.snmp.mib import writes_unsigned
from simulator.switch.personality import Personality
from simulator.switch.state import SwitchState

__all__ = ["bridge_objects", "forwarding_table", "port_list", "ports_of", "q_bridge_objects"]

_BRIDGE = "1.3.6.1.2.1.17"
_Q = f"{_BRIDGE}.7.1"
_LEARNED = integer(3)
_PERMANENT = integer(2)
_AGING_SECONDS = 300


def port_list(ports: frozenset[int], count: int) -> bytes:
    """PortList: port 1 is the top bit of the first octet (RFC 4363)."""
    out = bytearray((count + 7) // 8)
    for port in ports:
        out[(port - 1) // 8] |= 0x80 >> (port - 1) % 8
    return bytes(out)


def ports_of(content: bytes) -> frozenset[int]:
    """The ports in a PortList."""
    return frozenset(
        8 * place + bit + 1 for place, octet in enumerate(content) for bit in range(8) if octet & 0x80 >> bit
    )


def bridge_objects(page: Personality, ports: int) -> list[Object[SwitchState]]:
    """dot1dBase, and dot1dTp without its table."""
    by_port = {row: (row + 1,) for row in range(ports)}

    def fixed(name: str, values: Mapping[int, bytes]) -> Object[SwitchState]:
        return column(name, by_port, None, None, values)

    def every(value: bytes) -> dict[int, bytes]:
        return dict.fromkeys(range(ports), value)

    numbers = {row: integer(row + 1) for row in range(ports)}
    return [
        scalar(f"{_BRIDGE}.1.1", lambda state, row: octets(state.bridge_address)),
        scalar(f"{_BRIDGE}.1.2", integer(ports)),
        scalar(f"{_BRIDGE}.1.3", integer(2)),
        fixed(f"{_BRIDGE}.1.4.1.1", numbers),
        fixed(f"{_BRIDGE}.1.4.1.2", {row: integer(page.port_index(row)) for row in range(ports)}),
        fixed(f"{_BRIDGE}.1.4.1.3", every(object_identifier("0.0"))),
        fixed(f"{_BRIDGE}.1.4.1.4", every(counter32(0))),
        fixed(f"{_BRIDGE}.1.4.1.5", every(counter32(0))),
        scalar(f"{_BRIDGE}.4.1", counter32(0)),
        scalar(f"{_BRIDGE}.4.2", integer(_AGING_SECONDS)),
    ]


def _stations(state: SwitchState) -> Iterator[tuple[int, bytes, int]]:
    """VLAN, MAC and port of each station that is heard."""
    for port in state.ports:
        vlan = state.hardware.vlans.get(port.pvid)
        if vlan is not None and vlan.active:
            for mac in port.stations:
                yield port.pvid, mac, port.number


def forwarding_table(*, by_vlan: bool) -> Table[SwitchState]:
    """dot1dTpFdbTable; `by_vlan`: of the context's VLAN alone, as where each VLAN has a bridge of its own."""
    entry = f"{_BRIDGE}.4.3.1"

    def build(state: SwitchState) -> Rows:
        return Rows(
            oid(entry),
            {
                tuple(mac): {1: octets(mac), 2: integer(port), 3: _LEARNED}
                for vlan, mac, port in _stations(state)
                if not by_vlan or vlan == state.vlan
            }.items(),
        )

    return read_only(
        entry, (1, 2, 3), lambda state: state.cached("fdb", state.hardware.generation, lambda: build(state))
    )


def q_bridge_objects(ports: int) -> tuple[list[Object[SwitchState]], list[Table[SwitchState]]]:
    """dot1qBase and dot1qPortVlanTable; the forwarding table and the current VLANs."""
    by_port = {row: (row + 1,) for row in range(ports)}

    def known(state: SwitchState, row: int, vlan: int) -> Status:
        return Status.NO_ERROR if vlan in state.hardware.vlans else Status.INCONSISTENT_VALUE

    def set_pvid(state: SwitchState, row: int, vlan: int) -> None:
        state.ports[row].set_pvid(vlan)

    objects: list[Object[SwitchState]] = [
        scalar(f"{_Q}.1.1", integer(1)),
        scalar(f"{_Q}.1.2", integer(4094)),
        scalar(f"{_Q}.1.3", gauge32(4094)),
        scalar(f"{_Q}.1.4", lambda state, row: gauge32(len(state.hardware.vlans))),
        scalar(f"{_Q}.1.5", integer(2)),
        column(
            f"{_Q}.4.5.1.1",
            by_port,
            lambda state, row: gauge32(state.ports[row].pvid),
            writes_unsigned(range(1, 4095), set_pvid, known),
        ),
        column(f"{_Q}.4.5.1.2", by_port, None, None, dict.fromkeys(range(ports), integer(1))),
        column(f"{_Q}.4.5.1.3", by_port, None, None, dict.fromkeys(range(ports), integer(2))),
        column(f"{_Q}.4.5.1.4", by_port, None, None, dict.fromkeys(range(ports), integer(2))),
        column(f"{_Q}.4.5.1.5", by_port, None, None, dict.fromkeys(range(ports), counter32(0))),
        column(f"{_Q}.4.5.1.6", by_port, None, None, dict.fromkeys(range(ports), octets(bytes(6)))),
        column(f"{_Q}.4.5.1.7", by_port, None, None, dict.fromkeys(range(ports), integer(2))),
    ]
    fdb, current = f"{_Q}.2.2.1", f"{_Q}.4.2.1"

    def stations(state: SwitchState) -> Rows:
        rows: dict[Sequence[int], Mapping[int, bytes]] = {
            (vlan, *mac): {2: integer(port), 3: _LEARNED} for vlan, mac, port in _stations(state)
        }
        return Rows(oid(fdb), rows.items())

    def vlans(state: SwitchState) -> Rows:
        rows: dict[Sequence[int], Mapping[int, bytes]] = {
            (0, vlan.number): {
                3: gauge32(vlan.number),
                4: octets(port_list(vlan.egress, ports)),
                5: octets(port_list(vlan.untagged, ports)),
                6: _PERMANENT,
                7: time_ticks(0),
            }
            for vlan in state.hardware.vlans.values()
            if vlan.active
        }
        return Rows(oid(current), rows.items())

    return objects, [
        read_only(fdb, (2, 3), lambda state: state.cached("q", state.hardware.generation, lambda: stations(state))),
        read_only(
            current,
            (3, 4, 5, 6, 7),
            lambda state: state.cached("current", state.hardware.generation, lambda: vlans(state)),
        ),
    ]
