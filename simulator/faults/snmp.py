"""Faults of SNMP agents, of outlets and of breakers: by agent, object and operation, seeded, and never holding anything up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Self, cast

from pydantic import Field, field_validator, model_validator

from simulator.faults.kinds import FaultKind, FaultParams, NotPossible, OnPdu, RuleUndo, Undo, World
from simulator.faults.messages import OnMessages
from simulator.files.problems import did_you_mean
from simulator.files.units import Duration
from simulator.kernel.wire import Cut, Error, Garbled, Late, Lost, Twice
from simulator.pdu.card import Card
from simulator.plant.power import Circuit
from simulator.snmp import Access, Status, oid
from simulator.snmp.errors import EncodeError
from simulator.snmp.names import OBJECTS
from simulator.snmp.station import Action, Disturbance, NotCommitted, OneByOne, Operation, RateLimit, Station
from simulator.switch import SwitchDevice

__all__ = ["SNMP"]

ErrorWord = Literal[
    "genErr",
    "noAccess",
    "wrongType",
    "wrongLength",
    "wrongEncoding",
    "wrongValue",
    "noCreation",
    "inconsistentValue",
    "resourceUnavailable",
    "commitFailed",
    "undoFailed",
    "authorizationError",
    "notWritable",
    "inconsistentName",
]
_STATUS = {status.word: status for status in Status}


class OnAgent(FaultParams):
    """A switch or a PDU."""

    switch: str | None = None
    """The switch's name, as the lab file has it."""
    pdu: str | None = None
    """The PDU's name, as the lab file has it."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.switch is None) == (self.pdu is None):
            raise ValueError("name one agent: a switch or a pdu")
        return self

    @property
    def target(self) -> str:
        return self.switch or self.pdu or ""


class SomeSets(OnMessages, OnAgent):
    """Requests about these objects; all, unless told which."""

    oid: str | None = None
    """A subtree, dotted."""
    object: str | None = None
    """The same by its name: `ifAdminStatus`."""

    @field_validator("oid")
    @classmethod
    def _dotted(cls, text: str | None) -> str | None:
        if text is not None:
            try:
                oid(text)
            except EncodeError as error:
                raise ValueError(str(error)) from None
        return text

    @field_validator("object")
    @classmethod
    def _named(cls, name: str | None) -> str | None:
        if name is not None and name not in OBJECTS:
            hint = did_you_mean(name, OBJECTS, "objects")
            raise ValueError(f"there is no name {name!r} here; {hint}; any other object is said by its `oid`")
        return name

    @model_validator(mode="after")
    def _one_object(self) -> Self:
        if self.oid is not None and self.object is not None:
            raise ValueError("say `oid` or `object`, not both")
        return self

    @property
    def subtree(self) -> bytes:
        """Content octets; empty for all."""
        dotted = OBJECTS[self.object] if self.object else self.oid
        return oid(dotted) if dotted else b""


class SomeRequests(SomeSets):
    operation: Operation = "any"
    """Only of this kind."""


class LateAnswers(SomeRequests):
    delay: Duration = 2.0
    """How much later answers leave, wire time."""
    jitter: Duration = 0.0
    """Added to the delay, uniformly from zero to this, wire time: answers overtake each other."""


class Slow(SomeRequests):
    each: Duration = 0.5
    """How long the agent is busy with each request, wire time."""


class WithError(SomeRequests):
    status: ErrorWord = "genErr"
    """The SNMP error, by its name in the RFCs."""


class Restarted(OnAgent):
    ifindex: Literal["kept", "reshuffled"] = "kept"
    """Whether a switch finds its ports in the order of before; else each has another one's ifIndex afterwards."""


class Limited(OnAgent):
    per_second: float = Field(default=2.0, gt=0)
    """How many requests a second are answered, wire time."""


class LoggedIn(OnPdu):
    status: ErrorWord = "noAccess"
    """The SNMP error that a SET is answered with."""


class OnBank(OnPdu):
    bank: int = Field(default=1, ge=1)
    """Which bank, from 1; the PDU's model says how many there are."""


class Swapped(OnPdu):
    outlet: int = Field(ge=1)
    """One of the two outlets, from 1."""
    other: int = Field(default=2, ge=1)
    """The other one, from 1."""


def _station(world: World, params: FaultParams) -> Station[Any]:
    try:
        return world.station(params.target)
    except KeyError:
        raise NotPossible(f"there is no switch or PDU {params.target!r}") from None


def _disturb(action: Callable[[Any], Action], operation: Operation | None = None) -> Callable[[World, Any], Undo]:
    """A fault that is one disturbance of an agent: what is wrong, and for which of its requests."""

    def strike(world: World, params: FaultParams) -> Undo:
        station = _station(world, params)
        concerned: Operation = operation or getattr(params, "operation", None) or "any"
        disturbance = Disturbance(
            action(params),
            world.streams[f"fault/snmp/{params.target}"],
            getattr(params, "share", 1.0),
            concerned,
            getattr(params, "subtree", b""),
            getattr(params, "skipped", 0),
            getattr(params, "most", None),
        )
        return RuleUndo(station.disturb(disturbance), lambda: disturbance.hits)

    return strike


def _stale(world: World, params: OnAgent) -> Undo:
    station = _station(world, params)
    station.stale = True

    def mend() -> None:
        station.stale = False

    return mend


