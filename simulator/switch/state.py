"""What a switch's agent keeps and reads: its hardware, the lab's clock, and the texts that a manager may set."""

from __future__ import annotations

from simulator.kernel import Clock
from simulator.switch.hardware import SwitchHardware

__all__ = ["SwitchState"]


class SwitchState:
    """Rows count from 0: first the ports as on the front, then the model's virtual interfaces."""

    __slots__ = ("aliases", "clock", "contact", "hardware", "location", "name", "ports")

    def __init__(self, hardware: SwitchHardware, clock: Clock) -> None:
        self.hardware = hardware
        self.clock = clock
        self.ports = tuple(hardware.ports)
        self.contact = b""
        self.name = hardware.name.encode()
        self.location = b""
        self.aliases: dict[int, bytes] = {}

    def uptime(self) -> int:
        return int((self.clock.now() - self.hardware.booted_at) * 100)

    def changed(self, row: int) -> int:
        """The up-time, in hundredths of a second, at which the row's link last changed; 0 when before this start."""
        if row >= len(self.ports):
            return 0
        return max(0, int((self.ports[row].last_change - self.hardware.booted_at) * 100))

    def any_link(self) -> bool:
        return any(port.link_up for port in self.ports)
