"""Each invariant is broken by its trial, and by nothing that only comes near it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from provisioner.services import State
from simulator.dcim.errors import DeviceFault
from simulator.invariants.catalogue import BY_NAME
from tests.invariants.support import Hall, in_hall
from tests.invariants.trials import BROKEN, NEAR, installed_and_then

SCENES = [pytest.param(name, each, id=f"{name}-{each.__name__}") for name, near in NEAR.items() for each in near]


LONG_AGO = [
    ("installed", "outlet.off", {"pdu": "pdu-a1", "outlet": 1}),
    ("reachable", "switch.dead", {"switch": "sw-a1"}),
    ("reachable", "nic.silent", {"server": "srv-01"}),
]


def seen(name: str, scene: Any) -> list[Any]:
    async def main(hall: Hall) -> list[Any]:
        await scene(hall)
        return hall.seen()

    return [each for each in in_hall(main) if each.invariant == name]


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_it_is_seen_and_told_once(name: str) -> None:
    found = seen(name, BROKEN[name])
    assert found, f"{name} was not seen"
    assert len({each.subjects for each in found}) == len(found)
    for violation in found:
        assert (violation.harm, violation.source) == (BY_NAME[name].harm, BY_NAME[name].source)
        assert str(violation) == f"{name}: {violation.text}"


@pytest.mark.parametrize(("name", "near"), SCENES)
def test_what_comes_near_is_none(name: str, near: Any) -> None:
    assert [str(each) for each in seen(name, near)] == []


def test_every_invariant_has_a_trial_and_a_near_miss() -> None:
    assert BROKEN.keys() == NEAR.keys() == BY_NAME.keys()


@pytest.mark.parametrize(("name", "kind", "values"), LONG_AGO)
def test_what_broke_minutes_ago_a_module_could_have_seen(name: str, kind: str, values: dict[str, Any]) -> None:
    async def scene(hall: Hall) -> None:
        await installed_and_then(hall, 90, kind, **values)

    assert len(seen(name, scene)) == 1


def test_a_port_that_ignored_its_order_a_moment_ago_is_not_broken() -> None:
    async def scene(hall: Hall) -> None:
        service = await hall.set_up("web1")
        await hall.ports("srv-01", up=False)
        await hall.wait(120)
        hall.bend("snmp.set_ignored", switch="sw-a1")
        with suppress(DeviceFault):
            await hall.ports("srv-01", up=True)
        hall.end(service, State.ACTIVE)

    assert len(seen("reachable", scene)) == 1
