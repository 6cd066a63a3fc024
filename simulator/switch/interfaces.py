"""The interfaces group of MIB-II and ifXTable (RFC 2863) over a switch's ports.

The hardware counts octets only. Packets are thus reckoned as full-size unicast frames of 1,500 octets, which is what image
transfers are made of; nothing is ever discarded inside a switch here, and what is damaged is so by a duplex mismatch.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.snmp import Object, Rows, Status, Table, column, oid, read_only, scalar
from simulator.snmp.ber import counter32, counter64, gauge32, integer, object_identifier, octets, time_ticks
from simulator.snmp.mib import writes_integer, writes_octets
from simulator.switch.hardware import Port
from simulator.switch.personality import Personality, VirtualInterface
from simulator.switch.state import SwitchState

__all__ = ["interface_objects", "receive_addresses"]

_IF_NUMBER = "1.3.6.1.2.1.2.1"
_IF_ENTRY = "1.3.6.1.2.1.2.2.1"
_IF_X_ENTRY = "1.3.6.1.2.1.31.1.1.1"
_IF_STACK_STATUS = "1.3.6.1.2.1.31.1.2.1.3"
_IF_RCV_ADDRESS_ENTRY = "1.3.6.1.2.1.31.1.4.1"
_IF_TABLE_LAST_CHANGE = "1.3.6.1.2.1.31.1.5"
_IF_STACK_LAST_CHANGE = "1.3.6.1.2.1.31.1.6"

_UP = integer(1)
_DOWN = integer(2)
_TRUE = integer(1)
_FALSE = integer(2)
_ETHERNET_CSMACD = 6
_FRAME = 1500


def interface_objects(page: Personality, ports: int) -> list[Object[SwitchState]]:
    """All objects of the two tables, for a model with so many ports."""
    rows = _Rows(page, ports)
    return [
        scalar(_IF_NUMBER, integer(ports + len(page.virtual))),
        *_if_table(rows),
        *_if_x_table(rows),
        scalar(_IF_TABLE_LAST_CHANGE, time_ticks(0)),
        scalar(_IF_STACK_LAST_CHANGE, time_ticks(0)),
        _if_stack_table(rows),
    ]


def _if_stack_table(rows: _Rows) -> Object[SwitchState]:
    """No interface stands on another: above and below each of them is nothing, which is 0."""
    numbers = [index for (index,) in rows.indexes.values()]
    pairs = [(0, number) for number in numbers] + [(number, 0) for number in numbers]
    return column(_IF_STACK_STATUS, dict(enumerate(pairs)), None, None, dict.fromkeys(range(len(pairs)), integer(1)))


def receive_addresses(page: Personality) -> Table[SwitchState]:
    """The ifRcvAddressTable: each port takes frames to its own MAC."""

    def build(state: SwitchState) -> Rows:
        kept = {2: integer(1), 3: integer(3)}
        listed = [((page.port_index(row), len(port.mac), *port.mac), kept) for row, port in enumerate(state.ports)]
        return Rows(oid(_IF_RCV_ADDRESS_ENTRY), listed)

    return read_only(_IF_RCV_ADDRESS_ENTRY, (2, 3), lambda state: state.cached("addresses", page, lambda: build(state)))


class _Rows:
    """The interfaces of a model: rows 0 to `ports` - 1 are its ports, the others virtual. Makes columns over them."""

    def __init__(self, page: Personality, ports: int) -> None:
        self.page = page
        self.ports = ports
        self.virtual = dict(enumerate(page.virtual, ports))
        numbers = [page.port_index(row) for row in range(ports)] + [item.index for item in page.virtual]
        self.indexes = {row: (number,) for row, number in enumerate(numbers)}

    def fixed(
        self, name: str, port: Callable[[int], bytes], virtual: Callable[[VirtualInterface], bytes]
    ) -> Object[SwitchState]:
        """Values that never change: of a port by its number on the front, of a virtual interface by its page."""
        values = {row: port(row + 1) for row in range(self.ports)}
        values |= {row: virtual(item) for row, item in self.virtual.items()}
        return column(name, self.indexes, None, None, values)

    def read(
        self, name: str, port: Callable[[Port], bytes], virtual: Callable[[VirtualInterface], bytes]
    ) -> Object[SwitchState]:
        """Values read from a port; those of a virtual interface are fixed."""

        def reader(state: SwitchState, row: int) -> bytes:
            return port(state.ports[row])

        return column(name, self.indexes, reader, None, {row: virtual(item) for row, item in self.virtual.items()})


def _if_table(rows: _Rows) -> list[Object[SwitchState]]:
    page, ports, virtual = rows.page, rows.ports, rows.virtual

    def admin(state: SwitchState, row: int) -> bytes:
        return _UP if state.ports[row].admin_up else _DOWN

    def oper(state: SwitchState, row: int) -> bytes:
        up = state.ports[row].link_up if row < ports else virtual[row].up == "always" or state.any_link()
        return _UP if up else _DOWN

    def is_port(state: SwitchState, row: int, status: int) -> Status:
        return Status.NO_ERROR if row < ports else Status.NOT_WRITABLE

    def set_admin(state: SwitchState, row: int, status: int) -> None:
        state.ports[row].set_admin(status == 1)

    # testing(3) is in the type, but no port here can be put to test.
    admin_writer = writes_integer((1, 2), set_admin, is_port)
    entry = _IF_ENTRY
    return [
        rows.fixed(f"{entry}.1", lambda n: integer(page.port_index(n - 1)), lambda item: integer(item.index)),
        rows.fixed(
            f"{entry}.2",
            lambda n: octets(page.port_description.replace("{n}", str(n))),
            lambda item: octets(item.description),
        ),
        rows.fixed(f"{entry}.3", lambda n: integer(_ETHERNET_CSMACD), lambda item: integer(item.type)),
        rows.fixed(f"{entry}.4", lambda n: integer(page.port_mtu), lambda item: integer(item.mtu)),
        rows.read(f"{entry}.5", lambda port: gauge32(port.speed), lambda item: gauge32(item.speed)),
        rows.read(f"{entry}.6", lambda port: octets(port.mac), lambda item: octets(b"")),
        column(f"{entry}.7", rows.indexes, admin, admin_writer, dict.fromkeys(virtual, _UP)),
        column(f"{entry}.8", rows.indexes, oper),
        column(f"{entry}.9", rows.indexes, lambda state, row: time_ticks(state.changed(row))),
        rows.read(f"{entry}.10", lambda port: counter32(port.octets_in), _nothing32),
        rows.read(f"{entry}.11", lambda port: counter32(_frames(port.octets_in)), _nothing32),
        rows.fixed(f"{entry}.12", _nothing32, _nothing32),
        rows.fixed(f"{entry}.13", _nothing32, _nothing32),
        rows.read(f"{entry}.14", lambda port: counter32(port.fcs_errors), _nothing32),
        rows.fixed(f"{entry}.15", _nothing32, _nothing32),
        rows.read(f"{entry}.16", lambda port: counter32(port.octets_out), _nothing32),
        rows.read(f"{entry}.17", lambda port: counter32(_frames(port.octets_out)), _nothing32),
        rows.fixed(f"{entry}.18", _nothing32, _nothing32),
        rows.fixed(f"{entry}.19", _nothing32, _nothing32),
        rows.read(f"{entry}.20", lambda port: counter32(port.late_collisions), _nothing32),
        rows.fixed(f"{entry}.21", lambda n: gauge32(0), lambda item: gauge32(0)),
        rows.fixed(f"{entry}.22", lambda n: object_identifier("0.0"), lambda item: object_identifier("0.0")),
    ]


def _if_x_table(rows: _Rows) -> list[Object[SwitchState]]:
    """Its columns; of them the trap's enabling and the alias can be set."""
    page, ports, virtual = rows.page, rows.ports, rows.virtual

    def trap(state: SwitchState, row: int) -> bytes:
        return _FALSE if row in state.trapless else _TRUE

    def is_port(state: SwitchState, row: int, value: int) -> Status:
        return Status.NO_ERROR if row < ports else Status.NOT_WRITABLE

    def set_trap(state: SwitchState, row: int, value: int) -> None:
        if value == 1:
            state.trapless.discard(row)
        else:
            state.trapless.add(row)

    def alias(state: SwitchState, row: int) -> bytes:
        return octets(state.aliases.get(row, b""))

    def set_alias(state: SwitchState, row: int, content: bytes) -> None:
        state.aliases[row] = content

    entry = _IF_X_ENTRY
    return [
        rows.fixed(
            f"{entry}.1", lambda n: octets(page.port_name.replace("{n}", str(n))), lambda item: octets(item.name)
        ),
        *[rows.fixed(f"{entry}.{number}", _nothing32, _nothing32) for number in (2, 3, 4, 5)],
        *[rows.fixed(f"{entry}.{number}", _nothing64, _nothing64) for number in (8, 9, 12, 13)],
        rows.read(f"{entry}.6", lambda port: counter64(port.octets_in), _nothing64),
        rows.read(f"{entry}.7", lambda port: counter64(_frames(port.octets_in)), _nothing64),
        rows.read(f"{entry}.10", lambda port: counter64(port.octets_out), _nothing64),
        rows.read(f"{entry}.11", lambda port: counter64(_frames(port.octets_out)), _nothing64),
        column(
            f"{entry}.14", rows.indexes, trap, writes_integer((1, 2), set_trap, is_port), dict.fromkeys(virtual, _FALSE)
        ),
        rows.read(f"{entry}.15", lambda port: _megabits(port.speed), lambda item: _megabits(item.speed)),
        rows.fixed(f"{entry}.16", lambda n: _FALSE, lambda item: _FALSE),
        rows.fixed(f"{entry}.17", lambda n: _TRUE, lambda item: _FALSE),
        column(f"{entry}.18", rows.indexes, alias, writes_octets(64, set_alias)),
        rows.fixed(f"{entry}.19", lambda n: time_ticks(0), lambda item: time_ticks(0)),
    ]


def _nothing32(row: object) -> bytes:
    return counter32(0)


def _nothing64(row: object) -> bytes:
    return counter64(0)


def _megabits(speed: int) -> bytes:
    return gauge32(speed // 10**6)


def _frames(count: int) -> int:
    return -(-count // _FRAME)
