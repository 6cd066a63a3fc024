"""What the panel asks of equipment, whatever speaks to it: our own clients, pyghmi, pysnmp.

Every call is one exchange with a device and takes wire time only. It raises a `DeviceError`, never anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

__all__ = [
    "BmcAccess",
    "BmcDriver",
    "BootDevice",
    "DeviceError",
    "DeviceRefused",
    "DeviceSilent",
    "DriverFactory",
    "OutletView",
    "PduDriver",
    "PortView",
    "PowerAction",
    "SnmpAccess",
    "SwitchDriver",
]

PowerAction = Literal["on", "off", "cycle", "reset", "soft"]
BootDevice = Literal["pxe", "disk", "none"]


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


@dataclass(frozen=True, slots=True)
class BmcAccess:
    """Where a BMC is and how to log in."""

    name: str
    """As errors name it, e.g. `BMC of srv-03`."""
    host: str
    port: int
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class SnmpAccess:
    """Where a switch or PDU is. `handler` names the page of OIDs and values to use."""

    name: str
    host: str
    port: int
    community: str
    handler: str


@dataclass(frozen=True, slots=True)
class PortView:
    """One switch port as the switch shows it."""

    identity: str
    """What `set_port` takes: the ifIndex, in digits."""
    description: str
    """The interface's name, `GigabitEthernet0/3`."""
    admin_up: bool
    oper_up: bool
    speed: int
    """Bits per second."""


@dataclass(frozen=True, slots=True)
class OutletView:
    """One PDU outlet as the PDU shows it. `on` is None when the PDU does not know."""

    identity: str
    on: bool | None


class BmcDriver(Protocol):
    async def power_status(self) -> bool:
        """True when the chassis is on."""

    async def power(self, action: PowerAction) -> None: ...

    async def set_boot_device(self, device: BootDevice, *, persistent: bool = False) -> None: ...

    async def close(self) -> None: ...


class SwitchDriver(Protocol):
    async def ports(self) -> Sequence[PortView]: ...

    async def set_port(self, identity: str, up: bool) -> None: ...

    async def close(self) -> None: ...


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
