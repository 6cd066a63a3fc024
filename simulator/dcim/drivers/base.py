"""What the panel asks of equipment, whatever speaks to it: our own clients, pyghmi, pysnmp.

Every call is one exchange with a device and takes wire time only. It raises a `DeviceError`, never anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

from simulator.kernel import Timer
from simulator.snmp import User

__all__ = [
    "BmcAccess",
    "BmcDriver",
    "BmcUser",
    "BmcUsersDriver",
    "BootDevice",
    "DeviceDenied",
    "DeviceError",
    "DeviceRefused",
    "DeviceSilent",
    "DeviceUnable",
    "DriverFactory",
    "Duplex",
    "OutletView",
    "Passes",
    "PduDriver",
    "PortView",
    "PowerAction",
    "SetDuplex",
    "SnmpAccess",
    "SnmpVersion",
    "SpeedDriver",
    "SwitchDriver",
    "VlanDriver",
]

A_co = TypeVar("A_co", covariant=True)

PowerAction = Literal["on", "off", "cycle", "reset", "soft"]
BootDevice = Literal["pxe", "disk", "none"]
SnmpVersion = Literal["1", "2c", "3"]
Duplex = Literal["half", "full", "unknown"]
SetDuplex = Literal["auto", "half", "full"]


class DeviceError(Exception):
    """A device did not do what it was asked. `device` names it, the message says why in a person's words."""

    def __init__(self, device: str, message: str) -> None:
        super().__init__(f"{device}: {message}")
        self.device = device
        self.message = message


class DeviceSilent(DeviceError):
    """No answer within the driver's patience: no power, no link, wrong address, or a wrong SNMP community."""


class DeviceRefused(DeviceError):
    """It answered, and said no: wrong password, too little privilege, a completion code, an SNMP error."""


class DeviceDenied(DeviceRefused):
    """... and whoever goes on trying may be locked out: the password is wrong."""


class DeviceUnable(DeviceError):
    """Its handler has no way to do this; the device was not asked."""


@dataclass(frozen=True, slots=True)
class BmcAccess:
    """Where a BMC is and how to log in."""

    name: str
    """As errors name it, e.g. `BMC of srv-03`."""
    host: str
    port: int
    username: str
    password: str
    kg: str = ""
    """The BMC's own key K_g, where it has one."""
    stack: Literal["", "own", "foreign"] = ""
    """By which stack this one is reached; empty: as all others."""


@dataclass(frozen=True, slots=True)
class SnmpAccess:
    """Where a switch or PDU is, and how it is spoken to. `handler` names the page of OIDs and values to use."""

    name: str
    host: str
    port: int
    community: str
    handler: str
    version: SnmpVersion = "2c"
    user: User | None = None
    """Of version 3; the community is then not used."""
    program: str = ""
    """A handler of one's own, which is run in place of a page: its path."""


class PortView(NamedTuple):
    """One switch port as the switch shows it."""

    identity: str
    """What `set_port` takes: the ifIndex, in digits."""
    description: str
    """The interface's name, `GigabitEthernet0/3`."""
    admin_up: bool
    oper_up: bool
    speed: int
    """Bits per second."""
    octets_in: int | None = None
    """Received by the port since it started counting; None where the driver does not ask."""
    octets_out: int | None = None
    vlan: int = 0
    """Of frames without a tag; 0 where the driver does not ask."""
    duplex: Duplex = "unknown"


@dataclass(frozen=True, slots=True)
class OutletView:
    """One PDU outlet as the PDU shows it. `on` is None when the PDU does not know."""

    identity: str
    on: bool | None
    watts: float | None = None
    """What it delivers; None where the PDU does not measure each outlet."""


class BmcDriver(Protocol):
    async def power_status(self) -> bool:
        """True when the chassis is on."""

    async def power(self, action: PowerAction) -> None: ...

    async def set_boot_device(self, device: BootDevice, *, persistent: bool = False) -> None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class BmcUser:
    """Somebody who may log in to a BMC."""

    id: int
    """The slot."""
    name: str
    level: int
    """2 user, 3 operator, 4 administrator; 15 none."""


@runtime_checkable
class BmcUsersDriver(Protocol):
    """What a BMC driver may be besides."""

    async def users(self) -> Sequence[BmcUser]: ...

    async def set_user(self, slot: int | None, name: str, password: str | None, level: int) -> int:
        """Change a user, or without a slot make one; his slot. A password that is None stays."""

    async def remove_user(self, slot: int) -> None: ...


class SwitchDriver(Protocol):
    async def ports(self) -> Sequence[PortView]: ...

    async def set_port(self, identity: str, up: bool) -> None: ...

    async def close(self) -> None: ...


class Passes(Protocol[A_co]):
    """What a driver may be besides: in virtual time its regular reading need not be made where it would find what the last one found."""

    def pass_over(self, then: Callable[[A_co | None], object]) -> Timer | None:
        """Let the reading take its time, and call this with its answer; with None where the device has changed meanwhile, and has to be
        asked. None, and nothing is done, where it has to be asked at once.
        """


@runtime_checkable
class VlanDriver(Protocol):
    """What a switch driver may be besides."""

    async def set_vlan(self, identity: str, vlan: int, name: str) -> None:
        """Make a port an access port of the VLAN, which is made where the switch has none."""

    async def remove_vlan(self, vlan: int) -> None:
        """Without effect where the switch has no such VLAN."""


@runtime_checkable
class SpeedDriver(Protocol):
    """What a switch driver may be besides."""

    async def set_link(self, identity: str, speed: int | None, duplex: SetDuplex | None) -> None:
        """Set a port's speed, bits per second, and its duplex. A speed of 0 is left to negotiation; None leaves it as it is
        set.
        """


class PduDriver(Protocol):
    async def outlets(self) -> Sequence[OutletView]: ...

    async def set_outlet(self, identity: str, on: bool) -> None: ...

    async def close(self) -> None: ...


class DriverFactory(Protocol):
    """Makes the drivers of one kind: `own` over the fabric, or `foreign` (pyghmi, pysnmp)."""

    def bmc(self, access: BmcAccess) -> BmcDriver: ...

    def switch(self, access: SnmpAccess) -> SwitchDriver: ...

    def pdu(self, access: SnmpAccess) -> PduDriver: ...

    async def close(self) -> None: ...
