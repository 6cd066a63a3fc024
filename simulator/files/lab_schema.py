"""The lab file: what stands in the hall, how it is wired, and how the panel in front of it is set up.

Sizes are octets, times seconds, rates bits per second once read; files write them with units.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    WithJsonSchema,
    model_validator,
)

from simulator.files.base import FileModel
from simulator.files.hosting import IspmanagerSpec
from simulator.files.link_speed import DuplexWord, SpeedWord
from simulator.files.units import Duration, Moment, Octets, Rate, Share, Zone

__all__ = [
    "BmcSpec",
    "HandlerSpec",
    "LabSpec",
    "LocationSpec",
    "NicSettingSpec",
    "PanelSpec",
    "PduSpec",
    "PoolSpec",
    "PortSettingSpec",
    "RackSpec",
    "ServerSpec",
    "SinkSpec",
    "SnmpSpec",
    "SwitchSpec",
    "TemplateSpec",
    "TimingSpec",
    "UserSpec",
]

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._{}:+-]*$", max_length=64)]
"""A name, or with `count` a pattern: `srv-{n:02}`."""


class BmcSpec(FileModel):
    username: str = "ADMIN"
    password: str = "ADMIN"  # noqa: S105 - the well-known default of the boards that this imitates
    address: str | None = None
    """Numeric; by default the next of 127.16/12."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """By default 6230, and 623 for a real one."""
    shared: Literal["nic1"] | None = None
    """The BMC has no cable of its own: it shares this NIC, its cable, its switch port and that port's VLAN with the
    host, and is silent whenever that link is down."""
    kg: str = Field(default="", pattern=r"^[ -~]{0,20}$")
    """The BMC's own key K_g, which the panel is told too; without, it has none."""
    driver: Literal["ipmi", "ipmi-own"] | None = None
    """The BMC is a real one, or another program's, at `address`: reached with pyghmi, or with Rackloop's own client. Such
    a lab runs on the wire only; the rest of the server is emulated, and does what the BMC says."""
    allow: list[Literal["power", "boot", "users"]] = []
    """What of a real one may be written: chassis power, boot flags, users. Without, it is only read."""
    alerts: list[Annotated[str, StringConstraints(pattern=r"^[0-9.]+:[0-9]{1,5}$")]] = Field(default=[], max_length=4)
    """Receivers of its Platform Event Traps, `host:port`; with any, event filtering is switched on."""


