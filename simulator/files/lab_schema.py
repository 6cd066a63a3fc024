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
from simulator.files.snmp_schema import SnmpPort, SnmpSpec
from simulator.files.twin_schema import Twins, TwinSpec
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
    "TwinSpec",
    "UserSpec",
]

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._{}:+-]*$", max_length=64)]
"""A name, or with `count` a pattern: `srv-{n:02}`."""


class BmcSpec(FileModel):
    username: str = "ADMIN"
    """The user that the BMC has, and with which the panel logs in."""
    password: str = "ADMIN"  # noqa: S105 - the well-known default of the boards that this imitates
    """That user's password, 20 characters at most."""
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


SnmpDriver = Literal["snmp", "snmp-own"]


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
    """The port's number on the front, from 1."""
    speed: SpeedWord = "auto"
    """The speed that it is set to; `auto` negotiates."""
    duplex: DuplexWord = "auto"
    """The duplex that it is set to; `auto` negotiates."""
    stp: Literal["edge", "classic"] | None = None
    """By default the switch's."""


class NicSettingSpec(FileModel):
    """The same of a server's NIC."""

    nic: str
    """The NIC, `nic1`."""
    speed: SpeedWord = "auto"
    """The speed that it is set to; `auto` negotiates."""
    duplex: DuplexWord = "auto"
    """The duplex that it is set to; `auto` negotiates."""


class SwitchSpec(FileModel):
    name: Name
    """Its name, or with `count` a pattern: `sw-{rack}-{n}`."""
    model: str = "cisco-c3560"
    """A personality of the switch; `rackloop validate` names those there are."""
    ports: int = Field(default=24, ge=1, le=512)
    """How many ports it has; no more than its model can have."""
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
    """How many such switches there are."""
    first: int = Field(default=1, ge=0)
    """The number `{n}` of the first of them."""


class PduSpec(FileModel):
    name: Name
    """Its name, or with `count` a pattern: `pdu-{rack}-{n}`."""
    model: str = "apc-ap8641"
    """A personality of the PDU; `rackloop validate` names those there are."""
    outlets: int = Field(default=24, ge=1, le=512)
    """How many outlets it has."""
    community: str = "private"
    """The panel's; by default the first that may write."""
    port: SnmpPort = 1161
    """Where it answers SNMP; 161 is what real ones have, and needs privileges."""
    snmp: SnmpSpec | None = None
    """By default what the rack says, else version 2c."""
    handler: Handler | None = None
    """The panel's handler; by default the one that fits the model."""
    driver: SnmpDriver | None = None
    """As of a switch; only outlets that a cable of the lab names are ever switched."""
    address: str | None = None
    """Numeric; of a real one, whose `port` is 161 unless it is given."""
    allow: list[Literal["power"]] = []
    """What of a real one may be written: its outlets. Without, it is only read."""
    count: int = Field(default=1, ge=1)
    """How many such PDUs there are."""
    first: int = Field(default=1, ge=0)
    """The number `{n}` of the first of them."""


class ServerSpec(FileModel):
    name: Name
    """Its name, or with `count` a pattern: `srv-{n:02}`."""
    configuration: str
    """As diagnostics would set it: `[<n>x]<CPU>-<RAM>Gb-<disk>[-<disk>...]`, e.g. `E3-1230-16Gb-2x1000SSD`."""
    model: str = "supermicro-x10"
    """A personality of the BMC."""
    cables: dict[str, str] = Field(default_factory=dict)
    """`nic1: sw-a1/{n}`, `psu1: pdu-a1/{n}`; `nic1: unmanaged` is a link that the panel knows nothing of, `psu1: mains`
    a feed of its own. Without any `psuN` the server has one supply on the mains."""
    bmc: BmcSpec = BmcSpec()
    """How its BMC is reached and set up."""
    nic_speed: Rate = 1_000_000_000
    """The most that its NICs can do."""
    nic_settings: list[NicSettingSpec] = []
    """NICs that do not negotiate freely: `[{nic: nic1, speed: 100 Mbit/s, duplex: full}]`."""
    bond: list[str] = []
    """NICs that installed systems make one interface of, `[nic1, nic2]`: reached while any of its ports is up."""
    power: Literal["on", "off"] = "off"
    """Whether it is switched on when the lab starts."""
    address: str | None = Field(default=None, max_length=64)
    """The main address that the panel has for the free server, of the domain `free.ds`: an address (with `count` a pattern,
    `192.0.2.{n}`), or the name of a pool, whose lowest free one it is. Without, a free server has none."""
    unit: int | None = None
    """The rack unit of the (first) server, counted from below; by default the lowest that is free."""
    count: int = Field(default=1, ge=1)
    """How many such servers there are."""
    first: int = Field(default=1, ge=0)
    """The number `{n}` of the first of them."""


