"""An agent as a device on a network: deaf without power, its SNMPv3 clock, what troubles it, and its notifications.

Time comes in as a clock of wire time; what is to be sent is handed to whoever attached it to a network. A disturbance
bends one agent's conversation where real ones go wrong: a datagram on its way in, the operation, a datagram on its way
out. Nothing of it ever waits; what comes late is a timer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Generic, Literal, Protocol, TypeVar

from simulator.kernel import Clock, Timer
from simulator.kernel.wire import Cut, Error, Fate, Garbled, Late, Lost, Twice
from simulator.snmp.agent import Agent, Silent
from simulator.snmp.engine import Answer, Engine
from simulator.snmp.errors import DecodeError
from simulator.snmp.message import GET, GET_BULK, GET_NEXT, RESPONSE, SET, Message, Status, Version, decode_message
from simulator.snmp.names import asked
from simulator.snmp.notification import AUTHENTICATION_FAILURE, COLD_START, Event, encode_v1, encode_v2, v2_varbinds
from simulator.snmp.oid import dotted, oid
from simulator.snmp.operations import V1_STATUS
from simulator.snmp.statistics import Traffic, TrafficState
from simulator.snmp.usm import User

__all__ = [
    "Disturbance",
    "Hardware",
    "NotCommitted",
    "OneByOne",
    "Operation",
    "RateLimit",
    "Sink",
    "Station",
    "engine_id",
]

INFORM_TIMEOUT = 5.0
"""Seconds of wire time."""
INFORM_TRIES = 3

S = TypeVar("S", bound=TrafficState)
Operation = Literal["get", "walk", "set", "any"]
_PDUS = {
    "get": frozenset((GET,)),
    "walk": frozenset((GET_NEXT, GET_BULK)),
    "set": frozenset((SET,)),
    "any": frozenset((GET, GET_NEXT, GET_BULK, SET)),
}


class Hardware(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def alive(self) -> bool: ...

    @property
    def booted_at(self) -> float: ...


@dataclass(frozen=True, slots=True)
class OneByOne:
    """It takes one request after the other, each so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class RateLimit:
    """It answers so many requests in a second and no more."""

    per_second: float


@dataclass(frozen=True, slots=True)
class NotCommitted:
    """It says yes to a SET and does nothing."""


Action = Lost | Late | Twice | Garbled | Cut | Error | OneByOne | RateLimit | NotCommitted
"""What the wire has for every network, and three that only an agent has.

`Lost`: the request before the agent has heard it, or the answer after it has done what was asked. `Late`: with jitter, answers
overtake each other. `Error`: nothing is done, and `status` says why. `Garbled`, by how: `wrong_id`, another request's number;
`disorder`, names that do not increase; `too_big`, the answer would be too big.
"""


@dataclass(slots=True, eq=False)
class Disturbance:
    """One thing that is wrong with an agent, for the requests that it concerns."""

    action: Action
    chance: Random
    share: float = 1.0
    """Of the requests that it concerns."""
    operation: Operation = "any"
    subtree: bytes = b""
    """Content octets; concerned is a request with a name under it."""
    after: int = 0
    """So many that it concerns pass first."""
    times: int | None = None
    """Then so many are hit at most."""
    fitted: int = 0
    hits: int = 0

    def concerns(self, request: Message) -> bool:
        if request.pdu not in _PDUS[self.operation]:
            return False
        if self.subtree and not any(item.name.startswith(self.subtree) for item in request.varbinds):
            return False
        if self.times is not None and self.hits >= self.times:
            return False
        if self.share < 1 and self.chance.random() >= self.share:
            return False
        self.fitted += 1
        if self.fitted <= self.after:
            return False
        self.hits += 1
        return True


def engine_id(enterprise: str, name: str) -> bytes:
    """An engine ID of the form `enterprise, text` (RFC 3411): of the make's number and the device's name."""
    number = int(dotted(oid(enterprise)).split(".")[6])
    return (0x80000000 | number).to_bytes(4, "big") + b"\x04" + name.encode()[:27]


@dataclass(frozen=True, slots=True)
class Sink:
    """Where notifications go, and as what: by community, or with a user in v3 (traps only)."""

    address: tuple[str, int]
    community: str = "public"
    version: Version = Version.V2C
    inform: bool = False
    user: User | None = None

    def __post_init__(self) -> None:
        if self.inform and (self.version == Version.V1 or self.user is not None):
            raise ValueError("informs are sent in v2c only")


