"""Faults of a BMC's protocol: datagrams that are lost, late or spoiled, commands that fail, sessions that are refused.

All are rules at the three hooks of `simulator.ipmi.interference`. Delays are wire time.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, Field, model_validator

from simulator.bmc import Bmc
from simulator.bmc.commands.table import COMMANDS
from simulator.faults.kinds import FaultKind, OnServer, RuleUndo, Undo, World
from simulator.faults.messages import OnMessages
from simulator.files.units import Duration
from simulator.ipmi.codes import Completion, Status
from simulator.ipmi.dispatch import key
from simulator.ipmi.interference import (
    SETUP_STEPS,
    Action,
    Ignore,
    Interference,
    LoseSession,
    Match,
    Rule,
    Stage,
)
from simulator.kernel.wire import Error, Garbled, Late, Lost, Twice

__all__ = ["IPMI"]

P = TypeVar("P", bound="OnConversation")

_NAMES: Final = {number: command.name for number, command in COMMANDS.items()} | dict(SETUP_STEPS)
_BY_NAME: Final = {name.casefold(): number for number, name in _NAMES.items()}
_ANSWERS: Final = {"rakp 2": "RAKP 1", "rakp 4": "RAKP 3"}
_NUMBERS: Final = re.compile(r"([0-9A-Fa-f]{2})/([0-9A-Fa-f]{2})")


def _command(text: str) -> str:
    if text.casefold() in _ANSWERS:
        raise ValueError(
            f"{text} is the answer to {_ANSWERS[text.casefold()]}: name that one, and say what befalls its reply"
        )
    if _NUMBERS.fullmatch(text) is None and text.casefold() not in _BY_NAME:
        near = difflib.get_close_matches(text.casefold(), _BY_NAME, n=1, cutoff=0.4)
        hint = f"; did you mean {_NAMES[_BY_NAME[near[0]]]!r}?" if near else ""
        raise ValueError(f"{text!r} is no command of a BMC{hint} Write its name, or netFn/command as 00/02")
    return text


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    match = _NUMBERS.fullmatch(text)
    return key(int(match[1], 16), int(match[2], 16)) if match else _BY_NAME[text.casefold()]


class OnConversation(OnMessages, OnServer):
    """Which datagrams and commands are hit; without any of these, all."""

    stage: Literal["ping", "outside", "open", "rakp", "command"] | None = None
    """Where in a conversation."""
    command: Annotated[str, AfterValidator(_command)] | None = None
    """By its name, `Chassis Control`, or by its numbers, `00/02`; or a step of the log-in, `RMCP+ Open Session`, `RAKP 1`,
    `RAKP 3`.
    """
    user: str | None = None
    """Who is logged in."""


class OnCommands(OnConversation):
    """The steps of a log-in are no commands: none of them has a completion code, or does anything."""

    @model_validator(mode="after")
    def _no_step(self) -> OnCommands:
        if self.command is not None and _number(self.command) in SETUP_STEPS:
            raise ValueError(
                f"{self.command} is a step of the log-in and no command; `ipmi.refused` refuses it with a status"
            )
        return self


class OneWay(OnConversation):
    what: Literal["request", "reply"] = "reply"
    """A lost request was never seen; after a lost reply the command has been run all the same."""


class LateReply(OnConversation):
    delay: Duration = 1.5
    """How much later replies leave, wire time: that of the IPMI client's own clock."""
    jitter: Duration = 0.0
    """Added to the delay, uniformly from zero to this, wire time: replies overtake each other."""


class Spoiled(OnConversation):
    how: Literal["truncated", "checksum", "sequence", "short", "long", "code", "garbage"] = "truncated"
    """`short` and `long` are sound answers with too little or too much data."""

    @model_validator(mode="after")
    def _has_it(self) -> Spoiled:
        step = self.command is not None and _number(self.command) in SETUP_STEPS
        if step and self.how in ("checksum", "sequence"):
            raise ValueError(
                f"the answer to {self.command} has no {self.how}; `code` spoils the one that proves who answers"
            )
        return self


class Code(OnCommands):
    code: int = Field(default=Completion.UNSPECIFIED.value, ge=1, le=0xFF)
    """The completion code (IPMI 2.0, table 5-2): 0xC0 to 0xFF, 0x80 to 0xBE for those of the command itself."""


