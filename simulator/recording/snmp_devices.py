"""Switches and PDUs: asked over SNMP, recorded, compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from simulator.dcim.drivers.base import SnmpAccess
from simulator.fabric import Fabric
from simulator.fabric.serve import serve_device
from simulator.kernel import Clock
from simulator.recording.asking import Answers, Walker
from simulator.recording.comparing import Comparison, compare_walks
from simulator.recording.pages import Recorded, outlet_names, pdu_page, switch_page
from simulator.recording.replacing import Replaced, replace_private
from simulator.recording.stand_in import COMMUNITY, pdu_stand_in, switch_stand_in
from simulator.snmp.snmprec import Instance

__all__ = ["SnmpKind", "compare_devices", "compare_with_page", "record"]

SnmpKind = Literal["switch", "pdu"]


async def record(
    kind: SnmpKind, access: SnmpAccess, fabric: Fabric, *, keep: bool, name: str = ""
) -> tuple[Recorded, Replaced]:
    """Ask a device for all that it tells, and make a page of it. `keep`: what is its owner's stays as it is. Raises DeviceError and
    NotLearned.
    """
    answers = await _everything(access, fabric)
    told = Replaced()
    if not keep:
        answers.instances, told = replace_private(answers.instances, _secrets(access), outlet_names())
    made = (pdu_page if kind == "pdu" else switch_page)(answers, name)
    made.not_learned += [f"{what}: left out ({count} objects)" for what, count in told.left_out.items()]
    if answers.disordered:
        made.not_learned.append("what comes after the first name that does not increase: a walk ends there")
    return made, told


def _secrets(access: SnmpAccess) -> list[str]:
    user = access.user
    return [access.community, *((user.name, user.auth_password, user.priv_password) if user else ())]


async def _everything(access: SnmpAccess, fabric: Fabric) -> Answers:
    walker = Walker(access, fabric)
    try:
        return await walker.everything()
    finally:
        await walker.close()


async def compare_devices(real: SnmpAccess, other: SnmpAccess, fabric: Fabric) -> Comparison:
    """Two that are both on the network."""
    first, second = await _everything(real, fabric), await _everything(other, fabric)
    return await _compared(real, fabric, first.instances, second.instances, frozenset())


async def compare_with_page(kind: SnmpKind, real: SnmpAccess, model: str, fabric: Fabric, clock: Clock) -> Comparison:
    """A device with what a page (by its name, or its path) makes of it; the device is asked over the same network. What was replaced
    when the page was recorded is replaced before the two are compared. Raises DeviceError, UnknownPage.
    """
    station = (pdu_stand_in if kind == "pdu" else switch_stand_in)(model, clock, fabric.time)
    endpoint = await serve_device(station, fabric, ("127.0.0.1", 0))
    try:
        there = await _everything(real, fabric)
        here = await _everything(SnmpAccess(Path(model).stem, *endpoint.address, COMMUNITY, ""), fabric)
    finally:
        endpoint.close()
    template = station.agent.template
    living = frozenset(name for place, name in enumerate(template.names) if template.bindings[place] is None)
    replaced, _ = replace_private(there.instances, _secrets(real), outlet_names())
    if _equal(replaced, here.instances) > _equal(there.instances, here.instances):
        return await _compared(real, fabric, replaced, here.instances, living, known=there.instances)
    return await _compared(real, fabric, there.instances, here.instances, living)


def _equal(one: Sequence[Instance], other: Sequence[Instance]) -> int:
    return len(set(one) & set(other))


async def _compared(
    real: SnmpAccess,
    fabric: Fabric,
    there: Sequence[Instance],
    here: Sequence[Instance],
    living: frozenset[bytes],
    known: Sequence[Instance] | None = None,
) -> Comparison:
    """What differs is asked of the real one once more. `known`: what it said, where `there` is what was made of it."""
    said = {item.name: item for item in (there if known is None else known)}
    ours = {item.name: item for item in here}
    odd = [item for item in there if ours.get(item.name) != item and item.name in said]
    walker = Walker(real, fabric)
    try:
        again = await walker.these([item.name for item in odd])
    finally:
        await walker.close()
    # One that says again what it said has said what `there` has.
    later = {item.name: item if again.get(item.name) == said[item.name] else again.get(item.name) for item in odd}
    return compare_walks(there, later, here, living)
