"""The tables in which a manager makes and changes VLANs: dot1qVlanStaticTable (RFC 4363), and Cisco's VTP and vmVlan.

A row is judged as it would stand after the whole SET, so that a VLAN can be made with its name and ports in one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from simulator.snmp import Change, Object, Refused, Rows, Status, Table, column, oid, scalar
from simulator.snmp.ber import counter32, gauge32, integer, octets
from simulator.snmp.mib import no_commit, read_only, writes_integer, writes_octets
from simulator.switch.bridge import port_list, ports_of
from simulator.switch.hardware import SwitchHardware, Vlan
from simulator.switch.personality import Personality
from simulator.switch.state import SwitchState

__all__ = ["static_vlans", "vtp"]

_STATIC = "1.3.6.1.2.1.17.7.1.4.3.1"
_NAME, _EGRESS, _FORBIDDEN, _UNTAGGED, _ROW_STATUS = range(1, 6)
_ACTIVE, _NOT_IN_SERVICE, _NOT_READY, _CREATE_AND_GO, _CREATE_AND_WAIT, _DESTROY = range(1, 7)
_DEFAULT = 1
"""The VLAN that cannot be removed."""
_NONE: frozenset[int] = frozenset()


def static_vlans(ports: int) -> Table[SwitchState]:
    """DotqVlanStaticTable. A list of ports may be shorter than the switch; what it does not name is not in it."""
    size = (ports + 7) // 8
    forbidden = octets(bytes(size))

    def build(state: SwitchState) -> Rows:
        rows: dict[Sequence[int], Mapping[int, bytes]] = {
            (vlan.number,): {
                _NAME: octets(vlan.name),
                _EGRESS: octets(port_list(vlan.egress, ports)),
                _FORBIDDEN: forbidden,
                _UNTAGGED: octets(port_list(vlan.untagged, ports)),
                _ROW_STATUS: integer(_ACTIVE if vlan.active else _NOT_IN_SERVICE),
            }
            for vlan in state.hardware.vlans.values()
        }
        return Rows(oid(_STATIC), rows.items())

    def plan(state: SwitchState, changes: Sequence[Change]) -> Callable[[], None]:
        return _plan(state.hardware, changes, ports)

    return Table(
        oid(_STATIC),
        {
            _NAME: writes_octets(32, no_commit),
            _EGRESS: writes_octets(size, no_commit),
            _FORBIDDEN: None,
            _UNTAGGED: writes_octets(size, no_commit),
            _ROW_STATUS: writes_integer((1, 2, 4, 5, 6), no_commit),
        },
        lambda state: state.cached("static", state.hardware.generation, lambda: build(state)),
        plan,
    )


def _plan(hardware: SwitchHardware, changes: Sequence[Change], ports: int) -> Callable[[], None]:
    after: dict[int, Vlan | None] = {}
    # RowStatus first: a row may be made by a later variable of the same SET (RFC 2579).
    order = sorted(range(len(changes)), key=lambda place: changes[place].column != _ROW_STATUS)
    for place in order:
        change = changes[place]
        if len(change.row) != 1 or not 1 <= change.row[0] <= 4094:
            raise Refused(Status.NO_CREATION, place)
        number = change.row[0]
        vlan = after[number] if number in after else hardware.vlans.get(number)
        after[number] = _changed(vlan, number, change, place, ports)
    for place, change in enumerate(changes):
        vlan = after[change.row[0]]
        if vlan is not None and not vlan.untagged <= vlan.egress:
            raise Refused(Status.INCONSISTENT_VALUE, place)
    steps: list[Callable[[], None]] = [
        partial(hardware.remove_vlan, number) if vlan is None else partial(hardware.define_vlan, vlan)
        for number, vlan in after.items()
    ]

    def commit() -> None:
        for step in steps:
            step()

    return commit


def _changed(vlan: Vlan | None, number: int, change: Change, place: int, ports: int) -> Vlan | None:
    if change.column == _ROW_STATUS:
        return _row_status(vlan, number, change.content[-1], place)
    if vlan is None:
        raise Refused(Status.INCONSISTENT_NAME, place)
    if change.column == _NAME:
        return replace(vlan, name=change.content.decode(errors="replace"))
    members = ports_of(change.content)
    if any(port > ports for port in members):
        raise Refused(Status.WRONG_VALUE, place)
    if change.column == _UNTAGGED:
        return replace(vlan, untagged=members)
    return replace(vlan, egress=members, untagged=vlan.untagged & members)


def _row_status(vlan: Vlan | None, number: int, status: int, place: int) -> Vlan | None:
    if status in (_CREATE_AND_GO, _CREATE_AND_WAIT):
        if vlan is not None:
            raise Refused(Status.INCONSISTENT_VALUE, place)
        return Vlan(number, f"VLAN{number:04}", _NONE, _NONE, status == _CREATE_AND_GO)
    if status == _DESTROY:
        if number == _DEFAULT:
            raise Refused(Status.INCONSISTENT_VALUE, place)
        return None
    if vlan is None or number == _DEFAULT:
        if vlan is not None and status == _ACTIVE:
            return vlan
        raise Refused(Status.INCONSISTENT_VALUE, place)
    return replace(vlan, active=status == _ACTIVE)


_VTP = "1.3.6.1.4.1.9.9.46.1"
_VM_VLAN = "1.3.6.1.4.1.9.9.68.1.2.2.1"
_DOMAIN = 1
_SAID = 100000
"""To which a VLAN's number is added for its 802.10 SAID."""
_ALL, _NO = octets(b"\xff" * 128), octets(bytes(128))
_TRUNK = {
    2: integer(_DOMAIN),
    3: integer(5),
    4: octets(b"\x7f" + b"\xff" * 127),
    5: integer(1),
    6: integer(1),
    7: counter32(0),
    8: counter32(0),
    9: counter32(0),
    10: octets(b"\x3f" + b"\xff" * 127),
    11: _NO,
    12: _NO,
    13: integer(2),
    14: integer(2),
    15: integer(2),
    16: integer(6),
    **dict.fromkeys((17, 18, 20, 21), _ALL),
    19: octets(b"\xff" * 127 + b"\xfe"),
    22: octets(b"\xff" * 127 + b"\xfe"),
    **dict.fromkeys(range(23, 29), _NO),
}
"""VlanTrunkPortTable of a port that is no trunk, and what it would carry as one: all VLANs, negotiated encapsulation."""
_EDIT_STATE, _EDIT_NAME, _EDIT_STATUS = 2, 4, 11
_COPY, _APPLY, _RELEASE = 2, 3, 4


