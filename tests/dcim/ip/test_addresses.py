"""Addresses are given exactly: none twice, none lost, never a network's own."""

from __future__ import annotations

import contextlib
import ipaddress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from simulator.dcim import PoolSetup
from simulator.dcim.errors import AlreadyThere, InUse, Invalid, NoAddress, NotFound
from simulator.dcim.ip.addresses import Addresses
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
    assert (book.using(book.pool(1)), book.total(book.pool(1))) == (8, 8)
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


def free_numbers(book: Addresses, userspace: int, family: int, first: int, last: int, taken: set[int]) -> list[int]:
    """By hand: what may be handed out of a run."""
    never = set(taken)
    for network in book.networks:
        if (network.userspace, network.family) == (userspace, family):
            if network.prefix < (32 if family == 4 else 128) - 1:
                never.add(network.first)
                if family == 4:
                    never.add(network.last)
            if network.gateway:
                never.add(int(ipaddress.ip_address(network.gateway)))
            if network.need_reserve and family == 4:
                never |= {n for n in range(network.first, network.last + 1) if n % 256 in (0, 255)}
    return [number for number in range(first, last + 1) if number not in never]


class Ledger(RuleBasedStateMachine):
    """Two overlapping pools and one of IPv6, and networks and ranges that come, move and go, against a plain set."""

    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.book = addresses(LOW, HIGH, TINY)
        self.out: dict[int, tuple[int, set[int]]] = {}
        self.plan = self.book.plan
        self.plan.add_range(self.book.pool("low"), "10.0.0.250-10.0.1.5")
        self.plan.add_range(self.book.pool("high"), "2001:db8:1::10-2001:db8:1::19")

    def taken(self, family: int) -> set[int]:
        return set().union(*(numbers for kind, numbers in self.out.values() if kind == family))

    @rule(
        target=held,
        pool=st.sampled_from(["low", "high", "tiny"]),
        family=st.sampled_from([4, 6]),
        bits=st.sampled_from([0, 0, 1, 2]),
    )
    def give(self, pool: str, family: int, bits: int) -> int:
        which, size = self.book.pool(pool), 1 << bits
        free: list[int] = []
        for part in self.plan.ranges_of(which, family):
            numbers = set(free_numbers(self.book, 1, family, part.first, part.last, self.taken(family)))
            runs = [n for n in sorted(numbers) if n % size == 0 and all(n + k in numbers for k in range(size))]
            free.extend(runs)
        try:
            (address,) = self.book.allocate(which, 1, family=family, prefix=(32 if family == 4 else 128) - bits)
        except NoAddress:
            assert not free
            return 0
        assert address.first == free[0]
        self.out[address.id] = family, set(range(address.first, address.first + size))
        return address.id

    @rule(number=consumes(held))
    def give_back(self, number: int) -> None:
        if number:
            self.book.release(number)
            del self.out[number]

    @rule(gateway=st.sampled_from(["", "10.0.0.1", "10.0.1.1", "10.0.1.2"]), odd=st.booleans())
    def set_up_a_network(self, gateway: str, odd: bool) -> None:
        with contextlib.suppress(InUse, AlreadyThere):
            self.plan.add_network(1, "10.0.0.0/23", gateway, need_reserve=odd)

    @rule(gateway=st.sampled_from(["", "10.0.0.251", "10.0.1.3"]), odd=st.booleans())
    def change_a_network(self, gateway: str, odd: bool) -> None:
        for network in list(self.book.networks):
            if network.name == "10.0.0.0/23":
                with contextlib.suppress(InUse):
                    self.plan.edit_network(network.id, gateway=gateway, need_reserve=odd)

    @rule()
    def take_a_network_down(self) -> None:
        for network in list(self.book.networks):
            if network.name == "10.0.0.0/23":
                with contextlib.suppress(InUse):
                    self.plan.remove_network(network.id)

    @rule(name=st.sampled_from(["10.0.0.250-10.0.1.5", "10.0.0.252-10.0.1.1", "10.0.1.0/29", "10.0.0.248/29"]))
    def move_a_range(self, name: str) -> None:
        with contextlib.suppress(InUse):
            self.plan.edit_range(self.plan.ranges_of(self.book.pool("low"), 4)[1].id, name)

    @invariant()
    def nothing_is_held_twice_or_reserved_and_counts_are_right(self) -> None:
        assert {each.id for each in self.book.used} == set(self.out)
        for family in (4, 6):
            numbers = [number for kind, block in self.out.values() if kind == family for number in block]
            assert len(numbers) == len(set(numbers))
            assert self.plan.space(1, family).reserved_and_taken() is None
        for pool in self.book.pools:
            for part in self.plan.ranges_of(pool):
                mine = [n for n in self.taken(part.family) if part.first <= n <= part.last]
                assert self.book.using(part) == len(mine)
                assert self.book.total(part) == len(
                    free_numbers(self.book, 1, part.family, part.first, part.last, set())
                )
        for address in self.book.used:
            network = self.book.network(address)
            assert network is None or network.first <= address.first <= address.last <= network.last


