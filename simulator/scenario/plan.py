"""A scenario ready to run, as records: every part knows its line. `language` makes it from a file, `runner` runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from simulator.faults.kinds import FaultParams
from simulator.files.plan import LabPlan
from simulator.scenario.billing.outside.plan import ModulePlan
from simulator.scenario.known import Known
from simulator.scenario.leaks import Leaks
from simulator.scenario.schema.base import StepExpect
from simulator.scenario.schema.steps import CreateArgs, MarkFaultyArgs

__all__ = [
    "Action",
    "Check",
    "Clear",
    "Expected",
    "Mark",
    "PlannedFault",
    "Scenario",
    "Step",
    "Strike",
    "Together",
    "Wait",
]


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """A fault as the file asks for it."""

    line: int
    kind: str
    params: FaultParams

    def __str__(self) -> str:
        return f"{self.kind} on {self.params.target}"


@dataclass(frozen=True, slots=True)
class Expected:
    """One expectation; `spec` is its shape, `leaks` what it says when it is one of leaks."""

    line: int
    spec: BaseModel
    leaks: Leaks | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """Something done to a service, or (`add_panel`) to the panel. `verb`: one of the module's verbs."""

    line: int
    verb: str
    service: str
    by_client: bool
    create: CreateArgs | None
    expect: StepExpect
    args: BaseModel | None = None
    """As the file has them."""

    @property
    def server(self) -> str | None:
        """The server that it names, if it names one."""
        name = getattr(self.args, "server", None)
        return None if (self.verb, name) == ("edit_card", "any") else name

    def __str__(self) -> str:
        return f"{self.verb} {self.service}".rstrip()


@dataclass(frozen=True, slots=True)
class Together:
    line: int
    actions: Sequence[Action]


@dataclass(frozen=True, slots=True)
class Mark:
    """The panel's administrator marks a server as faulty."""

    line: int
    args: MarkFaultyArgs


@dataclass(frozen=True, slots=True)
class Wait:
    line: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Strike:
    line: int
    fault: PlannedFault


@dataclass(frozen=True, slots=True)
class Clear:
    """Mend what matches: a kind, a target, or everything (both None)."""

    line: int
    kind: str | None
    target: str | None


@dataclass(frozen=True, slots=True)
class Check:
    line: int
    expected: Sequence[Expected]


Step = Action | Together | Mark | Wait | Strike | Clear | Check


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole scenario with its lab."""

    file: str
    name: str
    source: Sequence[str]
    plan: LabPlan
    module: str
    """Of the billing side, one of `BILLING_MODULES`."""
    settings: Mapping[str, Any]
    """As the module's settings take them: durations in seconds."""
    faults: Sequence[PlannedFault]
    steps: Sequence[Step]
    expected: Sequence[Expected]
    known: Sequence[Known]
    """Violations that are declared."""
    seed: int | None
    limit: float
    outside: ModulePlan | None = None
    """The module that drives it instead of `module`, when it is one of the contract's."""
    suits_any: bool = False
    """Whether it speaks only of what any module must do."""
