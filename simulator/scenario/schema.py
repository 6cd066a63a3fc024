"""The scenario file as written. A step, an expectation and a fault are each one of several shapes, told apart by
their first word; the `<word>` tags keep the reader's errors about the shape that was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema, model_validator

from simulator.files.units import Duration

__all__ = [
    "CalledSpec",
    "CheckStep",
    "ClearStep",
    "CreateArgs",
    "CreateStep",
    "ExpectSpec",
    "FaultStep",
    "HasSpec",
    "JournalArgs",
    "JournalSpec",
    "LeaksSpec",
    "NeverCalledSpec",
    "OrderSpec",
    "ReallySpec",
    "ScenarioSpec",
    "ServerExpect",
    "ServiceArgs",
    "ServiceExpect",
    "StepExpect",
    "StepSpec",
    "SuspendStep",
    "TerminateStep",
    "TogetherStep",
    "UnsuspendStep",
    "WaitStep",
]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _by_key(*words: str) -> Callable[[Any], str]:
    def choose(value: Any) -> str:
        if isinstance(value, Mapping):
            return next((f"<{word}>" for word in words if word in value), "<?>")
        return "<?>"

    return choose


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_ONE_OR_MORE = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
Words = Annotated[list[str], BeforeValidator(_as_list), _ONE_OR_MORE]
Glob = str
"""A text with `*`, `?` and `[...]`."""
FaultMap = Annotated[
    dict[str, Any],
    WithJsonSchema({"x-ref": "Fault"}),
]
"""`{kind: {parameters}}`; what stands in it is checked against the catalogue of faults."""


# steps


class StepExpect(Strict):
    """How a step must end. Without one it must succeed."""

    ok: Literal[True] | None = None
    error: Glob | None = None
    """The step must fail, with an error text like this."""
    within: Duration | None = None
    """Lab time that the step may take."""

    @model_validator(mode="after")
    def one_end(self) -> StepExpect:
        if self.ok and self.error is not None:
            raise ValueError("a step ends either `ok` or with an `error`, not both")
        return self


class ServiceArgs(Strict):
    service: str
    by_client: bool = False
    """The client himself asks, in the client area, and not the provider."""


class CreateArgs(ServiceArgs):
    client: str = Field(pattern=r"^[^\s@]+@[^\s@]+$")
    """E-mail."""
    configuration: str | None = None
    """Instead of the one in `settings`."""
    server: str | None = None
    """The one server that may be issued (the id in the service card)."""
    os: str | None = None
    """Instead of the template in `settings`."""
    verified: bool = True
    """Whether the client's e-mail is verified."""


class Step(Strict):
    expect: StepExpect = StepExpect()


class CreateStep(Step):
    create: CreateArgs


class SuspendStep(Step):
    suspend: ServiceArgs


class UnsuspendStep(Step):
    unsuspend: ServiceArgs


class TerminateStep(Step):
    terminate: ServiceArgs


class WaitStep(Strict):
    wait: Duration


class FaultStep(Strict):
    fault: FaultMap
    """Strikes now, or when its `at` has come."""


class ClearStep(Strict):
    clear: str
    """Mends faults: a kind, the name of what was hit, or `all`."""


class TogetherStep(Strict):
    together: list[ServiceStep] = Field(min_length=1)
    """Begun at once; the step ends when all have ended."""


class CheckStep(Strict):
    check: list[ExpectSpec] = Field(min_length=1)
    """Expectations that must hold at this point."""


ServiceStep = Annotated[
    Annotated[CreateStep, Tag("<create>")]
    | Annotated[SuspendStep, Tag("<suspend>")]
    | Annotated[UnsuspendStep, Tag("<unsuspend>")]
    | Annotated[TerminateStep, Tag("<terminate>")],
    Discriminator(_by_key("create", "suspend", "unsuspend", "terminate")),
]

StepSpec = Annotated[
    Annotated[CreateStep, Tag("<create>")]
    | Annotated[SuspendStep, Tag("<suspend>")]
    | Annotated[UnsuspendStep, Tag("<unsuspend>")]
    | Annotated[TerminateStep, Tag("<terminate>")]
    | Annotated[WaitStep, Tag("<wait>")]
    | Annotated[FaultStep, Tag("<fault>")]
    | Annotated[ClearStep, Tag("<clear>")]
    | Annotated[TogetherStep, Tag("<together>")]
    | Annotated[CheckStep, Tag("<check>")],
    Discriminator(
        _by_key("create", "suspend", "unsuspend", "terminate", "wait", "fault", "clear", "together", "check")
    ),
]