class Refused(OnMessages, OnServer):
    stage: Literal["open", "rakp"] | None = None
    """`rakp` unless a `command` is named."""
    command: Literal["RMCP+ Open Session", "RAKP 1", "RAKP 3"] | None = None
    """One step alone."""
    status: int = Field(default=Status.NO_RESOURCES.value, ge=1, le=0xFF)
    """The RMCP+ status (IPMI 2.0, table 13-15)."""

    @model_validator(mode="after")
    def _one_choice(self) -> Refused:
        if self.stage is not None and self.command is not None:
            raise ValueError("say `stage` or `command`, not both")
        return self


def _bmc(world: World, params: OnServer) -> Bmc:
    return world.bmc(params.server)


def _match(params: OnConversation) -> Match:
    return Match(
        Stage(params.stage) if params.stage else None,
        _number(params.command),
        params.user.encode() if params.user is not None else None,
        params.share,
        params.skipped,
        params.most,
    )


def _rule(world: World, server: str, rule: Rule) -> Undo:
    bmc = world.bmc(server)
    if bmc.interference is None:
        bmc.interference = Interference(world.streams[f"ipmi/{server}"])
    interference = bmc.interference
    interference.add(rule)

    def mend() -> None:
        interference.remove(rule)
        if interference.idle and bmc.interference is interference:
            bmc.interference = None

    return RuleUndo(mend, lambda: rule.hit)


def _strike(action: Callable[[P], Action]) -> Callable[[World, P], Undo]:
    return lambda world, params: _rule(world, params.server, Rule(_match(params), action(params)))


def _refused(world: World, params: Refused) -> Undo:
    stage = None if params.command else Stage(params.stage or "rakp")
    match = Match(stage, _number(params.command), None, params.share, params.skipped, params.most)
    return _rule(world, params.server, Rule(match, Error({"status": params.status})))


def _refuses(stage: Stage, status: Status) -> Callable[[World, OnServer], Undo]:
    return lambda world, params: _rule(world, params.server, Rule(Match(stage), Error({"status": status})))


def _busy(world: World, params: OnServer) -> Undo:
    return _rule(world, params.server, Rule(Match(), Error({"code": Completion.NODE_BUSY})))


def _kind(name: str, params: type[Any], summary: str, strike: Callable[[World, Any], Undo]) -> FaultKind:
    return FaultKind(name, "server", params, summary, strike, _bmc)


IPMI: tuple[FaultKind, ...] = (
    _kind(
        "ipmi.lost",
        OneWay,
        "requests to the BMC, or its replies, are lost",
        _strike(lambda p: Lost("before" if p.what == "request" else "after")),
    ),
    _kind(
        "ipmi.late",
        LateReply,
        "the BMC's replies leave late",
        _strike(lambda p: Late(p.delay, jitter=p.jitter)),
    ),
    _kind("ipmi.doubled", OnConversation, "the BMC's replies leave twice", _strike(lambda p: Twice())),
    _kind("ipmi.garbled", Spoiled, "the BMC's replies are spoiled", _strike(lambda p: Garbled(p.how))),
    _kind("ipmi.code", Code, "commands end with a completion code", _strike(lambda p: Error({"code": p.code}))),
    _kind(
        "ipmi.ignored",
        OnCommands,
        "commands end well and nothing is done, as with stuck power",
        _strike(lambda p: Ignore()),
    ),
    _kind("ipmi.busy", OnServer, "every command is answered with node busy (C0h)", _busy),
    _kind("ipmi.session_lost", OnCommands, "the BMC forgets the session", _strike(lambda p: LoseSession())),
    _kind("ipmi.refused", Refused, "a step of the log-in is refused with an RMCP+ status", _refused),
    _kind(
        "ipmi.slots_full",
        OnServer,
        "every session slot is taken by others",
        _refuses(Stage.OPEN, Status.NO_RESOURCES),
    ),
    _kind(
        "ipmi.locked_out",
        OnServer,
        "the BMC has locked its users out, as after bad log-ins",
        _refuses(Stage.RAKP, Status.UNAUTHORIZED_NAME),
    ),
)
