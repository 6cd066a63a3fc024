"""The sessions of one BMC: who may have one, which there are, when they end. Bytes and time come from outside.

How a session is set up is in `handshake` (IPMI 2.0) and `server15` (IPMI 1.5); all of it follows the table
`session.SESSION`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from simulator.ipmi.channel import Channel, User
from simulator.ipmi.codes import Privilege
from simulator.ipmi.crypto import CipherSuite
from simulator.ipmi.framing import seal
from simulator.ipmi.logins import Host as LoginHost
from simulator.ipmi.logins import Logins
from simulator.ipmi.session import Event, Peer, Phase, Session

__all__ = ["Call", "Host", "SessionTable"]

_NEVER: Final = float("inf")


class Host(LoginHost, Protocol):
    """What the set-up of a session needs of the device."""

    @property
    def guid(self) -> bytes:
        """16 octets."""

    @property
    def kg(self) -> bytes:
        """K_g, the BMC's own key, at most 20 octets; empty where it is not set."""

    def refuse(self) -> int:
        """Asked at each step of a log-in: an RMCP+ status that a fault wants it refused with, or 0."""


class Call:
    """Where a request came from: the session, if any, host and port, and when (seconds of wire time)."""

    __slots__ = ("corrupt", "now", "peer", "session", "table", "trusted")

    def __init__(
        self, table: SessionTable, session: Session | None, now: float, peer: Peer, *, trusted: bool = True
    ) -> None:
        self.table = table
        self.session = session
        self.now = now
        self.peer = peer
        self.trusted = trusted
        """It came with a code, or needs none."""
        self.corrupt = False
        """A fault's hand: the answer's checksum shall not hold."""

    @property
    def privilege(self) -> int:
        """What the caller may do at the moment; outside a session nothing."""
        if self.session is None:
            return Privilege.NONE
        return self.session.privilege if self.trusted else min(self.session.privilege, Privilege.USER)


class SessionTable:
    """All sessions of one BMC. They are found by the BMC's session id, never by the console's address."""

    __slots__ = ("_earliest", "_handle", "_logins", "_octets", "_sessions", "channel", "host")

    def __init__(self, host: Host, channel: Channel, octets: Callable[[int], bytes]) -> None:
        """`octets(n)` gives n random octets: session ids, nonces, initialisation vectors."""
        self.host = host
        self.channel = channel
        self._logins: Logins | None = None
        self._octets = octets
        self._sessions: dict[int, Session] = {}
        self._earliest = _NEVER
        self._handle = 0

    def configure(self, channel: Channel) -> None:
        """Set the channel up otherwise. Sessions that are up go on."""
        self.channel = channel
        if self._logins is not None:
            self._logins.channel = channel

    @property
    def logins(self) -> Logins:
        """Made when somebody wants to log in: a hall has ten thousand BMCs to whom nobody ever speaks."""
        if self._logins is None:
            self._logins = Logins(self.host, self.channel)
        return self._logins

    @property
    def busy(self) -> bool:
        """There is a session, of whatever kind."""
        return bool(self._sessions)

    @property
    def active(self) -> list[Session]:
        """The active ones, the oldest first."""
        return [session for session in self._sessions.values() if session.state is Phase.ACTIVE]

    def session(self, bmc_id: int) -> Session | None:
        """The active session with this id."""
        session = self._sessions.get(bmc_id)
        return session if session is not None and session.state is Phase.ACTIVE else None

    @property
    def half_open(self) -> list[Session]:
        """Those of which the log-in has begun and may go on, the oldest first."""
        return [session for session in self._sessions.values() if session.state in (Phase.OPENED, Phase.CHALLENGED)]

    def exhausted(self, user: User) -> bool:
        """He has as many sessions as he may."""
        return 0 < user.sessions <= sum(each.user is not None and each.user.slot == user.slot for each in self.active)

    def find(self, bmc_id: int) -> Session | None:
        """The session with this id, active or not."""
        return self._sessions.get(bmc_id)

    def octets(self, number: int) -> bytes:
        """Random octets."""
        return self._octets(number)

    @property
    def next_deadline(self) -> float | None:
        """When a session may run out, at the earliest. Nobody has to call `expire` at that time, only before the
        next datagram.
        """
        return None if self._earliest == _NEVER else self._earliest

    def expire(self, now: float) -> None:
        """End what has run out by now; cheap while nothing can have."""
        if now < self._earliest:
            return
        for session in [session for session in self._sessions.values() if session.deadline <= now]:
            self.end(session, Event.EXPIRE)
        self._earliest = min((session.deadline for session in self._sessions.values()), default=_NEVER)

    def power_lost(self) -> None:
        """Forget every session; nobody is told."""
        for session in list(self._sessions.values()):
            self.end(session, Event.POWER_LOST)
        self._earliest = _NEVER

    def lose(self, session: Session) -> None:
        """Forget an active session; nobody is told."""
        self.end(session, Event.LOSE)

    def close(self, session: Session) -> None:
        """End an active session. When it is the one that asks, its answer is still sent."""
        session.closing = True

    def end_closing(self) -> None:
        """End those that were closed while a request was answered, now that it is."""
        for session in [session for session in self._sessions.values() if session.closing]:
            self.end(session, Event.CLOSE)

    def seal(self, session: Session, payload_type: int, payload: bytes) -> bytes:
        """A packet of this session, protected as was agreed on."""
        keys = session.keys
        assert keys is not None
        iv = self._octets(16) if keys.encrypts else b""
        return seal(payload_type, session.console_id, session.next_sequence(), payload, keys, iv)

    def open_slot(
        self, peer: Peer, console_id: int, suite: CipherSuite | None, limit: int, now: float
    ) -> Session | None:
        """A half-open session; None when all slots are taken."""
        if not self._make_room():
            return None
        self._handle = self._handle % 255 + 1
        session = Session(peer, console_id, self._new_id(), suite, limit, self._handle)
        session.deadline = now + self.channel.half_open
        self._earliest = min(self._earliest, session.deadline)
        self._sessions[session.bmc_id] = session
        return session

    def _make_room(self) -> bool:
        if len(self._sessions) < self.channel.session_limit:
            return True
        if not self.channel.evicts_half_open:
            return False
        for session in self._sessions.values():
            if session.state is not Phase.ACTIVE:
                self.end(session, Event.EVICT)
                return True
        return False

    def _new_id(self) -> int:
        while True:
            number = int.from_bytes(self._octets(4), "little")
            if number and number not in self._sessions:
                return number

    def end(self, session: Session, event: Event) -> None:
        """Forget a session, for the reason that the event names."""
        was_active = session.state is Phase.ACTIVE
        session.fire(event)
        del self._sessions[session.bmc_id]
        if was_active and session.user is not None:
            self.host.notify("session ended", session.user.name, event.value)
