"""The scenario file as written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from simulator.files.base import FileModel
from simulator.files.units import Duration
from simulator.scenario.billing.modules import BILLING_MODULES
from simulator.scenario.billing.outside.spec import ModuleSpec
from simulator.scenario.schema.base import OneOrMore
from simulator.scenario.schema.expect import ExpectSpec
from simulator.scenario.schema.known import KnownSpec
from simulator.scenario.schema.steps import FaultMap, StepSpec

__all__ = ["ScenarioSpec"]


def _known(module: str) -> str:
    """As pydantic refuses a word that is none of a `Literal`; the words are those of the table of modules."""
    if module not in BILLING_MODULES:
        expected = ", ".join(map(repr, BILLING_MODULES))
        raise PydanticCustomError("literal_error", "Input should be one of {expected}", {"expected": expected})
    return module


_MODULES = WithJsonSchema({"type": "string", "enum": list(BILLING_MODULES)})
_Module = Annotated[
    Annotated[Annotated[str, AfterValidator(_known), _MODULES], Tag("<name>")]
    | Annotated[ModuleSpec, Tag("<mapping>")],
    Discriminator(lambda value: "<mapping>" if isinstance(value, Mapping | ModuleSpec) else "<name>"),
]


class ScenarioSpec(FileModel):
    """A scenario file, as written."""

    scenario: str = Field(min_length=1)
    """What it shows, as a sentence."""
    source: OneOrMore = []
    """Numbers of the requirements that it shows: `W6-A10`."""
    lab: Annotated[Any, WithJsonSchema({"anyOf": [{"type": "string"}, {"x-ref": "LabSpec"}]})] = "small"
    """A name in fixtures/, a path relative to this file, or a whole lab."""
    for_: Literal["any"] | None = Field(default=None, alias="for")
    """`any`: it speaks only of what any module must do, and runs for every one (`--module`)."""
    module: _Module = next(iter(BILLING_MODULES))
    """WHMCS with DCImanager 6, BILLmanager with DCImanager 5, or BILLmanager 6 with its processing modules; or one that did not come
    with Rackloop, as a mapping.
    """
    settings: Annotated[dict[str, Any], WithJsonSchema({"x-ref": "Settings"})] = {}
    """Of the billing module."""
    faults: list[FaultMap] = []
    """What breaks: each a kind with its parameters, which say when and for how long."""
    steps: list[StepSpec] = Field(min_length=1)
    """What is done, one after another."""
    expect: list[ExpectSpec] = []
    """What must hold when the steps have ended."""
    known: list[KnownSpec] = []
    """Invariants that do not hold in it, each with its reason; any other violation fails the scenario."""
    seed: int | None = Field(default=None, ge=0, le=2**63 - 1)
    """What chance is drawn from; by default 0. `--seed` says another."""
    limit: Duration = 86400.0
    """Lab time after which the run is ended and counts as failed."""