def _community(world: World, params: OnAgent) -> Undo:
    agent = _station(world, params).agent
    before = agent.communities
    if not before:
        raise NotPossible(f"{params.target} speaks SNMPv3 with its users only: it has no community")
    agent.communities = {b"changed by hand": Access.WRITE}

    def mend() -> None:
        agent.communities = before

    return mend


def _restart(world: World, params: Restarted) -> Undo:
    plant = world.plant
    if params.ifindex == "reshuffled":
        station = _renumbering(world, params)
        ports = len(station.hardware.ports)
        station.renumber(world.streams[f"fault/snmp/{params.target}"].randint(1, ports - 1))
    device = plant.switches[params.switch] if params.switch else plant.pdus[params.pdu or ""]
    device.restart()

    def mend() -> None:
        """It starts by itself."""

    return mend


def _renumbering(world: World, params: Restarted) -> SwitchDevice:
    station = _station(world, params)
    if not isinstance(station, SwitchDevice) or len(station.hardware.ports) < 2:
        raise NotPossible(f"{params.target} has no ports that could change their ifIndexes")
    return station


def _restartable(world: World, params: Restarted) -> Station[Any]:
    return _station(world, params) if params.ifindex == "kept" else _renumbering(world, params)


def _bank(world: World, params: OnBank) -> Circuit:
    banks = world.plant.pdus[params.pdu].banks
    if params.bank > len(banks):
        raise NotPossible(f"{params.pdu} has {len(banks)} banks, no bank {params.bank}")
    return banks[params.bank - 1]


def _trip(world: World, params: OnBank) -> Undo:
    bank = _bank(world, params)
    bank.trip()
    return bank.reset


def _card(world: World, params: Swapped) -> Card:
    card = cast("Card", _station(world, params).agent.state)
    for outlet in (params.outlet, params.other):
        if outlet > len(card.outlets):
            raise NotPossible(f"{params.pdu} has {len(card.outlets)} outlets, no outlet {outlet}")
    return card


def _swap(world: World, params: Swapped) -> Undo:
    card, one, other = _card(world, params), params.outlet - 1, params.other - 1
    where = world.plant.pdus[params.pdu].outlets
    for place in (one, other):
        if card.outlets[place] is not where[place]:
            raise NotPossible(f"outlet {place + 1} of {params.pdu} is swapped with another one already")

    def swap() -> None:
        outlets = list(card.outlets)
        outlets[one], outlets[other] = outlets[other], outlets[one]
        card.outlets = tuple(outlets)

    swap()
    return swap


def _agent(name: str, params: type[FaultParams], summary: str, strike: Callable[[World, Any], Undo]) -> FaultKind:
    return FaultKind(name, "switch or pdu", params, summary, strike, _station)


SNMP: tuple[FaultKind, ...] = (
    _agent("snmp.drop", SomeRequests, "the agent does not answer these requests", _disturb(lambda p: Lost())),
    _agent(
        "snmp.delay",
        LateAnswers,
        "its answers come late, and may overtake each other",
        _disturb(lambda p: Late(p.delay, jitter=p.jitter)),
    ),
    _agent(
        "snmp.slow", Slow, "it takes one request after the other, `each` so long", _disturb(lambda p: OneByOne(p.each))
    ),
    _agent(
        "snmp.error", WithError, "it answers with an error", _disturb(lambda p: Error({"status": _STATUS[p.status]}))
    ),
    _agent(
        "snmp.too_big",
        SomeRequests,
        "it answers that the answer would be too big",
        _disturb(lambda p: Garbled("too_big")),
    ),
    _agent("snmp.truncated", SomeRequests, "its answers end in the middle", _disturb(lambda p: Cut())),
    _agent("snmp.duplicated", SomeRequests, "its answers come twice", _disturb(lambda p: Twice())),
    _agent(
        "snmp.wrong_id",
        SomeRequests,
        "its answers have another request's number",
        _disturb(lambda p: Garbled("wrong_id")),
    ),
    _agent(
        "snmp.disorder", OnAgent, "names in its walks do not increase", _disturb(lambda p: Garbled("disorder"), "walk")
    ),
    _agent(
        "snmp.rate_limit",
        Limited,
        "it answers so many requests in a second and no more",
        _disturb(lambda p: RateLimit(p.per_second)),
    ),
    _agent(
        "snmp.set_ignored",
        SomeSets,
        "it says yes to a SET and does nothing",
        _disturb(lambda p: NotCommitted(), "set"),
    ),
    _agent("snmp.set_lost", SomeSets, "it hears no SET", _disturb(lambda p: Lost(), "set")),
    _agent(
        "snmp.answer_lost",
        SomeRequests,
        "it does what it is asked, and its answers are lost",
        _disturb(lambda p: Lost("after")),
    ),
    _agent("snmp.stale", OnAgent, "SNMPv3: it answers with the boots of before its last start", _stale),
    _agent("snmp.community", OnAgent, "somebody changed its community", _community),
    FaultKind(
        "snmp.restart",
        "switch or pdu",
        Restarted,
        "it starts anew: up-time and counters from zero, and its ports may have other numbers",
        _restart,
        _restartable,
    ),
    FaultKind(
        "pdu.session",
        "pdu",
        LoggedIn,
        "somebody is logged in at its console: every SET is refused, as APC's access type Write has it",
        _disturb(lambda p: Error({"status": _STATUS[p.status]}), "set"),
        _station,
    ),
    FaultKind("bank.tripped", "pdu", OnBank, "the breaker of a bank is open", _trip, _bank),
    FaultKind("outlets.swapped", "pdu", Swapped, "two outlets answer to each other's number", _swap, _card, once=True),
)
