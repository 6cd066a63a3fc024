"""What a scenario does, as written: each step is one of several shapes, told apart by its first word, as is a fault."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, WithJsonSchema

from simulator.files.base import FileModel
from simulator.files.units import Duration
from simulator.scenario.schema.base import EMAIL, ModuleStep, ServiceArgs, Step, by_key
from simulator.scenario.schema.billmanager6 import BILLMANAGER_VERBS, BillManagerStep, PayStep
from simulator.scenario.schema.expect import ExpectSpec
from simulator.scenario.schema.whmcs6 import WHMCS_VERBS, WhmcsStep

__all__ = [
    "AddAddressStep",
    "AddPanelArgs",
    "AddPanelStep",
    "AddressArgs",
    "CallArgs",
    "ChangePasswordStep",
    "CheckStep",
    "ClearStep",
    "ColocationArgs",
    "ColocationStep",
    "CreateArgs",
    "CreateStep",
    "DeleteAddressStep",
    "FaultMap",
    "FaultStep",
    "MarkFaultyArgs",
    "MarkFaultyStep",
    "ServerAddedArgs",
    "ServerAddedStep",
    "ServerRemovedStep",
    "ServiceStep",
    "StepSpec",
    "SuspendStep",
    "TerminateStep",
    "TogetherStep",
    "UnsuspendStep",
    "WaitStep",
]


FaultMap = Annotated[
    dict[str, Any],
    WithJsonSchema({"x-ref": "Fault"}),
]
"""`{kind: {parameters}}`; what stands in it is checked against the catalogue of faults."""


class CreateArgs(ServiceArgs):
    client: str = Field(pattern=EMAIL)
    """E-mail."""
    configuration: str | None = None
    """Instead of the one in `settings`."""
    server: str | None = None
    """The one server that may be issued (the id in the service card)."""
    os: str | None = None
    """Instead of the template in `settings`."""
    options: dict[str, str | int] | None = None
    """Configurable options by their names in the order form (whmcs6): `{os: debian-12, ip: 2, ip6: 1, ip6_prefix: 64}`."""
    period: str | None = None
    """Order period, one of the package's (billmanager5); without one, the package's first."""
    verified: bool = True
    """Whether the client's e-mail is verified."""


class AddPanelArgs(FileModel):
    """Add the panel to BILLmanager, as its administrator unless something else is typed in."""

    username: str | None = None
    """The user that is typed in, instead of the panel's administrator."""
    password: str | None = None
    """That user's password."""


class AddressArgs(ServiceArgs):
    address: str | None = None
    """The one to delete; without one, the service's last."""
    family: Literal["ipv4", "ipv6"] = "ipv4"
    """IP version 4 or 6."""


class ColocationArgs(FileModel):
    """An order that people fulfil: a ticket goes to the department."""

    service: str
    """A name for the service, which later steps and expectations use."""
    client: str = Field(pattern=EMAIL)
    """E-mail."""


class ServerAddedArgs(FileModel):
    """The department has put the client's machine into the panel, and enters its id."""

    service: str
    """The ordered service."""
    server: str
    """The client's machine, a server of the lab."""


class CreateStep(Step):
    create: CreateArgs
    """The order that is placed and processed: a server is found, given and installed."""


class SuspendStep(Step):
    suspend: ServiceArgs
    """The service that is cut off, and kept."""


class UnsuspendStep(Step):
    unsuspend: ServiceArgs
    """The suspended service that goes on."""


class TerminateStep(Step):
    terminate: ServiceArgs
    """The service that ends: its server is given back."""


class AddPanelStep(ModuleStep):
    """`billmanager5` only, as the six after it."""

    add_panel: AddPanelArgs
    """The panel, as it is entered."""


class AddAddressStep(ModuleStep):
    add_address: AddressArgs
    """A service that gets one more address."""


class DeleteAddressStep(ModuleStep):
    delete_address: AddressArgs
    """A service that loses an address."""


class ChangePasswordStep(ModuleStep):
    change_password: ServiceArgs
    """A service whose password is changed."""


class ColocationStep(ModuleStep):
    order_colocation: ColocationArgs
    """A place for a client's own machine."""


class ServerAddedStep(ModuleStep):
    server_added: ServerAddedArgs
    """The machine that has come."""


class ServerRemovedStep(ModuleStep):
    server_removed: ServiceArgs
    """The service whose machine has gone."""


class RenewStep(ModuleStep):
    renew: ServiceArgs
    """A service that is paid for one more period."""


class MarkFaultyArgs(FileModel):
    """The panel's administrator marks a server as faulty by hand, or takes the mark off."""

    server: str
    """The server."""
    reason: str = "hardware problem"
    """What the administrator notes."""
    faulty: bool = True
    """False takes the mark off."""


