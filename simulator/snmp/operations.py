"""The four operations over a template, for one who has been let in (RFC 3416 section 4.2): bindings in, bindings out.

v1 is answered as RFC 3584 section 4 maps it: errors by `noSuchName` and `badValue`, and no Counter64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from simulator.snmp.ber import COUNTER64, NO_SUCH_INSTANCE, NO_SUCH_OBJECT, SEQUENCE, read, tlv
from simulator.snmp.engine import Answer
from simulator.snmp.message import GET, GET_BULK, GET_NEXT, SET, Message, Status, Varbind, Version, encode_varbind
from simulator.snmp.mib import Change, Refused, Table, Template, Writer
from simulator.snmp.oid import subids

__all__ = ["OPERATIONS", "V1_STATUS", "Access", "Grant", "Operations"]

S = TypeVar("S")

_Place = tuple[int, int]


class Access(IntEnum):
    """What a community may do."""

    READ = 1
    WRITE = 2
    """Read and write."""


_NO_SUCH_OBJECT = bytes((NO_SUCH_OBJECT, 0))
_NO_SUCH_INSTANCE = bytes((NO_SUCH_INSTANCE, 0))
_END_OF_MIB_VIEW = b"\x82\x00"
_HEADERS = tuple(bytes((SEQUENCE, length)) for length in range(0x80))

V1_STATUS = {
    Status.WRONG_TYPE: Status.BAD_VALUE,
    Status.WRONG_LENGTH: Status.BAD_VALUE,
    Status.WRONG_ENCODING: Status.BAD_VALUE,
    Status.WRONG_VALUE: Status.BAD_VALUE,
    Status.INCONSISTENT_VALUE: Status.BAD_VALUE,
    Status.NO_ACCESS: Status.NO_SUCH_NAME,
    Status.NOT_WRITABLE: Status.NO_SUCH_NAME,
    Status.NO_CREATION: Status.NO_SUCH_NAME,
    Status.INCONSISTENT_NAME: Status.NO_SUCH_NAME,
    Status.AUTHORIZATION_ERROR: Status.NO_SUCH_NAME,
    Status.RESOURCE_UNAVAILABLE: Status.GEN_ERR,
    Status.COMMIT_FAILED: Status.GEN_ERR,
    Status.UNDO_FAILED: Status.GEN_ERR,
}
"""RFC 3584, 4.4."""


class _Refusal(Exception):
    """A request as a whole is answered with an error: its status, and which binding is to blame (from 1, or 0)."""

    def __init__(self, status: Status, index: int) -> None:
        self.status = status
        self.index = index


def _is_counter64(binding: bytes) -> bool:
    """v1 has no Counter64 and must not meet one (RFC 3584, 4.2.2.1)."""
    _, start, end = read(binding, 0, len(binding))
    return binding[read(binding, start, end)[2]] == COUNTER64


class Grant(NamedTuple, Generic[S]):
    """What one who asks may do, and the state that it sees; `view`: the subtrees that exist for it, all when empty."""

    access: Access
    state: S
    view: tuple[bytes, ...] = ()

    def sees(self, name: bytes) -> bool:
        return not self.view or name.startswith(self.view)


class Operations(Generic[S]):
    """A template, and what is done to the instances in it. `state` is the one that an unnamed context sees."""

    __slots__ = ("state", "template")

    def __init__(self, template: Template[S], state: S) -> None:
        self.template = template
        self.state = state

    def binding_at(self, place: int) -> bytes:
        """The binding at a place of the template."""
        return self._binding((place, 0), self.state)

    def operate(self, request: Message, grant: Grant[S], room: int, *, commit: bool = True) -> Answer:
        try:
            if request.pdu == SET:
                return Answer(Status.NO_ERROR, 0, self._set(request, grant, room, commit=commit))
            return Answer(Status.NO_ERROR, 0, OPERATIONS[request.pdu](self, request, grant, room))
        except _Refusal as refusal:
            status, listed = refusal.status, request.listed
            if request.version == Version.V1:
                status = V1_STATUS.get(status, status)
            elif status == Status.TOO_BIG:
                listed = b""  # RFC 3416, 4.2.1: the alternate response has no bindings
            return Answer(status, refusal.index, (listed,))

    # places: an index into the template, and one into the rows of a table that stands there

    def _seek(self, name: bytes, state: S) -> _Place:
        """The first instance after `name`."""
        place = self.template.after(name)
        table = self.template.tables.get(place - 1)
        if table is not None:
            rows = table.rows(state)
            inner = rows.after(name)
            if inner < len(rows):
                return place - 1, inner
        return self._settle(place, state)

    def _settle(self, place: int, state: S) -> _Place:
        """`place`, or where the next instance is, when it is that of an empty table."""
        tables = self.template.tables
        while place in tables and not len(tables[place].rows(state)):
            place += 1
        return place, 0

    def _step(self, at: _Place, state: S) -> _Place:
        place, inner = at
        table = self.template.tables.get(place)
        if table is not None and inner + 1 < len(table.rows(state)):
            return place, inner + 1
        return self._settle(place + 1, state)

    def _name(self, at: _Place, state: S) -> bytes:
        place, inner = at
        table = self.template.tables.get(place)
        return self.template.names[place] if table is None else table.rows(state).names[inner]

    def _binding(self, at: _Place, state: S) -> bytes:
        place, inner = at
        template = self.template
        fixed = template.bindings[place]
        if fixed is not None:
            return fixed if place not in template.tables else template.tables[place].rows(state).bindings[inner]
        reader = template.readers[place]
        assert reader is not None  # a template's instance is fixed or read
        body = template.heads[place] + reader(state, template.rows[place])
        size = len(body)
        return _HEADERS[size] + body if size < 0x80 else tlv(SEQUENCE, body)

    def _hidden(self, at: _Place, grant: Grant[S], v1: bool) -> bool:
        """Whether one who asks has no such instance: it is a Counter64 and v1 is spoken, or outside the view."""
        if grant.view and not grant.sees(self._name(at, grant.state)):
            return True
        return v1 and _is_counter64(self._binding(at, grant.state))

    def _after(self, name: bytes, grant: Grant[S], v1: bool) -> _Place | None:
        """Where the first visible instance after `name` is."""
        end = len(self.template)
        at = self._seek(name, grant.state)
        if v1 or grant.view:
            while at[0] < end and self._hidden(at, grant, v1):
                at = self._step(at, grant.state)
        return at if at[0] < end else None

    # reading

    def _find(self, name: bytes, state: S) -> _Place | None:
        place = self.template.index.get(name)
        if place is not None:
            return place, 0
        if not self.template.tables:
            return None
        kind = self.template.object_of(name)
        table = self.template.table_of.get(kind) if kind else None
        if table is None:
            return None
        inner = table.rows(state).index.get(name)
        at = next(place for place, each in self.template.tables.items() if each is table)
        return None if inner is None else (at, inner)

    def _get(self, request: Message, grant: Grant[S], room: int) -> list[bytes]:
        out = []
        v1 = request.version == Version.V1
        index = None if v1 or grant.view else self.template.index
        for number, varbind in enumerate(request.varbinds, 1):
            place = index.get(varbind.name) if index is not None else None
            if place is not None:
                out.append(self._binding((place, 0), grant.state))
                continue
            at = self._find(varbind.name, grant.state)
            if at is not None and not self._hidden(at, grant, v1):
                out.append(self._binding(at, grant.state))
                continue
            if v1:
                raise _Refusal(Status.NO_SUCH_NAME, number)
            known = self.template.object_of(varbind.name) is not None and grant.sees(varbind.name)
            out.append(encode_varbind(varbind.name, _NO_SUCH_INSTANCE if known else _NO_SUCH_OBJECT))
        return out

    def _get_next(self, request: Message, grant: Grant[S], room: int) -> list[bytes]:
        out = []
        v1 = request.version == Version.V1
        for number, varbind in enumerate(request.varbinds, 1):
            at = self._after(varbind.name, grant, v1)
            if at is not None:
                out.append(self._binding(at, grant.state))
            elif v1:
                raise _Refusal(Status.NO_SUCH_NAME, number)
            else:
                out.append(encode_varbind(varbind.name, _END_OF_MIB_VIEW))
        return out

    def _get_bulk(self, request: Message, grant: Grant[S], room: int) -> list[bytes]:
        """RFC 3416, 4.2.3; as many bindings as fit, and an end as soon as all repeaters have reached theirs."""
        state, binding, end = grant.state, self._binding, len(self.template)
        single = min(max(request.error_status, 0), len(request.varbinds))
        out: list[bytes] = []
        cursors: list[_Place] = []
        names = [varbind.name for varbind in request.varbinds]
        for number, name in enumerate(names):
            at = self._after(name, grant, v1=False)
            if number >= single:
                cursors.append(at or (end, 0))
                continue
            item = binding(at, state) if at is not None else encode_varbind(name, _END_OF_MIB_VIEW)
            room -= len(item)
            if room < 0:
                return out
            out.append(item)
        repetitions = max(request.error_index, 0) if cursors else 0
        if not grant.view and repetitions and self._plain(cursors, repetitions):
            self._rows([at[0] for at in cursors], repetitions, room, state, out)
            return out
        # The end is told under the last name given: the request's own when there is nothing after it.
        ends: list[bytes | None] = [
            name if at[0] == end else None for at, name in zip(cursors, names[single:], strict=True)
        ]
        tables, view = self.template.tables, grant.view
        for repetition in range(repetitions):
            alive = False
            for number, at in enumerate(cursors):
                if repetition:
                    if at[0] == end:
                        following = at
                    elif not view and at[0] not in tables and at[0] + 1 not in tables:
                        following = (at[0] + 1, 0)
                    else:
                        following = self._step(at, state)
                        while view and following[0] < end and self._hidden(following, grant, v1=False):
                            following = self._step(following, state)
                    if following[0] == end and ends[number] is None:
                        ends[number] = self._name(at, state)
                    at = cursors[number] = following
                if at[0] < end:
                    alive = True
                    item = binding(at, state)
                else:
                    item = encode_varbind(ends[number] or b"", _END_OF_MIB_VIEW)
                room -= len(item)
                if room < 0:
                    return out
                out.append(item)
            if not alive:
                break
        return out

    def _plain(self, cursors: Sequence[_Place], repetitions: int) -> bool:
        """Whether so many steps from each cursor stay within the template, and away from tables with rows of their own."""
        is_plain = self.template.is_plain
        return all(is_plain(at[0], repetitions) for at in cursors)

    def _rows(self, places: list[int], repetitions: int, room: int, state: S, out: list[bytes]) -> None:
        """The bindings of a plain walk, row by row, as many as fit: what panels ask for all day."""
        template = self.template
        bindings, heads, readers, numbers = template.bindings, template.heads, template.readers, template.rows
        for repetition in range(repetitions):
            for first in places:
                place = first + repetition
                item = bindings[place]
                if item is None:
                    body = heads[place] + readers[place](state, numbers[place])  # type: ignore[misc]
                    size = len(body)
                    item = _HEADERS[size] + body if size < 0x80 else tlv(SEQUENCE, body)
                room -= len(item)
                if room < 0:
                    return
                out.append(item)

    # setting

    def _set(self, request: Message, grant: Grant[S], room: int, *, commit: bool = True) -> tuple[bytes]:
        """Two phases over all bindings: nothing is set unless all can be (RFC 3416, 4.2.5)."""
        commits: list[Callable[[], None]] = []
        changes: dict[bytes, list[tuple[int, Change]]] = {}
        for number, varbind in enumerate(request.varbinds, 1):
            writer, table = self._test(varbind, number, grant)
            if table is None:
                commits.append(self._admit(writer, varbind, number, grant.state))
            else:
                column, *index = subids(varbind.name[len(table.entry) :])
                change = Change(column, tuple(index), varbind.content)
                changes.setdefault(table.entry, []).append((number, change))
        for entry, listed in changes.items():
            plan = next(table for table in self.template.tables.values() if table.entry == entry).plan
            if plan is None:
                raise _Refusal(Status.NOT_WRITABLE, listed[0][0])
            try:
                commits.append(plan(grant.state, [change for _, change in listed]))
            except Refused as refused:
                raise _Refusal(refused.status, listed[refused.place][0]) from None
        if len(request.listed) > room:
            raise _Refusal(Status.TOO_BIG, 0)
        if commit:
            for step in commits:
                step()
        return (request.listed,)

    def _test(self, varbind: Varbind, number: int, grant: Grant[S]) -> tuple[Writer[S], Table[S] | None]:
        template = self.template
        if grant.access < Access.WRITE or not grant.sees(varbind.name):
            raise _Refusal(Status.NO_ACCESS, number)
        kind = template.object_of(varbind.name)
        writer = None if kind is None else template.objects[kind]
        if kind is None or writer is None:
            raise _Refusal(Status.NOT_WRITABLE, number)
        if varbind.tag != writer.tag:
            raise _Refusal(Status.WRONG_TYPE, number)
        status = writer.syntax(varbind.content)
        if status:
            raise _Refusal(status, number)
        return writer, template.table_of.get(kind)

    def _admit(self, writer: Writer[S], varbind: Varbind, number: int, state: S) -> Callable[[], None]:
        place = self.template.index.get(varbind.name)
        if place is None:
            raise _Refusal(Status.NO_CREATION, number)
        row = self.template.rows[place]
        status = writer.admit(state, row, varbind.content)
        if status:
            raise _Refusal(status, number)
        return partial(writer.commit, state, row, varbind.content)


OPERATIONS: dict[int, Callable[..., list[bytes] | tuple[bytes]]] = {
    GET: Operations._get,
    GET_NEXT: Operations._get_next,
    GET_BULK: Operations._get_bulk,
    SET: Operations._set,
}
