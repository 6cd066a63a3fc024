"""LAN and Serial over LAN parameters (IPMI 2.0, 23 and 26). An unknown one is 80h, one that is only read 82h."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from simulator.bmc.settings import Destination
from simulator.ipmi.codes import Completion, NetFn, Privilege
from simulator.ipmi.dispatch import Call, Command, CommandTable, key
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.session_commands import require_channel

if TYPE_CHECKING:
    from simulator.bmc.device import Bmc

__all__ = ["LAN_COMMANDS", "community_of", "mac_of", "sol_port", "sol_value"]

_REVISION: Final = b"\x11"
_UNKNOWN: Final = 0x80
_READ_ONLY: Final = 0x82
_DESTINATIONS: Final = 4
_PORT: Final = 623

_LAN_DEFAULTS: Final = {
    0: b"\0",
    1: b"\x15",
    2: b"\x14" * 4 + b"\0",
    4: b"\x01",
    6: b"\xff\0\0\0",
    7: b"\x40\x40\x10",
    8: _PORT.to_bytes(2, "little"),
    9: (664).to_bytes(2, "little"),
    10: b"\x02",
    11: b"\x04",
    12: bytes(4),
    13: bytes(6),
    14: bytes(4),
    15: bytes(6),
    16: b"public".ljust(18, b"\0"),
    17: bytes((_DESTINATIONS,)),
    20: bytes(2),
    21: b"\0",
    24: b"\0" + b"\x44" * 8,
    26: bytes(6),
}
"""Table 23-4: support for none, MD5 and straight passwords; a static address; TTL 64; gratuitous ARPs off; and so on."""

_LAN_WRITABLE: Final = {0: 1, 2: 5, 7: 3, 10: 1, 11: 1, 12: 4, 13: 6, 14: 4, 15: 6, 16: 18, 20: 2, 21: 1, 24: 9, 26: 6}
"""Parameters that may be written, and their octets. The address is the network's, and cannot be changed from here."""

_SOL_DEFAULTS: Final = {
    0: b"\0",
    1: b"\x01",
    2: b"\x82",
    3: b"\x0c\x60",
    4: b"\x07\x32",
    5: b"\x0a",
    6: b"\x0a",
}
"""Table 26-5: enabled; encrypted, for users; 60 ms and 96 characters; 7 tries 500 ms apart; 115200 bit/s."""


def mac_of(bmc: Bmc) -> bytes:
    """A locally administered address of this BMC's own."""
    return b"\x02" + bmc.guid[-5:]


def community_of(bmc: Bmc) -> bytes:
    """The community of its traps (parameter 16)."""
    return bmc.settings.lan.get(16, _LAN_DEFAULTS[16]).rstrip(b"\0")


def _lan_value(bmc: Bmc, parameter: int, selector: int) -> bytes:
    settings, channel = bmc.settings, bmc.personality.channel
    if parameter in (3, 8) and bmc.address is None:
        return bytes(4) if parameter == 3 else _LAN_DEFAULTS[8]
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
        if selector > _DESTINATIONS:
            raise CompletionError(Completion.OUT_OF_RANGE)
        to = settings.destinations.get(selector, Destination())
        if parameter == 18:
            return bytes((selector, to.type, to.timeout, to.retries))
        if parameter == 19:
            return bytes((selector, 0, to.gateway)) + to.address + to.mac
        return bytes((selector, 0, 0, 0))
    if parameter == 22:
        return bytes((len(channel.suites),))
    if parameter == 23:
        return b"\0" + bytes(suite.id for suite in channel.suites[:16]).ljust(16, b"\0")
    value = settings.lan.get(parameter, _LAN_DEFAULTS.get(parameter))
    if value is None:
        raise CompletionError(_UNKNOWN)
    return value


def _get_lan(bmc: Bmc, call: Call, data: bytes) -> bytes:
    """23.2: with bit 7 of the channel the revision alone."""
    require_channel(bmc.personality.channel, data[0])
    if data[0] & 0x80:
        return _REVISION
    return _REVISION + _lan_value(bmc, data[1], data[2])


