"""Faults of cooling: a fan that stands still, hot air at the front. What follows is physics: the CPU warms up, its sensor
crosses its thresholds, and at 105 degrees the processor takes its own power away.
"""

from __future__ import annotations

from pydantic import Field

from simulator.faults.kinds import FaultKind, NotPossible, OnServer, Undo, World
from simulator.plant import Server
from simulator.plant.thermal import FANS, INLET_CELSIUS

__all__ = ["ENVIRONMENT"]


class OnFan(OnServer):
    fan: int = Field(default=1, ge=1)
    """Which fan, from 1."""


class HotInlet(OnServer):
    celsius: float = Field(default=43.0, gt=INLET_CELSIUS, le=70)
    """Temperature of the air at the front, in degrees Celsius."""


def _server(world: World, params: OnServer) -> Server:
    return world.plant.servers[params.server]


def _fan(world: World, params: OnFan) -> Server:
    if params.fan > FANS:
        raise NotPossible(f"{params.server} has {FANS} fans, no fan {params.fan}")
    return _server(world, params)


def _fan_dead(world: World, params: OnFan) -> Undo:
    server = _fan(world, params)
    server.fans_changed(server.thermal.dead_fans | {params.fan})
    return lambda: server.fans_changed(server.thermal.dead_fans - {params.fan})


def _inlet_hot(world: World, params: HotInlet) -> Undo:
    server = _server(world, params)
    server.inlet_changed(params.celsius)
    return lambda: server.inlet_changed(INLET_CELSIUS)


ENVIRONMENT: tuple[FaultKind, ...] = (
    FaultKind("fan.dead", "server", OnFan, "a fan stands still, and the CPU warms up", _fan_dead, _fan),
    FaultKind(
        "inlet.hot",
        "server",
        HotInlet,
        "the air at the front is `celsius` degrees warm",
        _inlet_hot,
        _server,
        values=frozenset({"celsius"}),
    ),
)
