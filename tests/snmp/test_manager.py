"""The manager's end: which datagrams are answers, and walks that end whatever an agent says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.snmp import DisorderedAnswer, Malformed, Manager, SnmpError, Status, Varbind, Version, Walk, ber, oid
from simulator.snmp.message import RESPONSE, encode_message, encode_varbind

NAME = oid("1.3.6.1.2.1.1.3.0")
COLUMN = "1.3.6.1.2.1.2.2.1.7"


def answer(number: int, *, community: bytes = b"public", version: int = 1, status: int = 0) -> bytes:
    return encode_message(version, community, RESPONSE, number, status, 0, [encode_varbind(NAME, ber.time_ticks(5))])


def test_each_request_has_a_number_of_its_own_and_its_answer_carries_it() -> None:
    manager = Manager("public")
    first, second = manager.get([NAME]), manager.get_next([NAME])
    assert first.id != second.id
    response = manager.response(answer(second.id))
    assert response is not None
    assert response.id == second.id
    assert response.varbinds[0].oid == "1.3.6.1.2.1.1.3.0"
    assert response.varbinds[0].value() == 5


def test_numbers_start_anew_before_they_overflow() -> None:
    manager = Manager("public", first_id=2**31 - 1)
    assert [manager.get([NAME]).id for _ in range(2)] == [2**31 - 1, 1]


@pytest.mark.parametrize(
    "data",
    [b"", b"junk", answer(1)[:-1], answer(1, community=b"other"), answer(1, version=0), answer(1, status=99)],
)
def test_what_is_no_answer_is_as_if_it_had_never_come(data: bytes) -> None:
    assert Manager("public").response(data) is None


def test_a_request_that_comes_back_is_no_answer() -> None:
    manager = Manager("public")
    assert manager.response(manager.get([NAME]).octets) is None


def test_version_1_managers_take_version_1_answers() -> None:
    response = Manager("public", version=Version.V1).response(answer(1, version=0, status=2))
    assert response is not None
    assert response.status == Status.NO_SUCH_NAME
    assert response.status.word == "noSuchName"


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=60), st.integers(0, 500), st.integers(0, 255))
def test_no_octets_upset_a_manager(data: bytes, place: int, octet: int) -> None:
    manager = Manager("public")
    manager.response(data)
    damaged = bytearray(answer(1))
    damaged[place % len(damaged)] = octet
    manager.response(bytes(damaged))


def binding(row: int, value: int = 1, column: str = COLUMN) -> Varbind:
    return Varbind(oid(f"{column}.{row}"), ber.INTEGER, bytes((value,)))


def test_a_walk_of_two_columns_goes_on_where_each_of_them_stood() -> None:
    one, two = "1.3.6.1.2.1.2.2.1.7", "1.3.6.1.2.1.2.2.1.8"
    walk = Walk([oid(one), oid(two)])
    walk.take([binding(1, 1, one), binding(1, 2, two), binding(2, 1, one)])
    assert walk.wanted() == [oid(f"{one}.2"), oid(f"{two}.1")]
    walk.take([binding(1, 9, two), binding(2, 2, two)])
    assert walk.wanted() == [oid(f"{two}.2")]
    walk.take([Varbind(oid(f"{two}.2"), ber.END_OF_MIB_VIEW, b"")])
    assert walk.wanted() == []
    assert walk.rows == [{1: 1, 2: 1}, {1: 2, 2: 2}]


@pytest.mark.parametrize("rows", [[2, 1], [1, 1], [1, 2, 2]])
def test_a_walk_that_would_never_end_is_given_up(rows: list[int]) -> None:
    walk = Walk([oid(COLUMN)])
    with pytest.raises(DisorderedAnswer, match=r"1\.3\.6\.1\.2\.1\.2\.2\.1\.7\.\d came after"):
        walk.take([binding(row) for row in rows])


def test_a_walk_answered_with_nothing_is_given_up() -> None:
    with pytest.raises(DisorderedAnswer, match="nothing"):
        Walk([oid(COLUMN)]).take([])


def test_a_walk_tells_of_values_that_make_no_sense() -> None:
    with pytest.raises(Malformed):
        Walk([oid(COLUMN)]).take([Varbind(oid(f"{COLUMN}.1"), 0x99, b"")])


@settings(deadline=None)
@given(st.lists(st.tuples(st.binary(max_size=6), st.integers(0, 255), st.binary(max_size=6)), max_size=8))
def test_a_walk_ends_or_raises_whatever_it_is_told(told: list[tuple[bytes, int, bytes]]) -> None:
    walk = Walk([oid("1.3.6"), oid("1.3.7")])
    try:
        walk.take([Varbind(oid("1.3.6") + index, tag, content) for index, tag, content in told])
    except SnmpError:
        return
    assert len(walk.wanted()) <= 2
