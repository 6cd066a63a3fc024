"""A chassis for tests, which does what it is told and remembers what that was, and a network for what a BMC sends unasked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.bmc import Bmc, BootOverride
from simulator.ipmi.pet import ENTERPRISE, PlatformTrap
from simulator.snmp.notification import decode_notification

__all__ = ["EPOCH", "FakeChassis", "Line", "Part", "kill_fan"]

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
    def __init__(self, chassis: FakeChassis, callback: Callable[[], object]) -> None:
        self._chassis, self._callback = chassis, callback

    def cancel(self) -> None:
        self._chassis.alarms = [entry for entry in self._chassis.alarms if entry[1] is not self._callback]


class FakeChassis:
    def __init__(self, name: str = "srv-01") -> None:
        self.name = name
        self.serial = "S-0001"
        self.guid = bytes(range(0x10, 0x20))
        self.bmc_alive = self.bmc_linked = True
        self.lan_mode = "dedicated"
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
        self.power_limit: float | None = None
        self.lab_time = 0.0
        self.bmc_started_at = 0.0
        self.identified: float | None = None
        self.alarms: list[tuple[float, Callable[[], object]]] = []
        self.keys = b""

    def watch(self, watcher: Callable[[str], object]) -> None:
        self.sensed = watcher

    def attach_terminal(self, printed: Callable[[str], object]) -> None:
        self.printed = printed

    def detach_terminal(self, printed: Callable[[str], object]) -> None:
        self.printed = lambda text: None

    @property
    def watts(self) -> float:
        """A CPU that is slowed down saves 30 W at most."""
        return max(90.0, min(120.0, self.power_limit or 120.0)) if self.powered else 12.0

    def limit_power(self, watts: float | None) -> None:
        self.power_limit = watts

    @property
    def wall_clock(self) -> int:
        return EPOCH + int(self.lab_time)

    @property
    def identify_lit(self) -> bool:
        return bool(self.identified)

    def identify(self, seconds: float) -> None:
        self.identified = seconds

    def alarm(self, seconds: float, callback: Callable[[], object]) -> _Alarm:
        self.alarms.append((seconds, callback))
        return _Alarm(self, callback)

    def ring(self) -> None:
        """The soonest alarm goes off, at the temperature that leads to it."""
        seconds, callback = self.alarms.pop(0)
        assert self.thermal.rising_to is not None
        step = seconds if self.thermal.rising_to > self.thermal.cpu else -seconds
        self.thermal.cpu += step
        callback()

    def set_boot_override(self, override: BootOverride | None) -> None:
        self.boot_override = override

    def set_lan_mode(self, mode: str) -> None:
        self.lan_mode = mode

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


class Line:
    """The network, as far as a BMC sends unasked."""

    def __init__(self) -> None:
        self.time = 0.0
        self.sent: list[tuple[bytes, tuple[str, int]]] = []

    def now(self) -> float:
        return self.time

    def push(self, data: bytes, peer: tuple[str, int]) -> None:
        self.sent.append((data, peer))

    @property
    def traps(self) -> list[PlatformTrap]:
        """What came so far, decoded; then it is forgotten."""
        found = []
        for data, _ in self.sent:
            notification = decode_notification(data)
            assert notification.community == b"public"
            assert notification.trap.startswith(f"{ENTERPRISE}.0.")
            value = notification.varbinds[0].value()
            assert isinstance(value, bytes)
            found.append(PlatformTrap.decode(value))
        self.sent.clear()
        return found


def kill_fan(bmc: Bmc, chassis: FakeChassis, number: int = 0) -> None:
    chassis.thermal.fans[number] = 0.0
    bmc.sense("fans")
