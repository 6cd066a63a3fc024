"""The lab file: what stands in the hall, how it is wired, and how the panel in front of it is set up.

Sizes are octets, times seconds, rates bits per second once read; files write them with units.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from simulator.files.units import Duration, Octets, Rate, Share

__all__ = [
    "BmcSpec",
    "LabSpec",
    "LocationSpec",
    "PanelSpec",
    "PduSpec",
    "PoolSpec",
    "RackSpec",
    "ServerSpec",
    "SwitchSpec",
    "TemplateSpec",
    "TimingSpec",
    "UserSpec",
]

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._{}:+-]*$", max_length=64)]
"""A name, or with `count` a pattern: `srv-{n:02}`."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class BmcSpec(Strict):
    username: str = "ADMIN"
    password: str = "ADMIN"  # noqa: S105 - the well-known default of the boards that this imitates
    address: str | None = None
    """Numeric; by default the next of 127.16/12."""


class SwitchSpec(Strict):
    name: Name
    model: str = "cisco-c3560"
    """A personality of the switch; `rackloop validate` names those there are."""
    ports: int = Field(default=24, ge=1, le=512)
    port_speed: Rate = 1_000_000_000
    community: str = "private"
    handler: str | None = None
    """The panel's handler; by default the one that fits the model."""
    power: str | None = None
    """The outlet that feeds it, `pdu-a1/24`; without, it has a feed of its own."""
    count: int = Field(default=1, ge=1)
    first: int = Field(default=1, ge=0)


class PduSpec(Strict):
    name: Name
    model: str = "apc-ap8641"
    outlets: int = Field(default=24, ge=1, le=512)
    community: str = "private"
    handler: str | None = None
    count: int = Field(default=1, ge=1)
    first: int = Field(default=1, ge=0)


class ServerSpec(Strict):
    name: Name
    configuration: str
    """As diagnostics would set it: `[<n>x]<CPU>-<RAM>Gb-<disk>[-<disk>...]`, e.g. `E3-1230-16Gb-2x1000SSD`."""
    model: str = "supermicro-x10"
    """A personality of the BMC."""
    cables: dict[str, str] = Field(default_factory=dict)
    """`nic1: sw-a1/{n}`, `psu1: pdu-a1/{n}`; `nic1: unmanaged` is a link that the panel knows nothing of, `psu1: mains`
    a feed of its own. Without any `psuN` the server has one supply on the mains."""
    bmc: BmcSpec = BmcSpec()
    nic_speed: Rate = 1_000_000_000
    power: Literal["on", "off"] = "off"
    unit: int | None = None
    count: int = Field(default=1, ge=1)
    first: int = Field(default=1, ge=0)


class RackSpec(Strict):
    name: Name
    switches: list[SwitchSpec] = []
    pdus: list[PduSpec] = []
    servers: list[ServerSpec] = []
    count: int = Field(default=1, ge=1)
    first: int = Field(default=1, ge=0)


class LocationSpec(Strict):
    id: int = Field(default=1, ge=1)
    name: str = "Main hall"


class PoolSpec(Strict):
    name: str
    range: str
    """`192.0.2.10-192.0.2.99`, a single address, or a network `192.0.2.0/24`."""
    gateway: str
    network: str | None = None
    """`192.0.2.0/24`; by default the /24 around the gateway."""
    deallocation: bool = False
    """Marked in the panel as a pool for the deallocation of servers (diagnostics)."""


class TemplateSpec(Strict):
    name: str
    type: Literal["os", "diagnostic"]
    image: Octets = 900_000_000
    work: Duration = 20 * 60.0
    """What the image does besides reading itself and writing to disks, at nominal speed."""
    tags: list[str] = []


class UserSpec(Strict):
    email: str
    password: str
    full_name: str = ""
    roles: list[str] = ["@user"]


class PanelSpec(Strict):
    location: LocationSpec = LocationSpec()
    admin: UserSpec = UserSpec(email="admin@example.com", password="rackloop-admin", roles=["@admin"])  # noqa: S106
    users: list[UserSpec] = []
    pools: list[PoolSpec] = []
    templates: list[TemplateSpec] = []
    token_ttl: Duration = 3600.0
    """Seconds of inactivity after which a session ends."""
    bmc_poll: Duration = 1800.0
    switch_poll: Duration = 300.0
    pdu_poll: Duration = 300.0
    traps: bool = False
    """The panel listens for traps, and switches are set up to send it theirs: it then knows at once when a port's link
    changes, and need not wait for its next poll."""
    trap_sinks: list[Annotated[str, StringConstraints(pattern=r"^[0-9.]+:[0-9]{1,5}$")]] = []
    """Other listeners, `host:port`, to which all switches and PDUs send their traps as well (SNMP v2c)."""
    dhcp_timeout: Duration = 900.0
    """How long an operation waits for the server's DHCP request before it fails."""
    diagnostic_timeout: Duration = 3600.0
    dialect: str = ""
    """A file of one's own with paths, keys and codes of the DCImanager 6 API, relative to this one."""


class TimingSpec(Strict):
    """How long the hardware takes, at nominal speed."""

    jitter: Share = 0.05
    """Each duration is drawn anew, give or take this share."""
    bmc_start: Duration = 45.0
    equipment_start: Duration = 30.0
    post: Duration = 95.0
    loader: Duration = 20.0
    os_boot: Duration = 60.0
    shutdown: Duration = 25.0
    cycle_pause: Duration = 5.0
    transfer_timeout: Duration = 120.0
    """How long a running image puts up with a dead link before it gives up."""


class LabSpec(Strict):
    """A lab file, as written (groups not yet multiplied)."""

    lab: str
    racks: list[RackSpec] = Field(min_length=1)
    panel: PanelSpec = PanelSpec()
    timings: TimingSpec = TimingSpec()