class MarkFaultyStep(FileModel):
    """Whatever the billing module."""

    mark_faulty: MarkFaultyArgs
    """The server, and the reason."""


class PackageArgs(ServiceArgs):
    """Another package for a service that lives: what of it changes."""

    configuration: str | None = None
    """The new server configuration."""
    options: dict[str, str | int] = {}
    """The configurable options that change, by their names in the order form."""


class ReinstallArgs(ServiceArgs):
    os: str
    """The template."""


class ConnectionArgs(FileModel):
    """Nothing more is said."""

    service: str = ""
    """A service whose connection is tried; by default the module's own."""


class CallArgs(ServiceArgs):
    """A word of the module's own; `args` are given to it as they are."""

    verb: str = Field(pattern=r"^[A-Za-z_]\w*$")
    """The word, one of the module's `verbs`."""
    args: dict[str, Any] = {}
    """What it is given."""


class ChangePackageStep(ModuleStep):
    """Modules of the contract only, as the three after it."""

    change_package: PackageArgs
    """A service, and what of its package changes."""


class ReinstallStep(ModuleStep):
    reinstall: ReinstallArgs
    """A service, and what is installed."""


class TestConnectionStep(ModuleStep):
    test_connection: ConnectionArgs
    """The module tries whether it reaches the panel."""


class CallStep(ModuleStep):
    call: CallArgs
    """A word of the module's own."""


class WaitStep(FileModel):
    wait: Duration
    """How long nothing is done, lab time (`10m`)."""


class FaultStep(FileModel):
    fault: FaultMap
    """Strikes now, or when its `at` has come."""


class ClearStep(FileModel):
    clear: str
    """Mends faults: a kind, the name of what was hit, or `all`."""


class TogetherStep(FileModel):
    together: list[ServiceStep] = Field(min_length=1)
    """Begun at once; the step ends when all have ended."""


class CheckStep(FileModel):
    check: list[ExpectSpec] = Field(min_length=1)
    """Expectations that must hold at this point."""


ServiceStep = Annotated[
    Annotated[CreateStep, Tag("<create>")]
    | Annotated[SuspendStep, Tag("<suspend>")]
    | Annotated[UnsuspendStep, Tag("<unsuspend>")]
    | Annotated[TerminateStep, Tag("<terminate>")]
    | Annotated[PayStep, Tag("<pay>")],
    Discriminator(by_key("create", "suspend", "unsuspend", "terminate", "pay")),
]

StepSpec = Annotated[
    Annotated[CreateStep, Tag("<create>")]
    | Annotated[SuspendStep, Tag("<suspend>")]
    | Annotated[UnsuspendStep, Tag("<unsuspend>")]
    | Annotated[TerminateStep, Tag("<terminate>")]
    | Annotated[AddPanelStep, Tag("<add_panel>")]
    | Annotated[AddAddressStep, Tag("<add_address>")]
    | Annotated[DeleteAddressStep, Tag("<delete_address>")]
    | Annotated[ChangePasswordStep, Tag("<change_password>")]
    | Annotated[ColocationStep, Tag("<order_colocation>")]
    | Annotated[ServerAddedStep, Tag("<server_added>")]
    | Annotated[ServerRemovedStep, Tag("<server_removed>")]
    | Annotated[RenewStep, Tag("<renew>")]
    | Annotated[ChangePackageStep, Tag("<change_package>")]
    | Annotated[ReinstallStep, Tag("<reinstall>")]
    | Annotated[TestConnectionStep, Tag("<test_connection>")]
    | Annotated[CallStep, Tag("<call>")]
    | BillManagerStep
    | WhmcsStep
    | Annotated[MarkFaultyStep, Tag("<mark_faulty>")]
    | Annotated[WaitStep, Tag("<wait>")]
    | Annotated[FaultStep, Tag("<fault>")]
    | Annotated[ClearStep, Tag("<clear>")]
    | Annotated[TogetherStep, Tag("<together>")]
    | Annotated[CheckStep, Tag("<check>")],
    Discriminator(
        by_key(
            "create",
            "suspend",
            "unsuspend",
            "terminate",
            "add_panel",
            "add_address",
            "delete_address",
            "change_password",
            "order_colocation",
            "server_added",
            "server_removed",
            "renew",
            "change_package",
            "reinstall",
            "test_connection",
            "call",
            *BILLMANAGER_VERBS,
            *WHMCS_VERBS,
            "mark_faulty",
            "wait",
            "fault",
            "clear",
            "together",
            "check",
        )
    ),
]


TogetherStep.model_rebuild()
