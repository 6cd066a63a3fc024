"""Serial over LAN of one BMC: who has the console, what the host prints, what is typed."""

from __future__ import annotations

from typing import Protocol

from simulator.bmc.hardware import Chassis
from simulator.ipmi.codes import PayloadType
from simulator.ipmi.server import LanServer
from simulator.ipmi.session import Peer, Session
from simulator.ipmi.sol import BREAK, SolLink

__all__ = ["Console", "Line"]


class Line(Protocol):
    """The network, for what a BMC sends unasked."""

    def now(self) -> float:
        """Wire time."""

    def push(self, data: bytes, peer: Peer) -> None: ...


class Console:
    """One activated SOL payload. It ends with its session; a host that prints then finds nobody."""

    __slots__ = ("_chassis", "_lan", "_line", "_link", "_receiving", "session")

    def __init__(
        self, chassis: Chassis, lan: LanServer, session: Session, line: Line | None, tries: int, interval: float
    ) -> None:
        self._chassis = chassis
        self._lan = lan
        self._line = line
        self._link = SolLink(tries, interval)
        self._receiving = False
        self.session = session
        chassis.printed = self._printed

    @property
    def alive(self) -> bool:
        return self._lan.session(self.session.bmc_id) is self.session

    @property
    def due(self) -> float | None:
        return self._link.due

    def receive(self, payload: bytes, now: float) -> list[bytes]:
        """A SOL packet of its session; returns those to send back. Raises Malformed."""
        packet = self._link.receive(payload)
        self._receiving = True
        try:
            if packet.status & BREAK:
                self._chassis.serial_break()
            if packet.data:
                self._chassis.typed(packet.data)
        finally:
            self._receiving = False
        return self._link.flush(now)

    def on_time(self, now: float) -> None:
        if not self.alive:
            self.end()
            return
        self._push(self._link.on_time(now))

    def end(self, *, tell: bool = False) -> None:
        """Nobody listens any more; `tell`: its owner is told so."""
        self._link.due = None
        self._chassis.printed = _nobody
        if tell and self.alive:
            self._push([self._link.goodbye()])

    def _printed(self, text: str) -> None:
        if not self.alive:
            self.end()
            return
        self._link.write(text.encode("latin-1", "replace"))
        if not self._receiving and self._line is not None:
            self._push(self._link.flush(self._line.now()))

    def _push(self, payloads: list[bytes]) -> None:
        if self._line is None:
            return
        for payload in payloads:
            self._line.push(self._lan.seal_payload(self.session, PayloadType.SOL, payload), self.session.peer)


def _nobody(text: str) -> None:
    """Nobody listens."""
