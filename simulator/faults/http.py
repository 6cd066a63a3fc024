"""Faults of HTTP messages between a billing side and the panels: lost, late, twice, cut, garbled, refused, answered by a gateway.

Each is a rule of the run's wire (`kernel.wire`), carried out by `web.interference`: in memory for actors of this process, on real
connections for clients of a lab that is up. Delays are lab time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, Field

from simulator.faults.kinds import FaultKind, NotPossible, OnPanel, Undo, World
from simulator.faults.messages import OnMessages, strike_rule
from simulator.files.problems import did_you_mean
from simulator.files.units import Duration
from simulator.kernel.wire import (
    AnsweredBy,
    Choice,
    ConnectionRefused,
    ConnectionReset,
    Cut,
    Error,
    Fate,
    Garbled,
    Late,
    Lost,
    Stale,
    Twice,
    When,
)

__all__ = ["HTTP", "OnHttp", "stale"]

P = TypeVar("P", bound="OnHttp")
PanelName = Literal["dci6", "dci5", "ispmanager"]
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "*")
_CALL: Final = re.compile(r"(\S+) +(\S+)")


def _call(text: str) -> str:
    match = _CALL.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a call: write it as POST */os_install")
    if match[1] not in _METHODS:
        raise ValueError(f"there is no method {match[1]!r}; {did_you_mean(match[1], _METHODS, 'methods')}")
    return f"{match[1]} {match[2]}"


class OnHttp(OnMessages, OnPanel):
    """Which messages are hit; without any of these, all that a billing side sends."""

    panel: PanelName | None = None
    """To which panel: `dci6`, `dci5` or `ispmanager`; any unless given."""
    call: Annotated[str, AfterValidator(_call)] | None = None
    """Method and path, a pattern: `POST */os_install`. Ids may be asterisks, or `{}`."""
    func: str | None = None
    """The function of a COREmanager call, a pattern: `server.operations`."""
    caller: str | None = None
    """The client's address or its User-Agent, a pattern; anybody unless given."""


class Slow(OnHttp):
    by: Duration = 40.0
    """How much later, lab time."""
    when: When = "after"
    """`after`: the answer is late; `before`: the request is, and its effect with it."""


class Reset(OnHttp):
    when: When = "before"
    """Before the call took effect, or after it."""


class Gateway(OnHttp):
    status: Literal[200, 502, 503, 504] = 504
    """The status that the gateway answers with; 200 is a page of its own that looks like success."""
    when: When = "after"
    """Before the call took effect, or after it."""
    page: Literal["nginx", "haproxy", "apache", "cloud"] = "nginx"
    """Whose page it is."""


class InDialect(OnHttp):
    """An error of the panel's own: DCImanager 6 says `status` and `code`, COREmanager products say `type` and `object`."""

    status: int | None = Field(default=None, ge=400, le=599)
    """The HTTP status, 400 to 599 (DCImanager 6)."""
    code: int | None = Field(default=None, ge=0, le=99999)
    """The error's number in the body (DCImanager 6)."""
    message: str | None = None
    """The error's text in the body."""
    type: str | None = None
    """The error's type, such as `internal` (COREmanager products)."""
    object: str | None = None
    """What the error is about, such as `db` (COREmanager products)."""


class Old(OnHttp):
    age: Duration = 45.0
    """Lists are up to so old, lab time."""


def _panels(world: World, params: OnHttp) -> object:
    if params.panel is not None and params.panel not in world.http_panels:
        raise NotPossible(f"the lab has no {params.panel}")
    return world.wire


def _choice(params: OnHttp) -> Choice:
    receivers = None if params.panel is None else (params.panel,)
    return params.choice("http", receivers=receivers, what=params.call, also=params.func, sender=params.caller)


def _strike(fate: Callable[[P], Fate]) -> Callable[[World, P], Undo]:
    def strike(world: World, params: P) -> Undo:
        _panels(world, params)
        return strike_rule(world, _choice(params), fate(params))

    return strike


def stale(world: World, age: float, panel: PanelName) -> Undo:
    """A proxy in front of one panel that keeps lists."""
    return strike_rule(world, Choice("http", (panel,)), Stale(age))


def _error(params: InDialect) -> Error:
    names = ("status", "code", "message", "type", "object")
    return Error({name: value for name in names if (value := getattr(params, name)) is not None})


def _kind(name: str, params: type[Any], summary: str, fate: Callable[[Any], Fate]) -> FaultKind:
    return FaultKind(name, "panel", params, summary, _strike(fate), _panels)


HTTP: tuple[FaultKind, ...] = (
    _kind("http.refused", OnHttp, "nobody listens at the panel's port", lambda p: ConnectionRefused()),
    _kind("http.reset", Reset, "the connection to the panel is reset", lambda p: ConnectionReset(p.when)),
    _kind("http.lost", OnHttp, "a call is lost before it took effect, and no answer comes", lambda p: Lost("before")),
    _kind("http.answer_lost", OnHttp, "a call takes effect, and its answer is lost", lambda p: Lost("after")),
    _kind("http.slow", Slow, "an answer is late, or a call is", lambda p: Late(p.by, p.when)),
    _kind(
        "http.gateway",
        Gateway,
        "a gateway answers in the panel's place, with a page of its own",
        lambda p: AnsweredBy(p.page, p.status, p.when),
    ),
    _kind("http.cut", OnHttp, "an answer ends in its middle", lambda p: Cut()),
    _kind("http.garbled", OnHttp, "an answer's bytes are not the dialect's", lambda p: Garbled()),
    _kind("http.twice", OnHttp, "a proxy sends a call twice", lambda p: Twice()),
    _kind("http.stale", Old, "a proxy answers with lists that are up to `age` old", lambda p: Stale(p.age)),
    _kind("http.error", InDialect, "the panel refuses a call in its own words, and does nothing", _error),
)
