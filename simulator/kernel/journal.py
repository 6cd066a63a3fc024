"""The journal: what happened, in order. An onlooker: it may watch every layer and is known by none of them."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from simulator.kernel.clock import Clock
from simulator.kernel.encoding import json_encoder
from simulator.kernel.flow import CURRENT
from simulator.kernel.marks import Marks

__all__ = ["Journal", "Record"]

_encode = json_encoder(sort_keys=True)


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened. `time` in seconds of lab time, `detail` JSON values only."""

    number: int
    time: float
    layer: str
    subject: str
    what: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    cause: int = 0
    """The number of the record that this one came from; 0: it came about by itself. No part of what the hash is over."""

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
        return _encode(self.as_dict())

    def as_line(self) -> str:
        """As `--journal` writes it: `as_json` with the cause."""
        whole = {**self.as_dict(), "cause": self.cause} if self.cause else self.as_dict()
        return _encode(whole)

    def __str__(self) -> str:
        detail = " ".join(f"{key}={value}" for key, value in self.detail.items())
        return f"{self.time:10.3f}  {self.layer:<11} {self.subject:<16} {self.what}{'  ' + detail if detail else ''}"


class Journal:
    """Records in the order they were written; `watch` is told of each new one at once.

    All are kept, unless `bound` says how many: a lab that is up for weeks forgets its oldest. The hash goes on over all that
    were ever written.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: deque[Record] = deque()
        self._watchers: list[Callable[[Record], object]] = []
        self._most: tuple[int, int] | None = None
        self._sizes: deque[int] = deque()
        self._octets = 0
        self._digest = hashlib.sha256()
        self._digested = 0
        self.marks = Marks()
        """What stands in whose way, and who touched what last."""
        self.dropped = 0
        """How many of the oldest are no longer kept."""

    def bound(self, records: int, octets: int) -> None:
        """From now on keep at most so many, and so many octets of them as JSON."""
        self._most = records, octets
        self._sizes = deque(len(record.as_json()) for record in self._records)
        self._octets = sum(self._sizes)
        self._forget()
        self.hash()

    def write(self, layer: str, subject: str, what: str, **detail: Any) -> Record:
        """Write down that `what` happened to `subject`; details must be JSON values. It came from the record that
        the context says (`kernel/flow.py`).
        """
        number = self.dropped + len(self._records) + 1
        record = Record(number, self._clock.now(), layer, subject, what, detail, CURRENT.get())
        self._records.append(record)
        if self._most is not None:
            text = record.as_json()
            if self._digested == record.number - 1:  # it is at hand: whoever asks for the hash waits for nothing
                self._digest_text(text)
            self._sizes.append(len(text))
            self._octets += len(text)
            self._forget()
        for watcher in tuple(self._watchers):
            watcher(record)
        return record

    def watch(self, watcher: Callable[[Record], object]) -> Callable[[], None]:
        """Call `watcher` with every further record; returns what ends it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    def __reversed__(self) -> Iterator[Record]:
        return reversed(self._records)

    def __len__(self) -> int:
        """How many were written."""
        return self.dropped + len(self._records)

    def __getitem__(self, index: int) -> Record:
        """Of those that are kept."""
        return self._records[index]

    def numbered(self, number: int) -> Record | None:
        """The record with this number; None when it is no longer kept, or never was."""
        place = number - self.dropped - 1
        return self._records[place] if 0 <= place < len(self._records) else None

    def chain(self, record: Record) -> list[Record]:
        """How it came to this record: each of these came from the one before it, and the first, where nothing was forgotten,
        from none: a fault, or somebody who began something. The record itself is the last.
        """
        chain = [record]
        while 0 < chain[-1].cause < chain[-1].number and (before := self.numbered(chain[-1].cause)) is not None:
            chain.append(before)
        return chain[::-1]

    def since(self, number: int) -> list[Record]:
        """The records after the one with this number, as far as they are kept."""
        start = max(number - self.dropped, 0)
        if start > len(self._records) // 2:  # from the end, which is nearer
            return list(islice(reversed(self._records), max(len(self._records) - start, 0)))[::-1]
        return list(islice(self._records, start, None))

    def hash(self) -> str:
        """SHA-256 over all records as JSON lines: equal runs have equal hashes."""
        for record in self.since(self._digested):
            self._digest_one(record)
        return self._digest.hexdigest()

    def _digest_one(self, record: Record) -> None:
        self._digest_text(record.as_json())

    def _digest_text(self, text: str) -> None:
        self._digest.update(text.encode())
        self._digest.update(b"\n")
        self._digested += 1

    def _forget(self) -> None:
        """Let go of the oldest until there is room; what the hash has not seen yet it sees now."""
        assert self._most is not None
        most, octets = self._most
        while len(self._records) > most or (self._octets > octets and len(self._records) > 1):
            record = self._records.popleft()
            self._octets -= self._sizes.popleft()
            if record.number > self._digested:
                self._digest_one(record)
            self.dropped += 1
