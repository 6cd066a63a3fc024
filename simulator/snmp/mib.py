"""What an agent shows: one template for a model, shared by all its agents, over each agent's own state.

A template is flat: all instances in order, so that the successor of a known name is the next index. A value is either
octets fixed for the model, or read from the agent's state when asked for; nothing is kept up to date in between.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from simulator.snmp.ber import GAUGE32, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, tlv
from simulator.snmp.message import Status, encode_varbind
from simulator.snmp.oid import oid, sort_key, suffix

__all__ = [
    "Change",
    "Object",
    "Reader",
    "Refused",
    "Rows",
    "Table",
    "Template",
    "Writer",
    "column",
    "no_commit",
    "read_only",
    "scalar",
    "writes_integer",
    "writes_octets",
    "writes_unsigned",
]

S = TypeVar("S")

Reader = Callable[[S, int], bytes]
"""The encoded value (tag, length, content) for an agent's state and a row."""

_OK = Status.NO_ERROR
_EMPTY = b"\x05\x00"
_FOLLOWING = 512
"""Names that a template remembers the successors of."""


@dataclass(frozen=True, slots=True)
class Writer(Generic[S]):
    """How an object is set, in the parts that RFC 3416 4.2.5 asks for one after the other."""

    tag: int
    """The type that it takes, else wrongType."""
    syntax: Callable[[bytes], Status]
    """Judges content octets whatever the row and state: wrongLength, wrongEncoding, wrongValue."""
    admit: Callable[[S, int, bytes], Status]
    """Judges them for a row as things stand: notWritable, inconsistentValue, resourceUnavailable."""
    commit: Callable[[S, int, bytes], None]
    """Does it; it cannot fail any more."""


def _always(state: S, row: int, content: bytes) -> Status:
    return _OK


def writes_integer(
    allowed: Iterable[int] | range,
    commit: Callable[[S, int, int], None],
    admit: Callable[[S, int, int], Status] | None = None,
) -> Writer[S]:
    """A writer of an INTEGER object that takes the values `allowed`."""
    return _writes_number(INTEGER, allowed, commit, admit)


def writes_unsigned(
    allowed: Iterable[int] | range,
    commit: Callable[[S, int, int], None],
    admit: Callable[[S, int, int], Status] | None = None,
) -> Writer[S]:
    """The same of an Unsigned32."""
    return _writes_number(GAUGE32, allowed, commit, admit)


def _writes_number(
    tag: int,
    allowed: Iterable[int] | range,
    commit: Callable[[S, int, int], None],
    admit: Callable[[S, int, int], Status] | None,
) -> Writer[S]:
    """Syntax first: an INTEGER's shortest encoding, of 32 bits (33 unsigned), then whether the value is allowed."""
    values = allowed if isinstance(allowed, range) else frozenset(allowed)

    def number(content: bytes) -> int:
        return int.from_bytes(content, "big", signed=True)

    def syntax(content: bytes) -> Status:
        size = len(content)
        if not 0 < size <= 5 or (size > 1 and number(content[:2]) >> 7 in (0, -1)):
            return Status.WRONG_ENCODING
        return _OK if number(content) in values else Status.WRONG_VALUE

    return Writer(
        tag,
        syntax,
        _always if admit is None else lambda state, row, content: admit(state, row, number(content)),
        lambda state, row, content: commit(state, row, number(content)),
    )


def writes_octets(
    longest: int,
    commit: Callable[[S, int, bytes], None],
    admit: Callable[[S, int, bytes], Status] | None = None,
    shortest: int = 0,
) -> Writer[S]:
    """A writer of an OCTET STRING object of `shortest` to `longest` octets."""

    def syntax(content: bytes) -> Status:
        return _OK if shortest <= len(content) <= longest else Status.WRONG_LENGTH

    return Writer(OCTET_STRING, syntax, admit or _always, commit)


