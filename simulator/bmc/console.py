"""Serial over LAN of one BMC: who has the console, what the host prints, what is typed."""

from __future__ import annotations

from typing import Final, Protocol

from simulator.bmc.hardware import Chassis
from simulator.bmc.lan_parameters import garbles
from simulator.bmc.settings import Settings
from simulator.ipmi.codes import PayloadType
from simulator.ipmi.session import Peer, Session
from simulator.ipmi.sessions import SessionTable
from simulator.ipmi.sol import BREAK, SolLink

__all__ = ["Consoles", "Line"]


class Line(Protocol):
    """The network, for what a BMC sends unasked."""

    def now(self) -> float:
        """Wire time."""

    def push(self, data: bytes, peer: Peer) -> None: ...


_GARBLED: Final = bytes(0x80 | octet * 37 & 0x7F for octet in range(256))


class _Console:
    """One activated instance of the payload."""

    __slots__ = ("link", "session")

    def __init__(self, session: Session, link: SolLink) -> None:
        self.session = session
        self.link = link


class Consoles:
    """The instances that are active, by number; all show the same serial port. One ends with its session; a host that
    prints then finds nobody.
    """

    __slots__ = ("_active", "_chassis", "_line", "_receiving", "_settings", "_table")

    def __init__(self, chassis: Chassis, table: SessionTable, line: Line | None, settings: Settings) -> None:
        self._chassis = chassis
        self._table = table
        self._line = line
        self._settings = settings
        self._active: dict[int, _Console] = {}
        self._receiving: _Console | None = None
        chassis.attach_terminal(self._printed)

    def attach(self, instance: int, session: Session, tries: int, interval: float) -> None:
        """Give an instance to a session. `interval`: seconds between tries of a packet that is not acknowledged."""
        self._active[instance] = _Console(session, SolLink(tries, interval))

    def owner(self, instance: int) -> Session | None:
        """Whose an instance is."""
        self._forget_dead()
        console = self._active.get(instance)
        return console.session if console is not None else None

    @property
    def active(self) -> list[int]:
        """The instances that are taken."""
        self._forget_dead()
        return sorted(self._active)

    def of(self, session: Session) -> bool:
        """The session has an instance already."""
        return any(console.session is session for console in self._active.values())

    def detach(self, instance: int, *, tell: bool = False) -> None:
        """Take an instance from its owner; `tell`: he is told so."""
        console = self._active.pop(instance)
        if tell and self._alive(console):
            self._push(console, [console.link.goodbye()])

    def end(self) -> None:
        """Nobody listens any more."""
        self._active.clear()
        self._chassis.detach_terminal(self._printed)

    @property
    def due(self) -> float | None:
        return min([due for each in self._active.values() if (due := each.link.due) is not None], default=None)

    def receive(self, session: Session, payload: bytes, now: float) -> list[bytes]:
        """A SOL packet of a session; returns those to send back, none where it has no instance. Raises Malformed."""
        console = next((each for each in self._active.values() if each.session is session), None)
        if console is None:
            return []
        packet = console.link.receive(payload)
        self._receiving = console
        try:
            if packet.status & BREAK:
                self._chassis.serial_break()
            if packet.data:
                self._chassis.typed(self._heard(packet.data))
        finally:
            self._receiving = None
        return console.link.flush(now)

    def on_time(self, now: float) -> None:
        self._forget_dead()
        for console in tuple(self._active.values()):
            self._push(console, console.link.on_time(now))

    def _alive(self, console: _Console) -> bool:
        return self._table.session(console.session.bmc_id) is console.session

    def _forget_dead(self) -> None:
        for instance in [number for number, console in self._active.items() if not self._alive(console)]:
            del self._active[instance]

    def _printed(self, text: str) -> None:
        self._forget_dead()
        for console in tuple(self._active.values()):
            console.link.write(self._heard(text.encode("latin-1", "replace")))
            if console is not self._receiving and self._line is not None:
                self._push(console, console.link.flush(self._line.now()))

    def _heard(self, octets: bytes) -> bytes:
        """What the other end of the serial port makes of them: at another bit rate it samples bits that never were."""
        return octets.translate(_GARBLED) if garbles(self._settings) else octets

    def _push(self, console: _Console, payloads: list[bytes]) -> None:
        if self._line is None:
            return
        for payload in payloads:
            self._line.push(self._table.seal(console.session, PayloadType.SOL, payload), console.session.peer)
