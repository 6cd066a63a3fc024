"""Steps of a scenario with BILLmanager 6: what the provider sets up, what clients do, what staff do."""

from __future__ import annotations

from typing import Annotated, Any, get_args

from pydantic import Field, Tag

from simulator.files.base import FileModel
from simulator.scenario.schema.base import EMAIL, ModuleStep, ServiceArgs

__all__ = [
    "BILLMANAGER_STEPS",
    "BILLMANAGER_VERBS",
    "AddDatacenterArgs",
    "AddDepartmentArgs",
    "AddModuleArgs",
    "AddTariffArgs",
    "BillManagerStep",
    "ChangeArgs",
    "ConfirmArgs",
    "ModuleArgs",
    "OrderArgs",
    "OrderStep",
    "PayArgs",
    "PayStep",
    "RegisterArgs",
    "TariffModuleArgs",
    "TaskArgs",
]


class AddDepartmentArgs(FileModel):
    name: str
    staff: list[str] = []
    """E-mails of those who see its tasks."""


class AddDatacenterArgs(FileModel):
    name: str
    dci6: bool = False
    """The "DCImanager 6 managed data center" feature; without it, it is one for DCImanager 5."""
    location: int | None = None
    """Id of the location in DCImanager 6."""
    sort: int = 0


class AddModuleArgs(FileModel):
    """Connect a processing module, to the lab's own panel with its administrator unless something else is typed in."""

    name: str
    type: str = "pmdci6"
    """`pmdci6`, `pmmanual`, `pmispmanager`."""
    datacenter: str = ""
    department: str
    sort: int = 0
    """Priority: of several on a tariff the lowest is taken."""
    url: str | None = None
    username: str | None = None
    password: str | None = None


class ModuleArgs(FileModel):
    module: str


class AddTariffArgs(FileModel):
    name: str
    itemtype: str = "dedic"
    modules: list[str] = []
    """The enabled processing modules."""
    params: dict[str, Any] = {}
    period: str = ""
    """Order period, such as `month`; without one services are sold once and for all."""
    price: float = Field(default=0, ge=0)
    """Of a period."""


class TariffModuleArgs(FileModel):
    tariff: str
    module: str


class RegisterArgs(FileModel):
    client: str = Field(pattern=EMAIL)
    """E-mail."""


class ConfirmArgs(FileModel):
    client: str = Field(pattern=EMAIL)
    """E-mail."""
    code: str | None = None
    """Without one, that of the message which the client got."""


class OrderArgs(FileModel):
    """A client orders a tariff plan in the client area."""

    service: str
    client: str = Field(pattern=EMAIL)
    """E-mail."""
    tariff: str
    params: dict[str, Any] = {}
    """Over the tariff's."""
    server: str | None = None
    """The one server that may be issued."""


class PayArgs(FileModel):
    """The client pays for the order; its processing begins."""

    service: str


class ChangeArgs(ServiceArgs):
    params: dict[str, Any]


class TaskArgs(FileModel):
    """A staff member and the open task about a service."""

    service: str
    staff: str
    """E-mail."""
    module: str = ""
    """To assign the service to another processing module."""
    params: dict[str, Any] = {}
    """What is entered for it."""
    server: str | None = None
    """This server has been prepared by hand: it is given to the client in the panel, and its id is entered."""


class AddDepartmentStep(ModuleStep):
    """`billmanager6` only, as all that follow."""

    add_department: AddDepartmentArgs


class AddDatacenterStep(ModuleStep):
    add_datacenter: AddDatacenterArgs


class AddModuleStep(ModuleStep):
    add_module: AddModuleArgs


class RefreshModuleStep(ModuleStep):
    """Update the configuration of a processing module by hand."""

    refresh_module: ModuleArgs


class AddTariffStep(ModuleStep):
    add_tariff: AddTariffArgs


class EnableModuleStep(ModuleStep):
    enable_module: TariffModuleArgs


class DisableModuleStep(ModuleStep):
    disable_module: TariffModuleArgs


class RegisterStep(ModuleStep):
    register_client: RegisterArgs


class ConfirmStep(ModuleStep):
    confirm_email: ConfirmArgs


class OrderStep(ModuleStep):
    order: OrderArgs


class PayStep(ModuleStep):
    pay: PayArgs


class ChangeStep(ModuleStep):
    change: ChangeArgs


class AssignTaskStep(ModuleStep):
    assign_task: TaskArgs


class CloseTaskStep(ModuleStep):
    close_task: TaskArgs


class ReturnTaskStep(ModuleStep):
    """Give the operation back to the processing module."""

    return_task: TaskArgs


BillManagerStep = (
    Annotated[AddDepartmentStep, Tag("<add_department>")]
    | Annotated[AddDatacenterStep, Tag("<add_datacenter>")]
    | Annotated[AddModuleStep, Tag("<add_module>")]
    | Annotated[RefreshModuleStep, Tag("<refresh_module>")]
    | Annotated[AddTariffStep, Tag("<add_tariff>")]
    | Annotated[EnableModuleStep, Tag("<enable_module>")]
    | Annotated[DisableModuleStep, Tag("<disable_module>")]
    | Annotated[RegisterStep, Tag("<register_client>")]
    | Annotated[ConfirmStep, Tag("<confirm_email>")]
    | Annotated[OrderStep, Tag("<order>")]
    | Annotated[PayStep, Tag("<pay>")]
    | Annotated[ChangeStep, Tag("<change>")]
    | Annotated[AssignTaskStep, Tag("<assign_task>")]
    | Annotated[CloseTaskStep, Tag("<close_task>")]
    | Annotated[ReturnTaskStep, Tag("<return_task>")]
)
BILLMANAGER_STEPS: tuple[type[ModuleStep], ...] = tuple(get_args(each)[0] for each in get_args(BillManagerStep))
BILLMANAGER_VERBS = tuple(next(name for name in step.model_fields if name != "expect") for step in BILLMANAGER_STEPS)