@dataclass(frozen=True, slots=True)
class Object(Generic[S]):
    """An object type (a scalar or a column) and its instances. Each row is fixed for the model, or read when asked for."""

    name: bytes
    rows: Mapping[bytes, int]
    """The index's content octets -> the row's number, as readers and writers are given it."""
    read: Reader[S] | None
    fixed: Mapping[int, bytes]
    """Row -> encoded value; the other rows are read."""
    write: Writer[S] | None


def scalar(
    name: str, read: Reader[S] | bytes, write: Writer[S] | None = None, *, instance: Sequence[int] = (0,)
) -> Object[S]:
    """An object with one instance, `.0` unless told; `name` is without it. The reader is given row 0."""
    return (
        column(name, {0: instance}, read, write)
        if callable(read)
        else column(name, {0: instance}, None, write, {0: read})
    )


def column(
    name: str,
    indexes: Mapping[int, Sequence[int]],
    read: Reader[S] | None,
    write: Writer[S] | None = None,
    fixed: Mapping[int, bytes] | None = None,
) -> Object[S]:
    """A column of a table. `indexes`: row number -> the index's sub-identifiers. Raises ValueError for two of one."""
    rows = {suffix(*index): row for row, index in indexes.items()}
    if len(rows) != len(indexes):
        raise ValueError(f"two rows of {name} have one index")
    return Object(oid(name), rows, read, fixed or {}, write)


class Refused(Exception):
    """A change of a table's rows that cannot be: the status, and which of the changes is to blame (from 0)."""

    def __init__(self, status: Status, place: int) -> None:
        super().__init__(status.word)
        self.status = status
        self.place = place


class Change(NamedTuple):
    """One variable of a SET that falls into a table."""

    column: int
    row: tuple[int, ...]
    """Its index."""
    content: bytes


class Rows:
    """What a table holds at one time: names, their order and whole bindings, in order."""

    __slots__ = ("_order", "bindings", "index", "names")

    def __init__(self, entry: bytes, rows: Iterable[tuple[Sequence[int], Mapping[int, bytes]]]) -> None:
        """`rows`: an index, and by column the encoded value."""
        named = (
            (entry + suffix(number, *index), value) for index, columns in rows for number, value in columns.items()
        )
        found = sorted((sort_key(name), name, value) for name, value in named)
        self._order = [order for order, _, _ in found]
        self.names = [name for _, name, _ in found]
        self.bindings = [encode_varbind(name, value) for _, name, value in found]
        self.index = {name: place for place, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.names)

    def after(self, name: bytes) -> int:
        place = self.index.get(name)
        return bisect_right(self._order, sort_key(name)) if place is None else place + 1


@dataclass(frozen=True, slots=True)
class Table(Generic[S]):
    """A table whose rows come and go. Only it may have instances below `entry`."""

    entry: bytes
    """Content octets of the entry; a column's name is this and its number."""
    columns: Mapping[int, Writer[S] | None]
    """Of a writer here only tag and syntax count; the rest is asked of `plan`."""
    rows: Callable[[S], Rows]
    plan: Callable[[S, Sequence[Change]], Callable[[], None]] | None = None
    """Judges all changes of one SET together and returns what does them. Raises Refused."""


def no_commit(state: S, row: int, content: object) -> None:
    """For the writers of a table's columns: the table's plan does it."""


def read_only(entry: str, columns: Iterable[int], rows: Callable[[S], Rows]) -> Table[S]:
    """A table that is only shown."""
    return Table(oid(entry), dict.fromkeys(columns), rows)


