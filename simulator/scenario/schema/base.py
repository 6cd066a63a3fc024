"""What all parts of a scenario file are made of: strict records, the steps' common fields, choice by the first word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema, model_validator

from simulator.files.base import FileModel
from simulator.files.units import Duration

__all__ = ["EMAIL", "Glob", "ModuleStep", "OneOrMore", "ServiceArgs", "Step", "StepExpect", "by_key"]

Glob = str
"""A text with `*`, `?` and `[...]`."""


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


OneOrMore = Annotated[
    list[str],
    BeforeValidator(_as_list),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""Texts, or one text for a list of it."""
EMAIL = r"^[^\s@]+@[^\s@]+$"


def by_key(*words: str) -> Callable[[Any], str]:
    """Tells shapes apart by the first of these words that is there."""

    def choose(value: Any) -> str:
        if isinstance(value, Mapping):
            return next((f"<{word}>" for word in words if word in value), "<?>")
        return "<?>"

    return choose


class StepExpect(FileModel):
    """How a step must end. Without one it must succeed."""

    ok: Literal[True] | None = None
    """It must succeed, as without any `expect`."""
    error: Glob | None = None
    """The step must fail, with an error text like this."""
    within: Duration | None = None
    """Lab time that the step may take."""

    @model_validator(mode="after")
    def one_end(self) -> StepExpect:
        if self.ok and self.error is not None:
            raise ValueError("a step ends either `ok` or with an `error`, not both")
        return self


class Step(FileModel):
    expect: StepExpect = Field(default=StepExpect())
    """How the step must end; without, it must succeed."""


class ServiceArgs(FileModel):
    service: str
    """The service, by the name that its `create` or order gave it."""
    by_client: bool = False
    """The client himself asks, in the client area, and not the provider."""


class ModuleStep(Step):
    """Something that not every billing module can do; its one field is the verb."""

    @property
    def verb(self) -> str:
        return next(name for name in type(self).model_fields if name != "expect")

    @property
    def args(self) -> BaseModel:
        args = getattr(self, self.verb)
        assert isinstance(args, BaseModel)
        return args