class Station(Generic[S]):
    """A device's management card: its agent and all that stands between that and the network."""

    def __init__(
        self,
        hardware: Hardware,
        agent: Agent[S],
        wire: Clock,
        *,
        clock: Clock,
        users: Iterable[User] = (),
        enterprise: str,
    ) -> None:
        """`wire`: wire time; `clock`: lab time; `enterprise`: the make's sysObjectID."""
        self._lab_now = clock.now
        self.hardware = hardware
        self.agent = agent
        self.wire = wire
        self.stale = False
        """SNMPv3 messages carry the boots of before the last start."""
        self._disturbances: list[Disturbance] = []
        self._effects: list[Disturbance] = []
        self._meet: Callable[[str], Fate | None] | None = None
        self._chance: Random | None = None
        self._free_at = 0.0
        self._answered: list[float] = []
        self.sinks: list[Sink] = []
        self.send: Callable[[bytes, tuple[str, int]], None] | None = None
        """How datagrams leave that are no answers; set by who puts the station on a network."""
        self._enterprise = enterprise
        self._next_id = 1
        self._heard = 0
        self._informs: dict[int, Timer] = {}
        self.observer: Callable[[bytes, bytes | None], object] | None = None
        """Is told of each datagram that came in, and what the agent answers; while there is one, every datagram is played."""
        agent.rejected = self._rejected
        agent.refused = self._refused
        agent.misused = self._misused
        self.traffic = agent.state.traffic = Traffic(engine_id(enterprise, hardware.name), self.engine_clock)
        self._boots = 1
        self._booted_at = hardware.booted_at
        self._since = wire.now()
        users = tuple(users)
        if users:
            self._secure(users)

    @property
    def address(self) -> bytes:
        """Its own, four octets; set by who puts the station on a network."""
        return self.traffic.address

    @address.setter
    def address(self, octets: bytes) -> None:
        self.traffic.address = octets

    def engine_clock(self) -> tuple[int, int]:
        """snmpEngineBoots, and seconds since then (RFC 3414, 2.2); wire time, since managers' clocks are real."""
        if self.hardware.booted_at != self._booted_at:
            self._booted_at = self.hardware.booted_at
            self._boots += 1
            self._since = self.wire.now()
        return self._boots, int(self.wire.now() - self._since)

    def _advertised_clock(self) -> tuple[int, int]:
        boots, seconds = self.engine_clock()
        return (boots - 1 if self.stale else boots), seconds

    def _secure(self, users: Iterable[User]) -> Engine:
        security = Engine(self.traffic.engine_id, users, self.engine_clock, advertised=self._advertised_clock)
        self.agent.security = self.traffic.security = security
        return security

    def state(self) -> tuple[object, ...] | None:
        """All that answers to readings depend on: equal ones mean equal answers. How much it has heard is part of it, for
        any SET may have set anything. None while nothing can be said: faults, a start, what goes on by itself; SNMPv3.
        """
        agent, hardware = self.agent, self.hardware
        if agent.intercept is not None or agent.security is not None or self.stale or not hardware.alive:
            return None
        if self.observer is not None:
            return None
        shown = self.shown()
        return (
            None if shown is None else (self._heard, agent.template, dict(agent.communities), hardware.booted_at, shown)
        )

    def shown(self) -> object | None:
        """What of the hardware a reading would find, its counters included; None where that cannot be told."""
        return None

    def passed_over(self, requests: int) -> None:
        """So many requests, and answers, went by that were not played."""
        self.traffic.received += requests
        self.traffic.sent += requests

    def handle(self, data: bytes) -> bytes | None:
        """What an untroubled agent answers to one datagram, at once; None where it is silent."""
        return self.agent.handle(data) if self.hardware.alive else None

    def receive(self, data: bytes, reply: Callable[[bytes], None]) -> None:
        """Take one datagram; `reply` is called with what goes back, now or later, once, twice or never."""
        if not self.hardware.alive:
            return
        if self._informs:
            self._acknowledged(data)
        self._heard += 1
        self.traffic.received += 1
        if self.agent.intercept is None:
            answer = self._handled(data)
            if answer is not None:
                self.traffic.sent += 1
                reply(answer)
            return
        self._effects = []
        answer = self._handled(data)
        if answer is None:
            return
        delay, copies = 0.0, 1
        for effect in self._effects:
            match effect.action:
                case Lost():
                    return  # its answer: the request would have gone unheard before
                case Late():
                    delay += effect.action.seconds
                    if effect.action.jitter:
                        delay += effect.chance.random() * effect.action.jitter
                case OneByOne(seconds):
                    self._free_at = max(self._free_at, self.wire.now()) + seconds
                    delay += self._free_at - self.wire.now()
                case Cut():
                    answer = answer[: len(answer) * 2 // 3]
                case Twice():
                    copies += 1
        self.traffic.sent += copies
        for _ in range(copies):
            if delay:
                self.wire.call_later(delay, self._send_late, reply, answer)
            else:
                reply(answer)

    def _handled(self, data: bytes) -> bytes | None:
        answer = self.agent.handle(data)
        if self.observer is not None:
            self.observer(data, answer)
        return answer

    def _send_late(self, reply: Callable[[bytes], None], answer: bytes) -> None:
        if self.hardware.alive:
            reply(answer)

    def notify(self, event: Event) -> None:
        """Tell all sinks. An inform is sent again until it is answered or all of its tries are used up."""
        if self.send is None or not self.hardware.alive:
            return
        uptime = int((self._lab_now() - self.hardware.booted_at) * 100)
        for sink in self.sinks:
            number = self._next_id
            self._next_id += 1
            if sink.user is not None:
                security = self.agent.security
                if security is None:
                    security = self._secure(())
                octets = security.notification(sink.user, number, b"", v2_varbinds(event, uptime))
            elif sink.version == Version.V1:
                octets = encode_v1(event, uptime, sink.community.encode(), self._enterprise, self.address)
            else:
                octets = encode_v2(event, uptime, sink.community.encode(), number, inform=sink.inform)
            self.send(octets, sink.address)
            if sink.inform:
                self._await(number, octets, sink, INFORM_TRIES - 1)

    def _await(self, number: int, octets: bytes, sink: Sink, tries: int) -> None:
        self._informs[number] = self.wire.call_later(INFORM_TIMEOUT, self._again, number, octets, sink, tries)

    def _again(self, number: int, octets: bytes, sink: Sink, tries: int) -> None:
        self._informs.pop(number, None)
        if tries and self.send is not None and self.hardware.alive:
            self.send(octets, sink.address)
            self._await(number, octets, sink, tries - 1)

    def _acknowledged(self, data: bytes) -> None:
        try:
            message = decode_message(data)
        except DecodeError:
            return
        if message.pdu == RESPONSE and (timer := self._informs.pop(message.request_id, None)):
            timer.cancel()

    def started(self) -> None:
        """Its hardware has started."""
        self.traffic.clear()
        self.notify(Event(COLD_START))

    def _rejected(self) -> None:
        self.traffic.bad_communities += 1
        if self.traffic.authentication_traps:
            self.notify(Event(AUTHENTICATION_FAILURE))

    def _misused(self) -> None:
        """A SET by one who may only read is not authenticated either (RFC 1157, 4.1; RFC 3418, authenticationFailure)."""
        self.traffic.bad_uses += 1
        if self.traffic.authentication_traps:
            self.notify(Event(AUTHENTICATION_FAILURE))

    def _refused(self, why: Literal["malformed", "version"]) -> None:
        if why == "version":
            self.traffic.bad_versions += 1
        else:
            self.traffic.malformed += 1

    def disturb(self, disturbance: Disturbance) -> Callable[[], None]:
        """From now on; what is returned ends it."""
        self._disturbances.append(disturbance)
        self.agent.intercept = self._intercept

        def end() -> None:
            self._disturbances.remove(disturbance)
            if not self._disturbances and self._meet is None:
                self.agent.intercept = None

        return end

    def ask(self, meet: Callable[[str], Fate | None] | None) -> None:
        """Ask `meet` what becomes of each request (`SET ifAdminStatus`); None: nobody has to be asked any more."""
        self._meet = meet
        self.agent.intercept = self._intercept if meet is not None or self._disturbances else None

    def _intercept(self, request: Message, proceed: Callable[..., Answer]) -> Answer:
        """What disturbances make of one request and its answer: silence first, then an error in place of the answer, then
        what is done to the answer itself. Delays and copies are `receive`'s.
        """
        concerned = [each for each in self._disturbances if each.concerns(request)]
        fate = self._meet(asked(request)) if self._meet is not None else None
        if isinstance(fate, Lost | Late | Twice | Garbled | Cut | Error):
            if self._chance is None:  # a generator is larger than all the rest of a station
                self._chance = Random(0)
            concerned.append(Disturbance(fate, self._chance))
        self._effects = concerned
        actions = [each.action for each in concerned]
        if Lost("before") in actions or any(isinstance(each, RateLimit) and self._over(each) for each in actions):
            raise Silent
        error = next((each for each in actions if isinstance(each, Error)), None)
        garbled = {each.how for each in actions if isinstance(each, Garbled)}
        if error is not None:
            status = Status(error.words.get("status", Status.GEN_ERR))
            if request.version == Version.V1:
                status = V1_STATUS.get(status, status)
            answer = Answer(status, 1 if request.varbinds else 0, (request.listed,))
        elif "too_big" in garbled:
            answer = Answer(Status.TOO_BIG, 0, (request.listed if request.version == Version.V1 else b"",))
        else:
            answer = proceed(commit=NotCommitted() not in actions)
        if "disorder" in garbled and not answer.status and request.pdu in _PDUS["walk"]:
            answer = answer._replace(varbinds=self._disordered(request, list(answer.varbinds)))
        if "wrong_id" in garbled:
            answer = answer._replace(request_id=(request.request_id + 1) & 0x7FFFFFFF)
        return answer

    def _over(self, limit: RateLimit) -> bool:
        """Whether this request is one too many in the last second."""
        now = self.wire.now()
        self._answered = [when for when in self._answered if when > now - 1]
        if len(self._answered) >= limit.per_second:
            return True
        self._answered.append(now)
        return False

    def _disordered(self, request: Message, bindings: list[bytes]) -> list[bytes]:
        """A walk that does not come forward: names in reverse, or the very name that was asked from."""
        if len(bindings) > 1:
            return bindings[::-1]
        place = self.agent.template.index.get(request.varbinds[0].name) if request.varbinds else None
        return bindings if place is None else [self.agent.binding_at(place)]

    def __repr__(self) -> str:
        return f"<SNMP station {self.hardware.name}>"
