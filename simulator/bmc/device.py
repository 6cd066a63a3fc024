"""One BMC: IPMI over LAN in front, a chassis behind. It has no state that costs anything before it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from simulator.bmc.app_commands import APP_COMMANDS
from simulator.bmc.boot_options import BootOptions
from simulator.bmc.chassis_commands import CHASSIS_COMMANDS
from simulator.bmc.hardware import Chassis
from simulator.bmc.personality import Personality
from simulator.ipmi.channel import User
from simulator.ipmi.dispatch import Call, CommandTable, dispatch, key
from simulator.ipmi.message import Message
from simulator.ipmi.server import LanServer
from simulator.ipmi.session import Peer, Session
from simulator.ipmi.session_commands import SESSION_COMMANDS

__all__ = ["COMMANDS", "Bmc", "Observer"]

Observer = Callable[[str, Mapping[str, Any]], object]
"""Told what happened and its details (JSON values): `login`, `login refused`, `session ended`, `command`."""

COMMANDS: Final[CommandTable] = {**SESSION_COMMANDS, **APP_COMMANDS, **CHASSIS_COMMANDS}
"""All that a BMC answers; anything else is answered with C1h."""


class Bmc:
    """A BMC without a network: datagrams go in by `receive`, and come out of it.

    Without standby power it is deaf and forgets its sessions and boot parameters. It notices by itself when a datagram
    comes while `chassis.bmc_alive` is false; whoever takes the power away may tell it by `power_lost`, so that a loss
    during which nobody spoke to it counts too.
    """

    __slots__ = ("_boot", "_lan", "chassis", "forced_code", "observer", "personality", "users")

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
        self.forced_code: int | None = None
        """A fault's hand: every command but those about sessions ends with this completion code, and does nothing."""
        self._lan = LanServer(self, personality.channel, octets)
        self._boot: BootOptions | None = None

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
        return self._boot

    @property
    def next_deadline(self) -> float | None:
        """Wire time at which `on_time` is due, if it is. Sessions that run out need no call."""
        return None if self._boot is None else self._boot.lapses_at

    def receive(self, data: bytes, peer: Peer, now: float) -> list[bytes]:
        """Take a datagram; returns those to send back to `peer`. Raises nothing, whatever the octets are."""
        if not self.chassis.bmc_alive:
            self.power_lost()
            return []
        if self._boot is not None:
            self._boot.on_time(now)
        return self._lan.receive(data, peer, now)

    def on_time(self, now: float) -> None:
        if self._boot is not None:
            self._boot.on_time(now)

    def power_lost(self) -> None:
        """Standby power went: all that was only in memory is gone."""
        self._lan.power_lost()
        self._boot = None

    # what the LAN server asks

    def execute(self, request: Message, call: Call) -> bytes:
        number = key(request.netfn, request.command)
        if self.forced_code is not None and call.session is not None and number not in SESSION_COMMANDS:
            answer = bytes((self.forced_code,))
        else:
            answer = dispatch(COMMANDS, self, call, request)
        if self.observer is not None:
            self._tell(number, request, call, answer[0])
        return answer

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
