"""The panel's documented reckoning of a server's power from its PDU port and its BMC (vendor page "Server power
supply management logic").
"""

from __future__ import annotations

from collections.abc import Iterable

from simulator.dcim.records import PowerStatus

__all__ = ["any_on", "server_power"]

_ON, _OFF, _UNKNOWN = PowerStatus.ON, PowerStatus.OFF, PowerStatus.UNKNOWN

_TABLE = {
    # PDU port, BMC: server
    (_OFF, _ON): _OFF,
    (_OFF, _OFF): _OFF,
    (_OFF, _UNKNOWN): _OFF,
    (_ON, _ON): _ON,
    (_ON, _OFF): _OFF,
    (_ON, _UNKNOWN): _UNKNOWN,
    (_UNKNOWN, _ON): _ON,
    (_UNKNOWN, _OFF): _OFF,
    (_UNKNOWN, _UNKNOWN): _UNKNOWN,
}


def server_power(pdu: PowerStatus, bmc: PowerStatus) -> PowerStatus:
    """The server's power status, as the panel shows it."""
    return _TABLE[pdu, bmc]


def any_on(outlets: Iterable[PowerStatus]) -> PowerStatus:
    """Several outlets of one server as one PDU port: on with any, off only when all are off, unknown without any."""
    statuses = tuple(outlets)
    if _ON in statuses:
        return _ON
    return _OFF if statuses and all(status is _OFF for status in statuses) else _UNKNOWN
