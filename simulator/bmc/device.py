"""One BMC: IPMI over LAN in front, a chassis behind. Datagrams in, commands run, datagrams out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from simulator.bmc.commands.table import COMMANDS_OF
from simulator.bmc.controller import Controller, Observer
from simulator.bmc.hardware import Chassis
from simulator.bmc.personality import Personality
from simulator.ipmi.channel import User
from simulator.ipmi.codes import Completion
from simulator.ipmi.dispatch import dispatch, key
from simulator.ipmi.interference import Interference, Verdict
from simulator.ipmi.message import Message
from simulator.ipmi.server import LanServer
from simulator.ipmi.session import Peer, Session
from simulator.ipmi.session_commands import SESSION_COMMANDS
from simulator.ipmi.sessions import Call

__all__ = ["Bmc"]

_TOO_MUCH: Final = b"\xff" * 4
_FAR: Final = 0x10000
"""Outside of every window of sequence numbers."""

_INITIALISING_SECONDS: Final = 10.0
"""After a reset the BMC answers again, and for so long (lab time) with D2h."""


class Bmc(Controller):
    """A BMC without a network: datagrams go in by `receive`, and come out of it.

    Without standby power it is deaf and forgets its sessions and boot parameters. It notices by itself when a datagram
    comes while `chassis.bmc_alive` is false; whoever takes the power away may tell it by `power_lost`, so that a loss
    during which nobody spoke to it counts too.
    """

    __slots__ = ("_heard", "_lan", "_restarted")

    def __init__(
        self,
        chassis: Chassis,
        users: Sequence[User],
        personality: Personality,
        octets: Callable[[int], bytes],
        *,
        observer: Observer | None = None,
    ) -> None:
        super().__init__(chassis, users, personality, octets, observer=observer)
        self._lan: LanServer | None = None
        self._restarted = False
        self._heard = 0

    def idle_state(self) -> tuple[object, ...] | None:
        """All that an answer about power depends on, log-in included: equal ones mean equal answers. It has who it is (its
        cable may be another's), how much it has heard (any command may have set anything), and what changes of itself.
        None while nothing can be said: faults, sessions of others, a start that is under way.
        """
        chassis = self.chassis
        if self.interference is not None or self.observer is not None or self._restarted or self.table.busy:
            return None
        if not chassis.bmc_alive or not chassis.bmc_linked:
            return None
        return (
            self._heard,
            self,
            chassis.powered,
            chassis.bmc_started_at,
            self.table.channel,
            tuple(self.users),
            self.kg,
        )

    def receive(self, data: bytes, peer: Peer, now: float) -> list[bytes]:
        """Take a datagram; returns those to send back to `peer`. Raises nothing, whatever the octets are."""
        self._heard += 1
        if not self.chassis.bmc_alive:
            self.power_lost()
            return []
        self.on_time(now)
        if self._lan is None:
            self._lan = LanServer(self.table, self)
        answers = self._lan.receive(data, peer, now)
        if self._restarting:
            self._restarting, self._restarted = False, True
            self.power_lost()
            self.chassis.restart_bmc()
        return answers

    @property
    def _initialising(self) -> bool:
        """It was reset, and is not done with starting yet."""
        if self._restarted and self.chassis.lab_time >= self.chassis.bmc_started_at + _INITIALISING_SECONDS:
            self._restarted = False
        return self._restarted

    # what the LAN server asks

    def receive_sol(self, session: Session, payload: bytes, now: float) -> list[bytes]:
        """A Serial over LAN packet came in; only an owner's counts."""
        return [] if self._consoles is None else self._consoles.receive(session, payload, now)

    def execute(self, request: Message, call: Call) -> bytes:
        """Run a command, as far as faults, a start that is under way and the model let it."""
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
        elif call.session is not None and (said := self._as_recorded(number, request.data)):
            answer = said
        else:
            answer = dispatch(COMMANDS_OF[self.personality.oem], self, call, request)
        if self.observer is not None:
            self._report(number, request, call, answer)
        if self.overheard is not None:
            self.overheard(number, request.data, answer)
        if verdict is Verdict.SHORT:
            return answer[:1]
        return answer + _TOO_MUCH if verdict is Verdict.LONG else answer

    def _as_recorded(self, number: int, data: bytes) -> bytes:
        """What a recorded model has answered; empty where that is not known, or lives."""
        recorded = self.personality.recorded
        return b"" if recorded is None else recorded.answers.get((number, data), b"")

    def repeat(self, request: Message, call: Call) -> bool:
        """A request that was run came again; faults may keep it, or its answer, from arriving."""
        return self.interference is None or self.interference.repeat(
            key(request.netfn, request.command), _name_of(call)
        )

    def _verdict(self, rules: Interference, number: int, call: Call) -> Verdict | int:
        """What faults make of a command, before it is run."""
        session = call.session
        verdict = rules.dispatch(number, _name_of(call))
        if verdict is Verdict.LOSE_SESSION:
            if session is not None:
                self.table.lose(session)
            return Verdict.SILENCE
        if verdict is Verdict.BAD_CHECKSUM:
            call.corrupt = True
        elif verdict is Verdict.WRONG_SEQUENCE and session is not None:
            session.skew = _FAR
        return verdict

    def _report(self, number: int, request: Message, call: Call, answer: bytes) -> None:
        assert self.observer is not None
        command = COMMANDS_OF[self.personality.oem].get(number)
        user = call.session.user if call.session is not None else None
        self.observer(
            "command",
            {
                "user": user.name.decode(errors="replace") if user is not None else "",
                "command": command.name if command is not None else f"{request.netfn:02X}h/{request.command:02X}h",
                "data": request.data.hex(),
                "code": answer[0],
                "answer": answer[1:].hex(),
            },
        )


def _name_of(call: Call) -> bytes | None:
    """Who asks; None outside of a session."""
    return call.session.user.name if call.session is not None and call.session.user else None
