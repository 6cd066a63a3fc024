"""What an agent shows: one template for a model, shared by all its agents, over each agent's own state.

A template is flat: all instances in order, so that the successor of a known name is the next index. A value is either
octets fixed for the model, or read from the agent's state when asked for; nothing is kept up to date in between.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from simulator.snmp.ber import INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, tlv
from simulator.snmp.message import Status, encode_varbind
from simulator.snmp.oid import oid, subids, suffix

__all__ = [
    "Object",
    "Reader",
    "Template",
    "Writer",
    "column",
    "scalar",
    "writes_integer",
    "writes_octets",
]

S = TypeVar("S")

Reader = Callable[[S, int], bytes]
"""The encoded value (tag, length, content) for an agent's state and a row."""

_OK = Status.NO_ERROR


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
    values = allowed if isinstance(allowed, range) else frozenset(allowed)

    def number(content: bytes) -> int:
        return int.from_bytes(content, "big", signed=True)

    def syntax(content: bytes) -> Status:
        size = len(content)
        if not 0 < size <= 4 or (size > 1 and number(content[:2]) >> 7 in (0, -1)):
            return Status.WRONG_ENCODING
        return _OK if number(content) in values else Status.WRONG_VALUE

    return Writer(
        INTEGER,
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


class Template(Generic[S]):
    """All instances of a model, in order. Four parallel sequences, and what finds a place in them.

    - `names`: content octets of each instance's name;
    - `bindings`: the whole encoded binding where the value is fixed, else None;
    - `heads`: the encoded name, for those that are read;
    - `readers`, `rows`: how and for which row to read;
    - `index`: a name's place; `objects`: the object types, with their writers.
    """

    __slots__ = ("_order", "bindings", "heads", "index", "names", "objects", "readers", "rows")

    def __init__(self, objects: Iterable[Object[S]]) -> None:
        found: list[tuple[tuple[int, ...], bytes, Object[S], int]] = []
        self.objects: dict[bytes, Writer[S] | None] = {}
        for item in objects:
            if item.name in self.objects:
                raise ValueError("one object type is defined twice")
            self.objects[item.name] = item.write
            for index, row in item.rows.items():
                name = item.name + index
                found.append((subids(name), name, item, row))
        found.sort(key=lambda entry: entry[0])
        self._order = [order for order, *_ in found]
        self.names = tuple(name for _, name, _, _ in found)
        self.index = {name: place for place, name in enumerate(self.names)}
        if len(self.index) != len(self.names):
            raise ValueError("one instance is defined twice")
        self.rows = tuple(row for *_, row in found)
        heads, bindings, readers = [], [], []
        for _, name, item, row in found:
            value = item.fixed.get(row)
            if value is None and item.read is None:
                raise ValueError("an instance is neither fixed nor read")
            heads.append(tlv(OBJECT_IDENTIFIER, name))
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
        return bisect_right(self._order, subids(name)) if place is None else place + 1

    def object_of(self, name: bytes) -> bytes | None:
        """The object type that `name` is, or would be, an instance of."""
        objects = self.objects
        # A prefix cut inside a sub-identifier ends with an octet of 0x80 or more, as no object type does.
        return next((name[:size] for size in range(len(name) - 1, 0, -1) if name[:size] in objects), None)
