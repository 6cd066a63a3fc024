"""What the panel knows to be in the hall: racks, servers, switches, PDUs, and who is plugged into what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from simulator.dcim.config import PanelConfig, ServerSetup, TemplateSetup
from simulator.dcim.drivers.base import SnmpAccess
from simulator.dcim.equipment.power_table import any_on, server_power
from simulator.dcim.errors import AlreadyThere, Invalid, NotFound
from simulator.dcim.records import (
    Location,
    Outlet,
    Pdu,
    PowerStatus,
    Rack,
    Register,
    Server,
    Switch,
    SwitchPort,
    Template,
)
from simulator.kernel import Clock

__all__ = ["Inventory"]

T = TypeVar("T")


class Inventory:
    """The panel's records of equipment. They hold what devices have said, not what is."""

    def __init__(self, config: PanelConfig, clock: Clock) -> None:
        """Raises Invalid when the set-up names something that is not there, or names it twice."""
        self.locations: Register[Location] = Register("location", first=config.location_id)
        self.racks: Register[Rack] = Register("rack")
        self.switches: Register[Switch] = Register("switch")
        self.switch_ports: Register[SwitchPort] = Register("switch port")
        self.pdus: Register[Pdu] = Register("PDU")
        self.outlets: Register[Outlet] = Register("PDU port")
        self.servers: Register[Server] = Register("server")
        self.templates: Register[Template] = Register("OS template")
        self._clock = clock
        self._ports_of_switch: dict[int, dict[int, int]] = {}
        self._outlets_of_pdu: dict[int, dict[int, int]] = {}
        self._server_by_mac: dict[str, int] = {}
        self._repository: dict[str, TemplateSetup] = {}
        self._counts: dict[str, tuple[tuple[int, ...], Counter[int | None]]] = {}
        """What was counted last, and the versions of the registers then."""
        self._set_up(config)

    # look-ups

    def server_by_mac(self, mac: str) -> Server | None:
        return self.servers.find(self._server_by_mac.get(mac.lower()))

    def switch_port(self, switch: int, number: int) -> SwitchPort | None:
        """The port at this place on the front, when it is known."""
        return self.switch_ports.find(self._ports_of_switch[switch].get(number))

    def outlet(self, pdu: int, number: int) -> Outlet | None:
        return self.outlets.find(self._outlets_of_pdu[pdu].get(number))

    def ports_of_switch(self, switch: int) -> list[SwitchPort]:
        """In the order of the front."""
        numbers = self._ports_of_switch[self.switches.get(switch).id]
        return [self.switch_ports.get(numbers[number]) for number in sorted(numbers)]

    def outlets_of_pdu(self, pdu: int) -> list[Outlet]:
        numbers = self._outlets_of_pdu[self.pdus.get(pdu).id]
        return [self.outlets.get(numbers[number]) for number in sorted(numbers)]

    def ports_of(self, server: Server) -> list[SwitchPort]:
        return [self.switch_ports.get(port) for port in server.ports]

    def outlets_of(self, server: Server) -> list[Outlet]:
        return [self.outlets.get(outlet) for outlet in server.outlets]

    def owned_by(self, user: int) -> Iterator[Server]:
        return (server for server in self.servers if server.owner == user)

    def devices_in(self, rack: int) -> int:
        """Servers, switches and PDUs; counted for all racks at once, and again only when one of those has changed."""
        return self._count("rack", lambda thing: thing.rack, self.servers, self.switches, self.pdus)[rack]

    def servers_of(self, user: int) -> int:
        """How many servers he owns; counted as devices are."""
        return self._count("owner", lambda server: server.owner, self.servers)[user]

    def _count(self, what: str, key: Callable[[Any], int | None], *registers: Register[Any]) -> Counter[int | None]:
        versions = tuple(each.version for each in registers)
        known = self._counts.get(what)
        if known is None or known[0] != versions:
            known = self._counts[what] = versions, Counter(key(thing) for each in registers for thing in each)
        return known[1]

    def pdu_power(self, server: Server) -> PowerStatus:
        """All its outlets as one: off only when every one of them is off."""
        return any_on(outlet.status for outlet in self.outlets_of(server))

    def power_status(self, server: Server) -> PowerStatus:
        return server_power(self.pdu_power(server), server.bmc_power)

    def template(self, key: int | str, kind: str) -> Template:
        """By id or by name; raises NotFound, also when it is of another kind."""
        for template in self.templates:
            if template.type == kind and key in (template.id, template.name):
                return template
        raise NotFound(f"{kind} template", key)

    def not_installed(self) -> list[TemplateSetup]:
        """Templates that the repository has and the panel has not."""
        here = {template.name for template in self.templates}
        return [template for template in self._repository.values() if template.name not in here]

    def install_template(self, name: str) -> Template:
        """Out of the repository. Raises NotFound for one that it has not, AlreadyThere for one that is installed."""
        setup = self._repository.get(name)
        if setup is None:
            raise NotFound("template in the repository:", name)
        if any(template.name == name for template in self.templates):
            raise AlreadyThere(f"the template {name} is installed already", name)
        return self.templates.add(
            lambda number: Template(number, name, setup.type, setup.image_octets, setup.work_seconds, tuple(setup.tags))
        )

    # what polling finds

    def add_port(self, switch: int, number: int, server: int | None = None) -> SwitchPort:
        port = self.switch_ports.add(
            lambda number_: SwitchPort(number_, switch, number, description=f"Port {number}", server=server)
        )
        self._ports_of_switch[switch][number] = port.id
        return port

    def add_outlet(self, pdu: int, number: int, server: int | None = None) -> Outlet:
        outlet = self.outlets.add(lambda number_: Outlet(number_, pdu, number, identity="", server=server))
        self._outlets_of_pdu[pdu][number] = outlet.id
        return outlet

    # what comes and goes

    def enrol(self, make: Callable[[int], Server]) -> Server:
        """Keep a new server; its ports and outlets are its from now on."""
        server = self.servers.add(make)
        for port in server.ports:
            self.switch_ports.change(port, server=server.id)
        for outlet in server.outlets:
            self.outlets.change(outlet, server=server.id)
        for mac in server.macs:
            self._server_by_mac[mac] = server.id
        return server

    def strike(self, number: int) -> None:
        server = self.servers.remove(number)
        for port in server.ports:
            self.switch_ports.change(port, server=None)
        for outlet in server.outlets:
            self.outlets.change(outlet, server=None)
        for mac in server.macs:
            del self._server_by_mac[mac]

    def add_switch(self, name: str, rack: int, access: SnmpAccess) -> Switch:
        switch = self.switches.add(lambda number: Switch(number, name, rack, access))
        self._ports_of_switch[switch.id] = {}
        return switch

    def drop_port(self, number: int) -> None:
        port = self.switch_ports.remove(number)
        del self._ports_of_switch[port.switch][port.number]

    def drop_switch(self, number: int) -> None:
        """With its ports."""
        for port in self.ports_of_switch(number):
            self.drop_port(port.id)
        self.switches.remove(number)
        del self._ports_of_switch[number]

    def add_pdu(self, name: str, rack: int, access: SnmpAccess) -> Pdu:
        pdu = self.pdus.add(lambda number: Pdu(number, name, rack, access))
        self._outlets_of_pdu[pdu.id] = {}
        return pdu

    def drop_pdu(self, number: int) -> None:
        """With its outlets."""
        for outlet in self.outlets_of_pdu(number):
            self.outlets.remove(outlet.id)
        self.pdus.remove(number)
        del self._outlets_of_pdu[number]

    # set-up

    def _set_up(self, config: PanelConfig) -> None:
        location = self.locations.add(lambda number: Location(number, config.location_name))
        racks = {name: self.racks.add(lambda n, name=name: Rack(n, name, location.id)) for name in config.racks}  # type: ignore[misc]
        _unique("racks", config.racks)
        _unique("switches", (setup.name for setup in config.switches))
        _unique("pdus", (setup.name for setup in config.pdus))
        _unique("servers", (setup.name for setup in config.servers))
        switches: dict[str, Switch] = {}
        for setup in config.switches:
            rack = _named(racks, setup.rack, "rack", setup.name).id
            switch = self.switches.add(lambda n, s=setup, r=rack: Switch(n, s.name, r, s.access))  # type: ignore[misc]
            switches[setup.name] = switch
            self._ports_of_switch[switch.id] = {}
        pdus: dict[str, Pdu] = {}
        for unit in config.pdus:
            rack = _named(racks, unit.rack, "rack", unit.name).id
            pdu = self.pdus.add(lambda n, s=unit, r=rack: Pdu(n, s.name, r, s.access))  # type: ignore[misc]
            pdus[unit.name] = pdu
            self._outlets_of_pdu[pdu.id] = {}
        for template in config.templates:
            self._repository[template.name] = template
            if template.installed:
                self.install_template(template.name)
        for server in config.servers:
            self._add_server(server, _named(racks, server.rack, "rack", server.name), switches, pdus)

    def _add_server(self, setup: ServerSetup, rack: Rack, switches: dict[str, Switch], pdus: dict[str, Pdu]) -> None:
        """A server with its cables and cords as records. Each port, outlet and MAC is one server's; raises Invalid."""
        ports, outlets = [], []
        server = self.servers.add(
            lambda number: Server(
                id=number,
                name=setup.name,
                rack=rack.id,
                unit=setup.unit,
                location=rack.location,
                configuration=setup.configuration,
                macs=tuple(mac.lower() for mac in setup.macs),
                serial=setup.serial,
                model=setup.model,
                bmc=setup.bmc,
                hardware={"motherboard": {"model": setup.model, "serial": setup.serial}},
                settings={"efi": False},
                created_at=self._clock.now(),
            )
        )
        for cable in setup.ports:
            switch = _named(switches, cable.switch, "switch", setup.name)
            taken = self.switch_port(switch.id, cable.port)
            if taken is not None:
                raise Invalid(setup.name, f"port {cable.port} of {switch.name} is taken by another server")
            ports.append(self.add_port(switch.id, cable.port, server.id).id)
        for cord in setup.outlets:
            pdu = _named(pdus, cord.pdu, "PDU", setup.name)
            if self.outlet(pdu.id, cord.outlet) is not None:
                raise Invalid(setup.name, f"outlet {cord.outlet} of {pdu.name} is taken by another server")
            outlets.append(self.add_outlet(pdu.id, cord.outlet, server.id).id)
        self.servers.change(server.id, ports=tuple(ports), outlets=tuple(outlets))
        for mac in server.macs:
            if mac in self._server_by_mac:
                raise Invalid(setup.name, f"the MAC {mac} is another server's already")
            self._server_by_mac[mac] = server.id


def _named(things: dict[str, T], name: str, kind: str, wanted_by: str) -> T:
    try:
        return things[name]
    except KeyError:
        raise Invalid(wanted_by, f"there is no {kind} {name}") from None


def _unique(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise Invalid(what, f"the name {name} is there twice")
        seen.add(name)
