"""A switch as metal: front ports, VLANs, what it is set up to do, and what of that a loss of power leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter

from simulator.plant.ethernet import LinkSetting
from simulator.plant.network import SEGMENT, Network, SwitchPort, Vlan
from simulator.plant.power import Feed, Started

__all__ = ["Configuration", "Switch"]


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a switch is set up to do."""

    ports: tuple[tuple[bool, int, LinkSetting], ...]
    """Of each: administratively up, PVID, speed and duplex."""
    vlans: tuple[Vlan, ...]


_SET_UP = attrgetter("admin_up", "pvid", "setting")


@lru_cache(maxsize=64)
def _alike(port: tuple[bool, int, LinkSetting], number: int) -> tuple[tuple[bool, int, LinkSetting], ...]:
    return (port,) * number


_ALIKE: dict[tuple[bool, int, LinkSetting], tuple[bool, int, LinkSetting]] = {}


class Switch(Started):
    """A switch with numbered front ports. Its configuration survives a loss of power; where it must be saved for that, what
    was saved last does.
    """

    def __init__(self, name: str, ports: int, port_speed: int, feed: Feed, network: Network) -> None:
        self.network = network
        self.revision = 0
        """Another one whenever a port's link, counters or VLANs may have changed."""
        self.ports: Sequence[SwitchPort] = ()
        self._watchers: list[tuple[Callable[[SwitchPort], None], Callable[[], None]]] = []
        everybody = frozenset(range(1, ports + 1))
        self._vlans = {SEGMENT: Vlan(SEGMENT, "default", everybody, everybody)}
        super().__init__(name, feed, network.physics)
        self.ports = tuple(SwitchPort(self, number + 1, port_speed) for number in range(ports))
        self.saved: Configuration | None = None
        """What it starts with; None where all that is set is saved at once."""

    @property
    def running(self) -> Configuration:
        ports: list[tuple[bool, int, LinkSetting]] = list(map(_SET_UP, self.ports))
        # Most ports of a hall are set up alike, and so are most switches: one record of each kind is enough.
        if ports and ports.count(ports[0]) == len(ports):
            return Configuration(_alike(ports[0], len(ports)), tuple(self._vlans.values()))
        return Configuration(tuple([_ALIKE.setdefault(each, each) for each in ports]), tuple(self._vlans.values()))

    def save(self) -> None:
        """From now on it starts as it is set up now."""
        self.saved = self.running

    def adopt(self, configuration: Configuration) -> None:
        """Be set up like this; links are looked at by the caller."""
        for port, settings in zip(self.ports, configuration.ports, strict=True):
            port.admin_up, port.pvid, port.setting = settings
        self._vlans = {vlan.number: vlan for vlan in configuration.vlans}
        self.revision += 1

    def watch(self, link_changed: Callable[[SwitchPort], None], started: Callable[[], None]) -> None:
        """Call these when a port's link has changed, and when the switch has started."""
        self._watchers.append((link_changed, started))

    def link_changed(self, port: SwitchPort) -> None:
        for watcher, _ in self._watchers:
            watcher(port)

    @property
    def vlans(self) -> Mapping[int, Vlan]:
        """By number."""
        return self._vlans

    @property
    def generation(self) -> int:
        return self.network.generation

    def define_vlan(self, vlan: Vlan) -> None:
        """Make a VLAN, or change one."""
        if self._vlans.get(vlan.number) != vlan:
            self._vlans[vlan.number] = vlan
            self._vlans = dict(sorted(self._vlans.items()))
            self.vlans_changed("VLAN set", vlan=vlan.number)

    def remove_vlan(self, number: int) -> None:
        """Ports that were in it keep its number, and reach nobody."""
        if self._vlans.pop(number, None) is not None:
            self.vlans_changed("VLAN removed", vlan=number)

    def move(self, port: int, number: int) -> None:
        """Make a port a bare member of one VLAN (KeyError when there is none) and no bare one of any other."""
        target = self._vlans[number]
        for vlan in tuple(self._vlans.values()):
            if port in vlan.untagged and vlan.number != number:
                self._vlans[vlan.number] = replace(vlan, egress=vlan.egress - {port}, untagged=vlan.untagged - {port})
        self.define_vlan(replace(target, egress=target.egress | {port}, untagged=target.untagged | {port}))

    def vlans_changed(self, what: str, **detail: object) -> int:
        """The number of the record of it."""
        self.revision += 1
        number = self.physics.note(self.name, what, **detail)
        self.network.changed()
        return number

    def state_changed(self) -> None:
        self.revision += 1  # counters begin anew, of ports without a link too
        for port in self.ports:
            if not self.alive:
                port.octets_in = port.octets_out = 0  # counters are in memory
                port.late_collisions = port.fcs_errors = 0
            port.changed()
        self.network.changed()

    def started(self) -> None:
        if self.saved is not None and self.saved != self.running:
            number = self.physics.note(self.name, "unsaved configuration lost")
            for port, (up, _, _) in zip(self.ports, self.saved.ports, strict=True):
                if not up and port.admin_up:
                    self.physics.mark(self.name, f"port {port.number}", number)
            self.adopt(self.saved)
        for _, started in self._watchers:
            started()
