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
from simulator.ipmi.lan15 import OldPacket
from simulator.ipmi.message import Message, decode_message, encode_answer
from simulator.ipmi.server15 import receive_old
from simulator.ipmi.session import Event, Peer, Phase, Session
from simulator.ipmi.setup import NAME_ONLY, Exchange, OpenRequest, OpenResponse, Rakp1, Rakp2, Rakp3, Rakp4
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

    @property
    def kg(self) -> bytes:
        """K_g, the BMC's own key, at most 20 octets; empty where it is not set."""

    def execute(self, request: Message, call: Call) -> bytes:
        """Completion code and data; nothing at all is silence."""

    def payload(self, session: Session, payload: bytes, now: float) -> list[bytes]:
        """A Serial over LAN packet of a session; returns those to send back. Raises Malformed."""

    def refuse(self) -> int:
        """Asked at each step of a log-in: an RMCP+ status that a fault wants it refused with, or 0."""

    def notice(self, what: str, user: bytes, detail: str) -> None:
        """Something that an onlooker may want to know: `login`, `login refused`, `session ended`."""


class _Failures:
    """Wrong passwords of one user."""

    __slots__ = ("count", "until")

    def __init__(self) -> None:
        self.count = 0
        self.until = 0.0
        """Locked out until then."""


