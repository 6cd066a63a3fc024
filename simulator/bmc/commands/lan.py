"""LAN and Serial over LAN parameters (IPMI 2.0, 23 and 26). An unknown one is 80h, one that is only read 82h."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Final

from simulator.bmc.channel_settings import AUTHENTICATION_TYPES, BAD_PASSWORDS, SUITE_PRIVILEGES, factory_value
from simulator.bmc.commands.oem import LAN_PARAMETERS, Parameter
from simulator.bmc.controller import Controller
from simulator.bmc.lan_parameters import DESTINATIONS, LAN_DEFAULTS, LAN_WRITABLE, PORT, SOL_DEFAULTS, SOL_WRITABLE
from simulator.bmc.settings import Destination, in_progress
from simulator.ipmi.codes import Completion, NetFn, Privilege
from simulator.ipmi.dispatch import Command, CommandTable, key
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.lan15 import authentication_bits
from simulator.ipmi.session_commands import require_channel
from simulator.ipmi.sessions import Call

__all__ = ["LAN_COMMANDS", "mac_of", "sol_port", "sol_value"]

_REVISION: Final = b"\x11"
_UNKNOWN: Final = 0x80
_READ_ONLY: Final = 0x82
_BIT_RATES: Final = range(6, 11)
"""9600 to 115200 bit/s (table 26-5, parameters 5 and 6)."""


def mac_of(bmc: Controller) -> bytes:
    """A locally administered address of this BMC's own."""
    return b"\x02" + bmc.guid[-5:]


def _own_parameters(bmc: Controller) -> Mapping[int, Parameter]:
    """Those of its maker."""
    return LAN_PARAMETERS.get(bmc.personality.oem or "", {})


def _lan_value(bmc: Controller, parameter: int, selector: int) -> bytes:
    """A parameter's present value: the network's, the channel's, or as written. Raises CompletionError 80h, C9h."""
    settings, channel = bmc.settings, bmc.personality.channel
    own = _own_parameters(bmc).get(parameter)
    if own is not None:
        return own[0](bmc)
    if parameter in (3, 8) and bmc.address is None:
        return bytes(4) if parameter == 3 else LAN_DEFAULTS[8]
    if parameter == 3:
        assert bmc.address is not None
        address = ipaddress.ip_address(bmc.address[0])
        return address.packed if address.version == 4 else bytes(4)
    if parameter == 8:
        assert bmc.address is not None
        return bmc.address[1].to_bytes(2, "little")
    if parameter == 5:
        return mac_of(bmc)
    if parameter in (18, 19, 25):
        if selector > DESTINATIONS:
            raise CompletionError(Completion.OUT_OF_RANGE)
        to = settings.destinations.get(selector, Destination())
        if parameter == 18:
            return bytes((selector, to.type, to.timeout, to.retries))
        if parameter == 19:
            return bytes((selector, 0, to.gateway)) + to.address + to.mac
        return bytes((selector, 0, 0, 0))
    if parameter == 1:
        return bytes((authentication_bits(channel.authentication),))
    if parameter in (AUTHENTICATION_TYPES, SUITE_PRIVILEGES, BAD_PASSWORDS):
        return settings.lan.get(parameter, factory_value(channel, parameter))
    if parameter == 22:
        return bytes((len(channel.suites),))
    if parameter == 23:
        return b"\0" + bytes(suite.id for suite in channel.suites[:16]).ljust(16, b"\0")
    value = settings.lan.get(parameter, LAN_DEFAULTS.get(parameter))
    if value is None:
        raise CompletionError(_UNKNOWN)
    return value


def _get_lan(bmc: Controller, call: Call, data: bytes) -> bytes:
    """23.2: with bit 7 of the channel the revision alone."""
    require_channel(bmc.personality.channel, data[0])
    if data[0] & 0x80:
        return _REVISION
    return _REVISION + _lan_value(bmc, data[1], data[2])


def _set_lan(bmc: Controller, call: Call, data: bytes) -> bytes:
    """23.1. What cannot be changed from here may be written as it is."""
    require_channel(bmc.personality.channel, data[0])
    parameter, value = data[1], data[2:]
    settings = bmc.settings
    if parameter in (18, 19):
        _set_destination(bmc, parameter, value)
        return b""
    own = _own_parameters(bmc).get(parameter)
    if own is not None and own[1] is not None:
        own[1](bmc, value)
        return b""
    length = LAN_WRITABLE.get(parameter)
    if length is None:
        if value != _lan_value(bmc, parameter, value[0] & 0x0F):
            raise CompletionError(_READ_ONLY)
        return b""
    if len(value) != length:
        raise CompletionError(Completion.DATA_LENGTH)
    if parameter == 0:
        settings.lan[0] = bytes((in_progress(settings.lan.get(0, b"\0")[0], value[0]),))
        return b""
    _check(bmc, parameter, value)
    settings.lan[parameter] = value
    bmc.apply_settings()
    return b""


