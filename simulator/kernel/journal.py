"""The journal: what happened, in order. An onlooker: it may watch every layer and is known by none of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.kernel.clock import Clock

__all__ = ["Journal", "Record"]


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened. `time` in seconds of lab time, `detail` JSON values only."""

    number: int
    time: float
    layer: str
    subject: str
    what: str
    detail: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "time": round(self.time, 6),
            "layer": self.layer,
            "subject": self.subject,
            "what": self.what,
            **({"detail": dict(self.detail)} if self.detail else {}),
        }

    def as_json(self) -> str:
        return json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def __str__(self) -> str:
        detail = " ".join(f"{key}={value}" for key, value in self.detail.items())
        return f"{self.time:10.3f}  {self.layer:<11} {self.subject:<16} {self.what}{'  ' + detail if detail else ''}"


class Journal:
    """Records in the order they were written; `watch` is told of each new one at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: list[Record] = []
        self._watchers: list[Callable[[Record], object]] = []

    def write(self, layer: str, subject: str, what: str, **detail: Any) -> Record:
        """Write down that `what` happened to `subject`; details must be JSON values."""
        record = Record(len(self._records) + 1, self._clock.now(), layer, subject, what, detail)
        self._records.append(record)
        for watcher in tuple(self._watchers):
            watcher(record)
        return record

    def watch(self, watcher: Callable[[Record], object]) -> Callable[[], None]:
        """Call `watcher` with every further record; returns what ends it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, index: int) -> Record:
        return self._records[index]

    def since(self, number: int) -> list[Record]:
        """The records after the one with this number."""
        return self._records[max(number, 0) :]

    def hash(self) -> str:
        """SHA-256 over all records as JSON lines: equal runs have equal hashes."""
        digest = hashlib.sha256()
        for record in self._records:
            digest.update(record.as_json().encode())
            digest.update(b"\n")
        return digest.hexdigest()
