"""What a DCImanager 6 shows of its objects, as far as the billing side reads it.

The readers take decoded JSON and raise TypeError where it has not the shape that they need. Documented fields come
first; where a field has two spellings (`owner_email` and `owner.email`, `roles` as list or text) both are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Address", "Operation", "Pool", "Server", "Template", "User"]

# `ok` and `canceled` are documented; `failed` is the name we know from the sister products.
ENDED = frozenset({"ok", "canceled", "failed"})
SOLD_AFTER = frozenset({"ok", "canceled"})


@dataclass(frozen=True, slots=True)
class Operation:
    """A long action on a server."""

    id: int
    status: str
    reason: str = ""
    """What the panel says about the status, for people; often empty."""
    type: str = ""
    """`os_install`, `diagnostic`, ...; empty when the panel does not say."""

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def lets_sell(self) -> bool:
        """Whether a server may be sold after it: completed successfully, or canceled (W6-A1)."""
        return self.status in SOLD_AFTER

    @classmethod
    def read(cls, row: Any) -> Operation:
        row = _mapping(row, "operation")
        return cls(_integer(row, "id"), _text(row, "status"), _reason(row), row.get("type") or "")

    def __str__(self) -> str:
        return f"operation {self.id}, {self.status}{': ' + self.reason if self.reason else ''}"


@dataclass(frozen=True, slots=True)
class Address:
    """An address of a server."""

    id: int
    name: str
    """An IPv6 subnet with its prefix: `2001:db8::/64`."""

    @property
    def family(self) -> int:
        return 6 if ":" in self.name else 4

    @classmethod
    def read(cls, row: Any) -> Address:
        row = _mapping(row, "address")
        return cls(_integer(row, "id"), _text(row, "name"))


@dataclass(frozen=True, slots=True)
class Server:
    """A server of the panel, in lists and alone."""

    id: int
    name: str
    configuration: str
    owned: bool
    owner_id: int | None
    """None when there is no owner, or the panel shows no more of him than the e-mail."""
    owner_email: str
    location_id: int | None
    power_status: str
    operation: Operation | None
    """The last one; None when there never was one."""
    addresses: tuple[Address, ...]
    ports: int
    """Switch ports of the data network that the panel has on record for it."""
    unfit: str = ""
    """Why the panel itself would not sell it: in maintenance, protected, marked as faulty; empty when it would."""

    @classmethod
    def read(cls, row: Any) -> Server:
        """The owner is an object, a number or only an e-mail, as the version of the panel has it; ports of the management
        network do not count.
        """
        row = _mapping(row, "server")
        location = row.get("location_id")
        operation = row.get("operation")
        owner = row.get("owner")
        owner = owner if isinstance(owner, dict) else {"id": owner}
        number = owner.get("id")
        ports = [port for port in row.get("switch_connection") or () if not port.get("is_ipmi_connection")]
        return cls(
            id=_integer(row, "id"),
            name=row.get("name") or str(row["id"]),
            configuration=row.get("configuration") or "",
            owned=bool(row.get("owner_email") or row.get("owner")),
            owner_id=number if isinstance(number, int) else None,
            owner_email=str(row.get("owner_email") or owner.get("email") or ""),
            location_id=location if isinstance(location, int) else None,
            power_status=row.get("power_status") or "unknown",
            operation=Operation.read(operation) if operation and operation.get("id") else None,
            addresses=tuple(Address.read(address) for address in row.get("ip") or ()),
            ports=len(ports),
            unfit=_unfit(row),
        )

    def belongs_to(self, user: int | None, email: str) -> bool:
        """Whether the owner is this user of the panel; an e-mail decides where the id is not known."""
        if self.owner_id is not None and user is not None:
            return self.owner_id == user
        return self.owned and self.owner_email.casefold() == email.casefold()

    @property
    def last_operation(self) -> int:
        """Id of the last operation, 0 when there never was one."""
        return self.operation.id if self.operation else 0

    def __str__(self) -> str:
        return f"{self.name} (id {self.id})"


@dataclass(frozen=True, slots=True)
class User:
    """A user of the panel."""

    id: int
    email: str
    roles: tuple[str, ...]

    @property
    def administrator(self) -> bool:
        return "@admin" in self.roles

    @classmethod
    def read(cls, row: Any) -> User:
        """`roles` is a list of names, or one text of them: `[@user]`."""
        row = _mapping(row, "user")
        roles = row.get("roles") or ()
        if isinstance(roles, str):
            roles = roles.strip("[] ").replace(",", " ").replace('"', "").split()
        return cls(_integer(row, "id"), _text(row, "email"), tuple(roles))

    def __str__(self) -> str:
        return f"{self.email} (id {self.id})"


@dataclass(frozen=True, slots=True)
class Template:
    """A template; `type` is `os` or `diagnostic`, empty when the panel does not say."""

    id: int
    name: str
    type: str

    @classmethod
    def read(cls, row: Any) -> Template:
        row = _mapping(row, "template")
        return cls(_integer(row, "id"), _text(row, "name"), row.get("type") or "")


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool of addresses."""

    id: int
    name: str

    @classmethod
    def read(cls, row: Any) -> Pool:
        row = _mapping(row, "pool")
        return cls(_integer(row, "id"), _text(row, "name"))


def _mapping(row: Any, what: str) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise TypeError(f"{what} is not an object")
    return row


def _integer(row: dict[str, Any], key: str) -> int:
    value = row.get(key)
    if isinstance(value, str) and value.isdecimal():  # some answers print ids as text
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{key} is not a number: {value!r}")
    return value


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise TypeError(f"{key} is not text: {value!r}")
    return value


def _unfit(row: dict[str, Any]) -> str:
    if row.get("maintenance"):
        return "is in maintenance"
    if row.get("protected"):
        return "is protected: the panel would refuse its installation"
    faulty = row.get("faulty")
    if not faulty:
        return ""
    reason = faulty.get("reason") if isinstance(faulty, dict) else None
    return f"is marked as faulty{f': {reason}' if reason else ''}"


def _reason(row: dict[str, Any]) -> str:
    """The newest message in `status_info` or `progress_info`; no source states the keys inside them."""
    info = row.get("status_info")
    candidates = [info] if isinstance(info, dict) else []
    progress = row.get("progress_info")
    if isinstance(progress, list):
        candidates.extend(stage for stage in reversed(progress) if isinstance(stage, dict))
    for candidate in candidates:
        if not _MESSAGES.isdisjoint(candidate):
            for key in ("message", "msg", "reason", "error"):
                if isinstance(text := candidate.get(key), str) and text:
                    return text
    return ""


_MESSAGES = frozenset({"message", "msg", "reason", "error"})
