"""What the steps of a scenario make and name: services, clients, orders that must fail."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel

from simulator.scenario.schema.base import ModuleStep
from simulator.scenario.schema.base import Step as StepOfService
from simulator.scenario.schema.billmanager6 import OrderStep
from simulator.scenario.schema.steps import ColocationStep, CreateStep, TogetherStep
from simulator.scenario.schema.whmcs6 import PlaceStep

__all__ = ["clients", "created", "refused"]


def created(steps: Iterable[BaseModel]) -> list[str]:
    """Services that steps make."""
    names = []
    for step in steps:
        if isinstance(step, CreateStep):
            names.append(step.create.service)
        elif isinstance(step, ColocationStep):
            names.append(step.order_colocation.service)
        elif isinstance(step, PlaceStep):
            names.append(step.place.service)
        elif isinstance(step, OrderStep):
            names.append(step.order.service)
        elif isinstance(step, TogetherStep):
            names.extend(created(step.together))
    return names


def clients(steps: Iterable[BaseModel]) -> list[str]:
    """E-mails of the clients that steps name."""
    found: list[str] = []
    for step in steps:
        if isinstance(step, TogetherStep):
            found += clients(step.together)
        args = step.create if isinstance(step, CreateStep) else step.args if isinstance(step, ModuleStep) else None
        if (client := getattr(args, "client", None)) is not None:
            found.append(client)
    return found


def refused(steps: Iterable[BaseModel]) -> bool:
    """Some order must fail: perhaps for there is no such server."""
    return any(
        (isinstance(step, StepOfService) and step.expect.error is not None)
        or (isinstance(step, TogetherStep) and refused(step.together))
        for step in steps
    )
