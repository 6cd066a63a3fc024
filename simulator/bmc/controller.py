"""What one BMC is, without its commands: its parts, its sessions, what it forgets. No part costs anything before it is
used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any, Protocol

from simulator.bmc.alerts import Alerts
from simulator.bmc.board import Board
from simulator.bmc.boot_options import AFTER_WATCHDOG, BootOptions
from simulator.bmc.channel_settings import channel_of
from simulator.bmc.console import Consoles, Line
from simulator.bmc.event_filtering import EventFiltering
from simulator.bmc.hardware import Chassis, LanMode
from simulator.bmc.personality import Personality
from simulator.bmc.power_limit import PowerManagement
from simulator.bmc.settings import Destination, Settings
from simulator.ipmi.channel import User
from simulator.ipmi.interference import Interference
from simulator.ipmi.session import Peer, Session
from simulator.ipmi.sessions import SessionTable

__all__ = ["Controller", "Observer", "Timed"]

Observer = Callable[[str, Mapping[str, Any]], object]
"""Told what happened and its details (JSON values): `login`, `login refused`, `session ended`, `command`."""


class Timed(Protocol):
    """A part of a BMC that has to be called when its time has come (wire time)."""

    @property
    def due(self) -> float | None: ...

    def on_time(self, now: float) -> None: ...


class Controller:
    """The state of a BMC, as its commands find it."""

    __slots__ = (
        "_alerts",
        "_board",
        "_boot",
        "_consoles",
        "_filtering",
        "_power",
        "_restarting",
        "_settings",
        "_timed",
        "address",
        "chassis",
        "interference",
        "kg",
        "line",
        "observer",
        "overheard",
        "pending_lan_mode",
        "personality",
        "table",
        "users",
    )

    def __init__(
        self,
        chassis: Chassis,
        users: Sequence[User],
        personality: Personality,
        octets: Callable[[int], bytes],
        *,
        observer: Observer | None = None,
    ) -> None:
        """`users` may be shared, and be replaced at any time; running sessions go on. `octets(n)`: n random octets."""
        self.chassis = chassis
        self.users = users
        self.personality = personality
        self.observer = observer
        self.kg = b""
        """K_g, the BMC's own key; empty where it is not set."""
        self.overheard: Callable[[int, bytes, bytes], None] | None = None
        """Told of each command (`dispatch.key`), its data and its answer."""
        self.interference: Interference | None = None
        """Rules of faults, while there are any; whoever serves the BMC passes its datagrams through them."""
        self.table = SessionTable(self, personality.channel, octets)
        self.address: Peer | None = None
        """Where it is served, if it is."""
        self.line: Line | None = None
        """The network, for what it sends unasked."""
        self._boot: BootOptions | None = None
        self._consoles: Consoles | None = None
        self._board: Board | None = None
        self._settings: Settings | None = None
        self._filtering: EventFiltering | None = None
        self._alerts: Alerts | None = None
        self._power: PowerManagement | None = None
        self._timed: tuple[Timed, ...] = ()
        """What has a time at which something is due, of all that there is by now."""
        self.pending_lan_mode: LanMode | None = None
        """What it goes over to when it starts anew."""
        self._restarting = False
        chassis.watch(self.sense)

    @property
    def guid(self) -> bytes:
        return self.chassis.guid

    @property
    def sessions(self) -> list[Session]:
        """The active ones, the oldest first."""
        return self.table.active

    @property
    def boot(self) -> BootOptions:
        if self._boot is None:
            self._boot = BootOptions(self.chassis, self.personality.boot_selectors)
            self._collect_timed()
        return self._boot

    @property
    def board(self) -> Board:
        """Sensors, log, watchdog, inventory."""
        if self._board is None:
            self._board = Board(self.chassis, self.personality, lambda: self.boot.uncommanded_start(AFTER_WATCHDOG))
            self._collect_timed()
        return self._board

    @property
    def settings(self) -> Settings:
        """What somebody set it up with, beside its users."""
        if self._settings is None:
            self._settings = Settings()
        return self._settings

    @property
    def filtering(self) -> EventFiltering:
        """What it does by itself about events."""
        if self._filtering is None:
            self._filtering = EventFiltering(self)
            self.board.on_event = self._filtering.on_event
            self._collect_timed()
        return self._filtering

    @property
    def alerts(self) -> Alerts:
        """Traps that it sends."""
        if self._alerts is None:
            self._alerts = Alerts(self)
            self._collect_timed()
        return self._alerts

    @property
    def power(self) -> PowerManagement:
        """Limits of power and heat."""
        if self._power is None:
            self._power = PowerManagement(self.chassis, self.board)
        return self._power

    @property
    def consoles(self) -> Consoles:
        """The Serial over LAN payloads that are active."""
        if self._consoles is None:
            self._consoles = Consoles(self.chassis, self.table, self.line, self.settings)
            self._collect_timed()
        return self._consoles

    def alert_to(self, receivers: Sequence[Peer]) -> None:
        """Set it up as its administrator would, so that all alerts go to these receivers of traps (IPv4)."""
        for number, (host, port) in enumerate(receivers, 1):
            self.settings.destinations[number] = Destination(address=IPv4Address(host).packed, port=port)
        self.filtering.alert_to(len(receivers))

    def apply_settings(self) -> None:
        """Have the channel be as it is set up: to be called after a setting of it has changed."""
        self.table.configure(channel_of(self.personality.channel, self.settings))

    def restart(self) -> None:
        """Start anew as soon as the present request is answered."""
        self._restarting = True

    def sense(self, what: str) -> None:
        """Something changed in the chassis (`Chassis.watch`)."""
        if what == "standby lost":
            self.power_lost()
            return
        if self._filtering is not None:
            self._filtering.sense(what)
        self.board.sense(what)
        if self._power is not None:
            self._power.sense(what)

    # time

    def _collect_timed(self) -> None:
        watchdog = None if self._board is None else self._board.watchdog
        parts = (self._boot, watchdog, self._consoles, self._filtering, self._alerts)
        self._timed = tuple([part for part in parts if part is not None])

    @property
    def next_deadline(self) -> float | None:
        """Wire time at which `on_time` is due, if it is. Sessions that run out need no call."""
        return min([due for part in self._timed if (due := part.due) is not None], default=None)

    def on_time(self, now: float) -> None:
        for part in self._timed:
            part.on_time(now)

    def power_lost(self) -> None:
        """Standby power went: all that was only in memory is gone."""
        if self._consoles is not None:
            self._consoles.end()
            self._consoles = None
        if self.pending_lan_mode is not None:
            self.chassis.set_lan_mode(self.pending_lan_mode)
            self.pending_lan_mode = None
        self.table.power_lost()
        if self._settings is not None:
            self._settings.forget()
            self.apply_settings()
        self._boot = None
        if self._board is not None:
            self._board.forget()
        if self._filtering is not None:
            self._filtering.forget()
        if self._alerts is not None:
            self._alerts.forget()
        if self._power is not None:
            self._power.forget()
        self._collect_timed()

    # what the set-up of sessions asks

    def refuse(self) -> int:
        return 0 if self.interference is None else self.interference.refuse()

    def lock(self, name: bytes) -> None:
        self.users = tuple(replace(user, locked=True) if user.name == name else user for user in self.users)

    def notify(self, what: str, user: bytes, detail: str) -> None:
        if self.observer is not None:
            name = user.decode(errors="replace")
            self.observer(what, {"user": name, "detail": detail} if detail else {"user": name})
