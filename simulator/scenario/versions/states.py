"""How things are with a server: as the panel shows it, as its devices are set, as it really is. Each a word or a few, by aspect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from provisioner.errors import ProvisioningError
from simulator.scenario.actors import Actors
from simulator.scenario.labs import LabRun

__all__ = ["PLACES", "State", "looked_at", "state_of"]

SMALL: Final = 64
"""A lab with more servers is not looked at whole after every step."""

PLACES = ("panel", "devices", "plant")
State = Mapping[tuple[str, str], str]
"""By place and aspect."""


@dataclass(frozen=True, slots=True)
class _View:
    name: str
    aspects: Mapping[str, str]


async def looked_at(run: LabRun, actors: Actors, services: Mapping[str, str]) -> list[str]:
    """The servers to look at: all of a small lab, else those that a service or anybody else has."""
    if len(run.plan.servers) <= SMALL:
        return list(run.plan.servers)
    try:
        held = [each.server for each in await actors.holdings()]
    except ProvisioningError:
        held = []
    return list(dict.fromkeys([*services.values(), *held]))


async def state_of(run: LabRun, actors: Actors, server: str) -> State:
    """Everything about one server, now."""
    views = (await _panel(actors, server), _devices(run, server), _plant(actors, server))
    return {(view.name, aspect): value for view in views for aspect, value in view.aspects.items()}


async def _panel(actors: Actors, server: str) -> _View:
    try:
        view, record = await actors.panel_view(server), await actors.record5(server)
    except (ProvisioningError, IndexError, StopIteration):  # it does not answer, or has no such server any more
        return _View("panel", {"record": "none"})
    shown = {field.name.replace("_", " "): _word(getattr(view, field.name)) for field in fields(view)}
    more = {field.name: _word(getattr(record, field.name)) for field in fields(record)}
    return _View("panel", {**shown, **more})


def _devices(run: LabRun, server: str) -> _View:
    """Ports and outlets as they are set, and what the BMC has been told."""
    plan, seen = run.plan.servers[server], {}
    for nic in run.plant.servers[server].nics:
        if nic.cable is not None and nic.cable.port is not None:
            seen[f"{nic.name} switch port"] = "up" if nic.cable.port.admin_up else "down"
    for psu in plan.psus:
        if psu.outlet is not None:
            outlet = run.plant.pdus[psu.outlet.pdu].outlets[psu.outlet.outlet - 1]
            seen[f"{psu.name} outlet"] = "on" if outlet.on else "off"
    bmc = run.bmc_devices.get(server)
    if bmc is not None:
        users = sorted(user.name.decode("ascii", "replace") for user in bmc.users if user.enabled and user.name)
        override = run.plant.servers[server].boot_override
        seen["BMC users"] = ", ".join(users) or "none"
        seen["BMC boot device"] = "none" if override is None else str(override[0])
    return _View("devices", seen)


def _plant(actors: Actors, server: str) -> _View:
    truth = actors.truth(server)
    return _View("plant", {field.name.replace("_", " "): _word(getattr(truth, field.name)) for field in fields(truth)})


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return str(value) or "none"
