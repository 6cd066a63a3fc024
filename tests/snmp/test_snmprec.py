"""Walks as text, and agents that show them: nothing is lost on the way, and what lives is asked of the device."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.snmp import ber, oid
from simulator.snmp.snmprec import BadRecording, Instance, read_walk, written
from tests.snmp.support import load

INSTANCES = st.one_of(
    st.binary(max_size=40).map(lambda content: (ber.OCTET_STRING, content)),
    st.integers(-(2**31), 2**31 - 1).map(
        lambda number: (ber.INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))
    ),
    st.integers(0, 2**32 - 1).map(lambda number: (ber.GAUGE32, number.to_bytes(number.bit_length() // 8 + 1, "big"))),
    st.binary(min_size=4, max_size=4).map(lambda content: (ber.IP_ADDRESS, content)),
)


@settings(max_examples=40)
@given(st.lists(INSTANCES, max_size=10))
def test_a_walk_is_read_as_it_was_written(values: list[tuple[int, bytes]]) -> None:
    walk = [Instance(oid(f"1.3.6.1.4.1.9.{row}"), tag, content) for row, (tag, content) in enumerate(values)]
    assert list(read_walk(written(walk))) == walk


def test_a_public_recording_is_read_as_it_was_written() -> None:
    walk = [Instance(*item) for item in load("UPS/ingrasys-power-switch")]
    assert list(read_walk(written(walk))) == walk


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1.3.6.1.2.1.1.1.0|4", "line 2"),
        ("1.3.6.1.2.1.1.1.0|99|x", "there is no type 99"),
        ("1.3.6.1.2.1.1.1.0|2|many", "is no instance"),
        ("1.3.6.1.2.1.1.1.0|64|1.2.3", "an address has four octets"),
        ("1.3.6.1.2.1.1.3.0|67|1", "is there twice"),
    ],
)
def test_a_line_that_is_none_is_named(line: str, said: str) -> None:
    with pytest.raises(BadRecording, match=said):
        read_walk(f"1.3.6.1.2.1.1.3.0|67|5\n{line}\n")
