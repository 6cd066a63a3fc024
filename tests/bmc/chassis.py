"""A chassis for tests: it does what it is told, and remembers what that was."""

from __future__ import annotations

from simulator.bmc import BootOverride

__all__ = ["FakeChassis"]


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

    def set_boot_override(self, override: BootOverride | None) -> None:
        self.boot_override = override

    def set_restore_policy(self, policy: str) -> None:
        self.restore_policy = policy

    def power_on(self) -> None:
        self._did("power_on", on=True)

    def power_off(self) -> None:
        self._did("power_off", on=False)

    def power_cycle(self) -> None:
        self._did("power_cycle", on=True)

    def reset(self) -> None:
        self._did("reset", on=True)

    def soft_shutdown(self) -> None:
        self._did("soft_shutdown", on=False)

    def _did(self, what: str, *, on: bool) -> None:
        self.calls.append(what)
        self.powered = on
        self.last_power_event = "command"
