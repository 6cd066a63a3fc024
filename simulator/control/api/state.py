"""The plant's truth, and whether the panel reaches it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from simulator.control.api.lab import Lab, Limit, Offset, Refused
from simulator.control.api.problems import JsonAnswer
from simulator.control.api.truth import truth
from simulator.dcim.errors import DeviceFault
from simulator.lab import Run

__all__ = ["router"]

router = APIRouter(prefix="/__lab", tags=["state"])
TRIES = 3
"""Devices asked before it is said that none answers."""


class Reached(BaseModel):
    """The devices that answered the panel just now; empty where nothing is whole that could."""

    reached: list[str]


@router.get(
    "/state", response_model=dict[str, Any], summary="The truth: what a technician who walked the hall would write down"
)
async def state(lab: Lab, offset: Offset = 0, limit: Limit = 1000) -> JsonAnswer:
    """Servers, then switches, then PDUs, `limit` devices from `offset` on. `size`: how many there are; `next`: the `offset` of the
    following page, null on the last.
    """
    return JsonAnswer(
        await truth(lab.run, offset, limit)
    )  # as it is: to look for models in it takes longer than to write it


@router.get(
    "/health", summary="Whether the panel reaches a BMC; 503 when it reaches none of those that no fault has struck"
)
async def health(lab: Lab) -> Reached:
    run = lab.run
    silent = []
    for server in _sound(run)[:TRIES]:
        try:
            await run.panel.devices.read_power(server)
        except DeviceFault as error:
            silent.append(str(error))
        else:
            return Reached(reached=[run.panel.inventory.servers.get(server).bmc.name])
    if silent:
        raise Refused(503, "the panel reaches no device: " + "; ".join(silent))
    return Reached(reached=[])


def _sound(run: Run) -> list[int]:
    """Servers, by their numbers in the panel, whose BMC should answer."""
    struck = {fault.params.target for fault in run.faults.active()}
    truth = run.plant.servers
    return [
        each.id
        for each in run.panel.inventory.servers
        if each.bmc.host and each.name in truth and truth[each.name].bmc_alive and each.name not in struck
    ]
