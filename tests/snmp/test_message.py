"""BER and messages: what is encoded comes back, and no octets whatever raise anything but the declared errors."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.snmp import DecodeError, EncodeError, Malformed, Unsupported, Varbind, ber, decode_message, dotted, oid
from simulator.snmp.message import (
    GET,
    GET_BULK,
    GET_NEXT,
    RESPONSE,
    SET,
    Message,
    _read_message,
    encode_message,
    encode_varbind,
)
from simulator.snmp.oid import sort_key, subids, suffix

SUBID = st.one_of(st.integers(0, 300), st.integers(0, 2**32 - 1))
OIDS = st.tuples(st.integers(0, 2), st.integers(0, 39), st.lists(SUBID, max_size=20)).map(
    lambda parts: ".".join(map(str, (parts[0], parts[1], *parts[2])))
)
VALUES = st.one_of(
    st.integers(-(2**31), 2**31 - 1).map(ber.integer),
    st.integers(0, 2**32 - 1).map(ber.counter32),
    st.integers(0, 2**32 - 1).map(ber.gauge32),
    st.integers(0, 2**32 - 1).map(ber.time_ticks),
    st.integers(0, 2**64 - 1).map(ber.counter64),
    st.binary(max_size=300).map(ber.octets),
    OIDS.map(ber.object_identifier),
    st.just(b"\x05\x00"),
)


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    bindings = draw(st.lists(st.tuples(OIDS, VALUES), max_size=5))
    pdu = draw(st.sampled_from((GET, GET_NEXT, RESPONSE, SET, GET_BULK)))
    numbers = [draw(st.integers(-(2**31), 2**31 - 1)) for _ in range(3)]
    version = 1 if pdu == GET_BULK else draw(st.integers(0, 1))
    community = draw(st.binary(max_size=140))
    encoded = [encode_varbind(oid(name), value) for name, value in bindings]
    return encode_message(version, community, pdu, numbers[0], numbers[1], numbers[2], encoded)


@settings(deadline=None)
@given(OIDS)
def test_an_object_identifier_comes_back_as_it_was(text: str) -> None:
    assert dotted(oid(text)) == text


@settings(deadline=None)
@given(st.lists(SUBID, min_size=1, max_size=8), st.lists(SUBID, min_size=1, max_size=8))
def test_order_is_that_of_the_numbers_and_not_of_the_octets(one: list[int], other: list[int]) -> None:
    assert (subids(suffix(*one)) < subids(suffix(*other))) == (one < other)
    assert (sort_key(suffix(*one)) < sort_key(suffix(*other))) == (one < other)


@pytest.mark.parametrize("text", ["", "1", "1.x", "3.1", "1.40", "1.3.4294967296", "1.3.-1", "." * 5])
def test_what_is_no_object_identifier_is_refused(text: str) -> None:
    with pytest.raises(EncodeError, match="no object identifier"):
        oid(text)


@pytest.mark.parametrize("content", [b"", b"\x80\x01", b"\x2b\x80\x01", b"\x2b\x86", b"\x2b\x90\x80\x80\x80\x00"])
def test_malformed_object_identifiers_are_told(content: bytes) -> None:
    with pytest.raises(Malformed):
        dotted(content)


@pytest.mark.parametrize(
    ("number", "octets"),
    [
        (0, "020100"),
        (127, "02017f"),
        (128, "02020080"),
        (-128, "020180"),
        (-129, "0202ff7f"),
        (256, "02020100"),
        (2**31 - 1, "02047fffffff"),
        (-(2**31), "020480000000"),
    ],
)
def test_integers_take_as_few_octets_as_they_can(number: int, octets: str) -> None:
    assert ber.integer(number).hex() == octets


def test_an_integer_of_more_than_32_bits_is_our_mistake() -> None:
    with pytest.raises(EncodeError):
        ber.integer(2**31)
    with pytest.raises(ValueError, match="Integer32"):
        ber.integer(-(2**31) - 1)


def test_counters_wrap_and_gauges_latch() -> None:
    assert ber.counter32(2**32 + 5) == ber.counter32(5)
    assert ber.counter64(2**64 + 5) == ber.counter64(5)
    assert ber.gauge32(10**10) == ber.gauge32(2**32 - 1)
    assert ber.time_ticks(2**32) == ber.time_ticks(0)


@settings(deadline=None)
@given(VALUES)
def test_a_value_comes_back_as_it_was(encoded: bytes) -> None:
    tag, start, stop = ber.read(encoded, 0, len(encoded))
    value = ber.value_of(tag, encoded[start:stop])
    again = {
        ber.INTEGER: ber.integer,
        ber.COUNTER32: ber.counter32,
        ber.GAUGE32: ber.gauge32,
        ber.TIME_TICKS: ber.time_ticks,
        ber.COUNTER64: ber.counter64,
        ber.OCTET_STRING: ber.octets,
        ber.OBJECT_IDENTIFIER: ber.object_identifier,
        ber.NULL: lambda _: b"\x05\x00",
    }[tag]
    assert again(value) == encoded  # type: ignore[operator]


@settings(deadline=None)
@given(st.integers(0, 255), st.binary(max_size=12))
def test_any_value_decodes_or_is_malformed(tag: int, content: bytes) -> None:
    with suppress(Malformed):
        ber.value_of(tag, content)


@settings(deadline=None)
@given(messages())
def test_a_message_comes_back_as_it_was(data: bytes) -> None:
    message = decode_message(data)
    bindings = [encode_varbind(item.name, ber.tlv(item.tag, item.content)) for item in message.varbinds]
    assert b"".join(bindings) == message.listed
    again = encode_message(
        message.version,
        message.community,
        message.pdu,
        message.request_id,
        message.error_status,
        message.error_index,
        bindings,
    )
    assert again == data


def look_at(data: bytes) -> None:
    """Everything that can be asked of octets; only DecodeError may come out."""
    with suppress(DecodeError):
        for varbind in decode_message(data).varbinds:
            assert varbind.oid
            varbind.value()


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=100))
def test_any_octets_decode_or_raise_the_declared_error(data: bytes) -> None:
    look_at(data)


@settings(deadline=None, max_examples=300)
@given(
    messages(),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=3),
    st.integers(0, 3),
)
def test_damaged_messages_decode_or_raise_the_declared_error(
    data: bytes, damage: list[tuple[int, int]], cut: int
) -> None:
    octets = bytearray(data)
    for place, octet in damage:
        octets[place % len(octets)] = octet
    look_at(bytes(octets[: len(octets) - cut]))


def outcome(decode: Callable[[bytes], Message], data: bytes) -> Message | type[DecodeError]:
    try:
        return decode(data)
    except DecodeError as error:
        return type(error)


@settings(deadline=None, max_examples=500)
@given(messages(), st.integers(0, 10**6), st.integers(0, 255))
def test_a_message_of_a_known_layout_is_what_reading_each_element_gives(data: bytes, place: int, octet: int) -> None:
    place %= len(data)
    damaged = data[:place] + bytes((octet,)) + data[place + 1 :]
    for octets in (data, damaged, data):
        assert outcome(decode_message, octets) == outcome(_read_message, octets)


@settings(deadline=None)
@given(messages(), st.data())
def test_a_message_cut_short_is_malformed(data: bytes, choose: st.DataObject) -> None:
    with pytest.raises(DecodeError):
        decode_message(data[: choose.draw(st.integers(0, len(data) - 1))])


def test_long_forms_of_lengths_are_understood() -> None:
    """net-snmp writes 0x30 0x82 for sequences that one octet would do for."""

    def long(tag: int, content: bytes) -> bytes:
        return bytes((tag, 0x82)) + len(content).to_bytes(2, "big") + content

    binding = long(0x30, long(ber.OBJECT_IDENTIFIER, oid("1.3.6.1.2")) + long(ber.NULL, b""))
    numbers = ber.integer(1) + ber.integer(0) + ber.integer(0)
    pdu = long(GET, numbers + long(0x30, binding))
    data = long(0x30, ber.integer(1) + long(ber.OCTET_STRING, b"public") + pdu)
    message = decode_message(data)
    assert message.community == b"public"
    assert message.varbinds == (Varbind(oid("1.3.6.1.2"), ber.NULL, b""),)


@pytest.mark.parametrize(("version", "pdu"), [(3, GET), (0, GET_BULK), (1, 0xA4), (1, 0xA8), (0, 0xA7), (0, 0xA6)])
def test_other_versions_and_pdus_are_told_apart_from_damage(version: int, pdu: int) -> None:
    with pytest.raises(Unsupported):
        decode_message(encode_message(version, b"public", pdu, 1, 0, 0, ()))
