"""Equipment that comes and goes while the panel runs: servers, and switches with and without a handler.

A switch without a handler is known by its ports alone: nobody asks it anything (vendor page "Switch without a handler").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from simulator.dcim.drivers.base import BmcAccess, SnmpAccess
from simulator.dcim.drivers.handlers import switch_handler
from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.equipment.polling import Polling
from simulator.dcim.equipment.power import Power
from simulator.dcim.errors import AlreadyThere, Busy, InUse, Invalid, Protected, WrongState
from simulator.dcim.ip.addresses import Addresses
from simulator.dcim.records import LinkStatus, Server, Switch, SwitchPort
from simulator.dcim.work.operations import Operations
from simulator.kernel import Clock, Journal

__all__ = ["NewServer", "Stock"]

MOST_PORTS = 1024
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


@dataclass(frozen=True, slots=True)
class NewServer:
    """What the form for a new server asks."""

    name: str
    rack: int
    unit: int | None
    macs: Sequence[str]
    serial: str
    model: str
    configuration: str
    bmc: BmcAccess
    ports: Sequence[int]
    """Ids of free switch ports that it is plugged into."""
    outlets: Sequence[int]


class Stock:
    def __init__(
        self,
        inventory: Inventory,
        addresses: Addresses,
        operations: Operations,
        power: Power,
        polling: Polling,
        clock: Clock,
        journal: Journal,
    ) -> None:
        self._inventory = inventory
        self._addresses = addresses
        self._operations = operations
        self._power = power
        self._polling = polling
        self._clock = clock
        self._journal = journal

    # servers

    def add_server(self, new: NewServer) -> Server:
        """Raises NotFound (rack, port, outlet), Invalid, AlreadyThere (name, MAC), InUse (port, outlet, unit)."""
        inventory = self._inventory
        rack = inventory.racks.get(new.rack)
        if not new.name.strip():
            raise Invalid("name", "a server has a name")
        macs = tuple(mac.lower() for mac in new.macs)
        for mac in macs:
            if not _MAC.fullmatch(mac):
                raise Invalid("mac", f"{mac!r} is not six octets with colons")
            if inventory.server_by_mac(mac) is not None or macs.count(mac) > 1:
                raise AlreadyThere(f"the MAC {mac} is there already", mac)
        for server in inventory.servers:
            if server.name == new.name:
                raise AlreadyThere(f"there is a server {new.name} already", new.name)
            if new.unit is not None and (server.rack, server.unit) == (rack.id, new.unit):
                raise InUse(f"{server.name} stands in unit {new.unit} of {rack.name}")
        for port in (inventory.switch_ports.get(number) for number in new.ports):
            if port.server is not None:
                raise InUse(f"{port.description} is connected")
        for outlet in (inventory.outlets.get(number) for number in new.outlets):
            if outlet.server is not None:
                raise InUse(f"PDU port {outlet.id} is connected")
        if len(set(new.ports)) < len(new.ports) or len(set(new.outlets)) < len(new.outlets):
            raise Invalid("switch_port", "a port is named twice")
        added = inventory.enrol(
            lambda number: Server(
                id=number,
                name=new.name,
                rack=rack.id,
                unit=new.unit,
                location=rack.location,
                configuration=new.configuration,
                macs=macs,
                serial=new.serial,
                model=new.model,
                bmc=new.bmc,
                ports=tuple(new.ports),
                outlets=tuple(new.outlets),
                hardware={"motherboard": {"model": new.model, "serial": new.serial}},
                settings={"efi": False},
                created_at=self._clock.now(),
            )
        )
        self._journal.write("panel", added.name, "server added", id=added.id)
        if added.bmc.host:
            self._polling.watch_bmc(added.id, added.name)
        return added

    def remove_server(self, number: int) -> None:
        """Its addresses go back, its ports and outlets are free. Raises Protected, Busy, WrongState, InUse."""
        server = self._inventory.servers.get(number)
        if server.protected:
            raise Protected(f"server {server.name} is protected; take the protection off first")
        running = self._operations.running(server)
        if running is not None:
            raise Busy(f"server {server.name} is busy: {running.kind.value} {running.id} is {running.status.value}")
        if server.owner is not None:
            raise WrongState(f"server {server.name} has an owner")
        held = self._addresses.of_server(number)
        for address in held:
            if address.locked:
                raise InUse(f"{address.name} of server {server.name} is locked")
        for address in held:
            self._addresses.release(address.id, subject=server.name)
        self._power.forget(number)
        self._inventory.strike(number)
        self._journal.write("panel", server.name, "server deleted", id=number)

    # switches

    def add_switch(self, name: str, rack: int, access: SnmpAccess | None, port_count: int) -> Switch:
        """Without `access` it has no handler, and as many ports as are said. Raises NotFound, Invalid, AlreadyThere."""
        self._inventory.racks.get(rack)
        if not name.strip():
            raise Invalid("name", "a switch has a name")
        if any(switch.name == name for switch in self._inventory.switches):
            raise AlreadyThere(f"there is a switch {name} already", name)
        if access is not None:
            try:
                switch_handler(access.handler)
            except LookupError as error:
                raise Invalid("handler", str(error)) from None
        self._check_count(port_count)
        switch = self._inventory.add_switch(name, rack, access or SnmpAccess(name, "", 0, "", ""))
        self._journal.write("panel", name, "switch added", id=switch.id, handler=switch.access.handler)
        if access is None:
            self.set_port_count(switch.id, port_count)
        else:
            self._polling.watch_switch(switch.id, name)
        return switch

    def set_port_count(self, number: int, count: int) -> None:
        """More ports are added; fewer go from the end, all of them or, when one is connected, none. Raises WrongState
        for a switch that says itself how many it has, InUse, Invalid.
        """
        switch = self._inventory.switches.get(number)
        if switch.handled:
            raise WrongState(f"{switch.name} has a handler: it tells its ports itself")
        self._check_count(count)
        ports = self._inventory.ports_of_switch(number)
        surplus = [port for port in ports if port.number > count]
        for port in surplus:
            if port.server is not None:
                raise InUse(f"{port.description} of {switch.name} is connected")
        for port in reversed(surplus):
            self._inventory.drop_port(port.id)
        for place in range(len(ports) + 1, count + 1):
            self._inventory.add_port(number, place)

    def remove_switch(self, number: int) -> None:
        switch = self._inventory.switches.get(number)
        for port in self._inventory.ports_of_switch(number):
            if port.server is not None:
                raise InUse(f"{port.description} of {switch.name} is connected")
        self._inventory.drop_switch(number)
        self._journal.write("panel", switch.name, "switch deleted", id=number)

    def describe_port(self, switch: Switch, port: SwitchPort, description: str) -> SwitchPort:
        """Give a port another name. Raises WrongState where the switch has its own word for it."""
        if switch.handled:
            raise WrongState(f"the handler {switch.access.handler} of {switch.name} cannot set description")
        return self._inventory.switch_ports.change(port.id, description=description, oper_status=LinkStatus.UNKNOWN)

    def _check_count(self, count: int) -> None:
        if not 0 <= count <= MOST_PORTS:
            raise Invalid("port_count", f"a switch has 0 to {MOST_PORTS} ports")
