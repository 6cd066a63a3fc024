"""The panel's records: frozen, and replaced as a whole when something about them changes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Generic, Literal, Protocol, TypeVar

from simulator.dcim.drivers.base import BmcAccess, Duplex, SnmpAccess
from simulator.dcim.errors import NotFound
from simulator.kernel.snapshot import Stateful

__all__ = [
    "LinkStatus",
    "Location",
    "Outlet",
    "Pdu",
    "PowerStatus",
    "Rack",
    "Register",
    "Server",
    "ServerState",
    "Switch",
    "SwitchPort",
    "Template",
    "changed",
]


class PowerStatus(StrEnum):
    """Of a server, a BMC's chassis or an outlet, as the panel believes it."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


class LinkStatus(StrEnum):
    """Administrative and operational status of a switch port, as the panel believes it."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


class ServerState(StrEnum):
    """Whether the panel has blocked the server."""

    ACTIVE = "active"
    SUSPENDING = "suspending"
    SUSPENDED = "suspended"
    RESUMING = "resuming"


@dataclass(frozen=True, slots=True)
class Location:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Rack:
    id: int
    name: str
    location: int
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Switch:
    id: int
    name: str
    rack: int
    access: SnmpAccess
    error: str | None = None
    """Why the last exchange failed; None when it did not."""
    polled_at: float | None = None
    notes: str = ""

    @property
    def handled(self) -> bool:
        """Whether the panel can speak to it."""
        return bool(self.access.handler)


@dataclass(frozen=True, slots=True)
class SwitchPort:
    id: int
    switch: int
    number: int
    """From 1, in the order in which the switch lists its ports."""
    identity: str = ""
    """What the driver calls it; empty until the switch has been read once."""
    description: str = ""
    admin_status: LinkStatus = LinkStatus.UNKNOWN
    oper_status: LinkStatus = LinkStatus.UNKNOWN
    speed: int = 0
    """Bits per second."""
    vlan: int = 0
    """Of frames without a tag, as the switch told; 0 until it has, and where its handler does not know."""
    duplex: Duplex = "unknown"
    """Of the link, as the switch told."""
    server: int | None = None
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Pdu:
    id: int
    name: str
    rack: int
    access: SnmpAccess
    error: str | None = None
    polled_at: float | None = None
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Outlet:
    id: int
    pdu: int
    number: int
    identity: str = ""
    status: PowerStatus = PowerStatus.UNKNOWN
    server: int | None = None


@dataclass(frozen=True, slots=True)
class Template:
    id: int
    name: str
    type: str
    """`os`, `diagnostic` or `rescue`."""
    image_octets: int
    work_seconds: float
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Server:
    id: int
    name: str
    rack: int
    unit: int | None
    location: int
    configuration: str
    macs: tuple[str, ...]
    """Lower case with colons, nic1 first."""
    serial: str
    model: str
    bmc: BmcAccess
    bmc_power: PowerStatus = PowerStatus.UNKNOWN
    bmc_error: str | None = None
    """Why the last exchange with the BMC failed; None when it did not."""
    ports: tuple[int, ...] = ()
    outlets: tuple[int, ...] = ()
    domain: str = ""
    owner: int | None = None
    operation: int | None = None
    """The last one begun, running or not."""
    os_template: int | None = None
    hardware: Mapping[str, Any] = field(default_factory=dict)
    state: ServerState = ServerState.ACTIVE
    state_info: str = ""
    notes: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    maintenance: bool = False
    protected: bool = False
    faulty: str | None = None
    """Why it must not be sold; None when it may."""
    created_at: float = 0.0


Change = Literal["create", "update", "delete"]

REMEMBERED = 512
"""Changes that a register remembers, for those who keep something that they have made out of its records."""


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


R = TypeVar("R", bound=_Numbered)


T = TypeVar("T")

_COPIERS: dict[type[Any], Callable[..., Any]] = {}


def changed(record: T, **values: Any) -> T:
    """A copy with other values, of a record that has slots. Raises KeyError for a field that there is not.

    `dataclasses.replace` takes six times as long: a frozen record's own way to be made asks for each field whether it may be set.
    """
    kind = type(record)
    copier = _COPIERS.get(kind)
    if copier is None:
        copier = _COPIERS[kind] = _copier(kind)
    copy: T = copier(record, values)
    return copy


def _copier(kind: type[Any]) -> Callable[..., Any]:
    """Copies a record slot by slot, past its frozen `__setattr__`, as code without a loop; dataclasses make their methods likewise."""
    names = [each.name for each in fields(kind)]
    setters = {name: getattr(kind, name).__set__ for name in names}
    lines = [
        "def copier(record, values):",
        "    copy = new(kind)",
        *(f"    set_{name}(copy, record.{name})" for name in names),
        "    for name, value in values.items():",
        "        setters[name](copy, value)",
        "    return copy",
    ]
    known = {f"set_{name}": setter for name, setter in setters.items()}
    known |= {"kind": kind, "new": object.__new__, "setters": setters}
    exec("\n".join(lines), known)  # noqa: S102 - of the names of our own fields
    copier: Callable[..., Any] = known["copier"]
    return copier


class Register(Stateful, Generic[R]):
    """Records of one kind by id. Ids count from 1 and are never given twice."""

    def __init__(self, kind: str, *, first: int = 1) -> None:
        """`kind` is the word that errors use: `server`, `switch port`."""
        self.kind = kind
        self.version = 0
        """Counts the changes."""
        self._watchers: list[Callable[[int, Change], None]] = []
        self._changed: deque[int] = deque(maxlen=REMEMBERED)
        self._records: dict[int, R] = {}
        self._next = first

    def add(self, make: Callable[[int], R]) -> R:
        """Make a record with the next id and keep it."""
        number = self._next
        record = self._records[number] = make(number)
        self._next += 1
        self._note(number, "create")
        return record

    def get(self, number: int) -> R:
        """The record; raises NotFound."""
        try:
            return self._records[number]
        except KeyError:
            raise NotFound(self.kind, number) from None

    def find(self, number: int | None) -> R | None:
        return None if number is None else self._records.get(number)

    def change(self, number: int, **fields: Any) -> R:
        """Put a changed copy in the record's place."""
        record = self._records[number] = changed(self.get(number), **fields)
        self._note(number, "update")
        return record

    def put(self, record: R) -> R:
        """Put this one in the place of the record with its id; raises NotFound."""
        self.get(record.id)
        self._records[record.id] = record
        self._note(record.id, "update")
        return record

    def remove(self, number: int) -> R:
        record = self.get(number)
        del self._records[number]
        self._note(number, "delete")
        return record

    def forget(self, numbers: list[int], most: int) -> list[int]:
        """Of these, which some list holds oldest first, keep as many as are told; what went, from that list as well."""
        gone = numbers[: max(len(numbers) - most, 0)]
        del numbers[: len(gone)]
        for number in gone:
            self.remove(number)
        return gone

    def state(self) -> dict[str, object]:
        """What outlives a stop of the panel."""
        return {"next": self._next, "records": list(self)}

    def restore(self, content: Mapping[str, Any]) -> None:
        """Have these records; nobody is told, since nobody listens before the start."""
        self._next = content["next"]
        self._records = {record.id: record for record in content["records"]}
        self._changed.clear()
        self.version += 1

    def watch(self, watcher: Callable[[int, Change], None]) -> None:
        """Tell `watcher` of every further change: the record's id, and what became of it. It must not wait."""
        self._watchers.append(watcher)

    def changed_since(self, version: int) -> list[int] | None:
        """The ids of the records that came, changed or went since this version; None when that is too long ago."""
        count = self.version - version
        if count > len(self._changed):
            return None
        return [self._changed[place] for place in range(-count, 0)]

    def _note(self, number: int, change: Change) -> None:
        self.version += 1
        self._changed.append(number)
        for watcher in self._watchers:
            watcher(number, change)

    def __iter__(self) -> Iterator[R]:
        return iter(self._records.values())

    def __len__(self) -> int:
        return len(self._records)