class Template(Generic[S]):
    """All instances of a model, in order. Four parallel sequences, and what finds a place in them.

    A table whose rows come and go has one place, under the name of its entry; `tables` knows by place, `table_of` by
    column.

    The idea: an agent of 30 columns and 48 ports is asked for the same 1,500 names all day, by thousands of agents. All that
    the model fixes is thus computed once, in name order: GET is a look-up in `index`, GETNEXT is the place plus one, GETBULK a slice. A name
    that no instance has is placed by bisection over keys that sort as names do (their octets do not). Of a table whose rows come
    and go only the position among the others is fixed; whoever comes to its place asks the table for its `Rows`.

    - `names`: content octets of each instance's name;
    - `bindings`: the whole encoded binding where the value is fixed, else None;
    - `heads`: the encoded name, for those that are read, else empty;
    - `readers`, `rows`: how and for which row to read;
    - `index`: a name's place; `objects`: the object types, with their writers.
    """

    __slots__ = (
        "_following",
        "_order",
        "_table_places",
        "bindings",
        "heads",
        "index",
        "names",
        "objects",
        "readers",
        "rows",
        "table_of",
        "tables",
    )

    def __init__(self, objects: Iterable[Object[S]], tables: Iterable[Table[S]] = ()) -> None:
        """Collects the instances of all objects and the entry of each table, sorts them together, and splits them into
        the parallel sequences. Raises ValueError for an object type or an instance that is there twice.
        """
        found: list[tuple[bytes, bytes, Object[S], int]] = []
        self.objects: dict[bytes, Writer[S] | None] = {}
        for item in objects:
            if item.name in self.objects:
                raise ValueError("one object type is defined twice")
            self.objects[item.name] = item.write
            for index, row in item.rows.items():
                name = item.name + index
                found.append((sort_key(name), name, item, row))
        by_entry = {table.entry: table for table in tables}
        self.table_of: dict[bytes, Table[S]] = {}
        for entry, table in by_entry.items():
            for number, writer in table.columns.items():
                name = entry + suffix(number)
                if name in self.objects:
                    raise ValueError("one object type is defined twice")
                self.objects[name] = writer
                self.table_of[name] = table
            found.append((sort_key(entry), entry, Object(entry, {}, None, {0: _EMPTY}, None), 0))
        found.sort(key=lambda entry: entry[0])
        self._order = [order for order, *_ in found]
        self._following: dict[bytes, int] = {}
        """Where what comes after a name is that no instance has: walks begin at the same few columns all day."""
        self.names = tuple(name for _, name, _, _ in found)
        self.index = {name: place for place, name in enumerate(self.names)}
        if len(self.index) != len(self.names):
            raise ValueError("one instance is defined twice")
        self.tables = {self.index.pop(entry): table for entry, table in by_entry.items()}
        self._table_places = sorted(self.tables)
        self.rows = tuple(row for *_, row in found)
        heads, bindings, readers = [], [], []
        for _, name, item, row in found:
            value = item.fixed.get(row)
            if value is None and item.read is None:
                raise ValueError("an instance is neither fixed nor read")
            heads.append(tlv(OBJECT_IDENTIFIER, name) if value is None else b"")
            bindings.append(None if value is None else encode_varbind(name, value))
            readers.append(item.read)
        self.heads = tuple(heads)
        self.bindings: tuple[bytes | None, ...] = tuple(bindings)
        self.readers: tuple[Reader[S] | None, ...] = tuple(readers)

    def __len__(self) -> int:
        return len(self.names)

    def after(self, name: bytes) -> int:
        """The place of the first instance after `name`, which need not exist; len(self) when there is none.

        Raises Malformed when `name` is no object identifier.
        """
        place = self.index.get(name)
        if place is not None:
            return place + 1
        following = self._following.get(name)
        if following is None:
            following = bisect_right(self._order, sort_key(name))
            if len(self._following) >= _FOLLOWING:
                self._following.clear()
            self._following[name] = following
        return following

    def is_plain(self, first: int, count: int) -> bool:
        """Whether so many places from `first` on are instances, and none of them a table with rows of its own."""
        places = self._table_places
        following = bisect_left(places, first)
        return first + count <= len(self.names) and (following == len(places) or places[following] >= first + count)

    def object_of(self, name: bytes) -> bytes | None:
        """The object type that `name` is, or would be, an instance of."""
        objects = self.objects
        # A prefix cut inside a sub-identifier ends with an octet of 0x80 or more, as no object type does.
        return next((name[:size] for size in range(len(name) - 1, 0, -1) if name[:size] in objects), None)
