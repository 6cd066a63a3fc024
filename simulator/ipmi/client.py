"""The console's end of a session: log in, ask, log out, with resends. Bytes and time go in, bytes come out.

Requests may be queued at any time, also before the session is up. After `start` the owner passes in datagrams
(`receive`) and the time (`on_time`, at `next_deadline`), sends what these return, and stops when `settled` is true.
"""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from simulator.ipmi.codes import Completion, NetFn, PayloadType, Privilege, Status
from simulator.ipmi.crypto import SUITES, CipherSuite, SessionKeys, password_key
from simulator.ipmi.errors import (
    CompletionError,
    Malformed,
    NoAnswer,
    SessionError,
    SessionRefused,
    WrongKey,
    WrongPassword,
    WrongUser,
)
from simulator.ipmi.framing import Packet, decode, seal, unseal
from simulator.ipmi.message import decode_message, encode_request
from simulator.ipmi.setup import NAME_ONLY, Exchange, OpenRequest, OpenResponse, Rakp1, Rakp2, Rakp3, Rakp4
from simulator.ipmi.window import Window
from simulator.kernel import Machine, Table

__all__ = ["CONSOLE", "DEFAULT_PATIENCE", "DEFAULT_SUITES", "Client", "Event", "Patience", "Phase", "Request"]

DEFAULT_SUITES: Final = (SUITES[17], SUITES[3])

_SUITE_REFUSALS: Final = (
    Status.INVALID_AUTHENTICATION,
    Status.INVALID_INTEGRITY,
    Status.INVALID_CONFIDENTIALITY,
    Status.NO_SUITE_MATCH,
)


class Phase(Enum):
    IDLE = "idle"
    OPENING = "opening"
    CHALLENGING = "challenging"
    PROVING = "proving"
    READY = "ready"
    WAITING = "waiting"
    CLOSING = "closing"
    CLOSED = "closed"
    FAILED = "failed"


class Event(Enum):
    START = "start"
    NEXT_SUITE = "next suite"
    OPENED = "opened"
    CHALLENGED = "challenged"
    PROVED = "proved"
    ASK = "ask"
    ANSWERED = "answered"
    CLOSE = "close"
    CLOSED = "closed"
    FAIL = "fail"


