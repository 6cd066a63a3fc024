"""Drivers on stacks that we did not write, pyghmi and pysnmp: for real hardware, and as proof that our two ends do not
merely agree with each other. Real UDP only.
"""

from __future__ import annotations

from typing import Any

from simulator.dcim.drivers.base import BmcAccess, BmcDriver, PduDriver, SnmpAccess, SwitchDriver
from simulator.dcim.drivers.foreign_ipmi import ForeignBmcDriver, ForeignBmcPool
from simulator.dcim.drivers.handlers.program import HandlerProgram, ProgramPdu, ProgramSwitch
from simulator.kernel import Activity, Clock

__all__ = ["ForeignDrivers"]


class ForeignDrivers:
    """A DriverFactory: one worker process for pyghmi, one pysnmp engine."""

    def __init__(self, activity: Activity, time: Clock) -> None:
        """`time`: wire time."""
        self._activity = activity
        self._time = time
        self._ipmi = ForeignBmcPool(activity, time)
        self._snmp: Any = None

    def _stack(self) -> tuple[Any, Any]:
        """Pysnmp's drivers, and the stack that they share; loaded when first needed."""
        from simulator.dcim.drivers import foreign_snmp  # noqa: PLC0415 - a third of a second, for nobody else to pay

        if self._snmp is None:
            self._snmp = foreign_snmp.PysnmpStack(self._activity)
        return foreign_snmp, self._snmp

    def bmc(self, access: BmcAccess) -> BmcDriver:
        return ForeignBmcDriver(access, self._ipmi)

    def switch(self, access: SnmpAccess) -> SwitchDriver:
        if access.program:
            return ProgramSwitch(HandlerProgram(access, self._activity, self._time))
        module, stack = self._stack()
        driver: SwitchDriver = module.ForeignSwitchDriver(access, stack)
        return driver

    def pdu(self, access: SnmpAccess) -> PduDriver:
        if access.program:
            return ProgramPdu(HandlerProgram(access, self._activity, self._time))
        module, stack = self._stack()
        driver: PduDriver = module.ForeignPduDriver(access, stack)
        return driver

    async def close(self) -> None:
        await self._ipmi.close()
        if self._snmp is not None:
            await self._snmp.close()
