"""Protocol faults of one BMC as rules, at three hooks: a datagram comes in, a command is dispatched, a datagram goes out.

The packets of RMCP+ that set a session up are no commands; here they have numbers like theirs, and are chosen in the same way. A rule says what it matches and what it does; chance comes from the BMC's own stream. Times are seconds of wire time.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from simulator.ipmi.codes import Completion, PayloadType, Status
from simulator.ipmi.errors import Malformed
from simulator.ipmi.framing import Packet, decode, seal
from simulator.kernel.wire import Cut, Error, Fate, Garbled, Late, Lost, Twice

__all__ = [
    "SETUP_STEPS",
    "Action",
    "Ignore",
    "Interference",
    "LoseSession",
    "Match",
    "Rule",
    "Stage",
    "Verdict",
    "stage_of",
]


class Stage(Enum):
    """Where in a conversation a datagram belongs."""

    PING = "ping"
    OUTSIDE = "outside"
    """Commands without a session: capabilities, cipher suites."""
    OPEN = "open"
    RAKP = "rakp"
    COMMAND = "command"
    """Commands of a session."""


_SETUP: Final[dict[int, Stage]] = {
    PayloadType.OPEN_REQUEST: Stage.OPEN,
    PayloadType.RAKP1: Stage.RAKP,
    PayloadType.RAKP3: Stage.RAKP,
}


_STEP: Final = 0x10000
"""Above every `dispatch.key`."""

SETUP_STEPS: Final[Mapping[int, str]] = MappingProxyType(
    {
        _STEP | PayloadType.OPEN_REQUEST: "RMCP+ Open Session",
        _STEP | PayloadType.RAKP1: "RAKP 1",
        _STEP | PayloadType.RAKP3: "RAKP 3",
    }
)
"""Names of the packets that a console sets a session up with, by their numbers. RAKP 2 and RAKP 4 are answers, to 1 and 3."""


def _step_of(data: bytes) -> int | None:
    """The number of the set-up packet that this is, by its headers."""
    if len(data) < 16 or data[0] != 0x06 or data[3] != 0x07 or data[4] != 0x06:
        return None
    number = _STEP | data[5] & 0x3F
    return number if number in SETUP_STEPS else None


def stage_of(data: bytes) -> Stage | None:
    """By its headers alone; None for what is no datagram of this port."""
    if len(data) < 12 or data[0] != 0x06:
        return None
    if data[3] == 0x06:
        return Stage.PING
    if data[4] == 0x06:
        kind = data[5] & 0x3F
        return _SETUP.get(kind) or (Stage.COMMAND if data[6:10] != bytes(4) else Stage.OUTSIDE)
    return Stage.COMMAND if data[9:13] != bytes(4) else Stage.OUTSIDE


@dataclass(frozen=True, slots=True)
class Ignore:
    """Commands end well, and nothing is done: power that is stuck, boot flags that do not stay."""


@dataclass(frozen=True, slots=True)
class LoseSession:
    """The BMC forgets the session that asks, and says nothing."""


Action = Lost | Late | Twice | Garbled | Error | Ignore | LoseSession
"""What the wire has for every network, and two that only a BMC has.

