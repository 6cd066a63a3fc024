"""What a server's board has beside the machine itself: the BMC's own life on standby power and its way to the network, the
locator, the serial port, and who watches all that.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Literal

from simulator.kernel import Timer
from simulator.kernel.flow import CURRENT, because
from simulator.plant.network import Nic
from simulator.plant.physics import Physics

__all__ = ["Baseboard", "LanMode"]

LanMode = Literal["dedicated", "shared", "failover"]
_PRINTED = 4000
"""Characters of its console that are remembered."""


class Baseboard(ABC):
    """A server is one."""

    nics: tuple[Nic, ...]

    def __init__(self, name: str, physics: Physics, *, fed: bool) -> None:
        """`fed`: a supply delivers, so the BMC is up already."""
        self.name = name
        self.physics = physics
        self.bmc_failed = False
        """A fault's hand."""
        self.bmc_started_at = physics.clock.now()
        """Lab time."""
        self.lan_mode: LanMode = "dedicated"
        """How its BMC reaches the management network: by a port of its own, through nic1, or by whichever has link."""
        self.dedicated_cable = True
        """The BMC's own port is cabled."""
        self._bmc_up = fed
        self._bmc_starts = 0
        self._identify_until = 0.0
        self._watchers: list[Callable[[str], object]] = []
        self._terminals: list[Callable[[str], object]] = []
        self.printed = ""
        """The last of what went to the serial console; lines end in LF."""

    @property
    @abstractmethod
    def _fed(self) -> bool:
        """A supply delivers."""

    def note(self, what: str, **detail: object) -> int:
        """The number of the record."""
        return self.physics.note(self.name, what, **detail)

    # the BMC

    @property
    def bmc_alive(self) -> bool:
        return self._bmc_up and not self.bmc_failed

    @property
    def bmc_linked(self) -> bool:
        """The BMC's frames get to the management network and back. Through nic1 they share its cable, its port and that
        port's VLAN with the host's.
        """
        if self.lan_mode == "dedicated" or (self.lan_mode == "failover" and self.dedicated_cable):
            return self.dedicated_cable
        return self.nics[0].reaches_network

    def set_lan_mode(self, mode: LanMode) -> None:
        """Where the BMC looks for its network. A NIC that it shares has link on standby power, too."""
        self.lan_mode = mode
        nic = self.nics[0]
        nic.standby = None if mode == "dedicated" else lambda: self._fed
        nic.changed()

    def restart_bmc(self) -> None:
        """The BMC starts anew, as after a short loss of standby power."""
        self._bmc_up = False
        with because(self.note("BMC restarts")):
            self._start_bmc()

    def _start_bmc(self) -> None:
        self._bmc_starts += 1
        mine = self._bmc_starts
        self.physics.mark(self.name, "bmc", CURRENT.get())

        def started() -> None:
            if self._bmc_starts == mine:
                self._bmc_up = True
                self.bmc_started_at = self.lab_time
                self.note("BMC started")
                self.physics.free(self.name, "bmc")
                self._sensed("bmc")

        self.physics.clock.call_later(
            self.physics.draw(self.name, "bmc start", self.physics.timings.bmc_start), started
        )

    def _stop_bmc(self) -> None:
        """Standby power is lost: what the BMC had in memory is gone, and a start that was under way comes to nothing."""
        self._bmc_up = False
        self._bmc_starts += 1
        self._sensed("standby lost")

    # time and the locator

    @property
    def lab_time(self) -> float:
        return self.physics.clock.now()

    @property
    def wall_clock(self) -> int:
        """Seconds since 1970, by the lab's calendar."""
        return int(self.physics.clock.calendar().timestamp())

    @property
    def identify_lit(self) -> bool:
        """The locator light is on."""
        return self._identify_until > self.lab_time

    def identify(self, seconds: float) -> None:
        """Light the locator for so long; 0 puts it out."""
        self._identify_until = self.lab_time + seconds
        self.note("locator lit" if seconds else "locator out")

    def alarm(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call back after `seconds` of lab time."""
        return self.physics.clock.call_later(seconds, callback)

    # watchers and the serial port

    def watch(self, watcher: Callable[[str], object]) -> None:
        """Call this when something changed that sensors see: `power`, `fans`, `heat`, `supplies`, `drives`, `restart`, `thermal
        trip`; or of the BMC: `bmc`, which has started, and `standby lost`, which ended all that it had in memory.
        """
        self._watchers.append(watcher)

    def _sensed(self, what: str) -> None:
        for watcher in self._watchers:
            watcher(what)

    def attach_terminal(self, printed: Callable[[str], object]) -> None:
        """Give this what the serial console shows, as it comes; lines end in CR LF."""
        self._terminals.append(printed)

    def detach_terminal(self, printed: Callable[[str], object]) -> None:
        self._terminals.remove(printed)

    def show(self, text: str, end: str = "\n") -> None:
        """Put text on the serial console."""
        self.printed = (self.printed + text + end)[-_PRINTED:]
        for printed in tuple(self._terminals):
            printed((text + end).replace("\n", "\r\n"))
