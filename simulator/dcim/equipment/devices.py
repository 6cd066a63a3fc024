"""The panel's exchanges with devices, and what it writes in its records about their answers.

Every method takes wire time only. It raises a `DeviceFault`, after the record has been brought in line.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from operator import attrgetter
from typing import Any, Protocol

from simulator.dcim.drivers.base import (
    BmcDriver,
    BmcUser,
    BmcUsersDriver,
    BootDevice,
    DeviceDenied,
    DeviceError,
    DeviceRefused,
    DeviceSilent,
    DeviceUnable,
    DriverFactory,
    OutletView,
    Passes,
    PduDriver,
    PortView,
    PowerAction,
    SetDuplex,
    SpeedDriver,
    SwitchDriver,
    VlanDriver,
)
from simulator.dcim.drivers.traps import Trap
from simulator.dcim.equipment.held import Held, taken
from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.equipment.recently_set import RecentlySet
from simulator.dcim.errors import DeviceFault, NoAnswer, NoPowerDevice, RefusedByDevice, WrongState
from simulator.dcim.records import LinkStatus, Outlet, Pdu, PowerStatus, Server, Switch, SwitchPort
from simulator.kernel import Clock, Journal, Timer
from simulator.kernel.causes import no_answer
from simulator.kernel.flow import because, met

__all__ = ["Devices"]


RELAY_PATIENCE = 5.0
"""Seconds of lab time that a PDU may show an outlet's old state after a command; real ones take one to three."""


class Meters(Protocol):
    """Who keeps what devices count and measure."""

    def switch_read(self, switch: int, views: Sequence[PortView]) -> None: ...

    def pdu_read(self, pdu: int, views: Sequence[OutletView]) -> None: ...


_SEEN = attrgetter("identity", "description", "admin_status", "oper_status", "speed", "vlan", "duplex")