def _check(bmc: Controller, parameter: int, value: bytes) -> None:
    """Raises CompletionError CCh for a value that could not act."""
    if parameter == AUTHENTICATION_TYPES:
        supported = authentication_bits(bmc.personality.channel.authentication)
        sound = not any(mask & ~supported for mask in value)
    elif parameter == SUITE_PRIVILEGES:
        sound = all(level <= Privilege.OEM for octet in value[1:] for level in (octet & 0x0F, octet >> 4))
    elif parameter == BAD_PASSWORDS:
        sound = value[0] == 0  # no sensor takes note of who was locked out
    else:
        sound = True
    if not sound:
        raise CompletionError(Completion.INVALID_FIELD)


def _set_destination(bmc: Controller, parameter: int, value: bytes) -> None:
    if len(value) != (4 if parameter == 18 else 13):
        raise CompletionError(Completion.DATA_LENGTH)
    selector = value[0] & 0x0F
    if selector > DESTINATIONS:
        raise CompletionError(Completion.OUT_OF_RANGE)
    to = bmc.settings.destinations.setdefault(selector, Destination())
    if parameter == 18:
        if value[1] & 0x07:  # a maker's own kind of alert
            raise CompletionError(Completion.INVALID_FIELD)
        to.type, to.timeout, to.retries = value[1] & 0x80, value[2], value[3] & 7
    else:
        if value[1] & 0xF0 or value[2] & 1:  # there is no gateway, let alone a second one
            raise CompletionError(Completion.INVALID_FIELD)
        to.gateway, to.address, to.mac = 0, value[3:7], value[7:13]


# Serial over LAN


def sol_port(bmc: Controller) -> int:
    """The one that Activate Payload and parameter 8 name."""
    return bmc.address[1] if bmc.address is not None else PORT


def sol_value(bmc: Controller, parameter: int) -> bytes:
    """A SOL parameter. Raises CompletionError 80h."""
    if parameter == 7:
        return bytes((bmc.personality.channel.number,))
    if parameter == 8:
        return sol_port(bmc).to_bytes(2, "little")
    if parameter == 6 and 6 not in bmc.settings.sol:
        parameter = 5
    value = bmc.settings.sol.get(parameter, SOL_DEFAULTS.get(parameter))
    if value is None:
        raise CompletionError(_UNKNOWN)
    return value


def _get_sol(bmc: Controller, call: Call, data: bytes) -> bytes:
    """26.3."""
    require_channel(bmc.personality.channel, data[0])
    return _REVISION if data[0] & 0x80 else _REVISION + sol_value(bmc, data[1])


def _set_sol(bmc: Controller, call: Call, data: bytes) -> bytes:
    """26.2. A stored bit rate (5) counts from the next start of the BMC on, the volatile one (6) at once."""
    require_channel(bmc.personality.channel, data[0])
    parameter, value = data[1], data[2:]
    present = sol_value(bmc, parameter)
    if parameter not in SOL_WRITABLE and value != present:
        raise CompletionError(_READ_ONLY)
    if len(value) != len(present):
        raise CompletionError(Completion.DATA_LENGTH)
    store, first = bmc.settings.sol, value[0]
    if parameter == 0:
        store[0] = bytes((in_progress(store.get(0, b"\0")[0], first),))
        return b""
    sound = {
        1: first <= 1,
        2: not first & 0x30 and Privilege.USER <= first & 0x0F <= Privilege.OEM,
        4: first <= 7,
        5: first in _BIT_RATES,
        6: first in _BIT_RATES,
    }
    if not sound.get(parameter, True):
        raise CompletionError(Completion.INVALID_FIELD)
    if parameter == 5:
        store[6] = sol_value(bmc, 6)
    if parameter in SOL_WRITABLE:
        store[parameter] = value
    return b""


LAN_COMMANDS: CommandTable = {
    key(NetFn.TRANSPORT, 0x01): Command("Set LAN Configuration Parameters", Privilege.ADMINISTRATOR, 3, 24, _set_lan),
    key(NetFn.TRANSPORT, 0x02): Command("Get LAN Configuration Parameters", Privilege.OPERATOR, 4, 4, _get_lan),
    key(NetFn.TRANSPORT, 0x21): Command("Set SOL Configuration Parameters", Privilege.ADMINISTRATOR, 3, 4, _set_sol),
    key(NetFn.TRANSPORT, 0x22): Command("Get SOL Configuration Parameters", Privilege.USER, 4, 4, _get_sol),
}
