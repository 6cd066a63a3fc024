"""Drivers on stacks that we did not write, pyghmi and pysnmp: for real hardware, and as proof that our two ends do not
merely agree with each other. Real UDP only.
"""

from __future__ import annotations

from simulator.dcim.drivers.base import BmcAccess, BmcDriver, PduDriver, SnmpAccess, SwitchDriver
from simulator.dcim.drivers.foreign_ipmi import ForeignBmcDriver, ForeignBmcPool
from simulator.dcim.drivers.foreign_snmp import ForeignPduDriver, ForeignSwitchDriver, PysnmpStack
from simulator.kernel import Activity, Clock

__all__ = ["ForeignDrivers"]


class ForeignDrivers:
    """A DriverFactory: one worker process for pyghmi, one pysnmp engine."""

    def __init__(self, activity: Activity, time: Clock) -> None:
        """`time`: wire time."""
        self._ipmi = ForeignBmcPool(activity, time)
        self._snmp = PysnmpStack(activity)

    def bmc(self, access: BmcAccess) -> BmcDriver:
        return ForeignBmcDriver(access, self._ipmi)

    def switch(self, access: SnmpAccess) -> SwitchDriver:
        return ForeignSwitchDriver(access, self._snmp)

    def pdu(self, access: SnmpAccess) -> PduDriver:
        return ForeignPduDriver(access, self._snmp)

    async def close(self) -> None:
        await self._ipmi.close()
        await self._snmp.close()
