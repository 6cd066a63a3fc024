"""What clients did wrong, and beginning anew."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from simulator.control.api.lab import Lab
from simulator.review import as_dict, review

__all__ = ["router"]

router = APIRouter(prefix="/__lab", tags=["report"])


class Forgotten(BaseModel):
    forgotten: int


class Reset(BaseModel):
    """How many faults were mended, and how many calls forgotten."""

    faults: int
    calls: int


@router.get("/report", summary="The review of what clients did to the panels")
async def show(lab: Lab) -> dict[str, Any]:
    return as_dict(lab.recorder, review(lab.recorder))


@router.delete("/report", summary="Forget what was seen, for the next trial")
async def restart(lab: Lab) -> Forgotten:
    forgotten = len(lab.recorder)
    lab.recorder.restart()
    return Forgotten(forgotten=forgotten)


@router.post("/reset", summary="Mend every fault and forget what was seen. Servers, orders and time stay as they are.")
async def reset(lab: Lab) -> Reset:
    calls = len(lab.recorder)
    lab.recorder.restart()
    return Reset(faults=lab.run.faults.clear(), calls=calls)
