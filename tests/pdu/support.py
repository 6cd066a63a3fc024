"""A PDU without a plant: outlets that obey, held by the test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from simulator.fabric import Address, Endpoint, Fabric
from simulator.fabric.serve import serve_device
from simulator.kernel import Clock
from simulator.pdu import PduDevice, PduHardware
from simulator.snmp import User
from simulator.snmp.station import Station


@dataclass
class FakeOutlet:
    number: int
    clock: Clock
    on: bool = True
    rebooted_for: list[float] = field(default_factory=list)
    watts: float = 0.0
    amperes: float = 0.0
    rating: float = 16.0

    def turn_on(self) -> None:
        self.on = True

    def turn_off(self) -> None:
        self.on = False

    def reboot(self, seconds: float) -> None:
        self.on = False
        self.rebooted_for.append(seconds)
        self.clock.call_later(seconds, self.turn_on)


@dataclass
class FakeLoad:
    watts: float = 0.0
    amperes: float = 0.0
    rating: float = 16.0


@dataclass
class FakePdu:
    clock: Clock
    count: int = 24
    name: str = "pdu-a1"
    alive: bool = True
    booted_at: float = 0.0
    outlets: list[FakeOutlet] = field(default_factory=list)
    banks: list[FakeLoad] = field(default_factory=lambda: [FakeLoad(), FakeLoad()])
    phases: list[FakeLoad] = field(default_factory=lambda: [FakeLoad(), FakeLoad(), FakeLoad()])
    whole: FakeLoad = field(default_factory=FakeLoad)
    kilowatt_hours: float = 0.0
    watchers: Any = None

    @property
    def revision(self) -> int:
        return hash(tuple((outlet.on, outlet.watts) for outlet in self.outlets))

    def watch(self, switched: Any, started: Any) -> None:
        self.watchers = (switched, started)

    def __post_init__(self) -> None:
        self.outlets = [FakeOutlet(number, self.clock) for number in range(1, self.count + 1)]


async def serve_pdu(
    hardware: PduHardware,
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
    device = PduDevice(hardware, model, community, clock, read_community=read_community, users=users, wire=fabric.time)
    if stations is not None:
        stations[hardware.name] = device
    return await serve_device(device, fabric, address)
