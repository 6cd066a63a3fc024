"""A switch without a plant: what its agent sees, held by the test."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.kernel import Clock


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

    @property
    def link_up(self) -> bool:
        return self.admin_up and self.cable

    @property
    def mac(self) -> bytes:
        return bytes((2, 0, 0, 0, 0, self.number))

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

    def __post_init__(self) -> None:
        self.ports = [FakePort(number, self.clock) for number in range(1, self.count + 1)]
