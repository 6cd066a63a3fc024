"""Leaks: the words for them, and the comparison with what is held."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.files.reader import Document, Reporter
from simulator.scenario.leaks import Leak, Leaks, compare, parse_leaks

SERVERS = ["srv-1", "srv-2"]


def leaks(*words: str) -> Leaks:
    report = Reporter(Document("f", {}))
    found = parse_leaks(words, SERVERS, report)
    report.check()
    return found


def held(*pairs: str) -> list[Leak]:
    return [Leak(kind, server, f"{kind} {n}") for n, (kind, server) in enumerate(pair.split("@") for pair in pairs)]


def test_a_leak_that_was_expected_is_no_failure_and_must_be_there() -> None:
    expected = leaks("owner of srv-1", "one address")
    assert compare(expected, held("owner@srv-1", "address@srv-1")) == ([], [])
    assert compare(expected, held("owner@srv-1")) == ([], ["one address".replace("one", "1")])
    extra, missing = compare(expected, held("owner@srv-2", "address@srv-1", "address@srv-2"))
    assert [str(leak) for leak in extra] == ["owner owner 0 of srv-2", "address address 2 of srv-2"]
    assert missing == ["owner of srv-1"]


def test_addresses_of_a_server_are_counted_apart_from_those_of_any() -> None:
    expected = leaks("one address", "2 addresses of srv-2")
    assert compare(expected, held("address@srv-2", "address@srv-2", "address@srv-2")) == ([], [])
    assert compare(expected, held("address@srv-2", "address@srv-1", "address@srv-1"))[1] == ["1 address of srv-2"]


def test_none_means_none() -> None:
    assert leaks("none") == Leaks()
    assert compare(leaks("none"), held("owner@srv-1"))[0]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(["owner@srv-1", "owner@srv-2", "address@srv-1", "address@srv-2"]), max_size=8))
def test_what_is_held_compared_with_itself_leaves_nothing(pairs: list[str]) -> None:
    seen = held(*pairs)
    words = [f"{'owner' if leak.kind == 'owner' else 'one address'} of {leak.server}" for leak in seen]
    assert compare(leaks(*words), seen) == ([], [])
    assert len(compare(leaks("none"), seen)[0]) == len(seen)
