"""The journal of a lab that is up for weeks: bounded, its hash over all that was ever written."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.kernel import Journal, LoopClock, run


def journals(bounds, texts, hashed_at):
    """One that keeps all and one that is bounded, with the same written into both."""

    async def main():
        clock = LoopClock()
        whole, bounded = Journal(clock), Journal(clock)
        bounded.bound(*bounds)
        for number, text in enumerate(texts):
            whole.write("plant", "srv-1", text, number=number)
            bounded.write("plant", "srv-1", text, number=number)
            if number in hashed_at:
                assert bounded.hash() == whole.hash()
        return whole, bounded

    return run(main())


@given(
    st.tuples(st.integers(1, 8), st.integers(1, 2000)),
    st.lists(st.text(max_size=40), max_size=20),
    st.sets(st.integers(0, 20)),
    st.integers(-2, 25),
)
def test_what_is_forgotten_still_counts_and_stays_in_the_hash(bounds, texts, hashed_at, since):
    whole, bounded = journals(bounds, texts, hashed_at)
    assert len(bounded) == len(whole) == len(texts)
    assert bounded.hash() == whole.hash()
    kept = list(bounded)
    assert [record.number for record in kept] == list(range(bounded.dropped + 1, len(texts) + 1))
    assert len(kept) <= bounds[0]
    assert len(kept) <= 1 or sum(len(record.as_json()) for record in kept) <= bounds[1]
    assert bounded.since(since) == [record for record in whole.since(since) if record.number > bounded.dropped]


def test_a_bound_holds_for_what_was_written_before_it():
    whole, other = journals((1000, 10**6), ["one", "two", "three"], ())
    before = whole.hash()
    other.bound(1, 10**6)
    assert [record.what for record in other] == ["three"]
    assert (other.dropped, other.hash()) == (2, before)
