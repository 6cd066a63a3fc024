"""A trial and what came of it, as plain data: it can be sent to another process or machine, kept in a file, and done again."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from simulator.invariants.invariant import Harm
from simulator.sweep.fates import FaultSpec

__all__ = ["Found", "Outcome", "Place", "Trial", "Verdict"]

Verdict = Literal["same", "told", "found", "missed"]
"""How a trial ended: as if nothing had happened; after a failure that was told, and made good when it was tried again; with
something wrong; or its faults never came about.
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the matrix a fault is: the step and the message, and the fate."""

    step: str
    message: str
    network: str
    fate: str

    def __str__(self) -> str:
        return f"{self.fate}: {self.message} ({self.step})"


@dataclass(frozen=True, slots=True)
class Trial:
    """A scenario with more gone wrong in it than it says."""

    file: str
    seed: int
    faults: tuple[FaultSpec, ...]
    places: tuple[Place, ...] = ()
    module: str = ""
    """The file, or the name, of the billing module that plays it instead of the scenario's own."""

    @property
    def id(self) -> str:
        """Eight hexadecimal digits, the same wherever it is tried."""
        said = json.dumps(
            [self.file, self.seed, [[kind, dict(params)] for kind, params in self.faults]], sort_keys=True
        )
        return hashlib.sha256(said.encode()).hexdigest()[:8]

    @property
    def command(self) -> str:
        """Does it again."""
        words = ["rackloop", "run", self.file, "--seed", str(self.seed), "--persist"]
        words += ["--module", self.module] if self.module else []
        for kind, params in self.faults:
            inside = ", ".join(f"{key}: {json.dumps(value)}" for key, value in params.items())
            words += ["--fault", f"{kind}: {{{inside}}}"]
        return shlex.join(words)

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "file": self.file,
            "seed": self.seed,
            "faults": [{kind: dict(params)} for kind, params in self.faults],
            "places": [asdict(place) for place in self.places],
            "module": self.module,
            "command": self.command,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Trial:
        """Raises KeyError, TypeError or ValueError for what is no trial."""
        faults = tuple(next(iter(dict(each).items())) for each in data["faults"])
        return cls(
            str(data["file"]),
            int(data["seed"]),
            faults,
            tuple(Place(**each) for each in data.get("places", ())),
            str(data.get("module", "")),
        )


@dataclass(frozen=True, slots=True)
class Found:
    """Something wrong at the end of a trial, or on its way."""

    name: str
    """Of the invariant, or `given-back`, `charged`, `unlike`, `never-recovers`, `crashes`, `hangs`."""
    harm: Harm
    text: str
    subjects: tuple[str, ...] = ()
    at: float = 0.0
    """Lab time, seconds."""
    why: tuple[str, ...] = ()
    """The chain of causes, a line each, the fault first."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one trial."""

    trial: Trial
    verdict: Verdict
    told: Sequence[str] = ()
    """Failures that the billing side told."""
    found: Sequence[Found] = ()
    journal_hash: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            **self.trial.as_dict(),
            "verdict": self.verdict,
            "told": list(self.told),
            "found": [{**asdict(each), "harm": each.harm.name.lower()} for each in self.found],
            "journal_hash": self.journal_hash,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Outcome:
        """Raises KeyError, TypeError or ValueError for what is no outcome."""
        found = tuple(
            Found(
                each["name"],
                Harm[each["harm"].upper()],
                each["text"],
                tuple(each["subjects"]),
                each["at"],
                tuple(each["why"]),
            )
            for each in data["found"]
        )
        return cls(Trial.from_dict(data), data["verdict"], tuple(data["told"]), found, data["journal_hash"])
