"""The BMC's end of IPMI over LAN: sessions, their set-up and their packets. Bytes and time go in, bytes come out.

Everything that changes a session's phase is in this module, and follows the table `session.SESSION`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from simulator.ipmi.channel import NAME_OCTETS, Channel, User
from simulator.ipmi.codes import BMC_ADDRESS, PayloadType, Privilege, Status, status_text
from simulator.ipmi.crypto import CipherSuite, SessionKeys, match_suite
from simulator.ipmi.dispatch import Call
from simulator.ipmi.errors import Malformed
from simulator.ipmi.framing import Packet, Ping, Sessionless, decode, encode_pong, encode_sessionless, seal, unseal
from simulator.ipmi.message import Message, decode_message, encode_answer
from simulator.ipmi.session import Event, Peer, Phase, Session
from simulator.ipmi.setup import Exchange, OpenRequest, OpenResponse, Rakp1, Rakp2, Rakp3, Rakp4
from simulator.ipmi.window import Window

__all__ = ["Host", "LanServer"]

_NEVER: Final = float("inf")
_REPEAT_SECONDS: Final = 5.0
"""How long the same rqSeq and body count as the same request; longer than the gaps between ipmitool's tries (4 s)."""


class Host(Protocol):
    """The device behind the server."""

    @property
    def guid(self) -> bytes:
        """16 octets."""

    @property
    def users(self) -> Sequence[User]: ...

    def execute(self, request: Message, call: Call) -> bytes:
        """Completion code and data."""

    def notice(self, what: str, user: bytes, detail: str) -> None:
        """Something that an onlooker may want to know: `login`, `login refused`, `session ended`."""


