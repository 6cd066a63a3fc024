"""A lab with real equipment as it would be if all of it were emulated: to play beforehand what would happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from simulator.files.plan import LabPlan, PduPlan, SwitchPlan
from simulator.pdu.personality import personality as pdu_personality
from simulator.pdu.personality import personality_names as pdu_models
from simulator.switch.personality import personality as switch_personality
from simulator.switch.personality import personality_names as switch_models

__all__ = ["emulated"]


def emulated(plan: LabPlan) -> LabPlan:
    """The same with an emulated device in the place of each real one, of the model that the file names; and without twins."""
    return replace(
        plan,
        servers={
            name: replace(each, bmc=replace(each.bmc, driver=None, allow=())) for name, each in plan.servers.items()
        },
        switches={
            name: replace(each, driver=None, allow=(), program="", model=_model(each, _of_switch, switch_models()))
            for name, each in plan.switches.items()
        },
        pdus={
            name: replace(each, driver=None, allow=(), program="", model=_model(each, _of_pdu, pdu_models()))
            for name, each in plan.pdus.items()
        },
        twins=(),
    )


def _of_switch(model: str) -> str:
    return switch_personality(model).handler


def _of_pdu(model: str) -> str:
    return pdu_personality(model).handler


def _model(plan: SwitchPlan | PduPlan, handler_of: Callable[[str], str], models: tuple[str, ...]) -> str:
    """One that the panel's handler fits, where the file's model is not."""
    if plan.driver is None or plan.handler is None or handler_of(plan.model) == plan.handler:
        return plan.model
    return next((model for model in models if handler_of(model) == plan.handler), plan.model)
