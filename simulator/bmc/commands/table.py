"""All that a BMC answers; anything else is answered with C1h."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulator.bmc.commands.app import APP_COMMANDS
from simulator.bmc.commands.chassis import CHASSIS_COMMANDS
from simulator.bmc.commands.dcmi import DCMI_COMMANDS
from simulator.bmc.commands.lan import LAN_COMMANDS
from simulator.bmc.commands.oem import OEM_COMMANDS
from simulator.bmc.commands.payload import PAYLOAD_COMMANDS
from simulator.bmc.commands.pef import PEF_COMMANDS
from simulator.bmc.commands.sensor import SENSOR_COMMANDS
from simulator.bmc.commands.storage import STORAGE_COMMANDS
from simulator.bmc.commands.user import USER_COMMANDS
from simulator.ipmi.dispatch import CommandTable
from simulator.ipmi.session_commands import SESSION_COMMANDS

__all__ = ["COMMANDS", "COMMANDS_OF"]

COMMANDS: Final[CommandTable] = {
    **SESSION_COMMANDS,
    **APP_COMMANDS,
    **USER_COMMANDS,
    **CHASSIS_COMMANDS,
    **SENSOR_COMMANDS,
    **STORAGE_COMMANDS,
    **LAN_COMMANDS,
    **PAYLOAD_COMMANDS,
    **DCMI_COMMANDS,
    **PEF_COMMANDS,
}

COMMANDS_OF: Final[Mapping[str | None, CommandTable]] = {
    None: COMMANDS,
    "hpe": COMMANDS,
    **{oem: {**COMMANDS, **own} for oem, own in OEM_COMMANDS.items()},
}
"""... with a maker's own, by the `oem` of a personality."""