`Lost`: the request before the BMC has seen it, or the answer after it has done what was asked. `Late`: the answer leaves late;
with jitter, answers overtake each other. `Error`: a command is not run and ends with the completion code `code`, or a session
is not set up, and the RMCP+ `status` says so. `Garbled`, by how: `truncated`, its second half is missing; `checksum`, that of
the message inside does not hold, everything around it does; `sequence`, its session sequence number is far from those
before it, and that of a resent request's is right again; `short`, `long`, a sound answer with no data at all or with four
octets more than it should have; `code`, its last octet is wrong, which in a session is the authentication code's;
`garbage`, random octets.
"""


@dataclass(frozen=True, slots=True)
class Match:
    """What a rule is about. None is anything."""

    stage: Stage | None = None
    command: int | None = None
    """`dispatch.key` of the command, or the number of a set-up packet."""
    user: bytes | None = None
    share: float = 1.0
    """Of what fits, this share is hit, by chance."""
    after: int = 0
    """So many that fit pass unharmed first."""
    times: int | None = None
    """Then at most so many are hit."""


class Rule:
    """A match, an action, and how often it has come to it."""

    __slots__ = ("action", "fitted", "hit", "match")

    def __init__(self, match: Match, action: Action) -> None:
        self.match = match
        self.action = action
        self.fitted = 0
        self.hit = 0


class Verdict(Enum):
    """What becomes of a command, where it is not a completion code."""

    RUN = "run"
    SILENCE = "silence"
    LOSE_SESSION = "lose session"
    BAD_CHECKSUM = "bad checksum"
    WRONG_SEQUENCE = "wrong sequence"
    SHORT = "short"
    LONG = "long"


_GARBLED_COMMANDS: Final[dict[str, Verdict]] = {
    "checksum": Verdict.BAD_CHECKSUM,
    "sequence": Verdict.WRONG_SEQUENCE,
    "short": Verdict.SHORT,
    "long": Verdict.LONG,
}
"""What only the BMC itself can spoil."""

_SPARED: Final = frozenset((0x0638, 0x0654, 0x063B, 0x063C))
"""Commands that set sessions up and end them: rules for any command let them pass, as overloaded firmware does."""


class Interference:
    """The rules of one BMC. The first that hits at a hook counts there."""

    __slots__ = ("_chance", "_command", "_fate", "_rules", "_stage", "_status", "_user", "meet")

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._rules: list[Rule] = []
        self._stage: Stage | None = None
        self._command: int | None = None
        self._user: bytes | None = None
        self._fate: Fate | None = None
        """What the wire says of the answer to the command that is being run."""
        self._status = 0
        """What the step of a log-in that is under way is to be refused with."""
        self.meet: Callable[[int], Fate | None] | None = None
        """Asks the wire what becomes of a command or a set-up packet (by its number); None while nobody has to ask."""

    @property
    def idle(self) -> bool:
        """There are no rules, and nobody to ask."""
        return not self._rules and self.meet is None

    def add(self, rule: Rule) -> None:
        self._rules.append(rule)

    def remove(self, rule: Rule) -> None:
        """Removing twice is fine."""
        if rule in self._rules:
            self._rules.remove(rule)

    def carry(self, data: bytes, answer: Callable[[bytes], Sequence[bytes]]) -> list[tuple[float, bytes]]:
        """Pass a datagram through all three hooks; `answer` is the BMC. Returns what leaves, each with its delay."""
        self._stage, self._command, self._user, self._fate, self._status = stage_of(data), _step_of(data), None, None, 0
        if self._find(_drops_packet) or (self._command is not None and not self._lets_in(self._command)):
            return []
        return [leaving for reply in answer(data) for leaving in self._leave(reply)]

    def _lets_in(self, step: int) -> bool:
        """A set-up packet, before the BMC sees it; False when it never does."""
        if self.meet is not None and (fate := self.meet(step)) is not None:
            if isinstance(fate, Error):
                self._status = int(fate.words.get("status", Status.NO_RESOURCES))
            else:
                self._fate = fate
            return fate != Lost("before")
        rule = self._find(lambda rule: rule.match.command == step and _acts_on_step(rule))
        if rule is None:
            return True
        if isinstance(rule.action, Garbled):
            self._fate = rule.action
            return True
        return False

    # what the BMC asks while it answers

    def dispatch(self, command: int, user: bytes | None) -> Verdict | int:
        """Before a command is run: a completion code stands in for it. `command`: `dispatch.key`."""
        self._command, self._user = command, user
        if self.meet is not None and (fate := self.meet(command)) is not None:
            return self._meets(fate)
        rule = self._find(_acts_on_command)
        if rule is None:
            return Verdict.RUN
        action = rule.action
        if isinstance(action, Error):
            return int(action.words["code"])
        if isinstance(action, Ignore):
            return 0
        if isinstance(action, LoseSession):
            return Verdict.LOSE_SESSION
        return _GARBLED_COMMANDS[action.how] if isinstance(action, Garbled) else Verdict.SILENCE

    def repeat(self, command: int, user: bytes | None) -> bool:
        """A request came once more, and is not run again; False when it never arrived. Its answer is a message too."""
        self._command, self._user = command, user
        if self.meet is None or (fate := self.meet(command)) is None:
            return self._find(lambda rule: _acts_on_command(rule) and isinstance(rule.action, Lost)) is None
        self._fate = fate
        return fate != Lost("before")

    def _meets(self, fate: Fate) -> Verdict | int:
        """A fate of the wire: what befalls the request is decided here, what befalls the answer when it leaves."""
        if isinstance(fate, Error):
            return int(fate.words.get("code", Completion.UNSPECIFIED))
        if fate == Lost("before"):
            return Verdict.SILENCE
        if isinstance(fate, Garbled) and fate.how in _GARBLED_COMMANDS:
            return _GARBLED_COMMANDS[fate.how]
        self._fate = fate
        return Verdict.RUN

    def refuse(self) -> int:
        """While a session is set up: the status to refuse it with, or 0."""
        if self._status:
            return self._status
        rule = self._find(_refuses)
        return int(rule.action.words["status"]) if rule is not None and isinstance(rule.action, Error) else 0

    # rules

    def _leave(self, reply: bytes) -> list[tuple[float, bytes]]:
        rule = self._find(_acts_on_reply)
        action = self._fate or (rule.action if rule is not None else None)
        if action is None:
            return [(0.0, reply)]
        if isinstance(action, Cut):
            return [(0.0, self._garble(reply, "truncated"))]
        if isinstance(action, Late):
            return [(action.seconds + self._chance.random() * action.jitter, reply)]
        if isinstance(action, Twice):
            return [(0.0, reply), (0.0, reply)]
        if isinstance(action, Garbled):
            return [(0.0, self._garble(reply, action.how))]
        return []

    def _garble(self, reply: bytes, how: str) -> bytes:
        if how == "truncated":
            return reply[: len(reply) // 2]
        if how == "code":
            return reply[:-1] + bytes((reply[-1] ^ 0xFF,))
        if how in ("short", "long") and (packet := _setup_packet(reply)) is not None:
            payload = packet.payload[:2] if how == "short" else packet.payload + _TOO_MUCH
            return seal(PayloadType(packet.payload_type), 0, 0, payload)
        return self._chance.randbytes(len(reply))

    def _find(self, kind: Callable[[Rule], bool]) -> Rule | None:
        for rule in self._rules:
            if kind(rule) and self._fits(rule.match) and self._hits(rule):
                return rule
        return None

    def _fits(self, match: Match) -> bool:
        return (
            (match.stage is None or match.stage is self._stage)
            and (match.command is None or match.command == self._command)
            and (match.user is None or match.user == self._user)
        )

    def _hits(self, rule: Rule) -> bool:
        match = rule.match
        spares_setup = (_is_code(rule) or isinstance(rule.action, Ignore | LoseSession)) and match.command is None
        if spares_setup and (self._command in _SPARED or self._stage is not Stage.COMMAND):
            return False
        if match.times is not None and rule.hit >= match.times:
            return False
        if match.share < 1 and self._chance.random() >= match.share:
            return False
        rule.fitted += 1
        if rule.fitted <= match.after:
            return False
        rule.hit += 1
        return True


_TOO_MUCH: Final = b"\xff" * 4


def _setup_packet(reply: bytes) -> Packet | None:
    """The answer to a set-up packet, taken apart; None for anything else."""
    try:
        packet = decode(reply)
    except Malformed:
        return None
    return packet if isinstance(packet, Packet) and not packet.session_id else None


def _by_command(rule: Rule) -> bool:
    """What only the dispatched command tells apart cannot be judged by the datagram."""
    return rule.match.command is not None or rule.match.user is not None


def _drops_packet(rule: Rule) -> bool:
    return isinstance(rule.action, Lost) and rule.action.when == "before" and not _by_command(rule)


def _acts_on_command(rule: Rule) -> bool:
    action = rule.action
    if isinstance(action, Lost):
        return action.when == "before" and _by_command(rule)
    return (
        _is_code(rule)
        or isinstance(action, Ignore | LoseSession)
        or (isinstance(action, Garbled) and action.how in _GARBLED_COMMANDS)
    )


def _acts_on_step(rule: Rule) -> bool:
    action = rule.action
    return action == Lost("before") or (isinstance(action, Garbled) and action.how in ("short", "long"))


def _refuses(rule: Rule) -> bool:
    return isinstance(rule.action, Error) and "status" in rule.action.words


def _is_code(rule: Rule) -> bool:
    return isinstance(rule.action, Error) and "code" in rule.action.words


def _acts_on_reply(rule: Rule) -> bool:
    action = rule.action
    if isinstance(action, Lost):
        return action.when == "after"
    return isinstance(action, Late | Twice) or (isinstance(action, Garbled) and action.how not in _GARBLED_COMMANDS)
