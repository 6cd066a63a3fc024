"""A scenario as each version's module can play it: the verbs that both have, and what of the settings each can take.

A scenario names one module. The other version's gets the settings of the same name; what it has no setting for, and what only one of
them can do, is left out and listed. Expectations are the module's own too, and are not looked at: what is compared is what comes of the
steps.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from simulator.scenario.billing.modules import BILLING_MODULES
from simulator.scenario.plan import Action, Check, Scenario, Step, Together
from simulator.scenario.schema.base import StepExpect

__all__ = ["MODULES", "VERBS", "Translated", "translate"]

MODULES: Final[Mapping[int, str]] = {5: "billmanager5", 6: "whmcs6"}
"""The bundled module of each version that is asked for a service in these verbs."""
VERBS: Final = ("create", "suspend", "unsuspend", "terminate")
_ONLY: Final = {"options": 6, "period": 5}
"""What only one version's order can say."""


@dataclass(frozen=True, slots=True)
class Translated:
    """The scenario for one version."""

    version: int
    scenario: Scenario
    left_out: Sequence[str]
    """What this version's module could not be told."""
    assumed: Sequence[str]
    """What it has to be told and the scenario does not say."""


def translate(scenario: Scenario, version: int) -> Translated:
    """For version 5 or 6. Raises BadSettings when that module cannot work with what is left."""
    module = MODULES[version]
    left: list[str] = []
    assumed: list[str] = []
    steps = tuple(_steps(scenario.steps, version, left))
    settings = dict(scenario.settings)
    if module != scenario.module:
        settings = _settings(scenario, version, steps, left, assumed)
    BILLING_MODULES[module].settings.from_mapping(settings)
    translated = replace(scenario, module=module, settings=settings, steps=steps, expected=(), known=())
    return Translated(version, translated, tuple(dict.fromkeys(left)), tuple(assumed))


# steps


def _steps(steps: Sequence[Step], version: int, left: list[str]) -> Iterator[Step]:
    for step in steps:
        match step:
            case Action():
                action = _action(step, version, left)
                if action is not None:
                    yield action
            case Together():
                actions = [each for one in step.actions if (each := _action(one, version, left)) is not None]
                if actions:
                    yield replace(step, actions=actions)
            case Check():
                pass
            case _:
                yield step


def _action(action: Action, version: int, left: list[str]) -> Action | None:
    """The same without what this version's module has no word for; None for a verb that not both have."""
    if action.verb not in VERBS or (action.verb == "create" and action.create is None):
        left.append(f"the step `{action}`: not every version has `{action.verb}`")
        return None
    expect = StepExpect()
    if action.create is None:
        return replace(action, expect=expect)
    create = action.create
    for name, only in _ONLY.items():
        value = getattr(create, name)
        if value is not None and version != only:
            left.append(f"`{name}: {_said(value)}` of `{action}`")
            create = create.model_copy(update={name: None})
    return replace(action, expect=expect, create=create, args=create)


# settings


def _settings(
    scenario: Scenario, version: int, steps: Sequence[Step], left: list[str], assumed: list[str]
) -> dict[str, Any]:
    """Those of the same name, and what the module cannot do without."""
    target = BILLING_MODULES[MODULES[version]].settings
    names = {field.name for field in dataclasses.fields(target)}
    settings = {}
    for name, value in scenario.settings.items():
        if name in names:
            settings[name] = value
        else:
            left.append(f"the setting `{name}: {_said(value)}`")
    offered = scenario.settings.get("templates") or ()
    if not settings.get("os") and offered:
        settings["os"] = offered[0]
        assumed.append(f"os: {offered[0]} (the first of the templates)")
    if version == 5:
        _templates(settings, steps, assumed)
    elif not settings.get("pool"):
        pools = [pool.name for pool in scenario.plan.pools.values() if not (pool.deallocation or ":" in pool.network)]
        if pools:
            settings["pool"] = pools[0]
            assumed.append(f"pool: {pools[0]} (the lab's first)")
    return settings


def _templates(settings: dict[str, Any], steps: Sequence[Step], assumed: list[str]) -> None:
    """Version 5 sells the systems that its package has activated."""
    orders = [action.create for action in _actions(steps) if action.create is not None]
    asked = dict.fromkeys(os for os in (settings.get("os"), *(order.os for order in orders)) if os)
    if len(asked) > 1 and "templates" not in settings:
        settings["templates"] = tuple(asked)
        assumed.append(f"templates: {', '.join(asked)} (all that orders ask for)")


def _actions(steps: Sequence[Step]) -> Iterator[Action]:
    for step in steps:
        if isinstance(step, Action):
            yield step
        elif isinstance(step, Together):
            yield from step.actions


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(str, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
