"""Makers' own commands and parameters, those that their tools ask first: by which port the BMC reaches its network.

Sources: for Supermicro's X9 and X10, what public orchestration sends (`30h 70h 0Ch`); for Dell's, what `ipmitool delloem lan`
sends to an iDRAC of the 12th generation on; for HPE's, LAN parameters 197 and 224 of the "HPE iLO IPMI User Guide".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from simulator.bmc.controller import Controller
from simulator.bmc.hardware import LanMode
from simulator.ipmi.codes import Completion, Privilege
from simulator.ipmi.dispatch import Command, CommandTable, key
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.sessions import Call

__all__ = ["LAN_PARAMETERS", "OEM_COMMANDS", "SYSTEM_INFO", "Parameter"]

_OEM: Final = 0x30
_MODES: Final[tuple[LanMode, ...]] = ("dedicated", "shared", "failover")


# Supermicro

_LAN_MODE: Final = 0x0C


def _supermicro_extended(bmc: Controller, call: Call, data: bytes) -> bytes:
    """70h: of its many functions the LAN mode. 0 asks, 1 sets: 0 dedicated, 1 shared, 2 failover. It acts at once."""
    if data[0] != _LAN_MODE:
        raise CompletionError(Completion.INVALID_COMMAND)
    if data[1] == 0:
        return bytes((_MODES.index(_mode(bmc)),))
    if data[1] != 1:
        raise CompletionError(Completion.INVALID_FIELD)
    if len(data) != 3:
        raise CompletionError(Completion.DATA_LENGTH)
    if data[2] >= len(_MODES):
        raise CompletionError(Completion.INVALID_FIELD)
    _move(bmc, _MODES[data[2]])
    return b""


# Dell

_DEDICATED, _LOM1 = 0x01, 0x02
_ACTIVE_LOM1, _ACTIVE_DEDICATED = 0x01, 0x05
_IMC_13G: Final = 0x20
_VALIDATOR: Final = 0xDD


def _dell_validator(bmc: Controller) -> bytes:
    """System info DDh: which generation of controller it is, in the tenth octet. 20h: monolithic, of the 13th."""
    return bytes(9) + bytes((_IMC_13G,))


def _dell_get_nic(bmc: Controller, call: Call, data: bytes) -> bytes:
    """29h: 1 dedicated, or 2 with LOM1; no failover to another LOM."""
    return bytes((_DEDICATED if _mode(bmc) == "dedicated" else _LOM1, 0))


def _dell_set_nic(bmc: Controller, call: Call, data: bytes) -> bytes:
    """28h. There is one LOM to share here, and none to fall over to (CCh)."""
    if data[0] not in (_DEDICATED, _LOM1) or data[1]:
        raise CompletionError(Completion.INVALID_FIELD)
    _move(bmc, "dedicated" if data[0] == _DEDICATED else "shared")
    return b""


def _dell_active_nic(bmc: Controller, call: Call, data: bytes) -> bytes:
    """C1h: which one it is, and whether it has link."""
    return bytes((_ACTIVE_DEDICATED if _mode(bmc) == "dedicated" else _ACTIVE_LOM1, int(bmc.chassis.bmc_linked)))


# HPE

_RESET_NEEDED: Final = 0x01


def _hpe_get_nic(bmc: Controller) -> bytes:
    """224: the third octet is the choice, the fourth whether the iLO must be reset for it to act."""
    wanted = bmc.pending_lan_mode or _mode(bmc)
    return bytes((0, 0, int(wanted != "dedicated"), _RESET_NEEDED if bmc.pending_lan_mode else 0))


def _hpe_set_nic(bmc: Controller, value: bytes) -> None:
    """AAh 55h, 0 dedicated or 1 shared, FFh. It acts when the iLO is reset."""
    if len(value) != 4 or value[:2] != b"\xaa\x55" or value[2] > 1:
        raise CompletionError(Completion.INVALID_FIELD)
    mode = _MODES[value[2]]
    bmc.pending_lan_mode = None if mode == _mode(bmc) else mode


def _hpe_get_shared(bmc: Controller) -> bytes:
    """197: LOM, its port 1; a LOM can be shared, and nothing else."""
    return b"\x01\x01\x01"


def _hpe_set_shared(bmc: Controller, value: bytes) -> None:
    if value[:2] != b"\x01\x01":
        raise CompletionError(Completion.INVALID_FIELD)


def _mode(bmc: Controller) -> LanMode:
    return bmc.chassis.lan_mode


def _move(bmc: Controller, mode: LanMode) -> None:
    """Once the answer is out: whoever asked for it may have cut himself off."""
    bmc.chassis.alarm(0.0, lambda: bmc.chassis.set_lan_mode(mode))


OEM_COMMANDS: Final[Mapping[str, CommandTable]] = {
    "supermicro": {
        key(_OEM, 0x70): Command("Supermicro Extended Command", Privilege.ADMINISTRATOR, 2, 3, _supermicro_extended)
    },
    "dell": {
        key(_OEM, 0x28): Command("Dell Set NIC Selection", Privilege.ADMINISTRATOR, 2, 2, _dell_set_nic),
        key(_OEM, 0x29): Command("Dell Get NIC Selection", Privilege.USER, 0, 0, _dell_get_nic),
        key(_OEM, 0xC1): Command("Dell Get Active NIC", Privilege.USER, 0, 3, _dell_active_nic),
    },
}
"""By the `oem` of a personality."""

Parameter = tuple[Callable[[Controller], bytes], Callable[[Controller, bytes], None] | None]
"""What reads a parameter, and what writes it where that may be."""

LAN_PARAMETERS: Final[Mapping[str, Mapping[int, Parameter]]] = {
    "hpe": {197: (_hpe_get_shared, _hpe_set_shared), 224: (_hpe_get_nic, _hpe_set_nic)}
}
SYSTEM_INFO: Final[Mapping[str, Mapping[int, Parameter]]] = {"dell": {_VALIDATOR: (_dell_validator, None)}}
