"""What everything stands on: time, seeded chance, the journal, lifecycle tables. Knows nothing of datacenters."""

from simulator.kernel.activity import Activity
from simulator.kernel.clock import LAB_EPOCH, Clock, LoopClock, SteppedClock, TimeOutOfRange, Timer
from simulator.kernel.journal import Journal, Record
from simulator.kernel.loop import DeadlockError, NotInVirtualTime, VirtualLoop, run
from simulator.kernel.streams import Streams
from simulator.kernel.table import IllegalEvent, Machine, Table

__all__ = [
    "LAB_EPOCH",
    "Activity",
    "Clock",
    "DeadlockError",
    "IllegalEvent",
    "Journal",
    "LoopClock",
    "Machine",
    "NotInVirtualTime",
    "Record",
    "SteppedClock",
    "Streams",
    "Table",
    "TimeOutOfRange",
    "Timer",
    "VirtualLoop",
    "run",
]
