"""The plant as a whole: everything that stands in the hall, by name. The only truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.kernel.wire import Lost
from simulator.plant.boot import boot
from simulator.plant.disk import Disk
from simulator.plant.ethernet import LinkSetting
from simulator.plant.network import Cable, Network
from simulator.plant.physics import Physics
from simulator.plant.power import Feed, Mains, Pdu, Strip
from simulator.plant.server import Server
from simulator.plant.switch import Switch

__all__ = ["Plant", "ServerBuild"]


@dataclass(frozen=True, slots=True)
class ServerBuild:
    """One server to put up. A cable is `(switch, port)`, None for a link that nobody manages, and a NIC that is not
    named in `cables` has none; a feed is `(pdu, outlet)`, None for the mains.
    """

    name: str
    configuration: str
    disks: Sequence[tuple[int, str]]
    """Size in GB and type, one pair a disk."""
    macs: Sequence[str]
    nic_speed: int
    serial: str
    guid: bytes
    feeds: Sequence[tuple[str, int] | None]
    cables: Mapping[int, tuple[str, int] | None]
    """By NIC, from 0."""
    bmc_shares_nic: bool = False
    """Its BMC has no cable of its own, and talks through nic1."""
    powered: bool = False
    nic_settings: Sequence[LinkSetting] = ()
    """By NIC, from 0; those that are not named negotiate."""
    bond: Sequence[int] = ()
    """NICs, from 0, that installed systems make one interface of."""


class Plant:
    """Servers, switches and PDUs by name; `network` is the data network between them."""

    def __init__(self, physics: Physics) -> None:
        self.physics = physics
        self.network = Network(physics)
        self.mains = Mains()
        self.servers: dict[str, Server] = {}
        self.switches: dict[str, Switch] = {}
        self.pdus: dict[str, Pdu] = {}

    def add_pdu(self, name: str, outlets: int, strip: Strip | None = None) -> Pdu:
        pdu = self.pdus[name] = Pdu(name, outlets, self.physics, strip)
        return pdu

    def add_switch(self, name: str, ports: int, port_speed: int, feed: tuple[str, int] | None = None) -> Switch:
        switch = self.switches[name] = Switch(name, ports, port_speed, self._feed(feed), self.network)
        return switch

    def add_server(self, build: ServerBuild) -> Server:
        """Put up a server; its PDUs and switches must stand already (KeyError, IndexError otherwise)."""
        server = Server(
            build.name,
            self.physics,
            self.network,
            boot,
            feeds=[self._feed(feed) for feed in build.feeds],
            macs=build.macs,
            nic_speed=build.nic_speed,
            disks=[Disk(n + 1, size, kind) for n, (size, kind) in enumerate(build.disks)],
            configuration=build.configuration,
            serial=build.serial,
            guid=build.guid,
            bond=build.bond,
        )
        for nic, setting in zip(server.nics, build.nic_settings, strict=False):
            nic.set_link(setting)
        for index, place in build.cables.items():
            Cable(server.nics[index], self.switches[place[0]].ports[place[1] - 1] if place else None)
        if build.bmc_shares_nic:
            server.dedicated_cable = False
            server.set_lan_mode("shared")
        self.servers[build.name] = server
        if build.powered:
            server.power_on()
        return server

    def _feed(self, place: tuple[str, int] | None) -> Feed:
        return self.pdus[place[0]].outlets[place[1] - 1] if place else self.mains

    def answering(self, address: str) -> str | None:
        """The name of the server that answers a ping to this address, if any does."""
        station = self.network.neighbours.reached(address)
        return station.name if station else None

    def ping(self, address: str, sender: str = "billing") -> bool:
        """An echo request that `sender` sends to this address is answered, if nothing becomes of it on its way."""
        fate = self.network.physics.wire.meet(
            "data", sender, self.answering(address) or "nobody", "ping", sent=f"ping {address}"
        )
        return not isinstance(fate, Lost) and self.answering(address) is not None

    def close(self) -> None:
        """The lab ends: whatever runs on the servers is dropped."""
        for server in self.servers.values():
            server.close()
