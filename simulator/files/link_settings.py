"""Which ports of a switch, and which NICs of a server, a lab file sets to a speed and duplex, and which NICs are bonded; mistakes
are said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.files.lab_schema import NicSettingSpec, PortSettingSpec, ServerSpec, SwitchSpec
from simulator.files.link_speed import link_setting
from simulator.files.problems import did_you_mean
from simulator.plant.ethernet import LinkSetting, can_be_set

__all__ = ["bonded", "classic_ports", "nic_settings", "port_settings", "supplies_in_order"]

Way = tuple[str | int, ...]
Say = Callable[..., None]
"""Takes the way to a mistake, what it is, and the nearest valid word."""


def port_settings(spec: SwitchSpec, way: Way, say: Say) -> tuple[tuple[int, LinkSetting], ...]:
    """By port, from 1."""
    found: dict[int, LinkSetting] = {}
    for index, one in enumerate(spec.port_settings):
        here = (*way, "port_settings", index)
        if one.port > spec.ports:
            say((*here, "port"), f"there are ports 1 to {spec.ports}, not {one.port}")
        elif one.port in found:
            say((*here, "port"), f"port {one.port} is set twice")
        else:
            found[one.port] = _setting(one, spec.port_speed, here, say)
    return tuple(sorted(found.items()))


def classic_ports(spec: SwitchSpec) -> tuple[int, ...]:
    """The ports with classic spanning tree."""
    own = {one.port: one.stp for one in spec.port_settings if one.stp}
    return tuple(port for port in range(1, spec.ports + 1) if own.get(port, spec.stp) == "classic")


def nic_settings(spec: ServerSpec, names: Sequence[str], way: Way, say: Say) -> dict[str, LinkSetting]:
    """By the NIC's name; `names` are those that the server has."""
    found: dict[str, LinkSetting] = {}
    for index, one in enumerate(spec.nic_settings):
        here = (*way, "nic_settings", index)
        if one.nic not in names:
            say((*here, "nic"), f"there is no NIC `{one.nic}`", did_you_mean(one.nic, names, "NICs"))
        elif one.nic in found:
            say((*here, "nic"), f"{one.nic} is set twice")
        else:
            found[one.nic] = _setting(one, spec.nic_speed, here, say)
    return found


def bonded(spec: ServerSpec, names: Sequence[str], way: Way, say: Say) -> tuple[int, ...]:
    """NICs of the bond, counted from 0; `names` are those that the server has."""
    for index, name in enumerate(spec.bond):
        if name not in names:
            say((*way, "bond", index), f"there is no NIC `{name}`", did_you_mean(name, names, "NICs"))
        elif name in spec.bond[:index]:
            say((*way, "bond", index), f"{name} is in the bond twice")
    if len(spec.bond) == 1:
        say((*way, "bond"), "a bond has two NICs at least")
    return tuple(sorted(names.index(name) for name in spec.bond if name in names))


def supplies_in_order(numbers: Sequence[int], way: Way, say: Say) -> None:
    """Power supplies that cables name, without gaps."""
    gap = next((number for number in range(1, max(numbers, default=0)) if number not in numbers), None)
    if gap is not None:
        last = f"psu{max(numbers)}"
        say((*way, last), f"there is a `{last}` and no `psu{gap}`", "power supplies count from psu1", key=True)


def _setting(spec: PortSettingSpec | NicSettingSpec, top: int, way: Way, say: Say) -> LinkSetting:
    setting = link_setting(spec.speed, spec.duplex)
    if not can_be_set(top, setting):
        say((*way, "speed"), f"hardware of {top // 10**6} Mbit/s cannot do {spec.speed}, {spec.duplex} duplex")
    return setting
