"""What BILLmanager keeps beside clients and services. Ids are numbers from 1, of each kind its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from provisioner.store import Row

__all__ = [
    "ROWS",
    "ConfirmationRow",
    "DatacenterRow",
    "DepartmentRow",
    "ItemRow",
    "MessageRow",
    "ModuleRow",
    "OperationRow",
    "ProblemRow",
    "SettingRow",
    "TariffRow",
    "TaskRow",
]


@dataclass(frozen=True, slots=True)
class SettingRow(Row):
    """A global setting (Provider, Global settings)."""

    TABLE: ClassVar = "bm_settings"
    KEY: ClassVar = ("name",)

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class ConfirmationRow(Row):
    """A client who has still to confirm his e-mail, and the code that was sent to it."""

    TABLE: ClassVar = "bm_confirmations"
    KEY: ClassVar = ("email",)

    email: str
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DatacenterRow(Row):
    """A data center (B6-5)."""

    TABLE: ClassVar = "bm_datacenters"
    KEY: ClassVar = ("id",)

    id: int
    name: str
    dci6_managed: bool
    """The "DCImanager 6 managed data center" feature; without it, it is one for DCImanager 5."""
    location: int | None
    """Id of the location in DCImanager 6 that servers come from."""
    sort: int


@dataclass(frozen=True, slots=True)
class ModuleRow(Row):
    """A processing module (B6-6, B6-7)."""

    TABLE: ClassVar = "bm_modules"
    KEY: ClassVar = ("id",)

    id: int
    type: str
    """Name of the module's executable: `pmdci6`, `pmmanual`, ..."""
    name: str
    datacenter: int | None
    department: int
    """Gets its tasks."""
    sort: int
    """Priority: of several on a tariff the lowest is taken."""
    connection: Any = field(repr=False)
    """`url`, `username`, `password`; {} where there is no panel."""
    config: Any
    """What the panel offered when the configuration was updated last (B6-8)."""


@dataclass(frozen=True, slots=True)
class TariffRow(Row):
    """A tariff plan."""

    TABLE: ClassVar = "bm_tariffs"
    KEY: ClassVar = ("id",)

    id: int
    name: str
    itemtype: str
    """`dedic`, `vhost`, ..."""
    modules: Any
    """Ids of the processing modules that are enabled for it."""
    params: Any
    """Parameters of the services sold by it, which a module understands."""
    period: str = ""
    """Order period; empty: services are sold without one."""
    price: int = 0
    """Of a period, in cents."""


@dataclass(frozen=True, slots=True)
class DepartmentRow(Row):
    """A department; `staff` are the e-mails of those who see its tasks."""

    TABLE: ClassVar = "bm_departments"
    KEY: ClassVar = ("id",)

    id: int
    name: str
    staff: Any


@dataclass(frozen=True, slots=True)
class ItemRow(Row):
    """What BILLmanager keeps of a service beside its lifecycle."""

    TABLE: ClassVar = "bm_items"
    KEY: ClassVar = ("service",)

    service: str
    id: int
    tariff: int | None
    module: int | None
    """The processing module that the service is with; None before payment."""
    params: Any = field(repr=False)
    """Of this service: those of the order over the tariff's, and what the module saved."""
    paid: float | None = None
    """When the order was paid."""


@dataclass(frozen=True, slots=True)
class OperationRow(Row):
    """A running operation: an action that is tried until it is done, or staff's ("manual mode")."""

    TABLE: ClassVar = "bm_operations"
    KEY: ClassVar = ("service", "number")

    service: str
    number: int
    """From 1 within the service."""
    verb: str
    """`open`, `suspend`, `resume`, `close`."""
    began: float
    after: int
    """Number of the service's last action before it: what came later are its tries."""
    handled: int = 0
    """Tries of which the consequences have been drawn."""
    due: float = 0.0
    """When the next try may begin."""
    manual: bool = False
    ended: float | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class TaskRow(Row):
    """A task of a department: work that people do by hand."""

    TABLE: ClassVar = "bm_tasks"
    KEY: ClassVar = ("id",)

    id: int
    time: float
    department: str
    service: str
    subject: str
    verb: str = ""
    """The operation that waits for it, empty when none does."""
    module: int | None = None
    """The processing module that staff have assigned the service to; None leaves it where it is."""
    params: Any = field(default=None, repr=False)
    """What staff have entered for the assigned module."""
    open: bool = True
    closed: float | None = None
    closed_by: str = ""


@dataclass(frozen=True, slots=True)
class MessageRow(Row):
    """An e-mail. `text` may hold passwords, as a welcome message does."""

    TABLE: ClassVar = "bm_messages"
    KEY: ClassVar = ("id",)

    id: int
    time: float
    to: str
    subject: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProblemRow(Row):
    """A problem that the monitoring shows: `processingmodule_connect`, `processingmodule_getnextmodule`."""

    TABLE: ClassVar = "bm_problems"
    KEY: ClassVar = ("id",)

    id: int
    time: float
    name: str
    module: str
    """The processing module's name."""
    text: str


ROWS: Sequence[type[Row]] = (
    SettingRow,
    ConfirmationRow,
    DatacenterRow,
    ModuleRow,
    TariffRow,
    DepartmentRow,
    ItemRow,
    OperationRow,
    TaskRow,
    MessageRow,
    ProblemRow,
)
