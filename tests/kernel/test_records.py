"""Streams, journal and lifecycle tables."""

from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.kernel import IllegalEvent, Journal, LoopClock, Machine, Streams, Table, VirtualLoop


class S(Enum):
    A = "a"
    B = "b"


class E(Enum):
    GO = "go"
    BACK = "back"


TABLE = Table("sample", [(S.A, E.GO, S.B), (S.B, E.BACK, S.A)])


@given(st.integers(), st.lists(st.sampled_from(["x", "y", "z"]), min_size=1))
def test_a_draw_in_one_stream_never_shifts_another(seed, others):
    alone = [Streams(seed)["mine"].random() for _ in range(1)]
    crowd = Streams(seed)
    for name in others:
        crowd[name].random()
    assert crowd["mine"].random() == alone[0]


def test_other_seeds_give_other_draws():
    assert Streams(1)["x"].random() != Streams(2)["x"].random()
    assert Streams(1)["x"].random() != Streams(1)["y"].random()


@given(st.lists(st.sampled_from(list(E))))
def test_an_illegal_event_raises_and_changes_nothing(events):
    machine = Machine(TABLE, S.A)
    for event in events:
        before = machine.state
        if machine.allows(event):
            assert machine.fire(event) is TABLE.moves[before, event]
        else:
            with pytest.raises(IllegalEvent, match=f"no '{event.value}' in state '{before.value}'"):
                machine.fire(event)
            assert machine.state is before


def test_a_table_refuses_two_rows_for_one_event_and_draws_itself():
    with pytest.raises(ValueError, match="two rows"):
        Table("bad", [(S.A, E.GO, S.B), ((S.A, S.B), E.GO, S.A)])
    assert TABLE.mermaid().splitlines() == ["stateDiagram-v2", "    a --> b: go", "    b --> a: back"]


def test_the_journal_hash_covers_every_record():
    loop = VirtualLoop()
    try:
        clock = LoopClock(loop)
        one, two = Journal(clock), Journal(clock)
        told = []
        stop = one.watch(told.append)
        one.write("plant", "srv-01", "post", watts=120)
        two.write("plant", "srv-01", "post", watts=120)
        assert one.hash() == two.hash()
        two.write("plant", "srv-01", "off")
        assert one.hash() != two.hash()
        stop()
        one.write("plant", "srv-02", "off")
        assert [record.subject for record in told] == ["srv-01"]
        assert "watts=120" in str(one[0])
        assert one.since(1)[0].subject == "srv-02"
    finally:
        loop.close()
