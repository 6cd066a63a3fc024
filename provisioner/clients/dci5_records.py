"""What a DCImanager 5 shows of its objects in XML, as far as the billing side reads it.

A flag is an element that is there when it is true, whatever its text. The readers raise ValueError for a row without
the fields that they cannot do without.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

__all__ = ["FREE_DOMAIN", "NO_OWNER", "Address5", "Connection5", "Network5", "Server5", "Template5", "User5"]

FREE_DOMAIN = "free.ds"
"""The host name of a server that is for sale."""
NO_OWNER = "no_owner"
"""The key of "Without owner" in the form of a server."""
CLIENT_LEVEL = "16"
ADMIN_LEVELS = frozenset({"29", "30"})

_FLAGS = (
    "poweron", "poweroff", "disabled", "blocked", "hwproblem", "operation_failed",
    "install_in_progress", "diag_in_progress", "rescue_in_progress",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Server5:
    """A row of the function `server`."""

    id: int
    name: str
    """The label."""
    configurations: tuple[str, ...]
    """The names that it is sold under: its type, and in later versions its chassis template."""
    hostname: str
    owner: str
    """User name; empty when there is none."""
    rack: str
    mac: str
    ip: str
    os: str
    notes: str
    flags: frozenset[str]

    @property
    def available(self) -> bool:
        """No owner, not faulty, the host name free.ds (B5-2); and nothing runs on it."""
        return not (
            self.owner
            or self.hostname != FREE_DOMAIN
            or self.flags & {"hwproblem", "install_in_progress", "diag_in_progress", "rescue_in_progress"}
        )

    @property
    def disabled(self) -> bool:
        return bool(self.flags & {"disabled", "blocked"})

    @classmethod
    def read(cls, row: Element) -> Server5:
        kinds = (_text(row, "chassis_templ"), _text(row, "type"))
        return cls(
            id=_number(row, "id"),
            name=_text(row, "name"),
            configurations=tuple(kind for kind in kinds if kind),
            hostname=_text(row, "hostname"),
            owner=_text(row, "owner"),
            rack=_text(row, "rack"),
            mac=_text(row, "mac"),
            ip=_text(row, "ip"),
            os=_text(row, "os"),
            notes=_text(row, "notes"),
            flags=frozenset(flag for flag in _FLAGS if row.find(flag) is not None),
        )

    def __str__(self) -> str:
        return f"{self.name} (id {self.id})"


@dataclass(frozen=True, slots=True)
class User5:
    """A row of the function `user`."""

    id: int
    name: str
    level: str
    """`16` is a client, `29` an administrator."""

    @property
    def client(self) -> bool:
        return self.level == CLIENT_LEVEL

    @property
    def administrator(self) -> bool:
        return self.level in ADMIN_LEVELS

    @classmethod
    def read(cls, row: Element) -> User5:
        return cls(_number(row, "id"), _text(row, "name"), _text(row, "level"))

    def __str__(self) -> str:
        return f"{self.name} (id {self.id})"


@dataclass(frozen=True, slots=True)
class Address5:
    """A row of `iplist`; `group` marks a block of addresses."""

    id: int
    ip: str
    domain: str
    group: bool

    @classmethod
    def read(cls, row: Element) -> Address5:
        return cls(_number(row, "id"), _text(row, "ip"), _text(row, "domain"), _text(row, "type") == "group")


@dataclass(frozen=True, slots=True)
class Connection5:
    """A row of `server.connection`. `type`: `Switch`, `PDU` or `IPMI`."""

    id: int
    type: str

    @classmethod
    def read(cls, row: Element) -> Connection5:
        return cls(_number(row, "id"), _text(row, "type"))


@dataclass(frozen=True, slots=True)
class Network5:
    """A row of `new_net`: a range of a pool. `net` may be empty: no source states the columns."""

    id: int
    name: str
    net: str

    @classmethod
    def read(cls, row: Element) -> Network5:
        return cls(_number(row, "id"), _text(row, "name"), _text(row, "net") or _text(row, "range"))


@dataclass(frozen=True, slots=True)
class Template5:
    """A row of `osmgr`. `id` is what an installation takes, such as `ISPsystem__Debian-12-amd64`."""

    id: str
    name: str
    type: str
    installed: bool

    @classmethod
    def read(cls, row: Element) -> Template5:
        name = _text(row, "id") or _text(row, "name")
        if not name:
            raise ValueError("a template has neither id nor name")
        installed = row.find("installed")
        ready = installed is None or (installed.text or "").strip() != "failed"
        return cls(name, _text(row, "name"), _text(row, "type"), ready)


def _text(row: Element, name: str) -> str:
    return (row.findtext(name) or "").strip()


def _number(row: Element, name: str) -> int:
    text = _text(row, name)
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise ValueError(f"{name} is not a number: {text!r}")
    return int(text)
