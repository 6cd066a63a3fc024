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
    """The department's name."""
    staff: list[str] = []
    """E-mails of those who see its tasks."""


class AddDatacenterArgs(FileModel):
    name: str
    """The data center's name."""
    dci6: bool = False
    """The "DCImanager 6 managed data center" feature; without it, it is one for DCImanager 5."""
    location: int | None = None
    """Id of the location in DCImanager 6."""
    sort: int = 0
    """Its place in the order form: lower comes first."""


class AddModuleArgs(FileModel):
    """Connect a processing module, to the lab's own panel with its administrator unless something else is typed in."""

    name: str
    """The processing module's name."""
    type: str = "pmdci6"
    """`pmdci6`, `pmmanual`, `pmispmanager`."""
    datacenter: str = ""
    """The data center that it serves, as `add_datacenter` named it."""
    department: str
    """The department that gets its tasks, as `add_department` named it."""
    sort: int = 0
    """Priority: of several on a tariff the lowest is taken."""
    url: str | None = None
    """The panel's address, instead of the lab's own."""
    username: str | None = None
    """The user that it logs in with, instead of the panel's administrator."""
    password: str | None = None
    """That user's password."""


class ModuleArgs(FileModel):
    module: str
    """The processing module, as `add_module` named it."""


class AddTariffArgs(FileModel):
    name: str
    """The tariff plan's name."""
    itemtype: str = "dedic"
    """The type of product: `dedic` or `vhost`."""
    modules: list[str] = []
    """The enabled processing modules."""
    params: dict[str, Any] = {}
    """Its parameters by BILLmanager's names; an order may have its own."""
    period: str = ""
    """Order period, such as `month`; without one services are sold once and for all."""
    price: float = Field(default=0, ge=0)
    """Of a period."""


class TariffModuleArgs(FileModel):
    tariff: str
    """The tariff plan, as `add_tariff` named it."""
    module: str
    """The processing module, as `add_module` named it."""


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
    """A name for the service, which later steps and expectations use."""
    client: str = Field(pattern=EMAIL)
    """E-mail."""
    tariff: str
    """The tariff plan, as `add_tariff` named it."""
    params: dict[str, Any] = {}
    """Over the tariff's."""
    server: str | None = None
    """The one server that may be issued."""


class PayArgs(FileModel):
    """The client pays for the order; its processing begins."""

    service: str
    """The ordered service."""


class ChangeArgs(ServiceArgs):
    params: dict[str, Any]
    """The parameters that change, with their new values."""


class TaskArgs(FileModel):
    """A staff member and the open task about a service."""

    service: str
    """The service that the task is about."""
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
    """A department of the provider, whose staff get tasks."""


class AddDatacenterStep(ModuleStep):
    add_datacenter: AddDatacenterArgs
    """A data center in BILLmanager."""


class AddModuleStep(ModuleStep):
    add_module: AddModuleArgs
    """A processing module, connected to a panel."""


class RefreshModuleStep(ModuleStep):
    """Update the configuration of a processing module by hand."""

    refresh_module: ModuleArgs
    """The module whose configuration is updated by hand."""


class AddTariffStep(ModuleStep):
    add_tariff: AddTariffArgs
    """A tariff plan."""


class EnableModuleStep(ModuleStep):
    enable_module: TariffModuleArgs
    """A processing module that a tariff uses from now on."""


class DisableModuleStep(ModuleStep):
    disable_module: TariffModuleArgs
    """A processing module that a tariff uses no more."""


class RegisterStep(ModuleStep):
    register_client: RegisterArgs
    """A client who registers in the client area."""


class ConfirmStep(ModuleStep):
    confirm_email: ConfirmArgs
    """A client who confirms his e-mail."""


class OrderStep(ModuleStep):
    order: OrderArgs
    """What is ordered, and by whom."""


class PayStep(ModuleStep):
    pay: PayArgs
    """The order that is paid for."""


class ChangeStep(ModuleStep):
    change: ChangeArgs
    """A service whose parameters are changed."""


class AssignTaskStep(ModuleStep):
    assign_task: TaskArgs
    """A task that a staff member takes."""


class CloseTaskStep(ModuleStep):
    close_task: TaskArgs
    """A task that a staff member has done."""


class ReturnTaskStep(ModuleStep):
    """Give the operation back to the processing module."""

    return_task: TaskArgs
    """A task that goes back to its processing module."""


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