def _set_lan(bmc: Bmc, call: Call, data: bytes) -> bytes:
    """23.1."""
    require_channel(bmc.personality.channel, data[0])
    parameter, value = data[1], data[2:]
    settings = bmc.settings
    if parameter in (18, 19):
        _set_destination(bmc, parameter, value)
        return b""
    length = _LAN_WRITABLE.get(parameter)
    if length is None:
        _lan_value(bmc, parameter, 0)
        raise CompletionError(_READ_ONLY)
    if len(value) != length:
        raise CompletionError(Completion.DATA_LENGTH)
    if parameter == 0:
        _set_in_progress(settings.lan, value)
    else:
        settings.lan[parameter] = value
    return b""


def _set_in_progress(store: dict[int, bytes], value: bytes) -> None:
    """Parameter 0 of either table: writes act at once, so that to commit is to end; 81h when it is held already."""
    wanted = value[0] & 0x03
    if wanted == 3:
        raise CompletionError(Completion.INVALID_FIELD)
    if wanted == 1 and store.get(0) == b"\x01":
        raise CompletionError(0x81)
    store[0] = b"\x01" if wanted == 1 else b"\0"


def _set_destination(bmc: Bmc, parameter: int, value: bytes) -> None:
    if len(value) != (4 if parameter == 18 else 13):
        raise CompletionError(Completion.DATA_LENGTH)
    selector = value[0] & 0x0F
    if selector > _DESTINATIONS:
        raise CompletionError(Completion.OUT_OF_RANGE)
    to = bmc.settings.destinations.setdefault(selector, Destination())
    if parameter == 18:
        if value[1] & 0x07:  # a maker's own kind of alert
            raise CompletionError(Completion.INVALID_FIELD)
        to.type, to.timeout, to.retries = value[1] & 0x80, value[2], value[3] & 7
    else:
        if value[1] & 0xF0:
            raise CompletionError(Completion.INVALID_FIELD)
        to.gateway, to.address, to.mac = value[2] & 1, value[3:7], value[7:13]


# Serial over LAN


def sol_port(bmc: Bmc) -> int:
    """The one that Activate Payload and parameter 8 name."""
    return bmc.address[1] if bmc.address is not None else _PORT


def sol_value(bmc: Bmc, parameter: int) -> bytes:
    """A SOL parameter. Raises CompletionError 80h."""
    if parameter == 7:
        return bytes((bmc.personality.channel.number,))
    if parameter == 8:
        return sol_port(bmc).to_bytes(2, "little")
    value = bmc.settings.sol.get(parameter, _SOL_DEFAULTS.get(parameter))
    if value is None:
        raise CompletionError(_UNKNOWN)
    return value


def _get_sol(bmc: Bmc, call: Call, data: bytes) -> bytes:
    """26.3."""
    require_channel(bmc.personality.channel, data[0])
    return _REVISION if data[0] & 0x80 else _REVISION + sol_value(bmc, data[1])


def _set_sol(bmc: Bmc, call: Call, data: bytes) -> bytes:
    """26.2."""
    require_channel(bmc.personality.channel, data[0])
    parameter, value = data[1], data[2:]
    present = sol_value(bmc, parameter)
    if parameter in (7, 8):
        raise CompletionError(_READ_ONLY)
    if len(value) != len(present):
        raise CompletionError(Completion.DATA_LENGTH)
    if parameter == 0:
        _set_in_progress(bmc.settings.sol, value)
        return b""
    if parameter in (5, 6) and not 6 <= value[0] & 0x0F <= 10:
        raise CompletionError(Completion.INVALID_FIELD)
    bmc.settings.sol[parameter] = value
    return b""


LAN_COMMANDS: CommandTable = {
    key(NetFn.TRANSPORT, 0x01): Command("Set LAN Configuration Parameters", Privilege.ADMINISTRATOR, 3, 24, _set_lan),
    key(NetFn.TRANSPORT, 0x02): Command("Get LAN Configuration Parameters", Privilege.OPERATOR, 4, 4, _get_lan),
    key(NetFn.TRANSPORT, 0x21): Command("Set SOL Configuration Parameters", Privilege.ADMINISTRATOR, 3, 4, _set_sol),
    key(NetFn.TRANSPORT, 0x22): Command("Get SOL Configuration Parameters", Privilege.USER, 4, 4, _get_sol),
}
