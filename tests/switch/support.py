"""A switch without a plant: what its agent sees, held by the test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from simulator.fabric import Address, Endpoint, Fabric
from simulator.fabric.serve import serve_device
from simulator.kernel import Clock
from simulator.plant.ethernet import AUTO, LinkSetting, can_be_set
from simulator.snmp import User
from simulator.snmp.station import Station
from simulator.switch import SwitchDevice, SwitchHardware
from simulator.switch.hardware import Vlan


@dataclass
class FakePort:
    number: int
    clock: Clock
    admin_up: bool = True
    cable: bool = True
    speed: int = 1_000_000_000
    last_change: float = 0.0
    octets_in: int = 0
    octets_out: int = 0
    pvid: int = 1
    stations: tuple[bytes, ...] = ()
    switch: FakeSwitch | None = None
    nominal_speed: int = 1_000_000_000
    setting: LinkSetting = AUTO
    remote_negotiates: bool = True
    late_collisions: int = 0
    fcs_errors: int = 0
    stp_edge: bool = True

    @property
    def full_duplex(self) -> bool | None:
        return self.setting.full is not False if self.link_up else None

    def can_be(self, setting: LinkSetting) -> bool:
        return can_be_set(self.nominal_speed, setting)

    def set_link(self, setting: LinkSetting) -> None:
        assert self.can_be(setting)
        self.setting = setting
        self.speed = setting.speed or self.nominal_speed

    @property
    def link_up(self) -> bool:
        return self.admin_up and self.cable

    @property
    def stp_state(self) -> Any:
        return "forwarding" if self.link_up else "disabled"

    @property
    def mac(self) -> bytes:
        return bytes((2, 0, 0, 0, 0, self.number))

    def set_pvid(self, vlan: int) -> None:
        assert self.switch is not None
        self.pvid = self.switch.vlans[vlan].number
        self.switch.generation += 1

    def set_access(self, vlan: int) -> None:
        self.set_pvid(vlan)

    def set_admin(self, up: bool) -> None:
        if up != self.admin_up:
            self.admin_up = up
            if self.cable:
                self.last_change = self.clock.now()


@dataclass
class FakeSwitch:
    clock: Clock
    count: int = 24
    name: str = "sw-a1"
    alive: bool = True
    booted_at: float = 0.0
    ports: list[FakePort] = field(default_factory=list)
    generation: int = 0
    vlans: dict[int, Vlan] = field(default_factory=dict)
    watchers: Any = None
    saves: int = 0

    def __post_init__(self) -> None:
        self.ports = [FakePort(number, self.clock, switch=self) for number in range(1, self.count + 1)]
        everybody = frozenset(range(1, self.count + 1))
        self.vlans = {1: Vlan(1, "default", everybody, everybody)}

    @property
    def revision(self) -> int:
        shown = attrgetter("admin_up", "link_up", "speed", "setting", "octets_in", "octets_out", "pvid")
        return hash((self.generation, *map(shown, self.ports)))

    def watch(self, link_changed: Any, started: Any) -> None:
        self.watchers = (link_changed, started)

    def save(self) -> None:
        self.saves += 1

    def define_vlan(self, vlan: Vlan) -> None:
        self.vlans = dict(sorted((self.vlans | {vlan.number: vlan}).items()))
        self.generation += 1

    def remove_vlan(self, number: int) -> None:
        self.vlans.pop(number, None)
        self.generation += 1


async def serve_switch(
    hardware: SwitchHardware,
    model: str,
    community: str | None,
    fabric: Fabric,
    address: Address | None,
    clock: Clock,
    *,
    read_community: str | None = None,
    users: Iterable[User] = (),
    stations: dict[str, Station[Any]] | None = None,
) -> Endpoint:
    """Put one on the network; the device is left in `stations` by its name."""
    device = SwitchDevice(
        hardware, model, community, clock, read_community=read_community, users=users, wire=fabric.time
    )
    if stations is not None:
        stations[hardware.name] = device
    return await serve_device(device, fabric, address)
