"""How a panel is set up before it starts: what its administrator would have typed into its forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.dcim.drivers.base import BmcAccess, SnmpAccess

__all__ = [
    "FREE_DOMAIN",
    "OutletRef",
    "PanelConfig",
    "PduSetup",
    "PoolSetup",
    "PortRef",
    "ServerSetup",
    "SwitchSetup",
    "TemplateSetup",
    "UserSetup",
]


FREE_DOMAIN = "free.ds"
"""The domain of a free server's main address, and in DCImanager 5 the host name of a server that may be sold."""


@dataclass(frozen=True, slots=True)
class UserSetup:
    email: str
    password: str
    full_name: str
    roles: Sequence[str]
    timezone: str = "UTC"
    """His own."""


@dataclass(frozen=True, slots=True)
class PoolSetup:
    name: str
    range: str
    """`a-b`, one address, or a network."""
    network: str
    gateway: str
    deallocation: bool


@dataclass(frozen=True, slots=True)
class TemplateSetup:
    name: str
    type: str
    """`os`, `diagnostic` or `rescue`."""
    image_octets: int
    work_seconds: float
    tags: Sequence[str]
    installed: bool = True
    """Else the repository has it, and the panel not yet."""


@dataclass(frozen=True, slots=True)
class SwitchSetup:
    name: str
    rack: str
    access: SnmpAccess


@dataclass(frozen=True, slots=True)
class PduSetup:
    name: str
    rack: str
    access: SnmpAccess


@dataclass(frozen=True, slots=True)
class PortRef:
    """Where a server's NIC is plugged, as the panel's records say. `port` counts from 1 as on the front."""

    switch: str
    port: int


@dataclass(frozen=True, slots=True)
class OutletRef:
    pdu: str
    outlet: int


@dataclass(frozen=True, slots=True)
class ServerSetup:
    name: str
    rack: str
    unit: int | None
    configuration: str
    macs: Sequence[str]
    """Of its NICs, nic1 first; the boot service knows the server by them."""
    serial: str
    model: str
    bmc: BmcAccess
    ports: Sequence[PortRef]
    outlets: Sequence[OutletRef]
    address: str = ""
    """Its main address while it is free, of the domain `FREE_DOMAIN`; empty: none."""


@dataclass(frozen=True, slots=True)
class PanelConfig:
    """All of it. Times in seconds of lab time."""

    location_id: int
    location_name: str
    admin: UserSetup
    users: Sequence[UserSetup]
    racks: Sequence[str]
    servers: Sequence[ServerSetup]
    switches: Sequence[SwitchSetup]
    pdus: Sequence[PduSetup]
    pools: Sequence[PoolSetup]
    templates: Sequence[TemplateSetup]
    token_ttl: float
    bmc_poll: float
    switch_poll: float
    pdu_poll: float
    dhcp_timeout: float
    diagnostic_timeout: float
    timezone: str = "UTC"
    """Of the panel's host, by its name in the IANA database."""
