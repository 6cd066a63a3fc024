"""One BMC: IPMI over LAN in front, a chassis behind. It has no state that costs anything before it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Address
from typing import Any, Final, Protocol

from simulator.bmc.alerts import Alerts
from simulator.bmc.app_commands import APP_COMMANDS
from simulator.bmc.board import Board
from simulator.bmc.boot_options import BootOptions
from simulator.bmc.chassis_commands import CHASSIS_COMMANDS
from simulator.bmc.console import Consoles, Line
from simulator.bmc.dcmi_commands import DCMI_COMMANDS
from simulator.bmc.event_filtering import EventFiltering
from simulator.bmc.hardware import Chassis
from simulator.bmc.lan_commands import LAN_COMMANDS
from simulator.bmc.payload_commands import PAYLOAD_COMMANDS
from simulator.bmc.pef_commands import PEF_COMMANDS
from simulator.bmc.personality import Personality
from simulator.bmc.sensor_commands import SENSOR_COMMANDS
from simulator.bmc.settings import Destination, Settings
from simulator.bmc.storage_commands import STORAGE_COMMANDS
from simulator.bmc.user_commands import USER_COMMANDS
from simulator.ipmi.channel import User
from simulator.ipmi.codes import Completion
from simulator.ipmi.dispatch import Call, CommandTable, dispatch, key
from simulator.ipmi.interference import Interference, Verdict
from simulator.ipmi.message import Message
from simulator.ipmi.server import LanServer
from simulator.ipmi.session import Peer, Session
from simulator.ipmi.session_commands import SESSION_COMMANDS

__all__ = ["COMMANDS", "Bmc", "Observer"]

Observer = Callable[[str, Mapping[str, Any]], object]
"""Told what happened and its details (JSON values): `login`, `login refused`, `session ended`, `command`."""

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
"""All that a BMC answers; anything else is answered with C1h."""

_TOO_MUCH: Final = b"\xff" * 4
_FAR: Final = 0x10000
"""Outside of every window of sequence numbers."""

_INITIALISING_SECONDS: Final = 10.0
"""After a reset the BMC answers again, and for so long (lab time) with D2h."""


class Timed(Protocol):
    """A part of a BMC that has to be called when its time has come (wire time)."""

    @property
    def due(self) -> float | None: ...

    def on_time(self, now: float) -> None: ...


class Bmc:
    """A BMC without a network: datagrams go in by `receive`, and come out of it.

    Without standby power it is deaf and forgets its sessions and boot parameters. It notices by itself when a datagram
    comes while `chassis.bmc_alive` is false; whoever takes the power away may tell it by `power_lost`, so that a loss
    during which nobody spoke to it counts too.
    """

    __slots__ = (
        "_alerts",
        "_board",
        "_boot",
        "_consoles",
        "_filtering",
        "_lan",
        "_restarted",
        "_restarting",
        "_settings",
        "_timed",
        "address",
        "chassis",
        "interference",
        "kg",
        "line",
        "observer",
        "personality",
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
        self.interference: Interference | None = None
        """Rules of faults, while there are any; whoever serves the BMC passes its datagrams through them."""
        self._lan = LanServer(self, personality.channel, octets)
        self._boot: BootOptions | None = None
        self.address: Peer | None = None
        """Where it is served, if it is."""
        self.line: Line | None = None
        """The network, for what it sends unasked."""
        self._consoles: Consoles | None = None
        self._board: Board | None = None
        self._settings: Settings | None = None
        self._filtering: EventFiltering | None = None
        self._alerts: Alerts | None = None
        self._timed: tuple[Timed, ...] = ()
        """What has a time at which something is due, of all that there is by now."""
        self._restarting = self._restarted = False
        chassis.sensed = self.sense

    @property
    def guid(self) -> bytes:
        return self.chassis.guid

    @property
    def sessions(self) -> list[Session]:
        """The active ones, the oldest first."""
        return self._lan.sessions

    @property
    def boot(self) -> BootOptions:
        if self._boot is None:
            self._boot = BootOptions(self.chassis)
            self._keep_time()
        return self._boot

    @property
    def board(self) -> Board:
        """Sensors, log, watchdog, inventory."""
        if self._board is None:
            self._board = Board(self.chassis, self.personality)
            self._keep_time()
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
            self.board.heard = self._filtering.heard
            self._keep_time()
        return self._filtering

    @property
    def alerts(self) -> Alerts:
        """Traps that it sends."""
        if self._alerts is None:
            self._alerts = Alerts(self)
            self._keep_time()
        return self._alerts

    def alert_to(self, receivers: Sequence[Peer]) -> None:
        """Set it up as its administrator would, so that all alerts go to these receivers of traps (IPv4)."""
        for number, (host, port) in enumerate(receivers, 1):
            self.settings.destinations[number] = Destination(address=IPv4Address(host).packed, port=port)
        self.filtering.alert_to(len(receivers))

    def _keep_time(self) -> None:
        watchdog = None if self._board is None else self._board.watchdog
        parts = (self._boot, watchdog, self._consoles, self._filtering, self._alerts)
        self._timed = tuple([part for part in parts if part is not None])

    @property
    def next_deadline(self) -> float | None:
        """Wire time at which `on_time` is due, if it is. Sessions that run out need no call."""
        return min([due for part in self._timed if (due := part.due) is not None], default=None)

    def receive(self, data: bytes, peer: Peer, now: float) -> list[bytes]:
        """Take a datagram; returns those to send back to `peer`. Raises nothing, whatever the octets are."""
        if not self.chassis.bmc_alive:
            self.power_lost()
            return []
        self.on_time(now)
        answers = self._lan.receive(data, peer, now)
        if self._restarting:
            self._restarting, self._restarted = False, True
            self.power_lost()
            self.chassis.restart_bmc()
        return answers

    def on_time(self, now: float) -> None:
        for part in self._timed:
            part.on_time(now)

    def power_lost(self) -> None:
        """Standby power went: all that was only in memory is gone."""
        if self._consoles is not None:
            self._consoles.end()
            self._consoles = None
        self._lan.power_lost()
        self._boot = None
        if self._board is not None:
            self._board.forget()
        if self._filtering is not None:
            self._filtering.forget()
        if self._alerts is not None:
            self._alerts.forget()
        self._keep_time()

    # Serial over LAN

    @property
    def consoles(self) -> Consoles:
        """The SOL payloads that are active."""
        if self._consoles is None:
            self._consoles = Consoles(self.chassis, self._lan, self.line)
            self._keep_time()
        return self._consoles

    def payload(self, session: Session, payload: bytes, now: float) -> list[bytes]:
        """A SOL packet came in; only an owner's counts."""
        return [] if self._consoles is None else self._consoles.receive(session, payload, now)

    def restart(self) -> None:
        """Start anew as soon as the present request is answered."""
        self._restarting = True

    def sense(self, what: str) -> None:
        """Something changed in the chassis that sensors see (`Chassis.sensed`)."""
        if self._filtering is not None:
            self._filtering.sensed(what)
        self.board.sense(what)

    @property
    def _initialising(self) -> bool:
        """It was reset, and is not done with starting yet."""
        if self._restarted and self.chassis.lab_time >= self.chassis.bmc_started_at + _INITIALISING_SECONDS:
            self._restarted = False
        return self._restarted

    # what the LAN server asks

    def execute(self, request: Message, call: Call) -> bytes:
        number = key(request.netfn, request.command)
        verdict = Verdict.RUN if self.interference is None else self._verdict(self.interference, number, call)
        if verdict is Verdict.SILENCE:
            return b""
        if isinstance(verdict, int):
            return bytes((verdict,))
        if self._restarted and number not in SESSION_COMMANDS and self._initialising:
            answer = bytes((Completion.BMC_STARTING,))
        elif number in self.personality.lacks:
            answer = bytes((Completion.INVALID_COMMAND,))
        else:
            answer = dispatch(COMMANDS, self, call, request)
        if self.observer is not None:
            self._tell(number, request, call, answer[0])
        if verdict is Verdict.SHORT:
            return answer[:1]
        return answer + _TOO_MUCH if verdict is Verdict.LONG else answer

    def _verdict(self, rules: Interference, number: int, call: Call) -> Verdict | int:
        """What faults make of a command, before it is run."""
        session = call.session
        verdict = rules.dispatch(number, session.user.name if session is not None and session.user else None)
        if verdict is Verdict.LOSE_SESSION:
            if session is not None:
                self._lan.lose(session)
            return Verdict.SILENCE
        if verdict is Verdict.BAD_CHECKSUM:
            call.spoiled = True
        elif verdict is Verdict.WRONG_SEQUENCE and session is not None:
            session.skew = _FAR
        return verdict

    def refuse(self) -> int:
        return 0 if self.interference is None else self.interference.refuse()

    def notice(self, what: str, user: bytes, detail: str) -> None:
        if self.observer is not None:
            name = user.decode(errors="replace")
            self.observer(what, {"user": name, "detail": detail} if detail else {"user": name})

    def _tell(self, number: int, request: Message, call: Call, code: int) -> None:
        assert self.observer is not None
        command = COMMANDS.get(number)
        user = call.session.user if call.session is not None else None
        self.observer(
            "command",
            {
                "user": user.name.decode(errors="replace") if user is not None else "",
                "command": command.name if command is not None else f"{request.netfn:02X}h/{request.command:02X}h",
                "data": request.data.hex(),
                "code": code,
            },
        )
