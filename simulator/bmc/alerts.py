"""Alerts of one BMC on their way: Platform Event Traps to LAN destinations, again until somebody acknowledges them or
they were tried often enough (IPMI 2.0, 17.14 to 17.16). Retries run on wire time.
"""

from __future__ import annotations

import ipaddress
from typing import Final, Protocol

from simulator.bmc.console import Line
from simulator.bmc.hardware import Chassis
from simulator.bmc.lan_parameters import community_of
from simulator.bmc.settings import Destination, Settings
from simulator.ipmi.pet import ENTERPRISE, VARIABLE, PlatformTrap
from simulator.ipmi.session import Peer
from simulator.snmp.ber import OCTET_STRING, tlv
from simulator.snmp.message import encode_varbind
from simulator.snmp.notification import Event, encode_v1
from simulator.snmp.oid import oid

__all__ = ["DONE", "FAILED", "NO_STATUS", "PENDING", "UNACKNOWLEDGED", "Alerts", "Sender"]

NO_STATUS: Final = 0x00
DONE: Final = 0x01
FAILED: Final = 0x02
UNACKNOWLEDGED: Final = 0x03
PENDING: Final = 0xFF
"""What Alert Immediate tells of its alert (30.7)."""

_VARIABLE: Final = oid(VARIABLE)
_NOWHERE: Final = bytes(4)


class _Alert:
    """One trap to one destination."""

    __slots__ = ("due", "immediate", "packet", "to", "trap", "tries")

    def __init__(self, trap: PlatformTrap, packet: bytes, to: Destination, *, immediate: bool) -> None:
        self.trap = trap
        self.packet = packet
        self.to = to
        self.tries = to.retries
        self.due = 0.0
        self.immediate = immediate


class Sender(Protocol):
    """The BMC that alerts, as far as its traps need it."""

    @property
    def chassis(self) -> Chassis: ...

    @property
    def settings(self) -> Settings: ...

    @property
    def line(self) -> Line | None: ...

    @property
    def address(self) -> Peer | None: ...


class Alerts:
    __slots__ = ("_bmc", "_sequence", "_under_way", "status")

    def __init__(self, bmc: Sender) -> None:
        self._bmc = bmc
        self._sequence = 0
        self._under_way: list[_Alert] = []
        self.status = NO_STATUS
        """Of the last Alert Immediate."""

    @property
    def due(self) -> float | None:
        """Wire time at which `on_time` wants to be called."""
        return min((alert.due for alert in self._under_way), default=None)

    def number(self) -> int:
        """The sequence number of the next trap."""
        self._sequence = self._sequence % 0xFFFF + 1
        return self._sequence

    def send(self, trap: PlatformTrap, specific: int, destination: int, *, immediate: bool = False) -> bool:
        """Send a trap to one of the destinations; False when it has nowhere to go."""
        bmc = self._bmc
        to = bmc.settings.destinations.get(destination)
        if to is None or to.address == _NOWHERE or bmc.line is None or bmc.address is None:
            if immediate:
                self.status = FAILED
            return False
        alert = _Alert(trap, self._packet(trap, specific), to, immediate=immediate)
        if to.acknowledged or alert.tries:
            alert.due = bmc.line.now() + to.timeout + 1
            self._under_way.append(alert)
        if immediate:
            self.status = PENDING if to.acknowledged else DONE
        self._push(alert)
        return True

    def acknowledge(self, data: bytes) -> None:
        """PET Acknowledge (30.8): that trap need not be sent again."""
        for alert in self._under_way:
            if alert.trap.acknowledges(data):
                self._end(alert, DONE)
                return

    def on_time(self, now: float) -> None:
        for alert in [alert for alert in self._under_way if alert.due <= now]:
            if alert.tries == 0:
                self._end(alert, UNACKNOWLEDGED if alert.to.acknowledged else DONE)
                continue
            alert.tries -= 1
            alert.due = now + alert.to.timeout + 1
            self._push(alert)

    def forget(self) -> None:
        """Lost power: nothing is under way any more."""
        self._under_way.clear()
        self.status = NO_STATUS

    def _end(self, alert: _Alert, status: int) -> None:
        self._under_way.remove(alert)
        if alert.immediate:
            self.status = status

    def _push(self, alert: _Alert) -> None:
        assert self._bmc.line is not None
        self._bmc.line.push(alert.packet, (str(ipaddress.IPv4Address(alert.to.address)), alert.to.port))

    def _packet(self, trap: PlatformTrap, specific: int) -> bytes:
        bmc = self._bmc
        assert bmc.address is not None
        own = ipaddress.ip_address(bmc.address[0])
        uptime = int(100 * (bmc.chassis.lab_time - bmc.chassis.bmc_started_at))
        variable = encode_varbind(_VARIABLE, tlv(OCTET_STRING, trap.encode()))
        return encode_v1(
            Event(f"{ENTERPRISE}.0.{specific}", (variable,)),
            uptime,
            community_of(bmc.settings),
            ENTERPRISE,
            own.packed if own.version == 4 else _NOWHERE,
        )
