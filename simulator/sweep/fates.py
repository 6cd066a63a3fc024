"""What may become of a message, as faults of the catalogue: so that whatever a sweep finds can be written into a scenario."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from simulator.ipmi.interference import SETUP_STEPS
from simulator.kernel.wire import Network, Point
from simulator.snmp.names import OBJECTS

__all__ = ["FATES", "PASSING", "Fate", "FaultSpec", "faults_at"]

FaultSpec = tuple[str, Mapping[str, Any]]
"""Kind and parameters, as a scenario file has them."""


@dataclass(frozen=True, slots=True)
class Fate:
    """A column of the matrix: what becomes of a message of this network."""

    name: str
    network: Network
    make: Callable[[Point], FaultSpec | None]
    """None where it makes no sense of this message."""
    passing: bool = False
    """So short a trouble of the way that a billing side has to put up with it: an action that fails for it gives up too soon."""


def _http(kind: str, **params: Any) -> Callable[[Point], FaultSpec]:
    return lambda point: (f"http.{kind}", {"panel": point.receiver, "call": point.what, "nth": point.n, **params})


def _stale(point: Point) -> FaultSpec | None:
    """All answers to this question: what is stale is what was asked before."""
    if point.receiver == "dci6" and not point.what.startswith("GET"):
        return None
    return "http.stale", {"panel": point.receiver, "call": point.what, "age": "45s"}


def _busy(point: Point) -> FaultSpec | None:
    """The panel's services start anew: it says so itself, once."""
    return _http("error", status=503)(point) if point.receiver == "dci6" else None


def _error(point: Point) -> FaultSpec:
    words = {"status": 500, "code": 1} if point.receiver == "dci6" else {"type": "internal", "object": "db"}
    return _http("error", **words)(point)


def _command(kind: str, **params: Any) -> Callable[[Point], FaultSpec | None]:
    """Of commands only: a step of the log-in has no completion code, and cannot be ignored."""
    return lambda point: None if point.what in SETUP_STEPS.values() else _ipmi(kind, **params)(point)


def _log_in_refused(point: Point) -> FaultSpec | None:
    return _ipmi("refused")(point) if point.what in SETUP_STEPS.values() else None


def _ipmi(kind: str, **params: Any) -> Callable[[Point], FaultSpec]:
    return lambda point: (
        f"ipmi.{kind}",
        {"server": point.receiver, "command": point.what, "nth": point.n, **params},
    )


def _snmp(kind: str, *, sets: bool = False, **params: Any) -> Callable[[Point], FaultSpec | None]:
    def make(point: Point) -> FaultSpec | None:
        operation, _, what = point.what.partition(" ")
        if sets and operation != "SET":
            return None
        named = {"object": what} if what in OBJECTS else {"oid": what}
        kind_of = (
            {} if sets else {"operation": "set" if operation == "SET" else "walk" if "BULK" in operation else "get"}
        )
        return f"snmp.{kind}", {"switch": point.receiver, **named, **kind_of, "nth": point.n, **params}

    return make


def _data(kinds: Mapping[str, tuple[str, Mapping[str, Any]]]) -> Callable[[Point], FaultSpec | None]:
    """By the first word of what is said, which kind of fault it is with these further parameters."""

    def make(point: Point) -> FaultSpec | None:
        word, _, stage = point.what.partition(" ")
        if word not in kinds:
            return None
        kind, params = kinds[word]
        machine = point.receiver if word == "ping" else point.sender
        said = {"stage": stage} if word == "phone-home" else {}
        return kind, {"server": machine, **said, "nth": point.n, **params}

    return make


_NONE: Mapping[str, Any] = MappingProxyType({})
FATES: tuple[Fate, ...] = (
    Fate("lost", "http", _http("lost"), passing=True),
    Fate("answer", "http", _http("answer_lost"), passing=True),
    Fate("late", "http", _http("slow", by="40s"), passing=True),
    Fate("twice", "http", _http("twice"), passing=True),
    Fate("cut", "http", _http("cut"), passing=True),
    Fate("garbled", "http", _http("garbled"), passing=True),
    Fate("gateway", "http", _http("gateway", status=504, when="after"), passing=True),
    Fate("page", "http", _http("gateway", status=200, when="before", page="cloud"), passing=True),
    Fate("reset", "http", _http("reset", when="after"), passing=True),
    Fate("refused", "http", _http("refused"), passing=True),
    Fate("busy", "http", _busy, passing=True),
    Fate("stale", "http", _stale, passing=True),
    Fate("error", "http", _error),
    Fate(
        "lost",
        "data",
        _data(
            {
                "DHCP": ("dhcp.lost", _NONE),
                "loader": ("tftp.lost", _NONE),
                "ping": ("ping.lost", _NONE),
                "phone-home": ("phonehome.lost", _NONE),
            }
        ),
    ),
    Fate("late", "data", _data({"phone-home": ("phonehome.late", {"by": "10m"})})),
    Fate("twice", "data", _data({"phone-home": ("phonehome.twice", _NONE)})),
    Fate("cut", "data", _data({"image": ("image.cut", _NONE)})),
    Fate("refused", "data", _data({"DHCP": ("dhcp.wrong_server", _NONE)})),
    Fate("lost", "ipmi", _ipmi("lost", what="request")),
    Fate("answer", "ipmi", _ipmi("lost", what="reply")),
    Fate("late", "ipmi", _ipmi("late", delay="1500ms")),
    Fate("twice", "ipmi", _ipmi("doubled")),
    Fate("garbled", "ipmi", _ipmi("garbled", how="garbage")),
    Fate("error", "ipmi", _command("code", code=0xFF)),
    Fate("ignored", "ipmi", _command("ignored")),
    Fate("refused", "ipmi", _log_in_refused),
    Fate("lost", "snmp", _snmp("drop")),
    Fate("answer", "snmp", _snmp("answer_lost")),
    Fate("late", "snmp", _snmp("delay", delay="2s")),
    Fate("twice", "snmp", _snmp("duplicated")),
    Fate("cut", "snmp", _snmp("truncated")),
    Fate("garbled", "snmp", _snmp("wrong_id")),
    Fate("error", "snmp", _snmp("error", status="genErr")),
    Fate("ignored", "snmp", _snmp("set_ignored", sets=True)),
)


PASSING = frozenset((fate.network, fate.name) for fate in FATES if fate.passing)
"""Troubles of the way that a billing side has to put up with."""


def faults_at(
    point: Point, pdus: Collection[str], names: frozenset[str] | None = None
) -> Iterator[tuple[str, FaultSpec]]:
    """The fates that a message may have, by name; only these names where they are given. `pdus`: which agents are no switches."""
    for fate in FATES:
        if fate.network == point.network and (names is None or fate.name in names):
            spec = fate.make(point)
            if spec is not None:
                kind, params = spec
                if point.network == "snmp" and point.receiver in pdus:
                    params = {"pdu" if key == "switch" else key: value for key, value in params.items()}
                yield fate.name, (kind, params)