class Devices:
    """One driver for each device, made when first needed. A BMC is asked one thing at a time, in the order asked."""

    def __init__(
        self, drivers: DriverFactory, inventory: Inventory, meters: Meters, clock: Clock, journal: Journal
    ) -> None:
        """`meters` is told of what each poll has counted and measured."""
        self._factory = drivers
        self._inventory = inventory
        self._meters = meters
        self._clock = clock
        self._journal = journal
        self._bmcs: dict[int, tuple[BmcDriver, asyncio.Lock]] = {}
        self._switches: dict[int, SwitchDriver] = {}
        self._pdus: dict[int, PduDriver] = {}
        self._switched: dict[int, float] = {}
        """By outlet when it was commanded, lab time."""
        self._ports_set, self._outlets_set = RecentlySet(), RecentlySet()
        self._ports_seen: dict[int, tuple[object, int]] = {}
        """By switch: the reading that was recorded last, and the version of all ports then. The very same says nothing new."""
        self._outlets_seen: dict[int, tuple[object, int]] = {}
        self._commanded: dict[int, float] = {}
        self._refused: dict[str, bool] = {}
        self._denied: set[int] = set()
        """Servers whose BMC found the panel's password wrong, last time."""

    def refused(self, device: str) -> bool:
        """Whether a device's last error was an answer, not silence."""
        return self._refused.get(device, False)

    def _fault(self, error: DeviceError) -> DeviceFault:
        kind = NoAnswer if isinstance(error, DeviceSilent) else RefusedByDevice
        self._refused[error.device] = kind is RefusedByDevice
        return kind(error.device, error.message)

    async def close(self) -> None:
        """Close the drivers made here; the factory is its maker's to close."""
        made: list[BmcDriver | SwitchDriver | PduDriver] = [driver for driver, _ in self._bmcs.values()]
        made += [*self._switches.values(), *self._pdus.values()]
        self._bmcs, self._switches, self._pdus = {}, {}, {}
        for driver in made:
            await driver.close()

    # BMCs

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
        """As `pass_over_switch`. Meanwhile the BMC is asked nothing else."""
        held = self._bmcs.get(server)
        if held is None or server in self._denied or held[1].locked():
            return None
        lock = held[1]
        driver: Passes[bool] | None = _passing(held[0])
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

    def _failing(self, name: str, device: str, message: str) -> None:
        """Write that a device does not answer as it should, and why; whoever asked has met that."""
        with because(no_answer(self._journal, name)):
            number = self._journal.write("panel", name, "device error", device=device, message=message).number
        self._journal.marks.set(name, "answer", number)
        met(number)

    # switches

    async def read_switch(self, number: int) -> None:
        """Read all ports of a switch. The nth port that it lists is the one with the number n on its front."""
        switch = self._inventory.switches.get(number)
        began = self._ports_set.count
        try:
            views = await self._switch(switch).ports()
        except DeviceError as error:
            raise self._switch_failed(switch, error, began) from error
        self._switch_read(switch, views, began)

    def pass_over_switch(self, number: int, done: Callable[[bool], object]) -> Timer | None:
        """As `read_switch`, of the panel's own accord and where the switch need not be asked (`Passes`): `done` hears whether that was so
        to the end. None where it has to be read at once.
        """
        switch = self._inventory.switches.find(number)
        driver: Passes[Sequence[PortView]] | None = _passing(self._switches.get(number))
        if switch is None or driver is None:
            return None
        began = self._ports_set.count

        def passed(views: Sequence[PortView] | None) -> None:
            if views is not None:
                self._switch_read(switch, views, began)
            done(views is not None)

        return driver.pass_over(passed)

    def _switch_read(self, switch: Switch, views: Sequence[PortView], began: int) -> None:
        self._record_ports(switch, views, began)
        self._meters.switch_read(switch.id, views)
        self._journal.marks.free(switch.name, "answer", "message")
        self._inventory.switches.change(switch.id, error=None, polled_at=self._clock.now())

    async def set_port(self, number: int, up: bool) -> SwitchPort:
        """Set one port's administrative status; the record then shows what the switch agreed to."""
        port, switch = await self._identified(number)
        try:
            await self._switch(switch).set_port(port.identity, up)
        except DeviceError as error:
            raise self._switch_failed(switch, error) from error
        status = LinkStatus.UP if up else LinkStatus.DOWN
        self._journal.write("panel", switch.name, "port set", port=port.description, status=status.value)
        self._ports_set.made(number)
        return self._inventory.switch_ports.change(number, admin_status=status)

    async def _identified(self, number: int) -> tuple[SwitchPort, Switch]:
        """The port with what the driver calls it, and its switch. Raises WrongState for one without a handler."""
        port = self._inventory.switch_ports.get(number)
        switch = self._inventory.switches.get(port.switch)
        if not switch.handled:
            raise WrongState(f"{switch.name} has no handler: its ports cannot be set")
        if not port.identity:
            await self.read_switch(switch.id)
            port = self._inventory.switch_ports.get(number)
            if not port.identity:
                raise RefusedByDevice(switch.access.name, f"it lists no port {port.number}")
        return port, switch

    async def set_link(self, number: int, speed: int | None, duplex: SetDuplex | None) -> SwitchPort:
        """Set a port's speed (bits per second, 0: by negotiation) and duplex; None leaves one as it is. What the two ends then
        agree on is known with the next reading. Raises WrongState where the switch's handler has no way to set it.
        """
        port, switch = await self._identified(number)
        driver = self._switch(switch)
        if not isinstance(driver, SpeedDriver):
            raise WrongState(f"{switch.access.name}: its handler cannot set speed and duplex")
        try:
            await driver.set_link(port.identity, speed, duplex)
        except DeviceUnable as unable:
            raise WrongState(str(unable)) from unable
        except DeviceError as error:
            raise self._switch_failed(switch, error) from error
        words = {"speed": "auto" if speed == 0 else speed, "duplex": duplex}
        said = {name: word for name, word in words.items() if word is not None}
        self._journal.write("panel", switch.name, "port speed set", port=port.description, **said)
        return port

    async def set_vlan(self, number: int, vlan: int, name: str) -> SwitchPort:
        """Make a port an access port of a VLAN; the switch gets the VLAN under this name where it has none."""
        port, switch = await self._identified(number)
        driver = self._switch(switch)
        if not isinstance(driver, VlanDriver):
            raise RefusedByDevice(switch.access.name, f"its handler {switch.access.handler} does not set VLANs")
        try:
            await driver.set_vlan(port.identity, vlan, name)
        except DeviceError as error:
            raise self._switch_failed(switch, error) from error
        self._journal.write("panel", switch.name, "port VLAN set", port=port.description, vlan=vlan)
        self._ports_set.made(number)
        return self._inventory.switch_ports.change(number, vlan=vlan)

    async def remove_vlan(self, number: int, vlan: int) -> None:
        """Take a VLAN off a switch."""
        switch = self._inventory.switches.get(number)
        driver = self._switch(switch)
        if isinstance(driver, VlanDriver):
            try:
                await driver.remove_vlan(vlan)
            except DeviceError as error:
                raise self._switch_failed(switch, error) from error
            self._journal.write("panel", switch.name, "VLAN removed", vlan=vlan)

    def trap_heard(self, trap: Trap) -> None:
        """A trap says that a port's link is up, or not. Ports that no poll has seen yet stay unknown. Whose it is, is found
        by its source, from any port, then by the address that it says it is from (RFC 3584); of nobody known, it is noted.
        """
        sender = self._sender(trap)
        if sender is None:
            says = {"says": trap.agent} if trap.agent and trap.agent != trap.source[0] else {}
            self._journal.write("panel", trap.source[0], "trap of nobody known", trap=trap.name, **says)
        if not isinstance(sender, Switch) or trap.up is None:
            return
        status = LinkStatus.UP if trap.up else LinkStatus.DOWN
        for port in self._inventory.ports_of_switch(sender.id):
            if port.identity == trap.port and port.oper_status is not status:
                self._journal.write("panel", sender.name, "trap", port=port.description, oper=status.value)
                self._inventory.switch_ports.change(port.id, oper_status=status)

    def _sender(self, trap: Trap) -> Switch | Pdu | None:
        """Where several devices are behind one host, only the port tells them apart."""
        equipment: list[Switch | Pdu] = [*self._inventory.switches, *self._inventory.pdus]
        for each in equipment:
            if (each.access.host, each.access.port) == trap.source:
                return each
        for host in (trap.source[0], trap.agent):
            found = [each for each in equipment if each.access.host == host]
            if len(found) == 1:
                return found[0]
        return None

    def _switch(self, switch: Switch) -> SwitchDriver:
        driver = self._switches.get(switch.id)
        if driver is None:
            driver = self._switches[switch.id] = self._factory.switch(switch.access)
        return driver

    def _switch_failed(self, switch: Switch, error: DeviceError, began: int | None = None) -> DeviceFault:
        """`began`: with a reading, how much had been set by then."""
        fault = self._fault(error)
        if fault.message == switch.error:
            met(self._journal.marks.latest(switch.name, ("answer",)))
        else:
            self._failing(switch.name, fault.device, fault.message)
            self._inventory.switches.change(switch.id, error=fault.message)
        if isinstance(fault, NoAnswer):
            unknown = LinkStatus.UNKNOWN
            for port in self._inventory.ports_of_switch(switch.id):
                if self._ports_set.since(began, port.id):
                    continue
                if port.admin_status is not unknown or port.oper_status is not unknown:
                    self._inventory.switch_ports.change(port.id, admin_status=unknown, oper_status=unknown)
        return fault

    def _record_ports(self, switch: Switch, views: Sequence[PortView], began: int) -> None:
        if _as_before(self._ports_seen.get(switch.id), views, self._inventory.switch_ports.version):
            return
        whole = True
        for number, view in enumerate(views, 1):
            port = self._inventory.switch_port(switch.id, number)
            if port is None:
                port = self._inventory.add_port(switch.id, number)
            if self._ports_set.since(began, port.id):
                whole = False
                continue
            admin = LinkStatus.UP if view.admin_up else LinkStatus.DOWN
            oper = LinkStatus.UP if view.oper_up else LinkStatus.DOWN
            # Nearly always nothing has changed.
            if _SEEN(port) == (view.identity, view.description, admin, oper, view.speed, view.vlan, view.duplex):
                continue
            if port.identity and (admin, oper) != (port.admin_status, port.oper_status):
                with because(self._journal.marks.latest(switch.name, (f"port {number} touched",), ("equipment",))):
                    self._journal.write(
                        "panel",
                        switch.name,
                        "port changed",
                        port=view.description,
                        admin=admin.value,
                        oper=oper.value,
                    )
            if port.vlan and view.vlan != port.vlan:
                self._journal.write("panel", switch.name, "port VLAN changed", port=view.description, vlan=view.vlan)
            self._inventory.switch_ports.change(
                port.id,
                identity=view.identity,
                description=view.description,
                admin_status=admin,
                oper_status=oper,
                speed=view.speed,
                vlan=view.vlan,
                duplex=view.duplex,
            )
        if whole:
            self._ports_seen[switch.id] = views, self._inventory.switch_ports.version

    # PDUs

    async def read_pdu(self, number: int) -> None:
        """Read all outlets of a PDU. The nth outlet that it lists is the one with the number n."""
        pdu = self._inventory.pdus.get(number)
        began = self._outlets_set.count
        try:
            views = await self._pdu(pdu).outlets()
        except DeviceError as error:
            raise self._pdu_failed(pdu, error, began) from error
        self._pdu_read(pdu, views, began)

    def pass_over_pdu(self, number: int, done: Callable[[bool], object]) -> Timer | None:
        """As `pass_over_switch`."""
        pdu = self._inventory.pdus.find(number)
        driver: Passes[Sequence[OutletView]] | None = _passing(self._pdus.get(number))
        if pdu is None or driver is None:
            return None
        began = self._outlets_set.count

        def passed(views: Sequence[OutletView] | None) -> None:
            if views is not None:
                self._pdu_read(pdu, views, began)
            done(views is not None)

        return driver.pass_over(passed)

    def _pdu_read(self, pdu: Pdu, views: Sequence[OutletView], began: int) -> None:
        self._record_outlets(pdu, views, began)
        self._meters.pdu_read(pdu.id, views)
        self._journal.marks.free(pdu.name, "answer", "message")
        self._inventory.pdus.change(pdu.id, error=None, polled_at=self._clock.now())

    async def set_outlet(self, number: int, on: bool) -> Outlet:
        outlet = self._inventory.outlets.get(number)
        pdu = self._inventory.pdus.get(outlet.pdu)
        if not outlet.identity:
            await self.read_pdu(pdu.id)
            outlet = self._inventory.outlets.get(number)
            if not outlet.identity:
                raise RefusedByDevice(pdu.access.name, f"it lists no outlet {outlet.number}")
        try:
            await self._pdu(pdu).set_outlet(outlet.identity, on)
        except DeviceError as error:
            raise self._pdu_failed(pdu, error) from error
        status = PowerStatus.ON if on else PowerStatus.OFF
        self._switched[number] = self._clock.now()
        self._outlets_set.made(number)
        self._journal.write("panel", pdu.name, "outlet set", outlet=outlet.number, status=status.value)
        if outlet.server is not None:
            self._commanded[outlet.server] = self._clock.now()
        return self._inventory.outlets.change(number, status=status)

    def _pdu(self, pdu: Pdu) -> PduDriver:
        driver = self._pdus.get(pdu.id)
        if driver is None:
            driver = self._pdus[pdu.id] = self._factory.pdu(pdu.access)
        return driver

    def _pdu_failed(self, pdu: Pdu, error: DeviceError, began: int | None = None) -> DeviceFault:
        """`began`: with a reading, how much had been set by then."""
        fault = self._fault(error)
        if fault.message == pdu.error:
            met(self._journal.marks.latest(pdu.name, ("answer",)))
        else:
            self._failing(pdu.name, fault.device, fault.message)
            self._inventory.pdus.change(pdu.id, error=fault.message)
        if isinstance(fault, NoAnswer):
            for outlet in self._inventory.outlets_of_pdu(pdu.id):
                if outlet.status is not PowerStatus.UNKNOWN and not self._outlets_set.since(began, outlet.id):
                    self._inventory.outlets.change(outlet.id, status=PowerStatus.UNKNOWN)
        return fault

    def _record_outlets(self, pdu: Pdu, views: Sequence[OutletView], began: int) -> None:
        if _as_before(self._outlets_seen.get(pdu.id), views, self._inventory.outlets.version):
            return
        whole = True
        for number, view in enumerate(views, 1):
            outlet = self._inventory.outlet(pdu.id, number)
            if outlet is None:
                outlet = self._inventory.add_outlet(pdu.id, number)
            if self._outlets_set.since(began, outlet.id):
                whole = False
                continue
            status = PowerStatus.UNKNOWN if view.on is None else PowerStatus.ON if view.on else PowerStatus.OFF
            if outlet.identity == view.identity and outlet.status is status:
                continue
            if outlet.identity == view.identity and self._may_still_move(outlet.id):
                whole = False
                continue
            if outlet.identity and outlet.status is not status:
                with because(self._journal.marks.latest(pdu.name, (f"outlet {number}", "outlets"), ("equipment",))):
                    self._journal.write("panel", pdu.name, "outlet changed", outlet=number, now=status.value)
            self._inventory.outlets.change(outlet.id, identity=view.identity, status=status)
        if whole:
            self._outlets_seen[pdu.id] = views, self._inventory.outlets.version

    def _may_still_move(self, outlet: int) -> bool:
        """Its relay was told something a moment ago: what is read may be the old state, and proves nothing yet."""
        told = self._switched.get(outlet)
        return told is not None and self._clock.now() - told < RELAY_PATIENCE

    async def read_outlets(self, server: Server) -> None:
        """Read every PDU that feeds the server."""
        for pdu in sorted({outlet.pdu for outlet in self._inventory.outlets_of(server)}):
            await self.read_pdu(pdu)


def _passing(driver: object) -> Any:
    return driver if hasattr(driver, "pass_over") else None


def _as_before(seen: tuple[object, int] | None, views: object, version: int) -> bool:
    return seen is not None and seen[0] is views and seen[1] == version


def _with_users(bmc: BmcDriver, name: str) -> BmcUsersDriver:
    if not isinstance(bmc, BmcUsersDriver):
        raise DeviceRefused(name, "its driver knows nothing of users")
    return bmc
