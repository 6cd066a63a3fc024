"""VLANs that the panel knows by number, and putting ports into them.

A VLAN is made on a switch when the first port there is put into it, and taken off the switches when it is deleted. Which
VLAN a port is in is what its switch says at each poll, whoever put it there.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, replace

from simulator.dcim.equipment.devices import Devices
from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.errors import AlreadyThere, InUse, Invalid, NoSwitchPorts, NotFound
from simulator.dcim.records import Server, SwitchPort
from simulator.kernel import Journal

__all__ = ["DEFAULT", "Vlan", "Vlans"]

DEFAULT = 1
"""The one that every switch has from the start."""
MOST = 4094


@dataclass(frozen=True, slots=True)
class Vlan:
    id: int
    name: str
    net: str = ""
    """The network in it, `192.0.2.0/24`; empty for none in particular."""
    notes: str = ""


class Vlans:
    def __init__(self, inventory: Inventory, devices: Devices, journal: Journal) -> None:
        self._inventory = inventory
        self._devices = devices
        self._journal = journal
        self._all = {DEFAULT: Vlan(DEFAULT, "default")}

    def __iter__(self) -> Iterator[Vlan]:
        return iter([self._all[number] for number in sorted(self._all)])

    def get(self, number: int) -> Vlan:
        """Raises NotFound."""
        try:
            return self._all[number]
        except KeyError:
            raise NotFound("VLAN", number) from None

    def add(self, number: int, name: str, net: str = "", notes: str = "") -> Vlan:
        """Raises Invalid, and AlreadyThere for a number or a name that is taken."""
        if not 1 <= number <= MOST:
            raise Invalid("id", f"a VLAN has a number from 1 to {MOST}")
        if number in self._all:
            raise AlreadyThere(f"there is a VLAN {number} already", number)
        vlan = self._checked(Vlan(number, name, net, notes))
        self._all[number] = vlan
        self._journal.write("panel", f"VLAN {number}", "added", name=name)
        return vlan

    def edit(self, number: int, *, name: str | None = None, net: str | None = None, notes: str | None = None) -> Vlan:
        """Raises NotFound, Invalid, AlreadyThere for a name that is taken."""
        vlan = self.get(number)
        vlan = replace(
            vlan,
            name=vlan.name if name is None else name,
            net=vlan.net if net is None else net,
            notes=vlan.notes if notes is None else notes,
        )
        self._all[number] = self._checked(vlan)
        return self._all[number]

    async def remove(self, number: int) -> None:
        """Take it off the switches as well. Raises NotFound, InUse while a port is in it, or a DeviceFault, and then
        it stays.
        """
        self.get(number)
        if number == DEFAULT:
            raise InUse("the default VLAN is on every switch")
        for port in self._inventory.switch_ports:
            if port.vlan == number:
                switch = self._inventory.switches.get(port.switch)
                raise InUse(f"{port.description} of {switch.name} is in VLAN {number}")
        for switch in list(self._inventory.switches):
            if switch.handled:
                await self._devices.remove_vlan(switch.id, number)
        self._all.pop(number, None)
        self._journal.write("panel", f"VLAN {number}", "deleted")

    async def put_port(self, port: int, number: int) -> SwitchPort:
        """Raises NotFound, WrongState for a switch without handler, or a DeviceFault."""
        vlan = self.get(number)
        return await self._devices.set_vlan(port, number, vlan.name)

    async def assign(self, port: int, number: int) -> SwitchPort:
        """As `put_port`; a VLAN that the panel does not know yet is entered, under the name that Cisco's switches choose
        by themselves. Raises as `put_port` and `add`, and then nothing is entered.
        """
        if number in self._all:
            return await self.put_port(port, number)
        name = f"VLAN{number:04}"
        self._checked(Vlan(number, name))
        done = await self._devices.set_vlan(port, number, name)
        self.add(number, name)
        return done

    async def put_server(self, server: Server, number: int) -> None:
        """All its ports, one after another. Raises as `put_port`, and NoSwitchPorts."""
        self.get(number)
        if not server.ports:
            raise NoSwitchPorts(f"server {server.name} has no switch ports")
        for port in server.ports:
            await self.put_port(port, number)

    def of_server(self, server: Server) -> int | None:
        """The one that all its ports are in; None when they are in several, or it is not known."""
        found = {port.vlan for port in self._inventory.ports_of(server)}
        return found.pop() if len(found) == 1 and 0 not in found else None

    def _checked(self, vlan: Vlan) -> Vlan:
        if not vlan.name.strip() or len(vlan.name) > 32:
            raise Invalid("name", "a VLAN has a name, of up to 32 characters")
        if any(other.name == vlan.name and other.id != vlan.id for other in self._all.values()):
            raise AlreadyThere(f"there is a VLAN named {vlan.name} already", vlan.name)
        if vlan.net:
            try:
                ipaddress.ip_network(vlan.net)
            except ValueError as error:
                raise Invalid("net", str(error)) from None
        return vlan
