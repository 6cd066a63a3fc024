"""Messages between parties: each has a point, and may meet a fate. One vocabulary for HTTP, IPMI, SNMP and the data network.

A *point* says which message it is: the nth of its kind in a run, from whom, to whom, asking what. Points are stable: the same
files and seed give the same points. A *fate* is what becomes of a message. Rules give fates to the messages that they
choose; the rooms in which messages travel (`web`, `ipmi`, `snmp`, the plant's data network) ask here, and do what the fate
says in their own way. Nobody who sends or answers knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from simulator.kernel.flow import CURRENT, because, flow
from simulator.kernel.journal import Journal
from simulator.kernel.streams import Streams

__all__ = [
    "AnsweredBy",
    "Choice",
    "ConnectionRefused",
    "ConnectionReset",
    "Cut",
    "Error",
    "Fate",
    "Garbled",
    "Late",
    "Lost",
    "Network",
    "Point",
    "Rule",
    "Stale",
    "Twice",
    "When",
    "Wire",
    "told",
]

Network = Literal["http", "ipmi", "snmp", "data"]
When = Literal["before", "after"]
"""The message took effect, or it did not, when its fate came."""


@dataclass(frozen=True, slots=True)
class Point:
    """One message of a run."""

    network: Network
    sender: str
    """`billing`, `panel`, a server's name."""
    receiver: str
    """`dci6`, `dci5`, `ispmanager`, `panel`, or a device's name."""
    what: str
    """What it asks, with ids taken out: `POST /dci/v3/server/{}/os_install`, `Chassis Control`, `SET ifAdminStatus`."""
    n: int
    """The how manieth it is of those, from 1."""

    def __str__(self) -> str:
        return f"{self.what} #{self.n} of {self.sender} to {self.receiver}"


# what may become of a message


@dataclass(frozen=True, slots=True)
class Lost:
    """Nobody hears of it any more: the request (`before` its effect), or the answer (`after` it)."""

    when: When = "before"


@dataclass(frozen=True, slots=True)
class Late:
    """It arrives after so many seconds: the answer, or (`before`) the request, whose effect is late then."""

    seconds: float
    when: When = "after"
    jitter: float = 0.0


@dataclass(frozen=True, slots=True)
class Twice:
    """It arrives twice, and the second answer is the one that is heard."""


@dataclass(frozen=True, slots=True)
class Garbled:
    """The answer is not what it should be; how, each network has words of its own."""

    how: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """The answer ends in its middle."""


@dataclass(frozen=True, slots=True)
class Error:
    """The receiver refuses it in words of its own (a status and a code, a completion code, an SNMP error); nothing was done."""

    words: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AnsweredBy:
    """Somebody on the way answers in the receiver's place: a gateway, with this status and its own page."""

    gateway: str
    status: int
    when: When = "before"


@dataclass(frozen=True, slots=True)
class ConnectionRefused:
    """Nobody listens: the sender knows that nothing was done."""


@dataclass(frozen=True, slots=True)
class ConnectionReset:
    """The connection is torn down under it."""

    when: When = "before"


@dataclass(frozen=True, slots=True)
class Stale:
    """A proxy answers what it was told up to so many seconds ago, when it knows the question."""

    age: float


Fate = Lost | Late | Twice | Garbled | Cut | Error | AnsweredBy | ConnectionRefused | ConnectionReset | Stale


@dataclass(frozen=True, slots=True)
class Choice:
    """Which messages a rule is about. None is any; texts are patterns with asterisks."""

    network: Network
    receivers: Collection[str] | None = None
    what: str | None = None
    """Of the message as it was sent, or with its ids taken out."""
    also: str | None = None
    """A second pattern that must fit as well: a function's name, say."""
    sender: str | None = None
    after: int = 0
    """So many that fit pass unharmed first."""
    times: int | None = None
    """Then at most so many are hit."""
    share: float = 1.0
    """Of what fits, this share is hit, by chance."""

    def fits(self, point: Point, sent: str, senders: Collection[str], names: Collection[str]) -> bool:
        return (
            self.network == point.network
            and (self.receivers is None or point.receiver in self.receivers)
            and (self.what is None or fnmatchcase(sent, self.what) or fnmatchcase(point.what, self.what))
            and (self.also is None or any(fnmatchcase(name, self.also) for name in names))
            and (self.sender is None or any(fnmatchcase(each, self.sender) for each in senders))
        )


class Rule:
    """A choice and a fate, and how often it has come to it."""

    __slots__ = ("cause", "choice", "fate", "fitted", "hits")

    def __init__(self, choice: Choice, fate: Fate) -> None:
        self.cause = CURRENT.get()
        """The number of the record of whoever made the rule, a fault."""
        self.choice = choice
        self.fate = fate
        self.fitted = 0
        self.hits = 0

    @property
    def spent(self) -> bool:
        """It hits nothing any more."""
        return self.choice.times is not None and self.hits >= self.choice.times


Watcher = Callable[[Point], object]


