"""Single BMCs reached by another stack than the rest of the equipment: real ones in a lab of emulated ones."""

from __future__ import annotations

from simulator.dcim.drivers.base import BmcAccess, BmcDriver, DriverFactory, PduDriver, SnmpAccess, SwitchDriver
from simulator.dcim.drivers.foreign_ipmi import ForeignBmcDriver, ForeignBmcPool

__all__ = ["PerBmcDrivers"]


class PerBmcDrivers:
    """A DriverFactory that looks at each BMC's `stack`, and leaves all else to another."""

    def __init__(self, rest: DriverFactory, own: DriverFactory, pool: ForeignBmcPool) -> None:
        self._rest = rest
        self._own = own
        self._pool = pool

    def bmc(self, access: BmcAccess) -> BmcDriver:
        if access.stack == "foreign":
            return ForeignBmcDriver(access, self._pool)
        return (self._own if access.stack == "own" else self._rest).bmc(access)

    def switch(self, access: SnmpAccess) -> SwitchDriver:
        return self._rest.switch(access)

    def pdu(self, access: SnmpAccess) -> PduDriver:
        return self._rest.pdu(access)

    async def close(self) -> None:
        await self._pool.close()
        await self._rest.close()