CONSOLE: Table[Phase, Event] = Table(
    "console session",
    [
        (Phase.IDLE, Event.START, Phase.OPENING),
        (Phase.OPENING, Event.NEXT_SUITE, Phase.OPENING),
        (Phase.OPENING, Event.OPENED, Phase.CHALLENGING),
        (Phase.CHALLENGING, Event.CHALLENGED, Phase.PROVING),
        (Phase.PROVING, Event.PROVED, Phase.READY),
        (Phase.READY, Event.ASK, Phase.WAITING),
        (Phase.WAITING, Event.ANSWERED, Phase.READY),
        (Phase.READY, Event.CLOSE, Phase.CLOSING),
        (Phase.CLOSING, Event.CLOSED, Phase.CLOSED),
        ((Phase.OPENING, Phase.CHALLENGING, Phase.PROVING, Phase.WAITING), Event.FAIL, Phase.FAILED),
    ],
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long to try. Each try waits `first` longer than the one before, as ipmitool's do: many short
    waits get over a link that loses datagrams better than a few long ones.
    """

    tries: int = 5
    first: float = 0.3
    """Seconds of wire time after the first try."""
    close_tries: int = 2
    """For Close Session: a BMC that has closed no longer answers, so silence counts as closed."""

    @property
    def total(self) -> float:
        """Seconds until silence is believed: 4.5 with the defaults."""
        return self.first * self.tries * (self.tries + 1) / 2


DEFAULT_PATIENCE: Final = Patience()


class Request:
    """One command asked of the BMC. `code` is None until it is answered."""

    __slots__ = ("code", "command", "data", "name", "netfn", "reply")

    def __init__(self, netfn: int, command: int, data: bytes = b"", name: str = "") -> None:
        self.netfn = netfn
        self.command = command
        self.data = data
        self.name = name or f"command {netfn:02X}h/{command:02X}h"
        self.code: int | None = None
        self.reply = b""

    def result(self) -> bytes:
        """The answer's data. Raises CompletionError, or SessionError when it was never answered."""
        if self.code is None:
            raise SessionError(f"{self.name}: not answered")
        if self.code != Completion.OK:
            raise CompletionError(self.code, self.name)
        return self.reply


class Client(Machine[Phase, Event]):
    """One session, used once."""

    __slots__ = (
        "_bmc_id",
        "_close_wanted",
        "_console_id",
        "_current",
        "_deadline",
        "_exchange",
        "_key",
        "_keys",
        "_kg",
        "_name",
        "_octets",
        "_packet",
        "_patience",
        "_queue",
        "_random",
        "_role",
        "_rq_sequence",
        "_sequence",
        "_suites",
        "_tag",
        "_tries",
        "_wait",
        "_window",
        "error",
        "suite",
    )

    def __init__(
        self,
        username: str,
        password: str,
        octets: Callable[[int], bytes],
        *,
        privilege: Privilege = Privilege.ADMINISTRATOR,
        suites: Sequence[CipherSuite] = DEFAULT_SUITES,
        patience: Patience = DEFAULT_PATIENCE,
        kg: bytes = b"",
    ) -> None:
        """`octets(n)`: n random octets. `suites`: those to propose, the best first; the next one is proposed when the
        BMC does not offer it. `kg`: the BMC's own key K_g, where it is set. Raises ValueError when the name or the password is too long.
        """
        super().__init__(CONSOLE, Phase.IDLE)
        self._name = username.encode()
        if len(self._name) > 16:
            raise ValueError("an IPMI user name has at most 16 octets")
        self._key = password_key(password)
        self._kg = kg
        self._octets = octets
        self._role = privilege | NAME_ONLY
        self._suites = deque(suites)
        self.suite = self._suites.popleft()
        self._patience = patience
        self._queue: deque[Request] = deque()
        self._close_wanted = False
        self._current: Request | None = None
        self._packet = b""
        self._tag = 0
        self._tries = 0
        self._wait = 0.0
        self._deadline: float | None = None
        self._console_id = 0
        self._bmc_id = 0
        self._random = b""
        self._exchange: Exchange | None = None
        self._keys: SessionKeys | None = None
        self._window = Window()
        self._sequence = 0
        self._rq_sequence = 0
        self.error: SessionError | None = None
        """Why it failed."""

    @property
    def settled(self) -> bool:
        """There is nothing to wait for: closed, failed, or up with all requests answered."""
        return self.state in (Phase.READY, Phase.CLOSED, Phase.FAILED, Phase.IDLE)

    @property
    def next_deadline(self) -> float | None:
        """When `on_time` is due; None while nothing is awaited."""
        return self._deadline

    def start(self, now: float) -> list[bytes]:
        """Begin to log in."""
        self.fire(Event.START)
        self._console_id = int.from_bytes(self._octets(4), "little") or 1
        return self._send_open(now)

    def request(self, request: Request, now: float) -> list[bytes]:
        """Queue a command; it is sent when those before it are answered. After a completion code other than 0 the
        commands still queued are dropped unanswered.
        """
        self._queue.append(request)
        return self._proceed(now)

    def close(self, now: float) -> list[bytes]:
        """Log out when all that is queued has been answered."""
        self._close_wanted = True
        return self._proceed(now)

    def receive(self, data: bytes, now: float) -> list[bytes]:
        """Take a datagram. What is not the awaited answer is passed over."""
        try:
            packet = decode(data)
            if type(packet) is not Packet:
                return []
            if packet.payload_type == PayloadType.IPMI:
                return self._answer(packet, now)
            if packet.session_id or packet.authenticated or packet.encrypted:
                return []
            if packet.payload_type == PayloadType.OPEN_RESPONSE and self.state is Phase.OPENING:
                return self._opened(OpenResponse.decode(packet.payload), now)
            if packet.payload_type == PayloadType.RAKP2 and self.state is Phase.CHALLENGING:
                return self._challenged(Rakp2.decode(packet.payload), now)
            if packet.payload_type == PayloadType.RAKP4 and self.state is Phase.PROVING:
                return self._proved(Rakp4.decode(packet.payload), now)
        except Malformed:
            return []
        return []

    def on_time(self, now: float) -> list[bytes]:
        """Send again, or give up, when the deadline has passed."""
        if self._deadline is None or now < self._deadline:
            return []
        closing = self.state is Phase.CLOSING
        if self._tries >= (self._patience.close_tries if closing else self._patience.tries):
            if closing:
                self._deadline = None
                self.fire(Event.CLOSED)
                return []
            return self._fail(NoAnswer(self._awaited(), self._tries, self._patience.total))
        self._tries += 1
        self._wait += self._patience.first
        self._deadline = now + self._wait
        return [self._packet if self._current is None else self._seal(self._packet)]

    # sending

    def _send(self, packet: bytes, now: float) -> None:
        """Remember what is sent and how long to wait for its answer."""
        self._packet = packet
        self._tries = 1
        self._wait = self._patience.first
        self._deadline = now + self._wait

    def _send_setup(self, payload_type: int, payload: bytes, now: float) -> list[bytes]:
        self._send(seal(payload_type, 0, 0, payload), now)
        return [self._packet]

    def _send_open(self, now: float) -> list[bytes]:
        suite = self.suite
        self._tag = (self._tag + 1) & 0xFF
        algorithms = (suite.authentication, suite.integrity, suite.confidentiality)
        request = OpenRequest(self._tag, self._role & 0x0F, self._console_id, algorithms)
        return self._send_setup(PayloadType.OPEN_REQUEST, request.encode(), now)

    def _send_command(self, request: Request, now: float) -> list[bytes]:
        self._current = request
        self._rq_sequence = (self._rq_sequence + 1) & 0x3F
        # A resend keeps rqSeq and body, and takes a new session sequence number: `_packet` is the bare message.
        self._send(encode_request(request.netfn, request.command, self._rq_sequence, request.data), now)
        return [self._seal(self._packet)]

    def _seal(self, message: bytes) -> bytes:
        keys = self._keys
        assert keys is not None
        self._sequence += 1
        return seal(
            PayloadType.IPMI, self._bmc_id, self._sequence, message, keys, self._octets(16) if keys.encrypts else b""
        )

    def _proceed(self, now: float) -> list[bytes]:
        if self.state is not Phase.READY:
            return []
        if self._queue:
            self.fire(Event.ASK)
            return self._send_command(self._queue.popleft(), now)
        if self._close_wanted:
            self.fire(Event.CLOSE)
            data = self._bmc_id.to_bytes(4, "little")
            return self._send_command(Request(NetFn.APP, 0x3C, data, "Close Session"), now)
        self._deadline = None
        return []

    def _fail(self, error: SessionError) -> list[bytes]:
        self.error = error
        self._deadline = None
        self.fire(Event.FAIL)
        return []

    def _awaited(self) -> str:
        if self._current is not None:
            return self._current.name
        return {Phase.OPENING: "Open Session", Phase.CHALLENGING: "RAKP 1", Phase.PROVING: "RAKP 3"}[self.state]

    # answers

    def _opened(self, response: OpenResponse, now: float) -> list[bytes]:
        if response.tag != self._tag or response.console_id not in (self._console_id, 0 if response.status else None):
            return []
        suite = self.suite
        if response.status in _SUITE_REFUSALS and self._suites:
            self.suite = self._suites.popleft()
            self.fire(Event.NEXT_SUITE)
            return self._send_open(now)
        if response.status:
            return self._fail(SessionRefused("Open Session", response.status))
        if response.algorithms != (suite.authentication, suite.integrity, suite.confidentiality):
            return self._fail(SessionError("the BMC chose other algorithms than were proposed"))
        self._bmc_id = response.bmc_id
        self._random = self._octets(16)
        rakp = Rakp1(self._tag, self._bmc_id, self._random, self._role, self._name)
        self.fire(Event.OPENED)
        return self._send_setup(PayloadType.RAKP1, rakp.encode(), now)

    def _challenged(self, rakp: Rakp2, now: float) -> list[bytes]:
        if rakp.tag != self._tag:
            return []
        if rakp.status:
            refusal = WrongUser if rakp.status == Status.UNAUTHORIZED_NAME else SessionRefused
            return self._fail(refusal("login", rakp.status))
        if rakp.console_id != self._console_id:
            return []
        self._exchange = exchange = Exchange(
            self.suite,
            self._console_id,
            self._bmc_id,
            self._random,
            rakp.random,
            rakp.guid,
            self._role,
            self._name,
            self._key,
            self._kg,
        )
        if not hmac.compare_digest(exchange.code2(), rakp.code):
            self._fail(WrongPassword())
            # So the BMC need not keep a half-open session (IPMI 2.0, 13.22).
            gone = Rakp3(self._tag, Status.INVALID_CHECK_VALUE, self._bmc_id)
            return [seal(PayloadType.RAKP3, 0, 0, gone.encode())]
        self.fire(Event.CHALLENGED)
        return self._send_setup(
            PayloadType.RAKP3, Rakp3(self._tag, Status.OK, self._bmc_id, exchange.code3()).encode(), now
        )

    def _proved(self, rakp: Rakp4, now: float) -> list[bytes]:
        if rakp.tag != self._tag:
            return []
        if rakp.status:
            if rakp.status == Status.INVALID_CHECK_VALUE:
                return self._fail(WrongPassword())
            return self._fail(SessionRefused("login", rakp.status))
        if rakp.console_id != self._console_id:
            return []
        exchange = self._exchange
        assert exchange is not None
        self._keys = keys = SessionKeys(exchange.suite, exchange.sik())
        if not hmac.compare_digest(keys.check_value(exchange.proof4()), rakp.code):
            return self._fail(WrongKey())  # RAKP 2 has shown that the password is right
        self._exchange = None
        self.fire(Event.PROVED)
        # A session starts as USER (IPMI 2.0, 22.18); what needs more asks for it first.
        level = self._role & 0x0F
        if level > Privilege.USER:
            self._queue.appendleft(Request(NetFn.APP, 0x3B, bytes((level,)), "Set Session Privilege Level"))
        return self._proceed(now)

    def _answer(self, packet: Packet, now: float) -> list[bytes]:
        request = self._current
        if request is None or self._keys is None or packet.session_id != self._console_id:
            return []
        message = decode_message(unseal(packet, self._keys))
        if not self._window.admit(packet.sequence):
            return []
        if (
            message.netfn != request.netfn | 1
            or message.command != request.command
            or message.sequence != self._rq_sequence
            or not message.data
        ):
            return []
        request.code = message.data[0]
        request.reply = message.data[1:]
        self._current = None
        self._deadline = None
        if self.state is Phase.CLOSING:
            self.fire(Event.CLOSED)
            return []
        self.fire(Event.ANSWERED)
        if request.code != Completion.OK:
            if request.command == 0x3B and request.netfn == NetFn.APP and self._queue:
                # Whoever waits for the first command learns why it was never sent.
                self._queue[0].code = Completion.PRIVILEGE
            self._queue.clear()
        return self._proceed(now)