# expectations


class ServiceExpect(Strict):
    """What the billing side holds of a service."""

    service: str
    is_: Literal["ordered", "processing", "active", "suspended", "closing", "closed", "failed"] | None = Field(
        default=None, alias="is"
    )
    error: Glob | None = None
    on: str | None = None
    """The server that it is bound to."""
    addresses: int | None = Field(default=None, ge=0)


class HasSpec(Strict):
    """A server as the panel shows it to its administrator."""

    operation: Literal["none", "waiting", "running", "canceling", "ok", "failed", "canceled"] | None = None
    owner: str | None = None
    """E-mail, or `none`."""
    addresses: int | None = Field(default=None, ge=0)
    power: Literal["on", "off", "unknown"] | None = None
    os: str | None = None
    """Template, or `none`."""
    ports: Literal["up", "down", "mixed", "unknown", "none"] | None = None
    """Administrative state of its switch ports, all of them; `none`: the panel knows of no port."""


class ReallySpec(Strict):
    """A server as somebody who stands in the hall finds it."""

    power: Literal["on", "off"] | None = None
    os: str | None = None
    """What a start from disk would run: the template's name, or `none`."""
    link: Literal["up", "down"] | None = None
    """Of its first NIC."""
    answers_ping: bool | None = None
    disks: Literal["clean", "used"] | None = None


class ServerExpect(Strict):
    server: str
    has: HasSpec | None = None
    really: ReallySpec | None = None

    @model_validator(mode="after")
    def something(self) -> ServerExpect:
        if self.has is None and self.really is None:
            raise ValueError("say what the server `has` (the panel's view) or what it is `really`")
        return self


class CalledSpec(Strict):
    """A call that the billing side made: `POST */os_install`."""

    called: Glob
    times: int | None = Field(default=None, ge=1)
    """Exactly so often; without it, at least once."""


class NeverCalledSpec(Strict):
    never_called: Glob


class OrderSpec(Strict):
    order: list[Glob] = Field(min_length=2)
    """Calls that came in this order, others between them or not."""


class LeaksSpec(Strict):
    """What services that ended still hold: `owner of srv-03`, `one address`, `2 addresses of srv-03`; or `none`.

    Without this expectation there must be none; with it, exactly these.
    """

    leaks: Words


class JournalArgs(Strict):
    layer: Glob | None = None
    subject: Glob | None = None
    what: Glob | None = None

    @model_validator(mode="after")
    def something(self) -> JournalArgs:
        if self.layer is None and self.subject is None and self.what is None:
            raise ValueError("name at least one of layer, subject and what")
        return self


class JournalSpec(Strict):
    """At least one record like this (`times`: exactly so many; 0: none)."""

    journal: JournalArgs
    times: int | None = Field(default=None, ge=0)


ExpectSpec = Annotated[
    Annotated[CalledSpec, Tag("<called>")]
    | Annotated[NeverCalledSpec, Tag("<never_called>")]
    | Annotated[OrderSpec, Tag("<order>")]
    | Annotated[LeaksSpec, Tag("<leaks>")]
    | Annotated[JournalSpec, Tag("<journal>")]
    | Annotated[ServiceExpect, Tag("<service>")]
    | Annotated[ServerExpect, Tag("<server>")],
    Discriminator(_by_key("called", "never_called", "order", "leaks", "journal", "service", "server")),
]


class ScenarioSpec(Strict):
    """A scenario file, as written."""

    scenario: str = Field(min_length=1)
    """What it shows, as a sentence."""
    source: Words = []
    """Numbers of the requirements that it shows: `W6-A10`."""
    lab: Annotated[Any, WithJsonSchema({"anyOf": [{"type": "string"}, {"x-ref": "LabSpec"}]})] = "small"
    """A name in fixtures/, a path relative to this file, or a whole lab."""
    module: Literal["whmcs6"] = "whmcs6"
    settings: Annotated[dict[str, Any], WithJsonSchema({"x-ref": "Settings"})] = {}
    """Of the billing module."""
    faults: list[FaultMap] = []
    steps: list[StepSpec] = Field(min_length=1)
    expect: list[ExpectSpec] = []
    """What must hold when the steps have ended."""
    seed: int | None = Field(default=None, ge=0, le=2**63 - 1)
    limit: Duration = 86400.0
    """Lab time after which the run is ended and counts as failed."""


TogetherStep.model_rebuild()
CheckStep.model_rebuild()
ScenarioSpec.model_rebuild()
