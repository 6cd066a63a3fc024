"""Power on, off and reset as the panel does them: the BMC first, the PDU where the BMC has no power
(vendor page "Server power supply management logic").
"""

from __future__ import annotations

import asyncio

from simulator.dcim.background import Background
from simulator.dcim.equipment.devices import Devices
from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.errors import DeviceFault, NoPowerDevice, NotFound, Protected, WrongState
from simulator.dcim.records import PowerStatus, Server
from simulator.kernel import Clock, Journal
from simulator.kernel.flow import because

__all__ = ["Power"]

BMC_PATIENCE = 300.0
"""Seconds of lab time for a BMC to come up after its outlet was switched on."""
BMC_PAUSE = 30.0


class Power:
    """Every method refreshes the panel's belief first. Raises WrongState, Protected or a DeviceFault."""

    def __init__(
        self, inventory: Inventory, devices: Devices, background: Background, clock: Clock, journal: Journal
    ) -> None:
        self._inventory = inventory
        self._devices = devices
        self._background = background
        self._clock = clock
        self._journal = journal
        self._waiting: dict[int, asyncio.Task[None]] = {}

    async def on(self, number: int) -> None:
        """Allowed when off or unknown. With its outlet off: the outlet on now, and the BMC as soon as it answers."""
        fault = await self._refresh(number)
        server = self._inventory.servers.get(number)
        if self._inventory.power_status(server) is PowerStatus.ON:
            raise WrongState(f"server {server.name} is on already")
        await self._start(server, fault)

    async def off(self, number: int) -> None:
        """Allowed when on: hard, by the BMC."""
        server = self._inventory.servers.get(number)
        _unless_protected(server)
        self._stop_waiting(number)
        fault = await self._refresh(number)
        server = self._inventory.servers.get(number)
        if not server.bmc.host:
            await self._outlets(server, on=False)
            return
        status = self._inventory.power_status(server)
        if fault is not None and self._inventory.pdu_power(server) is not PowerStatus.OFF:
            raise fault
        if status is not PowerStatus.ON:
            raise WrongState(f"server {server.name} is not on: its power is {status.value}")
        await self._devices.power(number, "off")
        await self._devices.read_power(number)

    async def reset(self, number: int) -> None:
        """Allowed in any state; a server that is off is powered on."""
        server = self._inventory.servers.get(number)
        _unless_protected(server)
        fault = await self._refresh(number)
        server = self._inventory.servers.get(number)
        if not server.bmc.host:
            await self._outlets(server, on=False)
            await self._outlets(server, on=True)
        elif self._inventory.power_status(server) is PowerStatus.ON:
            await self._devices.power(number, "reset")
            await self._devices.read_power(number)
        else:
            await self._start(server, fault)

    async def set_outlet(self, pdu: int, outlet: int, on: bool) -> None:
        """One PDU port, whoever is connected to it. Raises NotFound, or a DeviceFault."""
        if self._inventory.outlets.get(outlet).pdu != self._inventory.pdus.get(pdu).id:
            raise NotFound("PDU port", outlet)
        await self._devices.set_outlet(outlet, on)

    def forget(self, number: int) -> None:
        """The server is gone: nothing waits for its BMC any more."""
        self._stop_waiting(number)

    async def settled(self, number: int) -> None:
        """Return when no power-on of this server is under way any more, however it ended."""
        task = self._waiting.get(number)
        if task is not None:
            await asyncio.wait({task})

    async def _outlets(self, server: Server, *, on: bool) -> None:
        """All that there is to switch for a server without BMC. Raises NoPowerDevice without any."""
        if not server.outlets:
            raise NoPowerDevice(f"nothing is connected to server {server.name} that could switch its power")
        for outlet in server.outlets:
            await self._devices.set_outlet(outlet, on)

    async def _start(self, server: Server, fault: DeviceFault | None) -> None:
        if not server.bmc.host:
            await self._outlets(server, on=True)
            return
        if self._inventory.pdu_power(server) is PowerStatus.OFF:
            for outlet in self._inventory.outlets_of(server):
                await self._devices.set_outlet(outlet.id, True)
            self._stop_waiting(server.id)
            self._waiting[server.id] = self._background.spawn(f"power on {server.name}", self._when_bmc_is_up(server))
            return
        if fault is not None:
            raise fault
        await self._devices.power(server.id, "on")
        await self._devices.read_power(server.id)

    async def _refresh(self, number: int) -> DeviceFault | None:
        """Read the BMC, and the PDUs when they may be why it is silent. A BMC whose outlets are off, by the record and
        by a fresh look, is not asked: it has no power to answer with.
        """
        fault = None
        server = self._inventory.servers.get(number)
        looked = bool(server.outlets) and self._inventory.pdu_power(server) is PowerStatus.OFF
        if looked:
            fault = await self._read_outlets(server)
            if self._inventory.pdu_power(server) is PowerStatus.OFF:
                return fault
        try:
            await self._devices.read_power(number)
        except DeviceFault as error:
            fault = error
            if server.outlets and not looked:
                await self._read_outlets(
                    server
                )  # what fails here is in the PDU's record; the BMC's fault is the answer
        return fault

    async def _read_outlets(self, server: Server) -> DeviceFault | None:
        try:
            await self._devices.read_outlets(server)
        except DeviceFault as error:
            return error
        return None

    async def _when_bmc_is_up(self, server: Server) -> None:
        """Power on as soon as the BMC answers; give up after a while and leave the reason in the record."""
        deadline = self._clock.now() + BMC_PATIENCE
        while True:
            await self._clock.sleep(BMC_PAUSE)
            try:
                if await self._devices.read_power(server.id) is PowerStatus.OFF:
                    await self._devices.power(server.id, "on")
                    await self._devices.read_power(server.id)
            except DeviceFault as fault:
                if self._clock.now() >= deadline:
                    with because(self._journal.marks.latest(server.name, ("answer",))):
                        self._journal.write("panel", server.name, "power on given up", message=str(fault))
                    return
            else:
                return

    def _stop_waiting(self, number: int) -> None:
        task = self._waiting.pop(number, None)
        if task is not None:
            task.cancel()


def _unless_protected(server: Server) -> None:
    if server.protected:
        raise Protected(f"server {server.name} is protected; take the protection off first")
