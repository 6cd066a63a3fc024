"""What clients did wrong, and beginning anew."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from simulator.control.api.lab import Lab
from simulator.control.api.problems import JsonAnswer
from simulator.invariants.catalogue import INVARIANTS
from simulator.review import Finding, findings_of, report_in_steps, review_in_steps

__all__ = ["router"]

router = APIRouter(prefix="/__lab", tags=["report"])


class Forgotten(BaseModel):
    forgotten: int


class Reset(BaseModel):
    """How many faults were mended, and how many calls forgotten."""

    faults: int
    calls: int


@router.get(
    "/report",
    response_model=dict[str, Any],
    summary="The review of what clients did to the panels, and what does not hold in the hall, whoever did it",
)
async def show(lab: Lab) -> JsonAnswer:
    """Findings of rules have the calls that show them; those of invariants have none. `violations_forgotten`: how many more there
    were than are remembered.
    """
    found: list[Finding] = []
    for _ in review_in_steps(lab.recorder, found):
        await asyncio.sleep(0)  # noqa: TID251 - devices and panels answer meanwhile
    findings = [*found, *findings_of(lab.watch.finish())]
    report: dict[str, Any] = {}
    for _ in report_in_steps(lab.recorder, sorted(findings, key=lambda each: -each.severity), report):
        await asyncio.sleep(0)  # noqa: TID251
    report["invariants"] = sorted(each.name for each in INVARIANTS if each.alone)
    report["violations_forgotten"] = lab.watch.forgotten
    return JsonAnswer(report)


@router.delete("/report", summary="Forget what was seen, for the next trial")
async def restart(lab: Lab) -> Forgotten:
    forgotten = len(lab.recorder)
    lab.recorder.restart()
    lab.watch.restart()
    return Forgotten(forgotten=forgotten)


@router.post("/reset", summary="Mend every fault and forget what was seen. Servers, orders and time stay as they are.")
async def reset(lab: Lab) -> Reset:
    calls = len(lab.recorder)
    lab.recorder.restart()
    lab.watch.restart()
    return Reset(faults=lab.run.faults.clear(), calls=calls)
