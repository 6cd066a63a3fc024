"""The panel and BMCs: each is asked one thing at a time, in the order asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from simulator.dcim.drivers.base import (
    BmcDriver,
    BmcUser,
    BmcUsersDriver,
    BootDevice,
    DeviceDenied,
    DeviceError,
    DeviceRefused,
    Passes,
    PowerAction,
)
from simulator.dcim.equipment.exchanges import Exchanges, passing
from simulator.dcim.equipment.held import Held, taken
from simulator.dcim.errors import DeviceFault, NoAnswer, NoPowerDevice
from simulator.dcim.records import PowerStatus
from simulator.kernel import Timer
from simulator.kernel.flow import because, met

__all__ = ["Bmcs"]


class Bmcs(Exchanges):
    """The panel and BMCs."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._bmcs: dict[int, tuple[BmcDriver, asyncio.Lock]] = {}
        self._denied: set[int] = set()
        """Servers whose BMC found the panel's password wrong, last time."""

    async def read_power(self, server: int) -> PowerStatus:
        """Ask the BMC for the chassis' power, and record it; unknown where the panel knows of no BMC."""
        if not self._inventory.servers.get(server).bmc.host:
            return PowerStatus.UNKNOWN
        async with self._bmc(server) as bmc:
            on = await bmc.power_status()
        status = PowerStatus.ON if on else PowerStatus.OFF
        self._record_bmc(server, status, None)
        return status

    async def poll_power(self, server: int) -> None:
        """As `read_power`, of the panel's own accord. Where the password was wrong it waits until somebody has done something
        about it, or tries again himself: a BMC locks out whoever goes on.
        """
        if server not in self._denied:
            await self.read_power(server)

    def pass_over_power(self, server: int, done: Callable[[bool], object]) -> Timer | None:
        """As `Switches.pass_over_switch`. Meanwhile the BMC is asked nothing else."""
        held = self._bmcs.get(server)
        if held is None or server in self._denied or held[1].locked():
            return None
        lock = held[1]
        driver: Passes[bool] | None = passing(held[0])
        if driver is None or not taken(lock):
            return None

        held_on: list[Held] = []

        def passed(on: bool | None) -> None:
            if on is not None:
                self._denied.discard(server)
            held_on[0].end()
            if on is not None:
                self._record_bmc(server, PowerStatus.ON if on else PowerStatus.OFF, None)
            done(on is not None)

        timer = driver.pass_over(passed)
        if timer is None:
            lock.release()
            return None
        held_on.append(Held(timer, lock))
        return held_on[0]

    async def power(self, server: int, action: PowerAction) -> None:
        """Give the BMC a power command; the record is brought in line by the next reading."""
        async with self._bmc(server) as bmc:
            await bmc.power(action)
        self._commanded[server] = self._clock.now()
        self._journal.write("panel", self._inventory.servers.get(server).name, "power command", action=action)

    def commanded_at(self, server: int) -> float:
        """When a power command was last given; lab time, and before all time when never."""
        return self._commanded.get(server, -1.0)

    async def set_boot_device(self, server: int, device: BootDevice) -> None:
        """For the next boot only."""
        async with self._bmc(server) as bmc:
            await bmc.set_boot_device(device)
        self._journal.write("panel", self._inventory.servers.get(server).name, "boot device", device=device)

    @asynccontextmanager
    async def _bmc(self, number: int) -> AsyncIterator[BmcDriver]:
        server = self._inventory.servers.get(number)
        if not server.bmc.host:
            raise NoPowerDevice(f"server {server.name} has no IPMI connection")
        held = self._bmcs.get(number)
        if held is None:
            held = self._bmcs[number] = self._factory.bmc(server.bmc), asyncio.Lock()
        driver, lock = held
        async with lock:
            try:
                yield driver
                self._denied.discard(number)
            except DeviceError as error:
                if isinstance(error, DeviceDenied):
                    self._denied.add(number)
                fault = self._fault(error)
                self._record_bmc(number, PowerStatus.UNKNOWN if isinstance(fault, NoAnswer) else None, fault)
                raise fault from error

    async def bmc_users(self, server: int) -> Sequence[BmcUser]:
        """Those who may log in to the BMC. Raises RefusedByDevice where the driver does not know users."""
        async with self._bmc(server) as bmc:
            return await _with_users(bmc, self._name_of(server)).users()

    async def set_bmc_user(self, server: int, slot: int | None, name: str, password: str | None, level: int) -> int:
        """The slot of who was made, or changed."""
        async with self._bmc(server) as bmc:
            slot = await _with_users(bmc, self._name_of(server)).set_user(slot, name, password, level)
        self._journal.write("panel", self._inventory.servers.get(server).name, "BMC user set", user=name, level=level)
        return slot

    async def remove_bmc_user(self, server: int, slot: int) -> None:
        async with self._bmc(server) as bmc:
            await _with_users(bmc, self._name_of(server)).remove_user(slot)
        self._journal.write("panel", self._inventory.servers.get(server).name, "BMC user removed", slot=slot)

    def _name_of(self, server: int) -> str:
        return self._inventory.servers.get(server).bmc.name

    async def forget_bmc(self, number: int) -> None:
        """Its access has changed, or it is gone: who waits for it is answered first."""
        self._denied.discard(number)
        held = self._bmcs.pop(number, None)
        if held is not None:
            driver, lock = held
            async with lock:
                await driver.close()

    def _record_bmc(self, number: int, status: PowerStatus | None, fault: DeviceFault | None) -> None:
        server = self._inventory.servers.find(number)
        if server is None:
            return
        status = server.bmc_power if status is None else status
        error = fault.message if fault else None
        marks = self._journal.marks
        if error and error != server.bmc_error:
            self._failing(server.name, server.bmc.name, error)
        elif error:
            met(marks.latest(server.name, ("answer",)))
        else:
            marks.free(server.name, "answer", "message")
        if status is not server.bmc_power:
            with because(marks.latest(server.name, ("answer",), ("power state",))):
                self._journal.write("panel", server.name, "power changed", was=server.bmc_power.value, now=status.value)
        if status is not server.bmc_power or error != server.bmc_error:
            self._inventory.servers.change(number, bmc_power=status, bmc_error=error)


def _with_users(bmc: BmcDriver, name: str) -> BmcUsersDriver:
    if not isinstance(bmc, BmcUsersDriver):
        raise DeviceRefused(name, "its driver knows nothing of users")
    return bmc