Community = Annotated[str, StringConstraints(min_length=1, max_length=64)]
SnmpDriver = Literal["snmp", "snmp-own"]
Communities = Annotated[
    list[Community],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
SnmpPort = Annotated[int, Field(ge=1, le=65535)]


class SnmpSpec(FileModel):
    """How equipment is set up for SNMP, and how the panel speaks to it. With version 3 it answers its user and no
    community.
    """

    version: Annotated[
        Literal["1", "2c", "3"],
        BeforeValidator(lambda value: str(value) if isinstance(value, int) else value),
        WithJsonSchema({"enum": [1, "1", "2c", 3, "3"]}),
    ] = "2c"
    """What the panel speaks."""
    speaks: list[
        Annotated[
            Literal["1", "2c"],
            BeforeValidator(lambda value: str(value) if isinstance(value, int) else value),
            WithJsonSchema({"enum": [1, "1", "2c"]}),
        ]
    ] = Field(default=[], repr=False)
    """What the device speaks; by default 1 with version 1, and both 1 and 2c with 2c. Others it drops, without a word."""
    read: Communities = Field(default=[], repr=False)
    """Communities that the device lets read."""
    write: Communities = Field(default=[], repr=False)
    """Those that it lets read and write; by default `community`, unless that is among `read`."""
    user: str | None = Field(default=None, min_length=1, max_length=32)
    auth: Literal["md5", "sha", "sha224", "sha256", "sha384", "sha512"] | None = None
    auth_key: str = ""
    """The password, eight characters at least; likewise `priv_key`."""
    priv: Literal["des", "aes", "aes192", "aes256"] | None = None
    priv_key: str = ""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.version != "3":
            if self.user or self.auth or self.priv or self.auth_key or self.priv_key:
                raise ValueError("users and keys are those of `version: 3`")
            return self
        if self.user is None:
            raise ValueError("`version: 3` needs a `user`")
        if self.read or self.write or self.speaks:
            raise ValueError("communities are those of versions 1 and 2c")
        if self.priv and not self.auth:
            raise ValueError("there is no privacy without authentication: `priv` needs `auth`")
        for word, key in (("auth", self.auth_key), ("priv", self.priv_key)):
            if getattr(self, word) and len(key) < 8:
                raise ValueError(f"`{word}` needs a `{word}_key` of at least eight characters")
            if key and not getattr(self, word):
                raise ValueError(f"`{word}_key` is of no use without `{word}`")
        return self


class HandlerSpec(FileModel):
    """A handler of one's own, as DCImanager 5 runs it; on the wire only."""

    executable: str
    """Its path, relative to this file."""


def _handler_kind(value: Any) -> str:
    return "<name>" if isinstance(value, str) else "<program>"


Handler = Annotated[
    Annotated[str, Tag("<name>")] | Annotated[HandlerSpec, Tag("<program>")], Discriminator(_handler_kind)
]
"""The name of a page, or `{executable: path}`."""


class PortSettingSpec(FileModel):
    """A port that somebody has set by hand. A speed alone, or a duplex alone, leaves the other to negotiation."""

    port: int = Field(ge=1)
    speed: SpeedWord = "auto"
    duplex: DuplexWord = "auto"
    stp: Literal["edge", "classic"] | None = None
    """By default the switch's."""


class NicSettingSpec(FileModel):
    """The same of a server's NIC."""

    nic: str
    speed: SpeedWord = "auto"
    duplex: DuplexWord = "auto"


class SwitchSpec(FileModel):
    name: Name
    model: str = "cisco-c3560"
    """A personality of the switch; `rackloop validate` names those there are."""
    ports: int = Field(default=24, ge=1, le=512)
    port_speed: Rate = 1_000_000_000
    """The most that its ports can do."""
    port_settings: list[PortSettingSpec] = []
    """Ports that do not negotiate freely: `[{port: 3, speed: 100 Mbit/s, duplex: full}]`."""
    stp: Literal["edge", "classic"] = "edge"
    """Spanning tree at its ports: `classic` drops frames for 30 seconds after a link has come up, `edge` lets them through at once.
    A port may have its own, in `port_settings`."""
    community: str = "private"
    """The panel's; by default the first that may write."""
    port: SnmpPort = 1161
    """Where it answers SNMP; 161 is what real ones have, and needs privileges."""
    snmp: SnmpSpec | None = None
    """By default what the rack says, else version 2c."""
    handler: Handler | None = None
    """The panel's handler; by default the one that fits the model."""
    driver: SnmpDriver | None = None
    """The switch is a real one, or another program's, at `address`: reached with pysnmp, or with Rackloop's own client. Such a
    lab runs on the wire only. Only ports that a cable of the lab names are ever written."""
    address: str | None = None
    """Numeric; of a real one, whose `port` is 161 unless it is given."""
    allow: list[Literal["ports", "vlans", "speeds"]] = []
    """What of a real one may be written: ports up and down, their VLANs, their speed. Without, it is only read."""
    power: str | None = None
    """The outlet that feeds it, `pdu-a1/24`; without, it has a feed of its own."""
    count: int = Field(default=1, ge=1)
    first: int = Field(default=1, ge=0)


class PduSpec(FileModel):
    name: Name
    model: str = "apc-ap8641"
    outlets: int = Field(default=24, ge=1, le=512)
    community: str = "private"
    """The panel's; by default the first that may write."""
    port: SnmpPort = 1161
    """Where it answers SNMP; 161 is what real ones have, and needs privileges."""
    snmp: SnmpSpec | None = None
    """By default what the rack says, else version 2c."""
    handler: Handler | None = None
    driver: SnmpDriver | None = None
    """As of a switch; only outlets that a cable of the lab names are ever switched."""
    address: str | None = None
    """Numeric; of a real one, whose `port` is 161 unless it is given."""
    allow: list[Literal["power"]] = []
    """What of a real one may be written: its outlets. Without, it is only read."""
    count: int = Field(default=1, ge=1)
    first: int = Field(default=1, ge=0)


class ServerSpec(FileModel):
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
    """The most that its NICs can do."""
    nic_settings: list[NicSettingSpec] = []
    """NICs that do not negotiate freely: `[{nic: nic1, speed: 100 Mbit/s, duplex: full}]`."""
    bond: list[str] = []
    """NICs that installed systems make one interface of, `[nic1, nic2]`: reached while any of its ports is up."""
    power: Literal["on", "off"] = "off"
    address: str | None = Field(default=None, max_length=64)
    """The main address that the panel has for the free server, of the domain `free.ds`: an address (with `count` a pattern,
    `192.0.2.{n}`), or the name of a pool, whose lowest free one it is. Without, a free server has none."""
    unit: int | None = None
    count: int = Field(default=1, ge=1)
    first: int = Field(default=1, ge=0)


class RackSpec(FileModel):
    name: Name
    snmp: SnmpSpec | None = None
    """Of its switches and PDUs that say nothing else."""
    switches: list[SwitchSpec] = []
    pdus: list[PduSpec] = []
    servers: list[ServerSpec] = []
    count: int = Field(default=1, ge=1)
    first: int = Field(default=1, ge=0)


class LocationSpec(FileModel):
    id: int = Field(default=1, ge=1)
    name: str = "Main hall"


class PoolSpec(FileModel):
    name: str
    range: str
    """`192.0.2.10-192.0.2.99`, a single address, or a network `192.0.2.0/24`."""
    gateway: str
    network: str | None = None
    """`192.0.2.0/24`; by default the /24 around the gateway."""
    deallocation: bool = False
    """Marked in the panel as a pool for the deallocation of servers (diagnostics)."""


class TemplateSpec(FileModel):
    name: str
    type: Literal["os", "diagnostic", "rescue"]
    """`rescue` runs from memory and lets people in."""
    image: Octets = 900_000_000
    work: Duration = 20 * 60.0
    """What the image does besides reading itself and writing to disks, at nominal speed."""
    tags: list[str] = []
    installed: bool = Field(default=True, repr=False)
    """False: it is in the repository only, and nobody can be given it before the administrator installs it there."""


class UserSpec(FileModel):
    email: str
    password: str
    full_name: str = ""
    roles: list[str] = ["@user"]
    timezone: Zone = Field(default="UTC", repr=False)
    """His own, which the panel keeps with his account."""


def _place(text: str) -> str:
    if int(text.rpartition(":")[2]) not in range(1, 65536):
        raise ValueError(f"{text!r}: a port is 1 to 65535")
    return text


Place = Annotated[str, StringConstraints(pattern=r"^[0-9.]+:[0-9]{1,5}$"), AfterValidator(_place)]


class SinkSpec(FileModel):
    """A listener for traps."""

    to: Place
    """`host:port`."""
    version: Annotated[
        Literal["1", "2c"],
        BeforeValidator(lambda value: str(value) if isinstance(value, int) else value),
        WithJsonSchema({"enum": [1, "1", "2c"]}),
    ] = "2c"
    community: str = "public"
    inform: bool = False
    """Send informs, which are repeated until they are answered."""

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.inform and self.version == "1":
            raise ValueError("version 1 has no informs")
        return self


def _sink_kind(value: Any) -> str:
    return "<place>" if isinstance(value, str) else "<sink>"


TrapSink = Annotated[Annotated[Place, Tag("<place>")] | Annotated[SinkSpec, Tag("<sink>")], Discriminator(_sink_kind)]


class PanelSpec(FileModel):
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
    trap_sinks: list[TrapSink] = []
    """Other listeners, to which all switches and PDUs send their traps as well: `host:port` (SNMP v2c), or a mapping."""
    dhcp_timeout: Duration = 900.0
    """How long an operation waits for the server's DHCP request before it fails."""
    diagnostic_timeout: Duration = 3600.0
    timezone: Zone = "UTC"
    """Where the panel's host stands: dates that it writes without a zone, and the days that it counts traffic by, are this
    zone's."""
    dialect: str = ""
    """A file of one's own with paths, keys and codes of the DCImanager 6 API, relative to this one."""


class TimingSpec(FileModel):
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


class LabSpec(FileModel):
    """A lab file, as written (groups not yet multiplied)."""

    lab: str
    racks: list[RackSpec] = Field(min_length=1)
    panel: PanelSpec = PanelSpec()
    ispmanager: IspmanagerSpec | None = None
    timings: TimingSpec = TimingSpec()
    epoch: Moment | None = None
    """What the calendar shows when the lab starts, `2026-03-29T00:30:00Z`; else the start of 2026, and today's date on a lab
    that is up with a clock that runs."""