def vtp(page: Personality, ports: int) -> tuple[list[Object[SwitchState]], list[Table[SwitchState]]]:
    """VLANs, their edit buffer, the trunking of ports, and the access VLAN of each (CISCO-VTP-MIB,
    CISCO-VLAN-MEMBERSHIP-MIB). A port is never a trunk here: servers tag nothing.
    """
    by_index = {row: (page.port_index(row),) for row in range(ports)}

    def known(state: SwitchState, row: int, vlan: int) -> Status:
        return Status.NO_ERROR if vlan in state.hardware.vlans else Status.INCONSISTENT_VALUE

    def set_access(state: SwitchState, row: int, vlan: int) -> None:
        state.ports[row].set_access(vlan)

    objects: list[Object[SwitchState]] = [
        scalar(
            f"{_VTP}.4.1.1.1",
            lambda state, row: integer(1 if state.editing is None else _COPY),
            writes_integer((1, _COPY, _APPLY, _RELEASE), _edit, _may_edit),
            instance=(_DOMAIN,),
        ),
        scalar(f"{_VTP}.4.1.1.2", integer(2), instance=(_DOMAIN,)),
        scalar(f"{_VTP}.4.1.1.3", octets(b""), instance=(_DOMAIN,)),
        scalar(f"{_VTP}.4.1.1.4", gauge32(0), instance=(_DOMAIN,)),
        scalar(f"{_VTP}.4.1.1.5", integer(0), instance=(_DOMAIN,)),
        *[
            column(f"{_VTP}.6.1.1.{number}", by_index, None, None, dict.fromkeys(range(ports), value))
            for number, value in _TRUNK.items()
        ],
        column(f"{_VM_VLAN}.3", by_index, lambda state, row: integer(2 if state.ports[row].link_up else 1)),
        column(f"{_VM_VLAN}.1", by_index, None, None, dict.fromkeys(range(ports), integer(1))),
        column(
            f"{_VM_VLAN}.2",
            by_index,
            lambda state, row: integer(state.ports[row].pvid),
            writes_integer(range(1, 4095), set_access, known),
        ),
    ]
    entry, edit = f"{_VTP}.3.1.1", f"{_VTP}.4.2.1"

    def shown(state: SwitchState) -> Rows:
        rows: dict[Sequence[int], Mapping[int, bytes]] = {
            (_DOMAIN, vlan.number): {
                2: integer(1 if vlan.active else 2),
                3: integer(1),
                4: octets(vlan.name),
                5: integer(1500),
                6: octets((_SAID + vlan.number).to_bytes(4, "big")),
                11: integer(0),
                12: integer(0),
                17: octets(b"\x80"),
                18: integer(page.vlan_index(vlan.number)),
            }
            for vlan in state.hardware.vlans.values()
        }
        return Rows(oid(entry), rows.items())

    def edited(state: SwitchState) -> Rows:
        rows: dict[Sequence[int], Mapping[int, bytes]] = {
            (_DOMAIN, vlan.number): {
                _EDIT_STATE: integer(1 if vlan.active else 2),
                _EDIT_NAME: octets(vlan.name),
                _EDIT_STATUS: integer(_ACTIVE),
            }
            for vlan in (state.editing or {}).values()
        }
        return Rows(oid(edit), rows.items())

    tables: list[Table[SwitchState]] = [
        read_only(
            entry,
            (2, 3, 4, 5, 6, 11, 12, 17, 18),
            lambda state: state.cached("vtp", state.hardware.generation, lambda: shown(state)),
        ),
        Table(
            oid(edit),
            {
                _EDIT_STATE: writes_integer((1, 2), no_commit),
                _EDIT_NAME: writes_octets(32, no_commit, None, 1),
                _EDIT_STATUS: writes_integer((_CREATE_AND_GO, _DESTROY), no_commit),
            },
            edited,
            _plan_edit,
        ),
    ]
    return objects, tables


