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
        # Standby power goes: the BMC forgets its sessions, whatever ran is dropped where it stood.
        (POWERED, E.AC_LOST, S.NO_AC),
        (S.OFF, E.AC_LOST, S.NO_AC),
        # The BMC starts, deaf for three quarters of a minute; the restore policy may switch main power on at once.
        (S.NO_AC, E.AC_BACK, S.OFF),
        # Main power: the firmware starts, links come up, fans turn. Off is at once, and drops what ran.
        (S.OFF, E.POWER_ON, S.POST),
        (POWERED, E.POWER_OFF, S.OFF),
        (POWERED, E.RESET, S.POST),
        # The firmware takes its boot devices in turn; here the BMC's boot flags are read, and one-time flags used up.
        (S.POST, E.POST_DONE, S.SELECT),
        (S.SELECT, E.TRY_NETWORK, S.DHCP),
        # The boot service is heard of for the first time. What it answers to the loader decides which image runs.
        (S.DHCP, E.LEASE, S.LOADER),
        ((S.DHCP, S.LOADER), E.NO_NETWORK_BOOT, S.SELECT),
        (S.LOADER, E.START_INSTALLER, S.INSTALLING),
        (S.LOADER, E.START_DIAGNOSTIC, S.DIAGNOSING),
        (S.LOADER, E.START_RESCUE, S.RESCUE),
        (S.SELECT, E.TRY_DISK, S.OS_BOOT),
        (S.SELECT, E.NO_DEVICE, S.HALTED),
        # The system configures its addresses: it answers pings. After an installation it tells the boot service.
        (S.OS_BOOT, E.OS_UP, S.RUNNING),
        # An installer or a diagnostic system restarts the machine by itself; one that failed stands with its message.
        ((S.INSTALLING, S.DIAGNOSING), E.IMAGE_DONE, S.POST),
        ((S.INSTALLING, S.DIAGNOSING, S.RESCUE), E.IMAGE_FAILED, S.HALTED),
        # ACPI's power button, where something runs that hears it; half a minute later it cuts main power.
        ((S.RUNNING, S.INSTALLING, S.DIAGNOSING, S.RESCUE, S.OS_BOOT), E.SHUTDOWN, S.STOPPING),
    ],
)
"""Every move, whichever it is, is in the journal, sets the heat's course and the feeds' load anew; one that switches main
power on or off changes every link of the server and what its BMC senses (`Server._fire`).
"""
