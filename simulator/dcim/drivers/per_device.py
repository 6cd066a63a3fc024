"""Single devices reached by another stack than the rest of the equipment: real ones in a lab of emulated ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from simulator.dcim.drivers.base import BmcAccess, BmcDriver, DriverFactory, PduDriver, SnmpAccess, SwitchDriver
from simulator.fabric import Address

__all__ = ["PerDeviceDrivers"]

Stack = Literal["", "own", "foreign"]


class PerDeviceDrivers:
    """A DriverFactory that looks at each BMC's `stack`, and at where a switch or PDU is; all else it leaves to another."""

    def __init__(
        self, rest: DriverFactory, own: DriverFactory, foreign: DriverFactory, snmp: Mapping[Address, Stack]
    ) -> None:
        """`rest` may be one of the other two. `snmp`: by which stack a switch or PDU is reached, by its address."""
        self._rest = rest
        self._snmp = snmp
        self._by_stack = {"": rest, "own": own, "foreign": foreign}

    def bmc(self, access: BmcAccess) -> BmcDriver:
        return self._by_stack[access.stack].bmc(access)

    def switch(self, access: SnmpAccess) -> SwitchDriver:
        return self._by_stack[self._snmp.get((access.host, access.port), "")].switch(access)

    def pdu(self, access: SnmpAccess) -> PduDriver:
        return self._by_stack[self._snmp.get((access.host, access.port), "")].pdu(access)

    async def close(self) -> None:
        foreign = self._by_stack["foreign"]
        if foreign is not self._rest:
            await foreign.close()
        await self._rest.close()
