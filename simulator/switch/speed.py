"""Speed and duplex as a manager reads and sets them: Cisco's portTable (CISCO-STACK-MIB), and MAU-MIB (RFC 4836).

Which make has which is what recorded walks of their devices show. Ports are copper, whatever the model's real ones are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from simulator.snmp import Object, Status, column, oid
from simulator.snmp.ber import OBJECT_IDENTIFIER, counter32, counter64, integer, object_identifier, octets
from simulator.snmp.mib import Change, Refused, Rows, Table, Writer, no_commit, writes_integer
from simulator.switch.hardware import AUTO, LinkSetting, Mode, Port, modes
from simulator.switch.personality import Personality
from simulator.switch.state import SwitchState

__all__ = ["mau_objects", "stack_ports"]

_PORT = "1.3.6.1.4.1.9.5.1.4.1.1"
_ADMIN_SPEED, _DUPLEX = 9, 10
_AUTO_DETECT = 1
_SPEEDS = {None: _AUTO_DETECT, 10**10: 10} | {speed: speed for speed in (10**7, 10**8, 10**9)}
"""PortAdminSpeed: autoDetect(1), s10G(10), the others by their number."""
_DUPLEXES = {False: 1, True: 2, None: 4}
"""PortDuplex: half, full, auto; disagree(3) cannot be set."""
_OK = 2
_TEN_HUNDRED_THOUSAND = 61
"""PortType e10a100a1000BaseT."""


def stack_ports(page: Personality, ports: int) -> Table[SwitchState]:
    """The portTable of module 1, indexed by module and port. A speed alone, or a duplex alone, leaves the other to
    negotiation.
    """

    def rows_of(state: SwitchState) -> Rows:
        rows: dict[Sequence[int], Mapping[int, bytes]] = {
            (1, number): {
                1: integer(1),
                2: integer(number),
                3: integer(number),
                4: octets(b""),
                5: integer(_TEN_HUNDRED_THOUSAND),
                6: integer(_OK),
                _ADMIN_SPEED: integer(_SPEEDS.get(port.setting.speed, _AUTO_DETECT)),
                _DUPLEX: integer(_DUPLEXES[port.setting.full]),
                11: integer(page.port_index(number - 1)),
                12: integer(1 if port.stp_edge else 2),
            }
            for number, port in enumerate(state.ports, 1)
        }
        return Rows(oid(_PORT), rows.items())

    def rows(state: SwitchState) -> Rows:
        version = tuple((port.setting, port.stp_edge) for port in state.ports)
        return state.cached("stack ports", version, lambda: rows_of(state))

    return Table(
        oid(_PORT),
        dict.fromkeys((1, 2, 3, 4, 5, 6, 11, 12))
        | {
            _ADMIN_SPEED: writes_integer(_SPEEDS.values(), no_commit),
            _DUPLEX: writes_integer(_DUPLEXES.values(), no_commit),
        },
        rows,
        lambda state, changes: _plan(state.ports, changes),
    )


def _plan(ports: Sequence[Port], changes: Sequence[Change]) -> Callable[[], None]:
    """A speed that the hardware has not is a wrongValue; a pair that it has not, a half-duplex gigabit, is inconsistent."""
    after: dict[int, LinkSetting] = {}
    for place, (number, row, content) in enumerate(changes):
        if len(row) != 2 or row[0] != 1 or not 1 <= row[1] <= len(ports):
            raise Refused(Status.NO_CREATION, place)
        port, value = row[1] - 1, int.from_bytes(content, "big", signed=True)
        was = after.get(port, ports[port].setting)
        if number == _ADMIN_SPEED:
            speed = next(speed for speed, code in _SPEEDS.items() if code == value)
            if not ports[port].can_be(LinkSetting(speed)):
                raise Refused(Status.WRONG_VALUE, place)
            after[port] = LinkSetting(speed, was.full)
        else:
            after[port] = LinkSetting(was.speed, next(full for full, code in _DUPLEXES.items() if code == value))
    for place, change in enumerate(changes):
        port = change.row[1] - 1
        if not ports[port].can_be(after[port]):
            raise Refused(Status.INCONSISTENT_VALUE, place)

    def commit() -> None:
        for port, setting in after.items():
            ports[port].set_link(setting)

    return commit


_MAU = "1.3.6.1.2.1.26.2.1.1"
_JACK = "1.3.6.1.2.1.26.2.2.1"
_NEGOTIATION = "1.3.6.1.2.1.26.5.1.1"
_TYPE = "1.3.6.1.2.1.26.4"
_TYPES = {
    Mode(10**7, full=False): 10,
    Mode(10**7, full=True): 11,
    Mode(10**8, full=False): 15,
    Mode(10**8, full=True): 16,
    Mode(10**9, full=True): 30,
    Mode(10**10, full=True): 54,
}
"""IANA-MAU-MIB: 10BaseTHD, 10BaseTFD, 100BaseTXHD, 100BaseTXFD, 1000BaseTFD, 10GigBaseT; also the bits of its type list."""
_MODES = {oid(f"{_TYPE}.{number}"): mode for mode, number in _TYPES.items()}
_CAPABILITIES = {
    Mode(10**7, full=False): 1,
    Mode(10**7, full=True): 2,
    Mode(10**8, full=False): 4,
    Mode(10**8, full=True): 5,
    Mode(10**9, full=True): 15,
}
"""IANAifMauAutoNegCapBits; 0 is another."""
_ENABLED, _DISABLED = 1, 2
_RJ45 = 2
_OTHER, _CONFIGURING, _COMPLETE, _NOT_NEGOTIATING = 1, 2, 3, 4


def mau_objects(page: Personality, ports: int) -> list[Object[SwitchState]]:
    """ifMauTable, ifJackTable and ifMauAutoNegTable. Negotiation is switched on or off as a whole, by ifMauAutoNegAdminStatus;
    what then counts is ifMauDefaultType, which is remembered meanwhile. What is advertised cannot be set.
    """
    indexes = {row: (page.port_index(row), 1) for row in range(ports)}

    def fixed(name: str, value: bytes) -> Object[SwitchState]:
        return column(name, indexes, None, None, dict.fromkeys(indexes, value))

    def read(name: str, value: Callable[[Port], bytes]) -> Object[SwitchState]:
        return column(name, indexes, lambda state, row: value(state.ports[row]))

    def default_type(state: SwitchState, row: int) -> bytes:
        return _type_of(_default(state, row))

    def can(state: SwitchState, row: int, content: bytes) -> Status:
        mode = _MODES[content]
        return Status.NO_ERROR if state.ports[row].can_be(LinkSetting(*mode)) else Status.WRONG_VALUE

    def set_type(state: SwitchState, row: int, content: bytes) -> None:
        mode, port = _MODES[content], state.ports[row]
        state.default_modes[row] = mode
        if _fixed(port):
            port.set_link(LinkSetting(*mode))

    def set_negotiation(state: SwitchState, row: int, status: int) -> None:
        state.default_modes[row] = mode = _default(state, row)
        state.ports[row].set_link(AUTO if status == _ENABLED else LinkSetting(*mode))

    def type_known(content: bytes) -> Status:
        return Status.NO_ERROR if content in _MODES else Status.WRONG_VALUE

    return [
        column(f"{_MAU}.1", indexes, None, None, {row: integer(page.port_index(row)) for row in indexes}),
        fixed(f"{_MAU}.2", integer(1)),
        column(f"{_MAU}.3", indexes, _operational),
        fixed(f"{_MAU}.4", integer(3)),
        read(f"{_MAU}.5", lambda port: integer(3 if port.link_up else 4)),
        fixed(f"{_MAU}.6", counter32(0)),
        fixed(f"{_MAU}.7", integer(3)),
        fixed(f"{_MAU}.8", counter32(0)),
        fixed(f"{_MAU}.9", counter32(0)),
        column(f"{_MAU}.11", indexes, default_type, Writer(OBJECT_IDENTIFIER, type_known, can, set_type)),
        fixed(f"{_MAU}.12", integer(1)),
        read(f"{_MAU}.13", lambda port: _bits({_TYPES.get(mode, 0) for mode in modes(port.nominal_speed)}, 8)),
        fixed(f"{_MAU}.14", counter64(0)),
        column(
            f"{_JACK}.2",
            {row: (*index, 1) for row, index in indexes.items()},
            None,
            None,
            dict.fromkeys(indexes, integer(_RJ45)),
        ),
        column(
            f"{_NEGOTIATION}.1",
            indexes,
            lambda state, row: integer(_DISABLED if _fixed(state.ports[row]) else _ENABLED),
            writes_integer((_ENABLED, _DISABLED), set_negotiation),
        ),
        read(f"{_NEGOTIATION}.2", lambda port: integer(1 if port.remote_negotiates else 2)),
        read(f"{_NEGOTIATION}.4", lambda port: integer(_configuration(port))),
        fixed(f"{_NEGOTIATION}.8", integer(2)),
        read(f"{_NEGOTIATION}.9", lambda port: _advertised(port, AUTO)),
        read(f"{_NEGOTIATION}.10", lambda port: _advertised(port, port.setting)),
        read(f"{_NEGOTIATION}.11", lambda port: _advertised(port, AUTO) if port.remote_negotiates else _bits(set(), 2)),
        fixed(f"{_NEGOTIATION}.12", integer(1)),
        fixed(f"{_NEGOTIATION}.13", integer(1)),
    ]


def _fixed(port: Port) -> bool:
    return None not in port.setting


def _default(state: SwitchState, row: int) -> Mode:
    """What counts without negotiation."""
    port = state.ports[row]
    speed, full = port.setting
    if speed is not None and full is not None:
        return Mode(speed, full)
    return state.default_modes.get(row) or max(modes(port.nominal_speed))


def _operational(state: SwitchState, row: int) -> bytes:
    port = state.ports[row]
    full = port.full_duplex
    return _type_of(_default(state, row) if full is None else Mode(port.speed, full))


def _type_of(mode: Mode) -> bytes:
    """Of a mode without a type: unknown, which is 0.0."""
    number = _TYPES.get(mode)
    return object_identifier(f"{_TYPE}.{number}" if number else "0.0")


def _configuration(port: Port) -> int:
    if _fixed(port):
        return _NOT_NEGOTIATING
    if not port.link_up:
        return _CONFIGURING
    return _COMPLETE if port.remote_negotiates else _OTHER


def _advertised(port: Port, setting: LinkSetting) -> bytes:
    speed, full = setting
    chosen = {mode for mode in modes(port.nominal_speed) if speed in (None, mode.speed) and full in (None, mode.full)}
    return _bits({_CAPABILITIES.get(mode, 0) for mode in chosen}, 2)


def _bits(numbers: set[int], size: int) -> bytes:
    """BITS: number 0 is the first octet's highest."""
    content = bytearray(size)
    for number in numbers:
        content[number // 8] |= 0x80 >> number % 8
    return octets(bytes(content))
