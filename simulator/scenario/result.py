"""What came of a scenario: verdict, what was expected and seen, and how to run it again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from simulator.invariants.ledger import Account
from simulator.invariants.watch import Violation
from simulator.kernel import Record
from simulator.scenario.labs import Mode
from simulator.timeline.recording import TimelineMark

__all__ = ["Failure", "Result", "Timelines", "Verdict", "replay_command"]

Verdict = Literal["passed", "failed", "error"]
Timelines = Literal["none", "failed", "all"]
"""Whose timelines are kept."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that was not as the file says."""

    what: str
    expected: str
    seen: str
    line: int
    """In the scenario file; 0 when it belongs to no line."""
    records: Sequence[str] = ()
    """The journal's last records about what the failure names."""


@dataclass(frozen=True, slots=True)
class Result:
    """One run of one scenario. `error` means that the run itself broke, not what it tests."""

    name: str
    file: str
    verdict: Verdict
    seed: int
    mode: Mode
    journal_hash: str
    """SHA-256 of the journal when the expectations had been checked; empty when there was no journal."""
    simulated_s: float
    wall_s: float
    failures: Sequence[Failure]
    source: Sequence[str]
    replay: str
    account: Account | None = None
    """What was charged and what was delivered; None when the run never came so far."""
    violations: Sequence[Violation] = ()
    """Of invariants, all of them: also what the scenario or the module's document declares."""
    why: Sequence[Record] = ()
    """How it came to the failure: each record came from the one before it, and the first is a fault. Empty where nothing is known."""
    records: int = 0
    """How many the journal has."""
    journal: Sequence[str] = ()
    """All records as JSON lines with their causes, where they were asked for."""
    unjudged: int = 0
    """Expectations that were not looked at: a step failed, and those that were left out bear on them."""
    marks: Sequence[TimelineMark] = ()
    """The run as a timeline has it, where that was asked for."""
    real: Sequence[str] = ()
    """What was written to real equipment, and what twins have shown, a line each."""
    stopped: int = 0
    """The number of the signal that ended it; 0 where it came to its end."""


def replay_command(file: str, seed: int, mode: Mode, module: str = "") -> str:
    """The command that runs exactly this again; `module`: the file of the one that played it instead of its own."""
    words = ["rackloop", "run", file, "--seed", str(seed), *(["--module", module] if module else [])]
    if mode != "simulated":
        words.append("--wire")
    if mode == "wire-foreign":
        words += ["--drivers", "foreign"]
    return shlex.join(words)
