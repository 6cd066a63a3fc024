"""Whatever is set in whichever order: the trees of an APC agree, and a SET that cannot be done whole is not done."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.kernel import run
from simulator.snmp import Status, ber, oid
from tests.pdu.test_device import APC, OFF, ON, RELAY, RPDU2_COMMAND, RPDU_COMMAND, SPDU, Bench

TREES = st.sampled_from([SPDU, RPDU_COMMAND, RPDU2_COMMAND])
OUTLETS = st.integers(1, 8)
ALL = {f"{APC}.4.2.1.0": (1, 3), f"{APC}.12.3.1.1.0": (2, 3), f"{APC}.26.4.4.1.4.1": (1, 3)}
"""The masters of the three trees: what switches all outlets on, and off."""


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(TREES, OUTLETS, st.booleans()) | st.tuples(st.sampled_from(list(ALL)), st.none(), st.booleans()))
)
@pytest.mark.requirement("HW-2")
def test_a_set_in_one_apc_tree_is_seen_in_the_other_two(commands: list[tuple[str, int | None, bool]]) -> None:
    async def main() -> None:
        bench = Bench(outlets=8)
        expected = dict.fromkeys(range(1, 9), True)
        for tree, outlet, on in commands:
            if outlet is None:
                assert bench.command(tree, ALL[tree][not on]) == Status.NO_ERROR
                expected = dict.fromkeys(expected, on)
            else:
                assert bench.command(f"{tree}.{outlet}", 1 if on else 2) == Status.NO_ERROR
                expected[outlet] = on
            await bench.clock.sleep(RELAY)
            assert {n: bench.states(n) for n in expected} == {n: ON if up else OFF for n, up in expected.items()}
        words = b"".join(b"On  " if on else b"Off " for on in expected.values())
        assert bench.get(f"{APC}.4.2.2.0") == [words]

    run(main())


NAMES = st.binary(min_size=1, max_size=23).map(ber.octets)
GOOD = st.one_of(
    st.tuples(
        st.tuples(TREES, OUTLETS).map(lambda pair: f"{pair[0]}.{pair[1]}"), st.sampled_from([1, 2, 3]).map(ber.integer)
    ),
    st.tuples(OUTLETS.map(lambda n: f"{APC}.4.5.2.1.3.{n}"), NAMES),
    st.tuples(OUTLETS.map(lambda n: f"{APC}.4.5.2.1.5.{n}"), st.integers(5, 60).map(ber.integer)),
    st.tuples(st.just("1.3.6.1.2.1.1.5.0"), NAMES),
    st.tuples(st.sampled_from(list(ALL)), st.just(ber.integer(3))),
)
WRONG = st.one_of(
    st.tuples(
        OUTLETS.map(lambda n: f"{SPDU}.{n}"), st.sampled_from([ber.integer(4), ber.integer(8), ber.octets("off")])
    ),
    st.tuples(st.integers(9, 99).map(lambda n: f"{RPDU_COMMAND}.{n}"), st.just(ber.integer(2))),
    st.tuples(OUTLETS.map(lambda n: f"{APC}.12.3.5.1.1.4.{n}"), st.just(ber.integer(2))),
    st.tuples(OUTLETS.map(lambda n: f"{APC}.4.5.2.1.3.{n}"), st.just(ber.octets(bytes(24)))),
    st.tuples(st.just("1.3.6.1.2.1.1.3.0"), st.just(ber.time_ticks(1))),
)


TIMES = {oid("1.3.6.1.2.1.1.3.0"), oid("1.3.6.1.6.3.10.2.1.3.0")}


def everything(bench: Bench) -> list[Any]:
    """All that a manager can read, but for the time."""
    agent = bench.device.agent
    return [agent.binding_at(place) for place, name in enumerate(agent.template.names) if name not in TIMES]


@settings(deadline=None, max_examples=80)
@given(st.lists(GOOD, min_size=4, max_size=4), WRONG)
@pytest.mark.requirement("HW-2")
def test_a_set_of_five_variables_of_which_the_fourth_is_wrong_changes_nothing(
    good: list[tuple[str, bytes]], wrong: tuple[str, bytes]
) -> None:
    async def main() -> None:
        bench = Bench(outlets=8)
        before = everything(bench)
        response = bench.response(
            bench.manager.set([(oid(name), value) for name, value in (*good[:3], wrong, good[3])]).octets
        )
        assert response.status != Status.NO_ERROR
        assert response.error_index == 4
        await bench.clock.sleep(30)
        assert everything(bench) == before
        assert all(outlet.on for outlet in bench.hardware.outlets)

    run(main())
