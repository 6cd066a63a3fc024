"""A chassis for tests: it does what it is told, and remembers what that was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.bmc import BootOverride

__all__ = ["FakeChassis", "Part"]

EPOCH = 1_767_225_600


@dataclass
class Part:
    """A supply on its feed, or a drive."""

    failed: bool = False
    live: bool = True

    @property
    def feed(self) -> Part:
        return self

    @property
    def delivers(self) -> bool:
        return self.live and not self.failed


@dataclass
class Heat:
    """A CPU as warm as a test says."""

    inlet: float = 24.0
    cpu: float = 50.0
    rising_to: float | None = None
    """After an alarm it is so warm."""
    fans: list[float] = field(default_factory=lambda: [4200.0] * 4)

    def celsius(self) -> float:
        return self.cpu

    def until(self, level: float) -> float | None:
        if self.rising_to is None or not min(self.cpu, self.rising_to) < level < max(self.cpu, self.rising_to):
            return None
        return abs(level - self.cpu)

    def rpm(self) -> list[float]:
        return self.fans


class _Alarm:
    def __init__(self, alarms: list[tuple[float, Callable[[], object]]], entry: tuple[float, Callable[[], object]]):
        self._alarms, self._entry = alarms, entry
        alarms.append(entry)

    def cancel(self) -> None:
        if self._entry in self._alarms:
            self._alarms.remove(self._entry)


class FakeChassis:
    def __init__(self, name: str = "srv-01") -> None:
        self.name = name
        self.serial = "S-0001"
        self.guid = bytes(range(0x10, 0x20))
        self.bmc_alive = True
        self.powered = False
        self.last_power_event = "none"
        self.restore_policy = "previous"
        self.boot_override: BootOverride | None = None
        self.calls: list[str] = []
        self.sensed: Callable[[str], object] = lambda what: None
        self.printed: Callable[[str], object] = lambda text: None
        self.restart_cause = "unknown"
        self.psus = [Part(), Part()]
        self.disks = [Part(), Part()]
        self.thermal = Heat()
        self.seconds_on = 0.0
        self.lab_time = 0.0
        self.bmc_started_at = 0.0
        self.identified: float | None = None
        self.alarms: list[tuple[float, Callable[[], object]]] = []
        self.keys = b""

    @property
    def watts(self) -> float:
        return 120.0 if self.powered else 12.0

    @property
    def wall_clock(self) -> int:
        return EPOCH + int(self.lab_time)

    @property
    def identify_lit(self) -> bool:
        return bool(self.identified)

    def identify(self, seconds: float) -> None:
        self.identified = seconds

    def alarm(self, seconds: float, callback: Callable[[], object]) -> _Alarm:
        return _Alarm(self.alarms, (seconds, callback))

    def ring(self) -> None:
        """The soonest alarm goes off, at the temperature that leads to it."""
        seconds, callback = self.alarms.pop(0)
        assert self.thermal.rising_to is not None
        step = seconds if self.thermal.rising_to > self.thermal.cpu else -seconds
        self.thermal.cpu += step
        callback()

    def set_boot_override(self, override: BootOverride | None) -> None:
        self.boot_override = override

    def set_restore_policy(self, policy: str) -> None:
        self.restore_policy = policy

    def power_on(self) -> None:
        self._did("power_on", on=True)
        self.restart_cause = "command"

    def power_off(self) -> None:
        self._did("power_off", on=False)

    def power_cycle(self) -> None:
        self._did("power_cycle", on=True)

    def reset(self) -> None:
        self._did("reset", on=True)

    def watchdog_reset(self) -> None:
        self._did("watchdog_reset", on=True)
        self.restart_cause = "watchdog"

    def soft_shutdown(self) -> None:
        self._did("soft_shutdown", on=False)

    def interrupt(self) -> None:
        self.calls.append("interrupt")

    def restart_bmc(self) -> None:
        self.calls.append("restart_bmc")
        self.bmc_alive = False

    def typed(self, octets: bytes) -> None:
        self.keys += octets

    def serial_break(self) -> None:
        self.keys += b"<break>"

    def _did(self, what: str, *, on: bool) -> None:
        self.calls.append(what)
        changed = on != self.powered
        self.powered = on
        self.last_power_event = "command"
        if changed:
            self.sensed("power")
