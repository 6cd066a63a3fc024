"""What a BMC sees and touches of its server. The plant's server is one; a test's may be another."""

from __future__ import annotations

from typing import NamedTuple, Protocol

__all__ = ["BootFlags", "BootOverride", "Chassis"]


class BootOverride(NamedTuple):
    """The boot flags as the firmware reads them at its next start."""

    device: str
    """`pxe`, `disk`, `cdrom` or `bios`."""
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


class Chassis(Protocol):
    """One server as its BMC's wires reach it. Every call acts at once and returns at once."""

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
