"""An operation on a server: its record, and its lifecycle as a table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from simulator.kernel import Table

__all__ = ["OPERATION", "Operation", "OperationEvent", "OperationKind", "OperationStatus", "Progress"]


class OperationKind(StrEnum):
    OS_INSTALL = "os_install"
    DIAGNOSTIC = "diagnostic"
    RESCUE = "rescue"
    """Boot a rescue system; done when people can log in to it. It runs on until the machine is started anew."""


class OperationStatus(StrEnum):
    """`ok` and `canceled` are documented: with them a server may be sold. The others are ours."""

    WAITING = "waiting"
    RUNNING = "running"
    CANCELING = "canceling"
    OK = "ok"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def ended(self) -> bool:
        return self in (OperationStatus.OK, OperationStatus.FAILED, OperationStatus.CANCELED)


class OperationEvent(StrEnum):
    START = "start"
    SUCCEED = "succeed"
    FAIL = "fail"
    CANCEL = "cancel"
    STOP = "stop"
    """What had to be undone for a cancel is undone."""


OPERATION: Table[OperationStatus, OperationEvent] = Table(
    "operation",
    [
        (OperationStatus.WAITING, OperationEvent.START, OperationStatus.RUNNING),
        ((OperationStatus.WAITING, OperationStatus.RUNNING), OperationEvent.FAIL, OperationStatus.FAILED),
        (OperationStatus.RUNNING, OperationEvent.SUCCEED, OperationStatus.OK),
        ((OperationStatus.WAITING, OperationStatus.RUNNING), OperationEvent.CANCEL, OperationStatus.CANCELING),
        (OperationStatus.CANCELING, OperationEvent.STOP, OperationStatus.CANCELED),
    ],
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one stage is."""

    stage: str
    percent: int
    message: str
    time: float


@dataclass(frozen=True, slots=True)
class Operation:
    id: int
    server: int
    kind: OperationKind
    template: int
    created_at: float
    status: OperationStatus = OperationStatus.WAITING
    ended_at: float | None = None
    message: str = ""
    """Why it failed."""
    progress: tuple[Progress, ...] = ()
    clear_disks: bool = False
    recipe: int | None = None
    address: int | None = None
    """The address that it holds for its own duration."""
