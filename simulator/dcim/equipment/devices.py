"""The panel's exchanges with devices, and what it writes in its records about their answers.

Every method takes wire time only. It raises a `DeviceFault`, after the record has been brought in line.
"""

from __future__ import annotations

from simulator.dcim.drivers.base import BmcDriver, DriverFactory, PduDriver, SwitchDriver
from simulator.dcim.equipment.bmcs import Bmcs
from simulator.dcim.equipment.exchanges import Meters
from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.equipment.pdus import Pdus
from simulator.dcim.equipment.switches import Switches
from simulator.kernel import Clock, Journal

__all__ = ["Devices"]


class Devices(Bmcs, Switches, Pdus):
    """All devices of the panel."""

    def __init__(
        self, drivers: DriverFactory, inventory: Inventory, meters: Meters, clock: Clock, journal: Journal
    ) -> None:
        """`meters` is told of what each poll has counted and measured."""
        super().__init__(drivers, inventory, meters, clock, journal)

    async def close(self) -> None:
        """Close the drivers made here; the factory is its maker's to close."""
        made: list[BmcDriver | SwitchDriver | PduDriver] = [driver for driver, _ in self._bmcs.values()]
        made += [*self._switches.values(), *self._pdus.values()]
        self._bmcs, self._switches, self._pdus = {}, {}, {}
        for driver in made:
            await driver.close()
