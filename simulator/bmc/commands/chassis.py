"""Commands about the chassis: power, identify, restore policy, boot options, counters (IPMI 2.0, 28)."""

from __future__ import annotations

from typing import Final

from simulator.bmc.controller import Controller
from simulator.ipmi.codes import BMC_ADDRESS, Completion, NetFn, Privilege
from simulator.ipmi.commands import CHASSIS_CONTROLS, POLICIES, ChassisStatus
from simulator.ipmi.dispatch import Command, CommandTable, key
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.sessions import Call

__all__ = ["CHASSIS_COMMANDS"]

_CONTROL_NAMES: Final = {number: name for name, number in CHASSIS_CONTROLS.items()}
_POLICY_NAMES: Final = {number: name for name, number in POLICIES.items()}
_POLICIES_SUPPORTED: Final = 0x07
_KEEP_POLICY: Final = 0x03
_IDENTIFY_SUPPORTED: Final = 0x40
_IDENTIFY_TIMED: Final = 0x10
_FAN_FAULT: Final = 0x08
_DRIVE_FAULT: Final = 0x04
_IDENTIFY_SECONDS: Final = 15
_FOR_EVER: Final = float("inf")
_RESTART_CAUSES: Final = {"unknown": 0x0, "command reset": 0x1, "command": 0x1, "watchdog": 0x4, "restore policy": 0x6}
"""Table 28-11. The two policies are told apart by the present one."""
_PREVIOUS_POLICY: Final = 0x7
_MINUTES_PER_COUNT: Final = 60


def _get_capabilities(bmc: Controller, call: Call, data: bytes) -> bytes:
    """28.1: no intrusion sensor, no front panel lock; every further device is the BMC itself."""
    return bytes((0, BMC_ADDRESS, BMC_ADDRESS, BMC_ADDRESS, BMC_ADDRESS))


def _get_status(bmc: Controller, call: Call, data: bytes) -> bytes:
    """28.2."""
    chassis = bmc.chassis
    status = bytearray(ChassisStatus(chassis.powered, chassis.restore_policy, chassis.last_power_event).encode())
    if any(drive.failed for drive in chassis.disks):
        status[2] |= _DRIVE_FAULT
    if chassis.powered and 0.0 in chassis.thermal.rpm():
        status[2] |= _FAN_FAULT
    status[2] |= _IDENTIFY_SUPPORTED | (_IDENTIFY_TIMED if chassis.identify_lit else 0)
    return bytes(status)


def _control(bmc: Controller, call: Call, data: bytes) -> bytes:
    """28.3: `on` is fine in either state; what needs a machine that is on, as its maker sees it, is else D5h. `soft` is CCh
    where the model has no such button. Some models say yes at once, and act seconds later.
    """
    chassis = bmc.chassis
    action = _CONTROL_NAMES.get(data[0] & 0x0F)
    if action is None or (action == "soft" and not bmc.personality.soft_power):
        raise CompletionError(Completion.INVALID_FIELD)
    if action in bmc.personality.refused_when_off and not chassis.powered:
        raise CompletionError(Completion.WRONG_STATE)
    bmc.boot.chassis_controlled()
    act = {
        "on": chassis.power_on,
        "off": chassis.power_off,
        "cycle": chassis.power_cycle,
        "reset": chassis.reset,
        "diag": chassis.interrupt,
        "soft": chassis.soft_shutdown,
    }[action]
    if bmc.personality.chassis_delay:
        chassis.alarm(bmc.personality.chassis_delay, act)
    else:
        act()
    return b""


def _identify(bmc: Controller, call: Call, data: bytes) -> bytes:
    """28.5: so many seconds, 15 when not said, 0 puts it out; with bit 0 of the second octet until then."""
    seconds: float = data[0] if data else _IDENTIFY_SECONDS
    bmc.chassis.identify(_FOR_EVER if len(data) == 2 and data[1] & 1 else seconds)
    return b""


def _get_restart_cause(bmc: Controller, call: Call, data: bytes) -> bytes:
    """28.11."""
    chassis = bmc.chassis
    cause = _RESTART_CAUSES.get(chassis.restart_cause, 0)
    if chassis.restart_cause == "restore policy" and chassis.restore_policy == "previous":
        cause = _PREVIOUS_POLICY
    return bytes((cause, bmc.personality.channel.number))


def _get_on_hours(bmc: Controller, call: Call, data: bytes) -> bytes:
    """28.14: minutes per count, and the count."""
    return bytes((_MINUTES_PER_COUNT,)) + int(bmc.chassis.seconds_on // 3600).to_bytes(4, "little")


def _set_restore_policy(bmc: Controller, call: Call, data: bytes) -> bytes:
    """28.8: answers with the policies there are; 3 changes nothing."""
    number = data[0] & 0x07
    if number != _KEEP_POLICY:
        policy = _POLICY_NAMES.get(number)
        if policy is None:
            raise CompletionError(Completion.INVALID_FIELD)
        bmc.chassis.set_restore_policy(policy)
    return bytes((_POLICIES_SUPPORTED,))


def _set_boot_options(bmc: Controller, call: Call, data: bytes) -> bytes:
    """28.12."""
    bmc.boot.set(call, data)
    return b""


def _get_boot_options(bmc: Controller, call: Call, data: bytes) -> bytes:
    """28.13."""
    return bmc.boot.get(call, data[0] & 0x7F, data[1])


CHASSIS_COMMANDS: CommandTable = {
    key(NetFn.CHASSIS, 0x00): Command("Get Chassis Capabilities", Privilege.USER, 0, 0, _get_capabilities),
    key(NetFn.CHASSIS, 0x01): Command("Get Chassis Status", Privilege.USER, 0, 0, _get_status),
    key(NetFn.CHASSIS, 0x02): Command("Chassis Control", Privilege.OPERATOR, 1, 1, _control),
    key(NetFn.CHASSIS, 0x04): Command("Chassis Identify", Privilege.OPERATOR, 0, 2, _identify),
    key(NetFn.CHASSIS, 0x06): Command("Set Power Restore Policy", Privilege.OPERATOR, 1, 1, _set_restore_policy),
    key(NetFn.CHASSIS, 0x07): Command("Get System Restart Cause", Privilege.USER, 0, 0, _get_restart_cause),
    key(NetFn.CHASSIS, 0x08): Command("Set System Boot Options", Privilege.OPERATOR, 1, 18, _set_boot_options),
    key(NetFn.CHASSIS, 0x09): Command("Get System Boot Options", Privilege.OPERATOR, 3, 3, _get_boot_options),
    key(NetFn.CHASSIS, 0x0F): Command("Get POH Counter", Privilege.USER, 0, 0, _get_on_hours),
}
