"""How a scenario gets its lab: one of the three ways to run one."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol, cast

from simulator.files.plan import LabPlan
from simulator.lab import Lab
from simulator.scenario.actors import LabRun
from simulator.scenario.result import Mode

__all__ = ["OPEN", "OpenLab", "open_lab"]


class OpenLab(Protocol):
    """Builds a lab that runs until it is left."""

    def __call__(self, plan: LabPlan, mode: Mode, seed: int) -> AbstractAsyncContextManager[LabRun]: ...


def open_lab(plan: LabPlan, mode: Mode, seed: int) -> AbstractAsyncContextManager[LabRun]:
    """The lab of `plan`, in the mode asked for."""
    lab = Lab(plan)
    if mode == "simulated":
        return cast(AbstractAsyncContextManager[LabRun], lab.simulated(seed=seed))
    drivers = "foreign" if mode == "wire-foreign" else "own"
    return cast(AbstractAsyncContextManager[LabRun], lab.wire(drivers=drivers, clock="auto", seed=seed))


OPEN: OpenLab = open_lab
"""What runs use when they are given nothing else."""
