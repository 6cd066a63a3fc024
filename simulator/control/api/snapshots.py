"""States of the lab by name, and setting it back to one."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from simulator.control.api.clock import ClockView, view_of
from simulator.control.api.lab import ControlledLab, Lab, Refused
from simulator.control.snapshots import START, Snapshot, Snapshots

__all__ = ["PREFIX", "router"]

PREFIX = "/__lab/snapshots"
router = APIRouter(prefix=PREFIX, tags=["snapshots"])
_NAME = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


def _name(text: str) -> str:
    if not re.fullmatch(_NAME, text):
        raise ValueError(f"{text[:64]!r} is no name of a snapshot: at most 64 letters, digits, dots and dashes")
    return text


class Named(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, AfterValidator(_name), WithJsonSchema({"type": "string", "pattern": _NAME})] = Field(
        description="letters, digits, dots, dashes; `start` is the lab as its file has it"
    )


class SnapshotView(BaseModel):
    """`now`: lab time, seconds, when it was taken."""

    name: str
    now: float
    calendar: datetime


class SnapshotList(BaseModel):
    list: list[SnapshotView]
    always: str = START
    """What can be restored without being taken: the lab as its file has it."""


class Gone(BaseModel):
    forgotten: int


@router.get("", summary="The states that are kept, oldest first")
async def show(lab: Lab, request: Request) -> SnapshotList:
    return SnapshotList(list=[_view(each) for each in _snapshots(request)])


@router.post("", status_code=201, summary="Keep the lab's state under a name, until the lab stops")
async def take(lab: Lab, order: Named, request: Request) -> SnapshotView:
    """What outlives a stop with `--state`: the panel's records, disks, relays, settings of BMCs and switches. No faults, no journal."""
    return _view(_snapshots(request).take(_possible(lab).run, lab.starts, order.name))


@router.delete("", summary="Forget the state of this name, or all")
async def forget(
    lab: Lab, request: Request, name: Annotated[str | None, Query(description="of this name")] = None
) -> Gone:
    return Gone(forgotten=_snapshots(request).forget(name))


@router.post("/restore", summary="Set the lab back to a state; answers when it stands again")
async def restore(lab: Lab, order: Named, request: Request) -> ClockView:
    """The lab ends and goes on from the state at the same addresses, as after a power cut in the hall and a restart of the panel's
    host: what was under way has failed, faults are mended, journal and calls begin anew. Its clock shows what it showed then; a
    real one shows now. `start` is the lab as its file has it.
    """
    _possible(lab)
    return view_of(await _snapshots(request).restore(order.name))


def _view(snapshot: Snapshot) -> SnapshotView:
    return SnapshotView(name=snapshot.name, now=snapshot.now, calendar=snapshot.calendar)


def _snapshots(request: Request) -> Snapshots:
    kept: Snapshots | None = request.app.state.snapshots
    if kept is None:
        raise Refused(409, "only a lab that `rackloop up` started can be set back; this one ends with its program")
    return kept


def _possible(lab: ControlledLab) -> ControlledLab:
    if lab.run.plan.real or lab.run.twins:
        raise Refused(409, "this lab has real equipment, which nobody can set back")
    return lab