class LanServer:
    """All sessions of one BMC. Sessions are found by the BMC's session id, never by the console's address."""

    __slots__ = ("_channel", "_earliest", "_failures", "_handle", "_host", "_octets", "_sessions")

    def __init__(self, host: Host, channel: Channel, octets: Callable[[int], bytes]) -> None:
        """`octets(n)` gives n random octets: session ids, nonces, initialisation vectors."""
        self._host = host
        self._channel = channel
        self._octets = octets
        self._sessions: dict[int, Session] = {}
        self._earliest = _NEVER
        self._handle = 0
        self._failures: dict[bytes, _Failures] = {}

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
    def half_open(self) -> list[Session]:
        """Those of which the log-in has begun, the oldest first."""
        return [session for session in self._sessions.values() if session.state is Phase.OPENED]

    def find(self, bmc_id: int) -> Session | None:
        """The session with this id, active or not."""
        return self._sessions.get(bmc_id)

    def octets(self, number: int) -> bytes:
        """Random octets."""
        return self._octets(number)

    @property
    def has_kg(self) -> bool:
        """K_g is set."""
        return bool(self._host.kg)

    def host_refuses(self) -> bool:
        """A fault wants this step of a log-in refused."""
        return bool(self._host.refuse())

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
        pongs = type(packet) is Ping and "ipmiping" not in self._channel.quirks
        return [encode_pong(packet.tag)] if pongs and type(packet) is Ping else []

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

    def lose(self, session: Session) -> None:
        """Forget an active session; nobody is told."""
        self._end(session, Event.LOSE)

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
        if packet.payload_type == PayloadType.SOL:
            return [
                self.seal_payload(session, PayloadType.SOL, each) for each in self._host.payload(session, payload, now)
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
                self._end(other, Event.CLOSE)
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
        result = self._host.execute(request, call)
        if not result:
            return []
        answer = encode_answer(request, result)
        if call.spoiled or (session is not None and "nochecksumcheck" in self._channel.quirks):
            return [answer[:-1] + bytes((answer[-1] ^ 0xFF,))]
        return [answer]

    def _seal(self, session: Session, answer: bytes) -> bytes:
        return self.seal_payload(session, PayloadType.IPMI, answer)

    def seal_payload(self, session: Session, payload_type: int, answer: bytes) -> bytes:
        """A packet of this session, protected as was agreed on."""
        keys = session.keys
        assert keys is not None
        session.sequence = session.sequence % 0xFFFFFFFF + 1
        iv = self._octets(16) if keys.encrypts else b""
        return seal(payload_type, session.console_id, session.sequence, answer, keys, iv)

    # outside of a session

    def _outside(self, packet: Packet, peer: Peer, now: float) -> list[bytes]:
        if packet.session_id or packet.encrypted or packet.authenticated:
            return []
        kind = packet.payload_type
        if kind == PayloadType.IPMI:
            return [seal(PayloadType.IPMI, 0, 0, answer) for answer in self._execute(packet.payload, None, peer, now)]
        if kind == PayloadType.OPEN_REQUEST:
            return [seal(PayloadType.OPEN_RESPONSE, 0, 0, self._open(packet.payload, peer, now))]
        if kind == PayloadType.RAKP1:
            answer = self._rakp1(packet.payload, now)
            if "supermicro20" in self._channel.quirks and not answer[1]:
                answer += b"\0"
            return [seal(PayloadType.RAKP2, 0, 0, answer)]
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
        refusal = self._host.refuse()
        if refusal:
            suite, status = None, refusal
        if suite is None:
            return OpenResponse(request.tag, status, request.privilege, console_id).encode()
        limit = request.privilege or Privilege.ADMINISTRATOR
        slot = self.open_slot(peer, console_id, suite, limit, now)
        if slot is None:
            return OpenResponse(request.tag, Status.NO_RESOURCES, request.privilege, console_id).encode()
        session = slot
        answer = OpenResponse(request.tag, Status.OK, limit, console_id, session.bmc_id, request.algorithms).encode()
        session.open_asked, session.open_answered = question, answer
        return answer

    def open_slot(
        self, peer: Peer, console_id: int, suite: CipherSuite | None, limit: int, now: float
    ) -> Session | None:
        """A half-open session; None when all slots are taken."""
        if not self._make_room():
            return None
        self._handle = self._handle % 255 + 1
        session = Session(peer, console_id, self._new_id(), suite, limit, self._handle)
        session.deadline = now + self._channel.half_open
        self._earliest = min(self._earliest, session.deadline)
        self._sessions[session.bmc_id] = session
        return session

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

    def _rakp1(self, data: bytes, now: float) -> bytes:
        rakp = Rakp1.decode(data)
        session = self._sessions.get(rakp.bmc_id)
        if session is None or session.suite is None:
            return Rakp2(rakp.tag, Status.INVALID_SESSION, 0).encode()
        if session.asked == data[1:]:
            return data[:1] + session.answered[1:]
        if not session.allows(Event.RAKP1):
            return Rakp2(rakp.tag, Status.INVALID_SESSION, session.console_id).encode()
        user, status = self._authorize(rakp, session, now)
        refusal = self._host.refuse()
        if refusal:
            user, status = None, refusal
        if user is None:
            session.fire(Event.REFUSE)
            answer = Rakp2(rakp.tag, status, session.console_id).encode()
            self._host.notice("login refused", rakp.name, status_text(status))
        else:
            session.fire(Event.RAKP1)
            session.user = user
            quirks = self._channel.quirks
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
                self._host.kg,
                session.limit if "opensesspriv" in quirks else None,
            )
            answer = Rakp2(
                rakp.tag, Status.OK, session.console_id, exchange.bmc_random, exchange.guid, exchange.code2()
            ).encode()
        session.asked, session.answered = data[1:], answer
        return answer

    def _authorize(self, rakp: Rakp1, session: Session, now: float) -> tuple[User | None, int]:
        role = rakp.role & 0x0F
        if len(rakp.name) > NAME_OCTETS:
            return None, Status.INVALID_NAME_LENGTH
        if not Privilege.CALLBACK <= role <= Privilege.ADMINISTRATOR:
            return None, Status.INVALID_ROLE
        name = rakp.name.rstrip(b"\0") if "intel20" in self._channel.quirks else rakp.name
        first = self.user_named(name, now)
        if first is None:
            return None, Status.UNAUTHORIZED_NAME
        if role > session.limit:
            return None, Status.UNAUTHORIZED_ROLE
        # By name and privilege the same name may stand for several users, each with a password of its own.
        known = [user for user in self._host.users if user.enabled and user.name == name]
        known = known[:1] if rakp.role & NAME_ONLY else sorted(known, key=lambda user: user.limit)
        for user in known:
            if role <= user.limit:
                return user, Status.OK
        return None, Status.UNAUTHORIZED_ROLE

    def user_named(self, name: bytes, now: float) -> User | None:
        """The first enabled user of this name, who is not locked out."""
        failures = self._failures.get(name)
        if failures is not None and now < failures.until:
            return None
        return next((user for user in self._host.users if user.enabled and user.name == name), None)

    def login_failed(self, name: bytes, now: float) -> None:
        """Count a wrong password; too many lock the user out for a while."""
        most = self._channel.bad_logins
        if most:
            failures = self._failures.setdefault(name, _Failures())
            failures.count += 1
            if failures.count >= most:
                failures.count = 0
                failures.until = now + self._channel.lock_out
                self._host.notice("locked out", name, f"{most} wrong passwords")

    def logged_in(self, name: bytes) -> None:
        """Forget the wrong passwords before, and tell."""
        self._failures.pop(name, None)
        self._host.notice("login", name, "")

    def _rakp3(self, data: bytes, now: float) -> list[bytes]:
        rakp = Rakp3.decode(data)
        session = self._sessions.get(rakp.bmc_id)
        if session is None or session.suite is None:
            return [Rakp4(rakp.tag, Status.INVALID_SESSION, 0).encode()]
        if session.asked == data[1:]:
            return [data[:1] + session.answered[1:]]
        if not session.allows(Event.RAKP3):
            return [Rakp4(rakp.tag, Status.INVALID_SESSION, session.console_id).encode()]
        if rakp.status:
            # The console found our code wrong and gives up; it wants no answer (IPMI 2.0, 13.22).
            if session.user is not None and session.state is Phase.CHALLENGED:
                self.login_failed(session.user.name, now)
            self._end(session, Event.ABANDON)
            return []
        exchange, user = session.exchange, session.user
        assert exchange is not None
        assert user is not None
        refusal = self._host.refuse()
        proved = exchange
        if "intel20" in self._channel.quirks:
            proved = exchange._replace(role=exchange.role & 0x0F, name=exchange.name.rstrip(b"\0"))
        if not refusal and not hmac.compare_digest(proved.code3(), rakp.code):
            refusal = Status.INVALID_CHECK_VALUE
            self.login_failed(user.name, now)
        if refusal:
            session.fire(Event.REFUSE)
            self._host.notice("login refused", exchange.name, status_text(refusal))
            answer = Rakp4(rakp.tag, refusal, session.console_id).encode()
        else:
            session.fire(Event.RAKP3)
            session.keys = keys = SessionKeys(session.suite, exchange.sik())
            session.window = Window()
            session.limit = exchange.role & 0x0F
            session.privilege = min(session.limit, Privilege.USER)
            session.deadline = now + self._channel.inactivity
            self.logged_in(user.name)
            proof = keys.check_value(exchange.proof4())
            if "integritycheckvalue" in self._channel.quirks and not proof:
                proof = bytes(12)
            answer = Rakp4(rakp.tag, Status.OK, session.console_id, proof).encode()
        session.exchange = None
        session.asked, session.answered = data[1:], answer
        return [answer]

    def _end(self, session: Session, event: Event) -> None:
        was_active = session.state is Phase.ACTIVE
        session.fire(event)
        del self._sessions[session.bmc_id]
        if was_active and session.user is not None:
            self._host.notice("session ended", session.user.name, event.value)