def _may_edit(state: SwitchState, row: int, operation: int) -> Status:
    """A copy must have been taken before it is applied."""
    return Status.INCONSISTENT_VALUE if operation == _APPLY and state.editing is None else Status.NO_ERROR


def _edit(state: SwitchState, row: int, operation: int) -> None:
    hardware = state.hardware
    if operation == _COPY:
        state.editing = dict(hardware.vlans)
    elif operation == _RELEASE:
        state.editing = None
    elif operation == _APPLY and state.editing is not None:
        wanted, state.editing = state.editing, dict(state.editing)
        for number in tuple(hardware.vlans):
            if number not in wanted:
                hardware.remove_vlan(number)
        for number, vlan in wanted.items():
            now = hardware.vlans.get(number)
            # Ports may have moved since the copy was taken: only what the buffer holds is applied.
            hardware.define_vlan(vlan if now is None else replace(now, name=vlan.name, active=vlan.active))


def _plan_edit(state: SwitchState, changes: Sequence[Change]) -> Callable[[], None]:
    """Rows of the edit buffer made, changed and removed: in a copy first, which takes the buffer's place on commit."""
    if state.editing is None:
        raise Refused(Status.INCONSISTENT_VALUE, 0)
    after = dict(state.editing)
    order = sorted(range(len(changes)), key=lambda place: changes[place].column != _EDIT_STATUS)
    for place in order:
        change = changes[place]
        if len(change.row) != 2 or change.row[0] != _DOMAIN or not 1 <= change.row[1] <= 4094:
            raise Refused(Status.NO_CREATION, place)
        number = change.row[1]
        vlan = after.get(number)
        if change.column == _EDIT_STATUS:
            made = _row_status(vlan, number, change.content[-1], place)
            if made is None:
                after.pop(number, None)
            else:
                after[number] = made
        elif vlan is None:
            raise Refused(Status.INCONSISTENT_NAME, place)
        elif change.column == _EDIT_NAME:
            after[number] = replace(vlan, name=change.content.decode(errors="replace"))
        else:
            after[number] = replace(vlan, active=change.content[-1] == 1)

    def commit() -> None:
        state.editing = after

    return commit
