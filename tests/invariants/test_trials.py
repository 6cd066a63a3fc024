"""Each invariant is broken by its trial, and by nothing that only comes near it."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.invariants.catalogue import BY_NAME
from tests.invariants.support import Hall, in_hall
from tests.invariants.trials import BROKEN, NEAR

SCENES = [pytest.param(name, each, id=f"{name}-{each.__name__}") for name, near in NEAR.items() for each in near]


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
