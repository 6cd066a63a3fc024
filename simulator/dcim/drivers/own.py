"""Our own drivers: the client ends of `ipmi` and `snmp` over the fabric, simulated or real."""

from __future__ import annotations

from collections.abc import Callable

from simulator.dcim.drivers.base import BmcAccess, BmcDriver, PduDriver, SnmpAccess, SwitchDriver
from simulator.dcim.drivers.handlers.program import HandlerProgram, ProgramPdu, ProgramSwitch
from simulator.dcim.drivers.own_ipmi import OwnBmcDriver
from simulator.dcim.drivers.own_snmp import OwnPduDriver, OwnSwitchDriver
from simulator.fabric import Fabric

__all__ = ["OwnDrivers"]


class OwnDrivers:
    """A DriverFactory. `octets(n)` gives n random octets, for sessions of IPMI and SNMPv3."""

    def __init__(self, fabric: Fabric, octets: Callable[[int], bytes]) -> None:
        self._fabric = fabric
        self._octets = octets

    def bmc(self, access: BmcAccess) -> BmcDriver:
        return OwnBmcDriver(access, self._fabric, self._octets)

    def switch(self, access: SnmpAccess) -> SwitchDriver:
        if access.program:
            return ProgramSwitch(HandlerProgram(access, self._fabric.activity, self._fabric.time))
        return OwnSwitchDriver(access, self._fabric, self._octets)

    def pdu(self, access: SnmpAccess) -> PduDriver:
        if access.program:
            return ProgramPdu(HandlerProgram(access, self._fabric.activity, self._fabric.time))
        return OwnPduDriver(access, self._fabric, self._octets)

    async def close(self) -> None:
        """Each driver closes what it opened."""
