"""The BMC's end of IPMI over LAN: its sessions and their packets. Bytes and time go in, bytes come out.

How sessions are set up is in `handshake` and `server15`; all of it follows the table `session.SESSION`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from simulator.ipmi.channel import Channel
from simulator.ipmi.codes import BMC_ADDRESS, PayloadType
from simulator.ipmi.crypto import CipherSuite
from simulator.ipmi.dispatch import Call
from simulator.ipmi.errors import Malformed
from simulator.ipmi.framing import Packet, Ping, Sessionless, decode, encode_pong, encode_sessionless, seal, unseal
from simulator.ipmi.handshake import open_session, prove_user, take_user
from simulator.ipmi.lan15 import OldPacket
from simulator.ipmi.logins import Host as LoginHost
from simulator.ipmi.logins import Logins
from simulator.ipmi.message import Message, decode_message, encode_answer
from simulator.ipmi.server15 import receive_old
from simulator.ipmi.session import Event, Peer, Phase, Session

__all__ = ["Host", "LanServer"]

_NEVER: Final = float("inf")
_REPEAT_SECONDS: Final = 5.0
"""How long the same rqSeq and body count as the same request; longer than the gaps between ipmitool's tries (4 s)."""


class Host(LoginHost, Protocol):
    """The device behind the server."""

    @property
    def guid(self) -> bytes:
        """16 octets."""

    @property
    def kg(self) -> bytes:
        """K_g, the BMC's own key, at most 20 octets; empty where it is not set."""

    def execute(self, request: Message, call: Call) -> bytes:
        """Completion code and data; nothing at all is silence."""

    def payload(self, session: Session, payload: bytes, now: float) -> list[bytes]:
        """A Serial over LAN packet of a session; returns those to send back. Raises Malformed."""

    def refuse(self) -> int:
        """Asked at each step of a log-in: an RMCP+ status that a fault wants it refused with, or 0."""


class LanServer:
    """All sessions of one BMC. Sessions are found by the BMC's session id, never by the console's address."""

    __slots__ = ("_earliest", "_handle", "_octets", "_sessions", "channel", "host", "logins")

    def __init__(self, host: Host, channel: Channel, octets: Callable[[int], bytes]) -> None:
        """`octets(n)` gives n random octets: session ids, nonces, initialisation vectors."""
        self.host = host
        self.channel = channel
        self.logins = Logins(host, channel)
        self._octets = octets
        self._sessions: dict[int, Session] = {}
        self._earliest = _NEVER
        self._handle = 0

    @property
    def sessions(self) -> list[Session]:
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

    def find(self, bmc_id: int) -> Session | None:
        """The session with this id, active or not."""
        return self._sessions.get(bmc_id)

    def octets(self, number: int) -> bytes:
        """Random octets."""
        return self._octets(number)

    @property
    def next_deadline(self) -> float | None:
        """When a session may run out, at the earliest. Nobody has to call at that time: `receive` looks first."""
        return None if self._earliest == _NEVER else self._earliest

    def receive(self, data: bytes, peer: Peer, now: float) -> list[bytes]:
        """Take a datagram; returns those to send back. Whatever the octets are, nothing is raised."""
        if now >= self._earliest:
            self.expire(now)
        try:
            packet = decode(data)
            if type(packet) is Packet:
                if packet.session_id and packet.payload_type in (PayloadType.IPMI, PayloadType.SOL):
                    return self._in_session(packet, peer, now)
                return self._outside(packet, peer, now)
            if type(packet) is Sessionless:
                return [encode_sessionless(answer) for answer in self._execute(packet.message, None, peer, now)]
            if type(packet) is OldPacket:
                return receive_old(self, packet, peer, now)
        except Malformed:
            return []
        pongs = type(packet) is Ping and "ipmiping" not in self.channel.quirks
        return [encode_pong(packet.tag)] if pongs and type(packet) is Ping else []

    def expire(self, now: float) -> None:
        """End what has run out."""
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

    # in a session

    def _in_session(self, packet: Packet, peer: Peer, now: float) -> list[bytes]:
        session = self._sessions.get(packet.session_id)
        if session is None or session.state is not Phase.ACTIVE:
            return []
        keys, window = session.keys, session.window
        assert keys is not None
        assert window is not None
        payload = unseal(packet, keys)
        if not window.admit(packet.sequence):
            return []
        session.peer = peer
        session.deadline = now + self.channel.inactivity
        if packet.payload_type == PayloadType.SOL:
            return [
                self.seal_payload(session, PayloadType.SOL, each) for each in self.host.payload(session, payload, now)
            ]
        return [self._seal(session, answer) for answer in self.answer_once(payload, session, now)]

    def answer_once(self, payload: bytes, session: Session, now: float) -> list[bytes]:
        """The answer to a message of a session, or none; a repeated one gets the same answer and is not run again.
        Raises Malformed.
        """
        if payload == session.request and now <= session.reply_until:
            session.reply_until = now + _REPEAT_SECONDS
            return [session.reply]
        for answer in self._execute(payload, session, session.peer, now):
            session.request, session.reply = payload, answer
            session.reply_until = now + _REPEAT_SECONDS
            for other in [other for other in self._sessions.values() if other.closing]:
                self.end(other, Event.CLOSE)
            return [answer]
        return []

    def answer(self, payload: bytes, session: Session, now: float) -> list[bytes]:
        """The answer to a message of a session that is not active yet. Raises Malformed."""
        return self._execute(payload, session, session.peer, now)

    def _execute(self, payload: bytes, session: Session | None, peer: Peer, now: float) -> list[bytes]:
        request = decode_message(payload)
        if request.netfn & 1 or request.target != BMC_ADDRESS:
            return []
        call = Call(self, session, now, peer)
        result = self.host.execute(request, call)
        if not result:
            return []
        answer = encode_answer(request, result)
        if call.spoiled or (session is not None and "nochecksumcheck" in self.channel.quirks):
            return [answer[:-1] + bytes((answer[-1] ^ 0xFF,))]
        return [answer]

    def _seal(self, session: Session, answer: bytes) -> bytes:
        return self.seal_payload(session, PayloadType.IPMI, answer)

    def seal_payload(self, session: Session, payload_type: int, answer: bytes) -> bytes:
        """A packet of this session, protected as was agreed on."""
        keys = session.keys
        assert keys is not None
        iv = self._octets(16) if keys.encrypts else b""
        return seal(payload_type, session.console_id, session.next_sequence(), answer, keys, iv)

    # outside of a session

    def _outside(self, packet: Packet, peer: Peer, now: float) -> list[bytes]:
        if packet.session_id or packet.encrypted or packet.authenticated:
            return []
        kind = packet.payload_type
        if kind == PayloadType.IPMI:
            return [seal(PayloadType.IPMI, 0, 0, answer) for answer in self._execute(packet.payload, None, peer, now)]
        if kind == PayloadType.OPEN_REQUEST:
            return [seal(PayloadType.OPEN_RESPONSE, 0, 0, open_session(self, packet.payload, peer, now))]
        if kind == PayloadType.RAKP1:
            return [seal(PayloadType.RAKP2, 0, 0, take_user(self, packet.payload, now))]
        if kind == PayloadType.RAKP3:
            return [seal(PayloadType.RAKP4, 0, 0, answer) for answer in prove_user(self, packet.payload, now)]
        return []

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
            self.host.notice("session ended", session.user.name, event.value)
