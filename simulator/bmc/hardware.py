"""What a BMC sees and touches of its server. The plant's server is one; a test's may be another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol

__all__ = ["Alarm", "BootFlags", "BootOverride", "Chassis", "Drive", "Heat", "Inlet", "LanMode", "Supply"]


LanMode = Literal["dedicated", "shared", "failover"]
"""A port of its own, the host's first NIC, or its own while that is cabled and else the host's."""


class BootOverride(NamedTuple):
    """The boot flags as the firmware reads them at its next start."""

    device: str
    """`pxe`, `disk`, `cdrom`, `bios`, or another name of `BOOT_DEVICES`; where a machine has no such device, its firmware
    goes on as if nobody had asked.
    """
    persistent: bool
    efi: bool


class BootFlags(Protocol):
    """Boot flags as a chassis keeps them; a BootOverride is one."""

    @property
    def device(self) -> str: ...

    @property
    def persistent(self) -> bool: ...

    @property
    def efi(self) -> bool: ...


class Alarm(Protocol):
    """A call that is due, and may be called off."""

    def cancel(self) -> None: ...


class Inlet(Protocol):
    """What feeds a supply."""

    @property
    def live(self) -> bool: ...


class Supply(Protocol):
    """A power supply."""

    @property
    def failed(self) -> bool: ...

    @property
    def delivers(self) -> bool: ...

    @property
    def feed(self) -> Inlet: ...


class Drive(Protocol):
    """A disk in its bay."""

    @property
    def failed(self) -> bool: ...


class Heat(Protocol):
    """Temperatures and fans; the CPU's temperature runs from where it is to where its conditions lead."""

    @property
    def inlet(self) -> float:
        """Degrees Celsius of the air that is taken in."""

    def celsius(self) -> float:
        """The CPU's."""

    def until(self, level: float) -> float | None:
        """Seconds of lab time until the CPU's temperature passes `level`; None when it does not."""

    def rpm(self) -> Sequence[float]:
        """Of each fan."""


class Chassis(Protocol):
    """One server as its BMC's wires reach it. Every call acts at once and returns at once."""

    def watch(self, watcher: Callable[[str], object]) -> None:
        """Call this when something changed that sensors see: `power`, `restart`, `fans`, `heat`, `supplies`, `drives`,
        `thermal trip`; or of the BMC: `bmc`, which has started, and `standby lost`, which ended all that it had in memory.
        """

    def attach_terminal(self, printed: Callable[[str], object]) -> None:
        """Give this what the serial console shows, as it comes."""

    def detach_terminal(self, printed: Callable[[str], object]) -> None: ...

    @property
    def name(self) -> str: ...

    @property
    def serial(self) -> str: ...

    @property
    def guid(self) -> bytes:
        """16 octets, the same for ever."""

    @property
    def bmc_alive(self) -> bool:
        """The BMC has standby power and has finished starting; else it is deaf."""

    @property
    def bmc_linked(self) -> bool:
        """What it sends gets to the management network, and what is sent to it arrives."""

    @property
    def lan_mode(self) -> LanMode:
        """By which port it looks for the management network."""

    def set_lan_mode(self, mode: LanMode) -> None: ...

    @property
    def powered(self) -> bool:
        """Main power is on."""

    @property
    def last_power_event(self) -> str:
        """`none`, `ac_lost` or `command`: why power last changed."""

    @property
    def restore_policy(self) -> str:
        """What happens when AC returns: `off`, `previous` or `on`."""

    @property
    def boot_override(self) -> BootFlags | None: ...

    def set_boot_override(self, override: BootOverride | None) -> None: ...

    def set_restore_policy(self, policy: str) -> None: ...

    def power_on(self) -> None: ...

    def power_off(self) -> None:
        """Hard, at once."""

    def power_cycle(self) -> None:
        """Off, a pause, on again."""

    def reset(self) -> None: ...

    def soft_shutdown(self) -> None:
        """The ACPI power button: whatever runs decides what to make of it."""

    @property
    def restart_cause(self) -> str:
        """`unknown`, `command`, `command reset`, `restore policy` or `watchdog`."""

    @property
    def psus(self) -> Sequence[Supply]: ...

    @property
    def disks(self) -> Sequence[Drive]: ...

    @property
    def thermal(self) -> Heat: ...

    @property
    def watts(self) -> float:
        """What it draws."""

    def limit_power(self, watts: float | None) -> None:
        """Slow it down so that it draws no more than this, as far as it can be slowed down; None: no more."""

    @property
    def seconds_on(self) -> float:
        """How long main power has been on, over all."""

    @property
    def lab_time(self) -> float:
        """Seconds."""

    @property
    def wall_clock(self) -> int:
        """Seconds since 1970, by the lab's calendar."""

    @property
    def bmc_started_at(self) -> float:
        """Lab time."""

    @property
    def identify_lit(self) -> bool: ...

    def identify(self, seconds: float) -> None:
        """Light the locator for so long; 0 puts it out."""

    def alarm(self, seconds: float, callback: Callable[[], object]) -> Alarm:
        """Call back after `seconds` of lab time."""

    def interrupt(self) -> None:
        """The diagnostic interrupt."""

    def watchdog_reset(self) -> None:
        """A reset whose cause is the watchdog."""

    def restart_bmc(self) -> None:
        """The BMC starts anew: `bmc_alive` is false until it has."""

    def typed(self, octets: bytes) -> None:
        """Keys for the serial console."""

    def serial_break(self) -> None: ...
