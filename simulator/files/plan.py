"""A lab ready to build: every group multiplied, every cable resolved, every address given. Records only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from simulator.files.configuration import Configuration
from simulator.files.hosting import IspmanagerSpec
from simulator.files.lab_schema import LocationSpec, PanelSpec, SnmpSpec, TemplateSpec, TimingSpec, UserSpec
from simulator.plant.ethernet import AUTO, LinkSetting

__all__ = [
    "BMC_PORT",
    "REAL_BMC_PORT",
    "REAL_SNMP_PORT",
    "SNMP_PORT",
    "BmcPlan",
    "LabPlan",
    "NicPlan",
    "OutletPlace",
    "PduPlan",
    "PoolPlan",
    "PortPlace",
    "PsuPlan",
    "RackPlan",
    "ServerPlan",
    "SwitchPlan",
    "TwinPlan",
]

BMC_PORT = 6230
REAL_BMC_PORT = 623
REAL_SNMP_PORT = 161
SNMP_PORT = 1161
"""Ports above 1023: a lab needs no privileges."""


@dataclass(frozen=True, slots=True)
class PortPlace:
    """A switch port, counted from 1 as on the front."""

    switch: str
    port: int


@dataclass(frozen=True, slots=True)
class OutletPlace:
    """A PDU outlet, counted from 1."""

    pdu: str
    outlet: int


@dataclass(frozen=True, slots=True)
class NicPlan:
    """One network interface. `port` None and `unmanaged` true: a live link of which the panel knows nothing; both
    empty: no cable at all.
    """

    name: str
    mac: str
    speed: int
    port: PortPlace | None
    unmanaged: bool = False
    setting: LinkSetting = AUTO


@dataclass(frozen=True, slots=True)
class PsuPlan:
    """One power supply; without an outlet it is on the mains."""

    name: str
    outlet: OutletPlace | None


@dataclass(frozen=True, slots=True)
class BmcPlan:
    host: str
    port: int
    username: str
    password: str
    kg: str = ""
    driver: str | None = None
    """`ipmi` or `ipmi-own`: a real BMC, and the stack that reaches it. None: an emulated one."""
    alerts: tuple[tuple[str, int], ...] = ()
    """Host and port of receivers of its traps."""
    shares_nic: bool = False
    """It talks through nic1 of its server."""
    allow: tuple[str, ...] = ()
    """What of a real one may be written."""


@dataclass(frozen=True, slots=True)
class ServerPlan:
    name: str
    rack: str
    unit: int
    model: str
    configuration: Configuration
    nics: tuple[NicPlan, ...]
    """nic1 first, without gaps."""
    psus: tuple[PsuPlan, ...]
    bmc: BmcPlan
    serial: str
    guid: bytes
    """16 octets, the same for the same lab and name."""
    powered: bool
    """Switched on when the lab starts."""
    bond: tuple[int, ...] = ()
    """NICs, counted from 0, that installed systems make one interface of."""
    address: str = ""
    """The main address that it has while it is free; empty: none."""


@dataclass(frozen=True, slots=True)
class SwitchPlan:
    name: str
    rack: str
    model: str
    ports: int
    port_speed: int
    """Bits per second."""
    community: str
    handler: str | None
    """None: the one that fits the model."""
    power: OutletPlace | None
    host: str
    port: int
    mac: str
    serial: str
    snmp: SnmpSpec
    program: str = ""
    """A handler of one's own: its path."""
    settings: tuple[tuple[int, LinkSetting], ...] = ()
    """Ports, counted from 1, that somebody has set by hand."""
    classic: tuple[int, ...] = ()
    """Those with classic spanning tree, which lets no frame through for a while after a link has come up."""
    driver: str | None = None
    """`snmp` or `snmp-own`: a real switch, and the stack that reaches it. None: an emulated one."""
    allow: tuple[str, ...] = ()
    """What of a real one may be written."""


@dataclass(frozen=True, slots=True)
class PduPlan:
    name: str
    rack: str
    model: str
    outlets: int
    community: str
    handler: str | None
    host: str
    port: int
    serial: str
    snmp: SnmpSpec
    program: str = ""
    driver: str | None = None
    """`snmp` or `snmp-own`: a real PDU, and the stack that reaches it. None: an emulated one."""
    allow: tuple[str, ...] = ()
    """What of a real one may be written."""


@dataclass(frozen=True, slots=True)
class RackPlan:
    name: str


@dataclass(frozen=True, slots=True)
class PoolPlan:
    name: str
    range: str
    """As written: `a-b`, one address, or a network."""
    network: str
    gateway: str
    deallocation: bool
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class TwinPlan:
    """A real device beside an emulated one."""

    of: str
    kind: Literal["BMC", "switch", "PDU"]
    host: str
    port: int
    community: str
    snmp: SnmpSpec
    username: str
    password: str
    kg: str


@dataclass(frozen=True, slots=True)
class LabPlan:
    """A whole lab. The mappings go by name, in the order of the file."""

    name: str
    racks: Mapping[str, RackPlan]
    servers: Mapping[str, ServerPlan]
    switches: Mapping[str, SwitchPlan]
    pdus: Mapping[str, PduPlan]
    pools: Mapping[str, PoolPlan]
    panel: PanelSpec
    timings: TimingSpec
    dialect: str = ""
    """Text of the panel's own dialect file; empty for the package's."""
    ispmanager: IspmanagerSpec | None = None
    """None: the lab has none."""
    epoch: datetime | None = None
    """What the calendar shows at lab time 0; None leaves that to whoever starts the lab."""
    twins: tuple[TwinPlan, ...] = ()
    file: str = ""
    """Where it stands; empty for a mapping that a program had at hand."""

    @property
    def programs(self) -> list[str]:
        """Paths of the programs that it runs in place of handlers."""
        switches = {each.program for each in self.switches.values()}
        return sorted((switches | {each.program for each in self.pdus.values()}) - {""})

    @property
    def real(self) -> list[str]:
        """What of it is not emulated, as people say it: `PDU pdu-a1`."""
        return [
            *(f"BMC of {each.name}" for each in self.servers.values() if each.bmc.driver),
            *(f"switch {each.name}" for each in self.switches.values() if each.driver),
            *(f"PDU {each.name}" for each in self.pdus.values() if each.driver),
        ]

    @property
    def location(self) -> LocationSpec:
        return self.panel.location

    @property
    def admin(self) -> UserSpec:
        return self.panel.admin

    @property
    def templates(self) -> Mapping[str, TemplateSpec]:
        return {template.name: template for template in self.panel.templates}
