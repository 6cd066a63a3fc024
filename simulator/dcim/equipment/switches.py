"""The panel and switches: their ports, links and VLANs, and what traps say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from simulator.dcim.drivers.base import (
    DeviceError,
    DeviceUnable,
    Passes,
    PortView,
    SetDuplex,
    SpeedDriver,
    SwitchDriver,
    VlanDriver,
)
from simulator.dcim.drivers.traps import Trap
from simulator.dcim.equipment.exchanges import Exchanges, as_before, passing
from simulator.dcim.equipment.recently_set import RecentlySet
from simulator.dcim.errors import DeviceFault, NoAnswer, RefusedByDevice, WrongState
from simulator.dcim.records import LinkStatus, Pdu, Switch, SwitchPort
from simulator.kernel import Timer
from simulator.kernel.flow import because, met

__all__ = ["Switches"]

_SEEN = attrgetter("identity", "description", "admin_status", "oper_status", "speed", "vlan", "duplex")
_without_counters = attrgetter("identity", "description", "admin_up", "oper_up", "speed", "vlan", "duplex")


class Switches(Exchanges):
    """The panel and switches."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._switches: dict[int, SwitchDriver] = {}
        self._ports_set = RecentlySet()
        self._ports_seen: dict[int, tuple[Sequence[PortView], int]] = {}
        """By switch: the reading that was recorded last, and the version of all ports then. The very same says nothing new."""

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
        driver: Passes[Sequence[PortView]] | None = passing(self._switches.get(number))
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
            if port.identity != trap.port:
                continue
            self._ports_set.made(port.id)  # a reading that is under way may have seen the link as it was before
            if port.oper_status is not status:
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
        seen, version = self._ports_seen.get(switch.id), self._inventory.switch_ports.version
        if as_before(seen, views, version):
            return
        before = seen[0] if seen is not None and seen[1] == version and len(seen[0]) == len(views) else None
        whole = True
        for number, view in enumerate(views, 1):
            if before is not None and _without_counters(before[number - 1]) == _without_counters(view):
                continue
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
