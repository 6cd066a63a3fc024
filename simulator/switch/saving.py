"""How a manager saves a switch's running configuration: OLD-CISCO-SYS-MIB, CISCO-CONFIG-COPY-MIB, FOUNDRY-SN-AGENT-MIB.

Saving takes no time here. Copies to and from servers are not made: such a row fails, as where no server answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.snmp import Change, Object, Refused, Rows, Status, Table, oid, scalar
from simulator.snmp.ber import integer, octets
from simulator.snmp.mib import no_commit, writes_integer
from simulator.switch.state import SwitchState

__all__ = ["config_copy", "nvram", "write_mem"]

_SYSTEM = "1.3.6.1.4.1.9.2.1"
_NVRAM = "1.3.6.1.4.1.1991.1.1.2.1.3"
_NORMAL, _WRITE = 1, 3
_COPY = "1.3.6.1.4.1.9.9.96.1.1.1.1"
_PROTOCOL, _SOURCE, _TARGET, _STATE, _CAUSE, _ROW_STATUS = 2, 3, 4, 10, 13, 14
_STARTUP, _RUNNING = 3, 4
_WAITING, _SUCCESSFUL, _FAILED = 1, 3, 4
_TIMEOUT = 3
_ACTIVE, _NOT_IN_SERVICE, _CREATE_AND_GO, _CREATE_AND_WAIT, _DESTROY = 1, 2, 4, 5, 6


def write_mem() -> list[Object[SwitchState]]:
    """writeMem, and hostName beside it. 0 would erase what is saved, which nobody may here."""

    def write(state: SwitchState, row: int, value: int) -> None:
        state.save()

    return [
        scalar(f"{_SYSTEM}.3", lambda state, row: octets(state.name)),
        scalar(f"{_SYSTEM}.54", integer(0), writes_integer(range(1, 2**31), write)),
    ]


def nvram() -> list[Object[SwitchState]]:
    """snAgWriteNVRAM: normal(1), and write(3) is written."""

    def write(state: SwitchState, row: int, value: int) -> None:
        state.save()

    return [scalar(_NVRAM, integer(_NORMAL), writes_integer((_WRITE,), write))]


def config_copy() -> Table[SwitchState]:
    """The ccCopyTable: a manager makes a row that says from where to where, and sets it active."""

    def build(state: SwitchState) -> Rows:
        rows = {
            (index,): {number: integer(value) for number, value in row.items()} for index, row in state.copies.items()
        }
        return Rows(oid(_COPY), rows.items())

    return Table(
        oid(_COPY),
        {
            _PROTOCOL: writes_integer(range(1, 6), no_commit),
            _SOURCE: writes_integer(range(1, 7), no_commit),
            _TARGET: writes_integer(range(1, 7), no_commit),
            _STATE: None,
            _CAUSE: None,
            _ROW_STATUS: writes_integer((1, 2, 4, 5, 6), no_commit),
        },
        build,
        _plan,
    )


def _plan(state: SwitchState, changes: Sequence[Change]) -> Callable[[], None]:
    """RowStatus (RFC 2579): a row is made by createAndGo or createAndWait, in the same SET as its columns or before them."""
    after = {index: dict(row) for index, row in state.copies.items()}
    starts: list[int] = []
    # RowStatus first: a row may be made by a later variable of the same SET.
    for place in sorted(range(len(changes)), key=lambda place: changes[place].column != _ROW_STATUS):
        change = changes[place]
        if len(change.row) != 1:
            raise Refused(Status.NO_CREATION, place)
        index, value = change.row[0], int.from_bytes(change.content, "big", signed=True)
        row = after.get(index)
        if change.column != _ROW_STATUS:
            if row is None:
                raise Refused(Status.INCONSISTENT_NAME, place)
            if row[_STATE] != _WAITING or (index in state.copies and row[_ROW_STATUS] == _ACTIVE):
                raise Refused(Status.INCONSISTENT_VALUE, place)
            row[change.column] = value
        elif value == _DESTROY:
            after.pop(index, None)
        elif value in (_CREATE_AND_GO, _CREATE_AND_WAIT):
            if row is not None:
                raise Refused(Status.INCONSISTENT_VALUE, place)
            go = value == _CREATE_AND_GO
            after[index] = {_PROTOCOL: 1, _STATE: _WAITING, _ROW_STATUS: _ACTIVE if go else _NOT_IN_SERVICE}
            if go:
                starts.append(index)
        elif row is None:
            raise Refused(Status.INCONSISTENT_VALUE, place)
        elif value == _ACTIVE and row[_STATE] == _WAITING:
            row[_ROW_STATUS] = _ACTIVE
            starts.append(index)
    for index in starts:
        if index in after and not {_SOURCE, _TARGET} <= after[index].keys():
            raise Refused(Status.INCONSISTENT_VALUE, 0)

    def commit() -> None:
        state.copies = after
        for index in starts:
            if index in after:
                _carry_out(state, after[index])

    return commit


def _carry_out(state: SwitchState, row: dict[int, int]) -> None:
    if (row[_SOURCE], row[_TARGET]) == (_RUNNING, _STARTUP):
        state.save()
        row[_STATE] = _SUCCESSFUL
    else:
        row[_STATE], row[_CAUSE] = _FAILED, _TIMEOUT