class RackSpec(FileModel):
    name: Name
    """Its name, or with `count` a pattern: `R{n:02}`."""
    snmp: SnmpSpec | None = None
    """Of its switches and PDUs that say nothing else."""
    switches: list[SwitchSpec] = []
    """Its switches, or groups of them."""
    pdus: list[PduSpec] = []
    """Its PDUs, or groups of them."""
    servers: list[ServerSpec] = []
    """Its servers, or groups of them, from below."""
    count: int = Field(default=1, ge=1)
    """How many such racks there are."""
    first: int = Field(default=1, ge=0)
    """The number `{r}` of the first of them."""


class LocationSpec(FileModel):
    id: int = Field(default=1, ge=1)
    """The location's id in DCImanager 6."""
    name: str = "Main hall"
    """The location's name."""


class PoolSpec(FileModel):
    name: str
    """The pool's name, as billing modules name it in their settings."""
    range: str
    """`192.0.2.10-192.0.2.99`, a single address, or a network `192.0.2.0/24`."""
    gateway: str
    """The network's gateway, which no server is given."""
    network: str | None = None
    """`192.0.2.0/24`; by default the /24 around the gateway."""
    deallocation: bool = False
    """Marked in the panel as a pool for the deallocation of servers (diagnostics)."""


class TemplateSpec(FileModel):
    name: str
    """The template's name, as billing modules name it in their settings."""
    type: Literal["os", "diagnostic", "rescue"]
    """`rescue` runs from memory and lets people in."""
    image: Octets = 900_000_000
    """The size of the image that is transferred, in decimal multiples: `900 MB`."""
    work: Duration = 20 * 60.0
    """What the image does besides reading itself and writing to disks, lab time at nominal speed."""
    tags: list[str] = []
    """Tags that the panel shows with it."""
    installed: bool = Field(default=True, repr=False)
    """False: it is in the repository only, and nobody can be given it before the administrator installs it there."""


class UserSpec(FileModel):
    email: str
    """The user's e-mail, with which he logs in to DCImanager 6; in version 5 it is his user name."""
    password: str
    """The user's password."""
    full_name: str = ""
    """The person's name."""
    roles: list[str] = ["@user"]
    """Roles in DCImanager 6: `@admin` or `@user`."""
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
    """The version that traps are sent in."""
    community: str = "public"
    """The community that traps carry."""
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
    """The location that everything stands in."""
    admin: UserSpec = UserSpec(email="admin@example.com", password="rackloop-admin", roles=["@admin"])  # noqa: S106
    """The panel's administrator: bundled modules and the lab's own observers log in as this one."""
    users: list[UserSpec] = []
    """Further users of the panel."""
    pools: list[PoolSpec] = []
    """Pools of IP addresses."""
    templates: list[TemplateSpec] = []
    """Operating systems, diagnostics and rescue systems."""
    token_ttl: Duration = 3600.0
    """Inactivity after which a session ends, lab time."""
    bmc_poll: Duration = 1800.0
    """How often the panel asks each BMC for power and sensors, lab time."""
    switch_poll: Duration = 300.0
    """How often it asks each switch for its ports and counters, lab time."""
    pdu_poll: Duration = 300.0
    """How often it asks each PDU for its outlets and load, lab time."""
    traps: bool = False
    """The panel listens for traps, and switches are set up to send it theirs: it then knows at once when a port's link
    changes, and need not wait for its next poll."""
    trap_sinks: list[TrapSink] = []
    """Other listeners, to which all switches and PDUs send their traps as well: `host:port` (SNMP v2c), or a mapping."""
    dhcp_timeout: Duration = 900.0
    """How long an operation waits for the server's DHCP request before it fails, lab time."""
    diagnostic_timeout: Duration = 3600.0
    """How long diagnostics may take before the operation fails, lab time."""
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
    """How long a BMC starts after it got power, before it answers, lab time."""
    equipment_start: Duration = 30.0
    """How long a switch, or the card of a PDU, starts before it answers, lab time."""
    post: Duration = 95.0
    """From power-on to the boot device, lab time: the firmware's self-test."""
    loader: Duration = 20.0
    """What the boot loader takes, lab time, beside the network's own."""
    os_boot: Duration = 60.0
    """How long an installed system starts before it answers pings, lab time."""
    shutdown: Duration = 25.0
    """How long a system that is asked to shut down takes, lab time."""
    cycle_pause: Duration = 5.0
    """How long a power cycle leaves the machine off, lab time."""
    transfer_timeout: Duration = 120.0
    """How long a running image puts up with a dead link before it gives up, lab time."""


class LabSpec(FileModel):
    """A lab file, as written (groups not yet multiplied)."""

    lab: str
    """The lab's name."""
    racks: list[RackSpec] = Field(min_length=1)
    """What stands in the hall."""
    panel: PanelSpec = PanelSpec()
    """How DCImanager is set up in front of it."""
    ispmanager: IspmanagerSpec | None = None
    """A shared hosting server beside it; without, there is none."""
    timings: TimingSpec = TimingSpec()
    """How long the hardware takes."""
    twin: Twins = []
    """`{of: pdu-a1, address: 10.1.2.3}`, or several of these."""
    epoch: Moment | None = None
    """What the calendar shows when the lab starts, `2026-03-29T00:30:00Z`; else the start of 2026, and today's date on a lab
    that is up with a clock that runs."""
