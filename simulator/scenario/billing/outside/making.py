"""Puts a module of the contract on a stage: a bundled one, or one of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.log import ModuleLog
from simulator.scenario.billing.outside.bundled import BundledSide
from simulator.scenario.billing.outside.plan import ModulePlan
from simulator.scenario.billing.outside.side import OutsideSide
from simulator.scenario.billing.side import Side
from simulator.scenario.labs import LabRun

__all__ = ["make_side"]


def make_side(plan: ModulePlan, run: LabRun, settings: Mapping[str, Any], log: ModuleLog) -> Side:
    """Its billing side; `settings` are the scenario's, which go before the module's own."""
    whole = {**plan.settings, **settings}
    if plan.spec.bundled is not None:
        return BundledSide(run, whole, log, plan.spec.bundled, plan.known)
    return OutsideSide(run, whole, log, plan)
