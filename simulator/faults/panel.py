"""Faults of the panel's own host: its services restart, its power goes, a proxy in front of it keeps old lists."""

from __future__ import annotations

from typing import Literal

from simulator.faults.http import stale
from simulator.faults.kinds import FaultKind, NotPossible, OnPanel, Restartable, RestartableService, Undo, World
from simulator.files.units import Duration

__all__ = ["PANEL"]


def _services(world: World, params: OnPanel) -> RestartableService:
    return world.panel_services


class Restart(OnPanel):
    of: Literal["dcimanager", "ispmanager"] = "dcimanager"
    """DCImanager is both generations."""


def _restarting(world: World, params: Restart) -> Restartable:
    services = world.panel_services if params.of == "dcimanager" else world.hosting_services
    if services is None:
        raise NotPossible("the lab has no ispmanager")
    return services


def _panel_restarts(world: World, params: Restart) -> Undo:
    services = _restarting(world, params)
    services.take_down()
    return services.bring_up


def _panel_crashes(world: World, params: OnPanel) -> Undo:
    services = world.panel_services
    services.lose_host()
    return services.host_back


class StaleLists(OnPanel):
    age: Duration = 45.0
    """How old a list may be that is answered, lab time."""


def _lists_stale(world: World, params: StaleLists) -> Undo:
    return stale(world, params.age, "dci5")


PANEL: tuple[FaultKind, ...] = (
    FaultKind(
        "panel.restart",
        "panel",
        Restart,
        "the panel's services restart: the gateway answers 503",
        _panel_restarts,
        _restarting,
    ),
    FaultKind(
        "panel.crash",
        "panel",
        OnPanel,
        "the panel's host loses its power: operations under way are dropped, and no boot is answered",
        _panel_crashes,
        _services,
    ),
    FaultKind(
        "panel.stale",
        "panel",
        StaleLists,
        "a proxy in front of DCImanager 5 answers with lists that are up to `age` old",
        _lists_stale,
        _services,
    ),
)