class Wire:
    """The rules of a run, and its points. The first rule that hits a message gives it its fate."""

    def __init__(self, streams: Streams, journal: Journal) -> None:
        self._streams = streams
        self._journal = journal
        self._rules: list[Rule] = []
        self._watchers: list[Watcher] = []
        self._rooms: list[tuple[Network, Callable[[bool], None]]] = []
        self._counts: Counter[tuple[str, str, str, str]] = Counter()
        self.revision = 0
        """Another one whenever rules or watchers have come or gone."""
        self.hit = 0
        """The number of the record of the fate that the last message met; 0 where it met none, or none that is written down."""

    @property
    def idle(self) -> bool:
        """No message can meet a fate, and nobody looks."""
        return not self._rules and not self._watchers

    def active(self, network: Network) -> bool:
        """A message of this network can meet a fate, or somebody looks."""
        return bool(self._watchers) or any(rule.choice.network == network for rule in self._rules)

    def serve(self, network: Network, switch: Callable[[bool], None]) -> None:
        """Tell a room in which these messages travel whether it has to ask: rooms on the hot path do not while nothing can
        become of them.
        """
        self._rooms.append((network, switch))

    def refusing(self, receiver: str) -> Rule | None:
        """The rule by which this receiver takes no connection from anybody, if there is one."""
        everything = {"what": None, "also": None, "sender": None, "after": 0, "times": None, "share": 1.0}
        for rule in self._rules:
            choice = rule.choice
            for_it = choice.network == "http" and (choice.receivers is None or receiver in choice.receivers)
            everybody = all(getattr(choice, name) == value for name, value in everything.items())
            if isinstance(rule.fate, ConnectionRefused) and for_it and everybody:
                return rule
        return None

    def _changed(self) -> None:
        self.revision += 1
        for network, switch in self._rooms:
            switch(self.active(network))

    def add(self, rule: Rule) -> None:
        self._rules.append(rule)
        self._changed()

    def remove(self, rule: Rule) -> None:
        """Removing twice is fine."""
        if rule in self._rules:
            self._rules.remove(rule)
            self._changed()

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Tell `watcher` the point of every further message, before its fate is decided; returns what ends it."""
        self._watchers.append(watcher)
        self._changed()

        def end() -> None:
            if watcher in self._watchers:
                self._watchers.remove(watcher)
                self._changed()

        return end

    @property
    def watched(self) -> bool:
        return bool(self._watchers)

    def rules_for(
        self, point: Point, sent: str, senders: Collection[str] = (), names: Collection[str] = ()
    ) -> tuple[Rule, ...]:
        """Those that fit messages like this one, as `meet` is told of it."""
        words, others = (point.sender, *senders), (point.what, *names)
        return tuple(rule for rule in self._rules if rule.choice.fits(point, sent or point.what, words, others))

    def pass_by(self, network: Network, sender: str, receiver: str, what: str) -> None:
        """A message passes of which it is known that it meets nothing: it counts like any other."""
        self.hit = 0
        if self._rules:
            self._counts[network, sender, receiver, what] += 1

    def meet(
        self,
        network: Network,
        sender: str,
        receiver: str,
        what: str,
        *,
        sent: str = "",
        senders: Collection[str] = (),
        names: Collection[str] = (),
    ) -> Fate | None:
        """A message passes: what becomes of it, None for nothing odd. `sent`: what it asks with its ids; `senders`,
        `names`: further words by which a rule may choose its sender and itself.
        """
        self.hit = 0
        if not self._rules and not self._watchers:
            return None
        self._counts[network, sender, receiver, what] += 1
        point = Point(network, sender, receiver, what, self._counts[network, sender, receiver, what])
        for watcher in tuple(self._watchers):
            watcher(point)
        for rule in self._rules:
            if rule.choice.fits(point, sent or what, (sender, *senders), (what, *names)) and self._hits(rule):
                self.hit = rule.cause
                if not isinstance(rule.fate, Stale):  # which need not come to anything: whoever answers so says so
                    with because(rule.cause):
                        record = self._journal.write(
                            "wire", sent or what, told(rule.fate), sender=sender, receiver=receiver, n=point.n
                        )
                    self._mark(point, rule.fate, record.number)
                return rule.fate
        return None

    def tell(self, subject: str, what: str, **detail: Any) -> None:
        """Have the journal say what came of a fate: somebody was told wrongly."""
        number = self._journal.write("wire", subject, what, **detail).number
        self._journal.marks.set("billing", "http", number)
        going_on = flow()
        if going_on is not None:
            going_on.refused = number

    def _mark(self, point: Point, fate: Fate, number: int) -> None:
        """Say whom it keeps from what. On the data network whoever sent it says so himself: it depends on the message."""
        self.hit = number
        if point.network != "http":
            if point.network != "data":
                self._journal.marks.set(point.receiver, "message", number)
            return
        self._journal.marks.set(point.sender, "http", number)
        going_on = flow()
        if going_on is not None:
            going_on.met = number
            if _took_effect(fate):
                going_on.kept = number

    def _hits(self, rule: Rule) -> bool:
        choice = rule.choice
        if rule.spent:
            return False
        if choice.share < 1 and self._streams["wire"].random() >= choice.share:
            return False
        rule.fitted += 1
        if rule.fitted <= choice.after:
            return False
        rule.hits += 1
        return True


def _took_effect(fate: Fate) -> bool:
    """What was asked has been done, or may be, and whoever asked does not know, or knows wrongly."""
    match fate:
        case Lost(when) | ConnectionReset(when):
            return when == "after"
        case AnsweredBy(_, _, when):
            return when == "after"
        case _:
            return isinstance(fate, Cut | Garbled | Twice | Late)


def told(fate: Fate) -> str:
    """A fate in a few words, as journals have it."""
    match fate:
        case Lost(when):
            return "request lost" if when == "before" else "answer lost"
        case Late(seconds, when):
            return f"{'request' if when == 'before' else 'answer'} late by {seconds:g} s"
        case Twice():
            return "sent twice"
        case Garbled(how):
            return f"answer garbled{f' ({how})' if how else ''}"
        case Cut():
            return "answer cut short"
        case Error(words):
            return f"refused: {' '.join(f'{key} {value}' for key, value in words.items())}"
        case AnsweredBy(gateway, status, when):
            return f"{gateway} answers {status} in its place, {when} the effect"
        case ConnectionRefused():
            return "connection refused"
        case ConnectionReset(when):
            return f"connection reset {when} the effect"
        case Stale(age):
            return f"answered from a cache of {age:g} s"
