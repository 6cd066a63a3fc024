"""Steps of a scenario with WHMCS: what its administrator does beside a service's life."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, Tag, model_validator

from simulator.files.base import FileModel
from simulator.scenario.schema.base import EMAIL, ModuleStep

__all__ = [
    "WHMCS_STEPS",
    "WHMCS_VERBS",
    "ConnectionArgs",
    "EditCardArgs",
    "PlaceArgs",
    "PricingArgs",
    "ServerGroupArgs",
    "WhmcsStep",
]


class PlaceArgs(FileModel):
    """An order that waits for being processed; `create` with the same service processes it."""

    service: str
    """A name for the service, which later steps and expectations use."""
    client: str = Field(pattern=EMAIL)
    """E-mail."""
    configuration: str | None = None
    """Instead of the one in `settings`."""
    options: dict[str, str | int] | None = None
    """Configurable options by their names in the order form."""
    verified: bool = True
    """Whether the client's e-mail is verified."""


class EditCardArgs(FileModel):
    """The administrator writes into the service card, by hand."""

    service: str
    """The service whose card it is."""
    server: str | None = None
    """DCImgr server ID, here by the server's name; `any` empties the field."""
    dedicated_ip: str | None = None
    """Dedicated IP."""
    assigned_ips: list[str] | None = None
    """Assigned IPs."""

    @model_validator(mode="after")
    def something(self) -> EditCardArgs:
        if self.server is None and self.dedicated_ip is None and self.assigned_ips is None:
            raise ValueError("say what is written: `server`, `dedicated_ip` or `assigned_ips`")
        return self


class ModuleArgs(FileModel):
    """Nothing else to say: `activate_module: {}`."""


class ConnectionArgs(FileModel):
    """One entry of Setup, Servers: to the lab's own panel with its administrator, unless something else is typed in."""

    name: str
    """The connection's name."""
    most: int = Field(default=200, ge=1)
    """Maximum number of accounts."""
    disabled: bool = False
    """It gets no new services."""
    url: str | None = None
    """The panel's address, instead of the lab's own."""
    username: str | None = None
    """The user that it logs in with, instead of the panel's administrator."""
    password: str | None = None
    """That user's password."""


class PricingArgs(FileModel):
    """The product's pricing, for services that are ordered from now on."""

    period: str
    """Billing cycle, such as `month` or `year`."""
    price: float = Field(default=0, ge=0)
    """Of a period."""


class ServerGroupArgs(FileModel):
    """The product's server group, as it is from now on; a service stays with the connection that it has."""

    connections: list[ConnectionArgs] = Field(min_length=1)
    """Its connections, in their order."""
    fill: Literal["least", "one by one"] = "least"
    """`least`: the connection with the fewest services gets the next; `one by one`: the first that is not full."""


class PlaceStep(ModuleStep):
    """`whmcs6` only, as all that follow."""

    place: PlaceArgs
    """The order that is placed and waits."""


class EditCardStep(ModuleStep):
    edit_card: EditCardArgs
    """What is written into a service card."""


class ActivateModuleStep(ModuleStep):
    """System settings, Addon Modules, Activate."""

    activate_module: ModuleArgs
    """Nothing more to say: `{}`."""


class DeactivateModuleStep(ModuleStep):
    deactivate_module: ModuleArgs
    """Nothing more to say: `{}`."""


class ServerGroupStep(ModuleStep):
    server_group: ServerGroupArgs
    """The connections of the group, and how one is chosen."""


class PricingStep(ModuleStep):
    pricing: PricingArgs
    """The price of services that are ordered from now on."""


WhmcsStep = (
    Annotated[PlaceStep, Tag("<place>")]
    | Annotated[EditCardStep, Tag("<edit_card>")]
    | Annotated[ActivateModuleStep, Tag("<activate_module>")]
    | Annotated[DeactivateModuleStep, Tag("<deactivate_module>")]
    | Annotated[ServerGroupStep, Tag("<server_group>")]
    | Annotated[PricingStep, Tag("<pricing>")]
)
WHMCS_STEPS: tuple[type[ModuleStep], ...] = tuple(get_args(each)[0] for each in get_args(WhmcsStep))
WHMCS_VERBS = tuple(next(name for name in step.model_fields if name != "expect") for step in WHMCS_STEPS)