class LanServer:
    """All sessions of one BMC. Sessions are found by the BMC's session id, never by the console's address."""

    __slots__ = ("_channel", "_earliest", "_handle", "_host", "_octets", "_sessions")

    def __init__(self, host: Host, channel: Channel, octets: Callable[[int], bytes]) -> None:
        """`octets(n)` gives n random octets: session ids, nonces, initialisation vectors."""
        self._host = host
        self._channel = channel
        self._octets = octets
        self._sessions: dict[int, Session] = {}
        self._earliest = _NEVER
        self._handle = 0

    @property
    def channel(self) -> Channel:
        return self._channel

    @property
    def sessions(self) -> list[Session]:
        """The active ones, the oldest first."""
        return [session for session in self._sessions.values() if session.state is Phase.ACTIVE]

    def session(self, bmc_id: int) -> Session | None:
        """The active session with this id."""
        session = self._sessions.get(bmc_id)
        return session if session is not None and session.state is Phase.ACTIVE else None

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
                if packet.payload_type == PayloadType.IPMI and packet.session_id:
                    return self._in_session(packet, peer, now)
                return self._outside(packet, peer, now)
            if type(packet) is Sessionless:
                return [encode_sessionless(answer) for answer in self._execute(packet.message, None, now)]
        except Malformed:
            return []
        return [encode_pong(packet.tag)] if type(packet) is Ping else []

    def expire(self, now: float) -> None:
        """End what has run out."""
        for session in [session for session in self._sessions.values() if session.deadline <= now]:
            self._end(session, Event.EXPIRE)
        self._earliest = min((session.deadline for session in self._sessions.values()), default=_NEVER)

    def power_lost(self) -> None:
        """Forget every session; nobody is told."""
        for session in list(self._sessions.values()):
            self._end(session, Event.POWER_LOST)
        self._earliest = _NEVER

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
        session.deadline = now + self._channel.inactivity
        if payload == session.request and now <= session.reply_until:
            session.reply_until = now + _REPEAT_SECONDS
            return [self._seal(session, session.reply)]
        for answer in self._execute(payload, session, now):
            session.request, session.reply = payload, answer
            session.reply_until = now + _REPEAT_SECONDS
            sealed = self._seal(session, answer)
            for other in [other for other in self._sessions.values() if other.closing]:
                self._end(other, Event.CLOSE)
            return [sealed]
        return []

    def _execute(self, payload: bytes, session: Session | None, now: float) -> list[bytes]:
        request = decode_message(payload)
        if request.netfn & 1 or request.target != BMC_ADDRESS:
            return []
        return [encode_answer(request, self._host.execute(request, Call(self, session, now)))]

    def _seal(self, session: Session, answer: bytes) -> bytes:
        keys = session.keys
        assert keys is not None
        session.sequence = session.sequence % 0xFFFFFFFF + 1
        iv = self._octets(16) if keys.encrypts else b""
        return seal(PayloadType.IPMI, session.console_id, session.sequence, answer, keys, iv)

    # outside of a session

    def _outside(self, packet: Packet, peer: Peer, now: float) -> list[bytes]:
        if packet.session_id or packet.encrypted or packet.authenticated:
            return []
        kind = packet.payload_type
        if kind == PayloadType.IPMI:
            return [seal(PayloadType.IPMI, 0, 0, answer) for answer in self._execute(packet.payload, None, now)]
        if kind == PayloadType.OPEN_REQUEST:
            return [seal(PayloadType.OPEN_RESPONSE, 0, 0, self._open(packet.payload, peer, now))]
        if kind == PayloadType.RAKP1:
            return [seal(PayloadType.RAKP2, 0, 0, self._rakp1(packet.payload))]
        if kind == PayloadType.RAKP3:
            return [seal(PayloadType.RAKP4, 0, 0, answer) for answer in self._rakp3(packet.payload, now)]
        return []

    def _open(self, data: bytes, peer: Peer, now: float) -> bytes:
        if len(data) < 8:
            raise Malformed("an Open Session request has 32 octets")
        console_id = int.from_bytes(data[4:8], "little")
        try:
            request = OpenRequest.decode(data)
        except Malformed:
            return OpenResponse(data[0], Status.ILLEGAL_PARAMETER, 0, console_id).encode()
        question = data[1:32]
        for session in self._sessions.values():
            half_open = session.state in (Phase.OPENED, Phase.CHALLENGED)
            if half_open and session.open_asked == question and session.peer == peer:
                return data[:1] + session.open_answered[1:]
        suite, status = self._choose_suite(request)
        if suite is None:
            return OpenResponse(request.tag, status, request.privilege, console_id).encode()
        if not self._make_room():
            return OpenResponse(request.tag, Status.NO_RESOURCES, request.privilege, console_id).encode()
        limit = request.privilege or Privilege.ADMINISTRATOR
        self._handle = self._handle % 255 + 1
        session = Session(peer, console_id, self._new_id(), suite, limit, self._handle)
        session.deadline = now + self._channel.half_open
        self._earliest = min(self._earliest, session.deadline)
        answer = OpenResponse(request.tag, Status.OK, limit, console_id, session.bmc_id, request.algorithms).encode()
        session.open_asked, session.open_answered = question, answer
        self._sessions[session.bmc_id] = session
        return answer

    def _choose_suite(self, request: OpenRequest) -> tuple[CipherSuite | None, int]:
        offered = self._channel.suites
        if request.privilege > Privilege.ADMINISTRATOR:
            return None, Status.INVALID_ROLE
        suite = match_suite(offered, request.algorithms)
        if suite is not None:
            return suite, Status.OK
        authentication, integrity, confidentiality = request.algorithms
        if all(suite.authentication != authentication for suite in offered):
            return None, Status.INVALID_AUTHENTICATION
        if all(suite.integrity != integrity for suite in offered):
            return None, Status.INVALID_INTEGRITY
        if all(suite.confidentiality != confidentiality for suite in offered):
            return None, Status.INVALID_CONFIDENTIALITY
        return None, Status.NO_SUITE_MATCH

    def _make_room(self) -> bool:
        if len(self._sessions) < self._channel.session_limit:
            return True
        if not self._channel.evicts_half_open:
            return False
        for session in self._sessions.values():
            if session.state is not Phase.ACTIVE:
                self._end(session, Event.EVICT)
                return True
        return False

    def _new_id(self) -> int:
        while True:
            number = int.from_bytes(self._octets(4), "little")
            if number and number not in self._sessions:
                return number

    def _rakp1(self, data: bytes) -> bytes:
        rakp = Rakp1.decode(data)
        session = self._sessions.get(rakp.bmc_id)
        if session is None:
            return Rakp2(rakp.tag, Status.INVALID_SESSION, 0).encode()
        if session.asked == data[1:]:
            return data[:1] + session.answered[1:]
        if not session.allows(Event.RAKP1):
            return Rakp2(rakp.tag, Status.INVALID_SESSION, session.console_id).encode()
        user, status = self._authorize(rakp, session)
        if user is None:
            session.fire(Event.REFUSE)
            answer = Rakp2(rakp.tag, status, session.console_id).encode()
            self._host.notice("login refused", rakp.name, status_text(status))
        else:
            session.fire(Event.RAKP1)
            session.user = user
            session.exchange = exchange = Exchange(
                session.suite,
                session.console_id,
                session.bmc_id,
                rakp.random,
                self._octets(16),
                self._host.guid,
                rakp.role,
                rakp.name,
                user.key,
            )
            answer = Rakp2(
                rakp.tag, Status.OK, session.console_id, exchange.bmc_random, exchange.guid, exchange.code2()
            ).encode()
        session.asked, session.answered = data[1:], answer
        return answer

    def _authorize(self, rakp: Rakp1, session: Session) -> tuple[User | None, int]:
        role = rakp.role & 0x0F
        if len(rakp.name) > NAME_OCTETS:
            return None, Status.INVALID_NAME_LENGTH
        if not Privilege.CALLBACK <= role <= Privilege.ADMINISTRATOR:
            return None, Status.INVALID_ROLE
        known = [user for user in self._host.users if user.enabled and user.name == rakp.name]
        if not known:
            return None, Status.UNAUTHORIZED_NAME
        if role <= session.limit:
            for user in known:
                if role <= user.limit:
                    return user, Status.OK
        return None, Status.UNAUTHORIZED_ROLE

    def _rakp3(self, data: bytes, now: float) -> list[bytes]:
        rakp = Rakp3.decode(data)
        session = self._sessions.get(rakp.bmc_id)
        if session is None:
            return [Rakp4(rakp.tag, Status.INVALID_SESSION, 0).encode()]
        if session.asked == data[1:]:
            return [data[:1] + session.answered[1:]]
        if not session.allows(Event.RAKP3):
            return [Rakp4(rakp.tag, Status.INVALID_SESSION, session.console_id).encode()]
        if rakp.status:
            # The console found our code wrong and gives up; it wants no answer (IPMI 2.0, 13.22).
            self._end(session, Event.ABANDON)
            return []
        exchange, user = session.exchange, session.user
        assert exchange is not None
        assert user is not None
        if not hmac.compare_digest(exchange.code3(), rakp.code):
            session.fire(Event.REFUSE)
            self._host.notice("login refused", exchange.name, status_text(Status.INVALID_CHECK_VALUE))
            answer = Rakp4(rakp.tag, Status.INVALID_CHECK_VALUE, session.console_id).encode()
        else:
            session.fire(Event.RAKP3)
            session.keys = keys = SessionKeys(session.suite, exchange.sik())
            session.window = Window()
            session.limit = exchange.role & 0x0F
            session.privilege = min(session.limit, Privilege.USER)
            session.deadline = now + self._channel.inactivity
            self._host.notice("login", exchange.name, "")
            answer = Rakp4(rakp.tag, Status.OK, session.console_id, keys.check_value(exchange.proof4())).encode()
        session.exchange = None
        session.asked, session.answered = data[1:], answer
        return [answer]

    def _end(self, session: Session, event: Event) -> None:
        was_active = session.state is Phase.ACTIVE
        session.fire(event)
        del self._sessions[session.bmc_id]
        if was_active and session.user is not None:
            self._host.notice("session ended", session.user.name, event.value)
