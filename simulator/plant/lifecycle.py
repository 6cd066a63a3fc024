"""A server's power and boot as one table."""

from __future__ import annotations

from enum import Enum

from simulator.kernel import Table

__all__ = ["LIFECYCLE", "POWERED", "WATTS", "BootEvent", "BootState"]


class BootState(Enum):
    NO_AC = "no_ac"
    OFF = "off"
    POST = "post"
    SELECT = "boot_device"
    DHCP = "pxe_dhcp"
    LOADER = "pxe_loader"
    INSTALLING = "installing"
    DIAGNOSING = "diagnosing"
    RESCUE = "rescue"
    """A system that runs from memory, until somebody ends it."""
    OS_BOOT = "os_boot"
    RUNNING = "running"
    STOPPING = "shutting_down"
    HALTED = "halted"


class BootEvent(Enum):
    AC_LOST = "ac_lost"
    AC_BACK = "ac_back"
    POWER_ON = "power_on"
    POWER_OFF = "power_off"
    RESET = "reset"
    POST_DONE = "post_done"
    TRY_NETWORK = "try_network"
    NO_NETWORK_BOOT = "no_network_boot"
    LEASE = "lease"
    START_INSTALLER = "start_installer"
    START_DIAGNOSTIC = "start_diagnostic"
    START_RESCUE = "start_rescue"
    TRY_DISK = "try_disk"
    NO_DEVICE = "no_device"
    OS_UP = "os_up"
    IMAGE_DONE = "image_done"
    IMAGE_FAILED = "image_failed"
    SHUTDOWN = "shutdown"


S, E = BootState, BootEvent

POWERED = (
    S.POST,
    S.SELECT,
    S.DHCP,
    S.LOADER,
    S.INSTALLING,
    S.DIAGNOSING,
    S.RESCUE,
    S.OS_BOOT,
    S.RUNNING,
    S.STOPPING,
    S.HALTED,
)
"""The states with main power on."""

WATTS = {
    S.NO_AC: 0.0,
    S.OFF: 12.0,
    S.POST: 150.0,
    S.SELECT: 110.0,
    S.DHCP: 110.0,
    S.LOADER: 110.0,
    S.INSTALLING: 165.0,
    S.DIAGNOSING: 190.0,
    S.RESCUE: 95.0,
    S.OS_BOOT: 150.0,
    S.RUNNING: 95.0,
    S.STOPPING: 110.0,
    S.HALTED: 85.0,
}
"""What a server without disks draws in each state; OFF is its BMC alone."""

LIFECYCLE: Table[BootState, BootEvent] = Table(
    "server",
    [
        (POWERED, E.AC_LOST, S.NO_AC),
        (S.OFF, E.AC_LOST, S.NO_AC),
        (S.NO_AC, E.AC_BACK, S.OFF),
        (S.OFF, E.POWER_ON, S.POST),
        (POWERED, E.POWER_OFF, S.OFF),
        (POWERED, E.RESET, S.POST),
        (S.POST, E.POST_DONE, S.SELECT),
        (S.SELECT, E.TRY_NETWORK, S.DHCP),
        (S.DHCP, E.LEASE, S.LOADER),
        ((S.DHCP, S.LOADER), E.NO_NETWORK_BOOT, S.SELECT),
        (S.LOADER, E.START_INSTALLER, S.INSTALLING),
        (S.LOADER, E.START_DIAGNOSTIC, S.DIAGNOSING),
        (S.LOADER, E.START_RESCUE, S.RESCUE),
        (S.SELECT, E.TRY_DISK, S.OS_BOOT),
        (S.SELECT, E.NO_DEVICE, S.HALTED),
        (S.OS_BOOT, E.OS_UP, S.RUNNING),
        ((S.INSTALLING, S.DIAGNOSING), E.IMAGE_DONE, S.POST),
        ((S.INSTALLING, S.DIAGNOSING, S.RESCUE), E.IMAGE_FAILED, S.HALTED),
        ((S.RUNNING, S.INSTALLING, S.DIAGNOSING, S.RESCUE, S.OS_BOOT), E.SHUTDOWN, S.STOPPING),
    ],
)
