"""What every part of the plant shares: the clock, seeded chance, the journal, and how long things take."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from simulator.kernel import Clock, Journal, Streams
from simulator.kernel.wire import Wire

__all__ = ["Physics", "Timings"]


@dataclass(frozen=True, slots=True)
class Timings:
    """Nominal durations in seconds of lab time; each is drawn anew, give or take `jitter` (a share)."""

    jitter: float = 0.05
    bmc_start: float = 45.0
    equipment_start: float = 30.0
    post: float = 95.0
    loader: float = 20.0
    os_boot: float = 60.0
    shutdown: float = 25.0
    cycle_pause: float = 5.0
    transfer_timeout: float = 120.0


class Physics:
    """Handed to each part of the plant when it is built."""

    __slots__ = ("clock", "journal", "streams", "timings", "wire")

    def __init__(
        self, clock: Clock, streams: Streams, journal: Journal, timings: Timings, wire: Wire | None = None
    ) -> None:
        """`wire`: what becomes of the data network's messages; one of its own, where nothing ever does, unless given."""
        self.clock = clock
        self.streams = streams
        self.journal = journal
        self.timings = timings
        self.wire = wire or Wire(streams, journal)

    def draw(self, subject: str, what: str, seconds: float) -> float:
        """How long `what` takes this time."""
        return self.streams.jitter(f"plant/{subject}/{what}", seconds, self.timings.jitter)

    def note(self, subject: str, what: str, **detail: object) -> int:
        """The number of the record."""
        return self.journal.write("plant", subject, what, **detail).number

    def mark(self, subject: str, aspect: str, number: int, by: str = "") -> None:
        """Say with this record what stands in the subject's way, or who touched it last (`kernel/marks.py`)."""
        self.journal.marks.set(subject, aspect, number, by)

    def free(self, subject: str, *aspects: str, by: str = "") -> None:
        self.journal.marks.free(subject, *aspects, by=by)

    def why(self, subject: str, *aspects: Collection[str]) -> int:
        """The number of the record of what stands in the subject's way; 0 where nothing does."""
        return self.journal.marks.latest(subject, *aspects)