Ledger.TestCase.settings = settings(deadline=None, max_examples=40, stateful_step_count=30)
TestLedger = Ledger.TestCase


def test_networks_pools_and_userspaces_go_only_when_nothing_needs_them():
    book = addresses(LOW)
    plan, pool = book.plan, book.pool("low")
    (address,) = book.allocate(pool, 1)
    for refused in (
        lambda: plan.remove_pool(pool.id),
        lambda: plan.remove_network(1),
        lambda: plan.remove_range(1),
        lambda: plan.remove_userspace(plan.userspace("public")),
        lambda: plan.edit_network(1, gateway=address.name),
        lambda: plan.edit_network(1, name="192.0.2.128/25", gateway="192.0.2.129"),
        lambda: plan.edit_range(1, "192.0.2.5-192.0.2.9"),
    ):
        with pytest.raises(InUse):
            refused()
    book.release(address.id)
    plan.remove_pool(pool.id)
    plan.remove_network(1)
    assert [len(things) for things in (plan.pools, plan.ranges, plan.networks)] == [0, 0, 0]


def test_the_same_address_can_be_in_use_in_two_userspaces():
    book = addresses(LOW)
    other = book.plan.add_userspace("a client's own")
    pool = book.plan.add_pool(other.id, "theirs")
    book.plan.add_range(pool, "192.0.2.2")
    assert [book.allocate(each, None)[0].name for each in (book.pool("low"), pool)] == ["192.0.2.2"] * 2
    with pytest.raises(InUse, match="IP pool"):
        book.plan.remove_userspace(other)


def test_a_preferred_network_comes_first_and_one_without_a_gateway_last():
    book = addresses()
    plan = book.plan
    pool = plan.add_pool(1, "mixed")
    plan.add_range(pool, "10.0.0.0/28")
    bare = plan.add_network(1, "10.0.0.0/30", None)
    plan.add_network(1, "10.0.0.4/30", "10.0.0.5")
    third = plan.add_network(1, "10.0.0.8/30", "10.0.0.9")

    def names(**how: Any) -> list[str]:
        given_ = book.allocate(pool, None, **how)
        for each in given_:
            book.release(each.id)
        return [each.name for each in given_]

    assert names(count=2) == ["10.0.0.1", "10.0.0.2"]
    assert names(gateway_needed=True) == ["10.0.0.6"]
    assert names(preferred=third, count=2) == ["10.0.0.10", "10.0.0.1"]
    assert names(preferred=bare, gateway_needed=True, count=2) == ["10.0.0.6", "10.0.0.10"]
    assert names(prefix=30, gateway_needed=True) == ["10.0.0.12/30"]
    assert names(prefix=30, singly=True) == [f"10.0.0.{number}" for number in range(12, 16)]
    with pytest.raises(NoAddress, match=r"10\.0\.0\.9"):
        book.take_from_network(third, "10.0.0.9")


def test_gateways_outside_their_network_are_allowed_only_by_the_setting():
    book = addresses()
    with pytest.raises(Invalid):
        book.plan.add_network(1, "10.0.0.0/30", "10.9.9.9")
    book.plan.allow_foreign_gateway = True
    assert book.plan.add_network(1, "10.0.0.0/30", "10.9.9.9").gateway == "10.9.9.9"
