"""Commands about the chassis: power, restore policy, boot options (IPMI 2.0, 28)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.ipmi.codes import BMC_ADDRESS, Completion, NetFn, Privilege
from simulator.ipmi.commands import CHASSIS_CONTROLS, POLICIES, ChassisStatus
from simulator.ipmi.dispatch import Call, Command, CommandTable, key
from simulator.ipmi.errors import CompletionError

if TYPE_CHECKING:
    from simulator.bmc.device import Bmc

__all__ = ["CHASSIS_COMMANDS"]

_CONTROL_NAMES: Final = {number: name for name, number in CHASSIS_CONTROLS.items()}
_POLICY_NAMES: Final = {number: name for name, number in POLICIES.items()}
_POLICIES_SUPPORTED: Final = 0x07
_KEEP_POLICY: Final = 0x03


def _get_capabilities(bmc: Bmc, call: Call, data: bytes) -> bytes:
    """28.1: no intrusion sensor, no front panel lock; every further device is the BMC itself."""
    return bytes((0, BMC_ADDRESS, BMC_ADDRESS, BMC_ADDRESS, BMC_ADDRESS))


def _get_status(bmc: Bmc, call: Call, data: bytes) -> bytes:
    """28.2."""
    chassis = bmc.chassis
    return ChassisStatus(chassis.powered, chassis.restore_policy, chassis.last_power_event).encode()


def _control(bmc: Bmc, call: Call, data: bytes) -> bytes:
    """28.3: `on` and `off` are fine in either state; the others need a machine that is on, else D5h. The diagnostic
    interrupt is not built, and so is CCh, as is `soft` where the model has no such button.
    """
    chassis = bmc.chassis
    action = _CONTROL_NAMES.get(data[0] & 0x0F)
    if action is None or action == "diag" or (action == "soft" and not bmc.personality.soft_power):
        raise CompletionError(Completion.INVALID_FIELD)
    if action in ("cycle", "reset", "soft") and not chassis.powered:
        raise CompletionError(Completion.WRONG_STATE)
    bmc.boot.chassis_controlled()
    if action == "on":
        chassis.power_on()
    elif action == "off":
        chassis.power_off()
    elif action == "cycle":
        chassis.power_cycle()
    elif action == "reset":
        chassis.reset()
    else:
        chassis.soft_shutdown()
    return b""


def _set_restore_policy(bmc: Bmc, call: Call, data: bytes) -> bytes:
    """28.8: answers with the policies there are; 3 changes nothing."""
    number = data[0] & 0x07
    if number != _KEEP_POLICY:
        policy = _POLICY_NAMES.get(number)
        if policy is None:
            raise CompletionError(Completion.INVALID_FIELD)
        bmc.chassis.set_restore_policy(policy)
    return bytes((_POLICIES_SUPPORTED,))


def _set_boot_options(bmc: Bmc, call: Call, data: bytes) -> bytes:
    """28.12."""
    bmc.boot.set(call, data)
    return b""


def _get_boot_options(bmc: Bmc, call: Call, data: bytes) -> bytes:
    """28.13."""
    return bmc.boot.get(call, data[0] & 0x7F)


CHASSIS_COMMANDS: CommandTable = {
    key(NetFn.CHASSIS, 0x00): Command("Get Chassis Capabilities", Privilege.USER, 0, 0, _get_capabilities),
    key(NetFn.CHASSIS, 0x01): Command("Get Chassis Status", Privilege.USER, 0, 0, _get_status),
    key(NetFn.CHASSIS, 0x02): Command("Chassis Control", Privilege.OPERATOR, 1, 1, _control),
    key(NetFn.CHASSIS, 0x06): Command("Set Power Restore Policy", Privilege.OPERATOR, 1, 1, _set_restore_policy),
    key(NetFn.CHASSIS, 0x08): Command("Set System Boot Options", Privilege.OPERATOR, 1, 17, _set_boot_options),
    key(NetFn.CHASSIS, 0x09): Command("Get System Boot Options", Privilege.OPERATOR, 3, 3, _get_boot_options),
}
