"""Encodings of what a BMC stores and streams: data records, log entries, inventories, Serial over LAN."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.ipmi.errors import Malformed
from simulator.ipmi.fru import build_inventory
from simulator.ipmi.sdr import Factors, compact_record, full_record
from simulator.ipmi.sel import SystemEvent
from simulator.ipmi.sol import BREAK, SolLink, SolPacket

QUICK = settings(deadline=None, max_examples=60)


@QUICK
@given(
    st.builds(
        SystemEvent,
        st.integers(1, 0xFFFE),
        st.integers(0, 0xFFFFFFFF),
        st.integers(0, 255),
        st.integers(0, 255),
        st.integers(0, 0x7F),
        st.booleans(),
        st.binary(min_size=3, max_size=3),
        st.integers(0, 0xFFFF),
    )
)
def test_log_entries_read_back_as_written(event: SystemEvent) -> None:
    assert SystemEvent.decode(event.encode()) == event


@QUICK
@given(st.binary(max_size=20))
def test_any_octets_are_an_entry_or_malformed(octets: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert SystemEvent.decode(octets).encode()[:3] == octets[:3]


@QUICK
@given(st.text(max_size=30), st.integers(1, 511), st.integers(-8, 7), st.floats(0, 1e6))
def test_records_say_their_length_and_readings_are_as_near_as_an_octet_can_be(
    name: str, multiplier: int, exponent: int, value: float
) -> None:
    factors = Factors(multiplier, exponent)
    raw = factors.raw(value)
    assert 0 <= raw <= 255
    if raw < 255:
        assert abs(raw * factors.step - value) <= factors.step * 0.501
    name = name.encode("latin-1", "replace").decode("latin-1")
    record = full_record(7, 1, name, 1, (3, 1), 1, factors, (None, None, None, 75, 90, None), 1, 50)
    assert record[4] == len(record) - 5
    assert record[47] & 0x1F == len(record) - 48
    assert (record[24] | (record[25] & 0xC0) << 2) == multiplier
    signed = record[29] >> 4
    assert (signed - 16 if signed > 7 else signed) == exponent
    compact = compact_record(8, 2, name, 8, 0x6F, (10, 1), 0x0B)
    assert compact[4] == len(compact) - 5


@QUICK
@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=20), st.text(alphabet="AZ09-", max_size=20))
def test_an_inventory_has_sound_checksums_whatever_the_texts(maker: str, serial: str) -> None:
    octets = build_inventory(maker, "product", "part", serial)
    assert sum(octets[:8]) & 0xFF == 0
    for place in octets[2:5]:
        assert sum(octets[8 * place : 8 * place + 8 * octets[8 * place + 1]]) & 0xFF == 0


@QUICK
@given(st.binary(max_size=12))
def test_any_octets_are_a_sol_packet_or_malformed(octets: bytes) -> None:
    with contextlib.suppress(Malformed):
        packet = SolPacket.decode(octets)
        assert SolPacket.decode(packet.encode()) == packet


@QUICK
@given(st.lists(st.binary(min_size=1, max_size=300), max_size=6), st.lists(st.booleans(), max_size=40))
def test_what_a_host_prints_arrives_once_and_in_order_over_a_link_that_loses(
    prints: list[bytes], lost: list[bool]
) -> None:
    """`lost`: whether the n-th packet either way is; after them none is."""
    fates = iter(lost)
    link, seen, heard, now = SolLink(50, 0.5), b"", 0, 0.0

    def carry(payloads: list[bytes]) -> None:
        nonlocal seen, heard
        for payload in payloads:
            if next(fates, False):
                continue
            packet = SolPacket.decode(payload)
            if not packet.sequence:
                continue
            if packet.sequence != heard:
                seen += packet.data
                heard = packet.sequence
            if not next(fates, False):
                link.receive(SolPacket(0, packet.sequence, len(packet.data), 0).encode())
                carry(link.flush(now))

    for octets in prints:
        link.write(octets)
        carry(link.flush(now))
    for _ in range(100):
        if link.due is None:
            break
        now = link.due
        carry(link.on_time(now))
    assert seen == b"".join(prints)


def test_a_resent_key_is_typed_once_and_acknowledged_again() -> None:
    link = SolLink(7, 0.5)
    key = SolPacket(3, 0, 0, BREAK, b"x").encode()
    first = link.receive(key)
    assert (first.data, first.status) == (b"x", BREAK)
    assert SolPacket.decode(link.flush(0.0)[0])[:3] == (0, 3, 1)
    again = link.receive(key)
    assert (again.data, again.status) == (b"", 0)
    assert SolPacket.decode(link.flush(0.0)[0])[:3] == (0, 3, 1)


def test_a_packet_that_nobody_acknowledges_is_given_up() -> None:
    link = SolLink(2, 0.5)
    link.write(b"hello")
    assert len(link.flush(0.0)) == 1
    assert [len(link.on_time(now)) for now in (0.4, 0.5, 1.0, 1.5)] == [0, 1, 1, 0]
    assert link.due is None


def test_a_part_that_the_console_did_not_take_is_sent_again() -> None:
    link = SolLink(2, 0.5)
    link.write(b"hello")
    packet = SolPacket.decode(link.flush(0.0)[0])
    link.receive(SolPacket(0, packet.sequence, 2, 0x40).encode())
    assert SolPacket.decode(link.flush(0.1)[0]).data == b"llo"


def test_a_short_sol_packet_is_malformed() -> None:
    with pytest.raises(Malformed):
        SolLink(1, 1.0).receive(b"\x01\x00\x00")
