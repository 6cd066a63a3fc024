"""Addresses are given exactly: none twice, none lost, never a network's own."""

from __future__ import annotations

import contextlib
import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from simulator.dcim import PoolSetup
from simulator.dcim.addresses import Addresses
from simulator.dcim.errors import Invalid, NoAddress, NotFound
from simulator.kernel import Journal, SteppedClock

LOW = PoolSetup("low", "192.0.2.0-192.0.2.9", "192.0.2.0/24", "192.0.2.1", False)
HIGH = PoolSetup("high", "192.0.2.6-192.0.2.15", "192.0.2.0/28", "192.0.2.14", False)
SIX = PoolSetup("six", "2001:db8:0:10::/60", "2001:db8::/48", "2001:db8::1", False)
TINY = PoolSetup("tiny", "2001:db8:1::/124", "2001:db8:1::/124", "2001:db8:1::1", False)


def addresses(*pools: PoolSetup) -> Addresses:
    clock = SteppedClock(lambda: None)
    return Addresses(pools, clock, Journal(clock))


@pytest.mark.requirement("W6-A8")
def test_the_lowest_free_address_is_given_and_never_network_or_gateway():
    book = addresses(LOW)
    given_ = [each.name for each in book.allocate(book.pool("low"), 1, count=8)]
    assert given_ == [f"192.0.2.{n}" for n in range(2, 10)]
    assert (book.using(book.pool(1)), book.pool(1).total) == (8, 8)
    with pytest.raises(NoAddress, match="pool low has not 1 free address"):
        book.allocate(book.pool("low"), 1)
    book.release(book.of_server(1)[3].id)
    assert [each.name for each in book.allocate(book.pool("low"), 2)] == ["192.0.2.5"]


def test_all_of_a_request_is_given_or_nothing():
    book = addresses(LOW)
    with pytest.raises(NoAddress):
        book.allocate(book.pool("low"), 1, count=9)
    assert len(book.used) == 0
    assert len(book.allocate(book.pool("low"), 1, count=8)) == 8


def test_subnets_are_aligned_and_avoid_single_addresses():
    book = addresses(SIX)
    (single,) = book.allocate(book.pool("six"), 1)
    subnets = book.allocate(book.pool("six"), 1, count=2, prefix=64)
    assert single.name == "2001:db8:0:10::"
    assert [each.name for each in subnets] == ["2001:db8:0:11::/64", "2001:db8:0:12::/64"]
    assert subnets[0].host == "2001:db8:0:11::1"
    for prefix in (48, 63, 129):
        with pytest.raises(Invalid):
            book.allocate(book.pool("six"), 1, prefix=prefix)


def test_an_address_can_be_asked_for_by_name():
    book = addresses(LOW, HIGH)
    assert book.take("192.0.2.7", 1).pool == 1
    for name, error in (
        ("192.0.2.7", NoAddress), ("192.0.2.1", NoAddress), ("10.0.0.1", NotFound), ("web", Invalid),
    ):  # fmt: skip
        with pytest.raises(error):
            book.take(name, 1)
    with pytest.raises(NotFound):
        book.take("192.0.2.3", 1, pool=book.pool("high"))


def test_what_was_given_and_taken_back_is_remembered():
    book = addresses(LOW)
    (address,) = book.allocate(book.pool("low"), 5)
    book.release(address.id)
    assert [(each.what, each.address, each.server) for each in book.history] == [
        ("allocated", "192.0.2.2", 5),
        ("released", "192.0.2.2", 5),
    ]
    with pytest.raises(NotFound):
        book.release(address.id)


@pytest.mark.parametrize(
    ("range_", "network", "gateway"),
    [
        ("192.0.2.9-192.0.2.1", "", ""),
        ("192.0.2.1-2001:db8::1", "", ""),
        ("somewhere", "", ""),
        ("192.0.2.10/24", "", ""),
        ("192.0.3.1", "192.0.2.0/24", ""),
        ("192.0.2.1", "192.0.2.7/24", ""),
        ("192.0.2.1", "192.0.2.0/24", "192.0.3.1"),
        ("192.0.2.1", "", "2001:db8::1"),
    ],
)
def test_pools_that_cannot_be_are_refused(range_, network, gateway):
    with pytest.raises(Invalid):
        addresses(PoolSetup("odd", range_, network, gateway, False))


@given(st.text(max_size=40))
@settings(deadline=None, max_examples=80)
def test_any_text_is_a_range_or_refused(text):
    with contextlib.suppress(Invalid):
        addresses(PoolSetup("any", text, "", "", False))


class Ledger(RuleBasedStateMachine):
    """Two overlapping pools and one of IPv6, against a plain set of numbers."""

    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.book = addresses(LOW, HIGH, TINY)
        self.out: dict[int, set[int]] = {}

    @rule(target=held, pool=st.sampled_from(["low", "high", "tiny"]), prefix=st.sampled_from([None, None, 126, 127]))
    def give(self, pool: str, prefix: int | None) -> int:
        which = self.book.pool(pool)
        prefix = prefix if which.family == 6 else None
        taken = set().union(*self.out.values()) | set(which.reserved)
        size = 1 << (128 - prefix) if prefix else 1
        free = [
            first
            for first in range(which.first, which.last + 2 - size)
            if first % size == 0 and not taken & set(range(first, first + size))
        ]
        try:
            (address,) = self.book.allocate(which, 1, prefix=prefix)
        except NoAddress:
            assert not free
            return 0
        assert address.first == free[0]
        self.out[address.id] = set(range(address.first, address.first + size))
        return address.id

    @rule(number=consumes(held))
    def give_back(self, number: int) -> None:
        if number:
            self.book.release(number)
            del self.out[number]

    @invariant()
    def nothing_is_held_twice_and_counts_are_right(self) -> None:
        numbers = [number for block in self.out.values() for number in block]
        assert len(numbers) == len(set(numbers))
        assert {each.id for each in self.book.used} == set(self.out)
        for pool in self.book.pools:
            mine = [n for n in numbers if pool.first <= n <= pool.last and n not in pool.reserved]
            assert self.book.using(pool) == len(mine)
            own = {each.first for each in self.book.used if each.pool == pool.id}
            gateway = int(ipaddress.ip_address(pool.gateway))
            assert gateway not in own


Ledger.TestCase.settings = settings(deadline=None, max_examples=40, stateful_step_count=30)
TestLedger = Ledger.TestCase
