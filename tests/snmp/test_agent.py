"""The agent's answers (RFC 3416, 4.2), on a small MIB of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.snmp import (
    Access,
    Agent,
    Manager,
    Request,
    Response,
    Status,
    Template,
    Version,
    ber,
    column,
    decode_message,
    oid,
    scalar,
)
from simulator.snmp.message import RESPONSE, encode_message
from simulator.snmp.mib import writes_integer, writes_octets
from simulator.snmp.oid import subids

ROOT = "1.3.6.1.4.1.9999"
ROWS = {0: (1,), 1: (2,), 2: (127,), 3: (128,), 4: (16384,), 5: (2097152,)}


@dataclass
class State:
    texts: list[bytes] = field(default_factory=lambda: [b"one", b"two", b"three", b"four", b"five", b"six"])
    numbers: list[int] = field(default_factory=lambda: [1, 2, 3, 4, 5, 6])
    reads: int = 0


def read_text(state: State, row: int) -> bytes:
    state.reads += 1
    return ber.octets(state.texts[row])


def set_text(state: State, row: int, content: bytes) -> None:
    state.texts[row] = content


def set_number(state: State, row: int, number: int) -> None:
    state.numbers[row] = number


def only_if_quiet(state: State, row: int, number: int) -> Status:
    """Row 1 is never writable; the number 8 not while text 0 is `busy`."""
    if row == 1:
        return Status.NOT_WRITABLE
    return Status.INCONSISTENT_VALUE if number == 8 and state.texts[0] == b"busy" else Status.NO_ERROR


TEMPLATE: Template[State] = Template(
    [
        scalar(f"{ROOT}.1", ber.octets("fixed")),
        column(
            f"{ROOT}.2.1",
            ROWS,
            lambda state, row: ber.integer(state.numbers[row]),
            writes_integer(range(10), set_number, only_if_quiet),
        ),
        column(f"{ROOT}.2.2", ROWS, read_text, writes_octets(8, set_text)),
        column(f"{ROOT}.2.3", ROWS, lambda state, row: ber.counter64(2**40 + row)),
        column(f"{ROOT}.2.4", ROWS, lambda state, row: ber.gauge32(row)),
        scalar(f"{ROOT}.3", ber.time_ticks(7)),
    ]
)
ALL = list(TEMPLATE.names)


def agent(max_size: int = 1472) -> Agent[State]:
    return Agent(TEMPLATE, State(), {b"private": Access.WRITE, b"public": Access.READ}, max_size)


def ask(agent: Agent[State], manager: Manager, request: Request) -> Response:
    answer = agent.handle(request.octets)
    assert answer is not None
    assert len(answer) <= agent.max_size
    response = manager.response(answer)
    assert response is not None
    assert response.id == request.id
    return response


def names(*texts: str) -> list[bytes]:
    return [oid(f"{ROOT}.{text}") for text in texts]


# reading


def test_get_tells_what_is_there_and_in_which_way_something_is_not() -> None:
    manager = Manager("public")
    response = ask(agent(), manager, manager.get(names("1.0", "2.2.128", "2.2.99", "2.2", "1", "7.0")))
    assert response.status == Status.NO_ERROR
    assert [item.value() for item in response.varbinds] == [b"fixed", b"four", None, None, None, None]
    assert [item.tag for item in response.varbinds[2:]] == [
        ber.NO_SUCH_INSTANCE,
        ber.NO_SUCH_OBJECT,
        ber.NO_SUCH_OBJECT,
        ber.NO_SUCH_OBJECT,
    ]
    assert [item.missing for item in response.varbinds] == [False, False, True, True, True, True]


def test_get_next_goes_through_everything_in_order_and_says_where_it_ends() -> None:
    manager, device = Manager("public"), agent()
    name, seen = oid("0.0"), []
    while True:
        (varbind,) = ask(device, manager, manager.get_next([name])).varbinds
        if varbind.missing:
            break
        name = varbind.name
        seen.append(name)
    assert varbind.tag == ber.END_OF_MIB_VIEW
    assert varbind.name == seen[-1]
    assert seen == sorted(seen, key=subids)
    assert len(seen) == len(set(seen)) == len(TEMPLATE) == 26


def test_get_next_from_a_name_that_does_not_exist_finds_the_next_that_does() -> None:
    manager = Manager("public")
    asked = names("2.1.3", "2.1.20000", "2.1.2097152", "2.9", "9")
    response = ask(agent(), manager, manager.get_next(asked))
    assert [item.name for item in response.varbinds] == [*names("2.1.127", "2.1.2097152", "2.2.1", "3.0"), asked[4]]


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(100, 1472), st.sampled_from(["0.0", ROOT, f"{ROOT}.2.2", f"{ROOT}.2.1.128"]))
def test_a_bulk_walk_finds_what_a_get_next_walk_finds(repetitions: int, room: int, start: str) -> None:
    manager, device = Manager("public"), agent(room)
    expected = [name for name in ALL if subids(name) > subids(oid(start))]
    name, seen, ended = oid(start), [], False
    while not ended:
        response = ask(device, manager, manager.get_bulk([name], max_repetitions=repetitions))
        assert response.varbinds
        assert len(response.varbinds) <= repetitions
        for varbind in response.varbinds:
            if varbind.missing:
                ended = True
                break
            seen.append(varbind.name)
            name = varbind.name
    assert seen == expected


def test_bulk_takes_non_repeaters_once_and_columns_side_by_side() -> None:
    manager = Manager("public")
    request = manager.get_bulk(names("1", "2.1", "2.4"), non_repeaters=1, max_repetitions=3)
    response = ask(agent(), manager, request)
    assert [item.name for item in response.varbinds] == names(
        "1.0", "2.1.1", "2.4.1", "2.1.2", "2.4.2", "2.1.127", "2.4.127"
    )


@pytest.mark.parametrize(("non_repeaters", "repetitions", "count"), [(-5, 2, 4), (9, 9, 2), (0, 0, 0), (1, -1, 1)])
def test_bulk_counts_out_of_range_are_taken_as_the_rfc_says(non_repeaters: int, repetitions: int, count: int) -> None:
    manager = Manager("public")
    request = manager.get_bulk(names("1", "2.1"), non_repeaters=non_repeaters, max_repetitions=repetitions)
    assert len(ask(agent(), manager, request).varbinds) == count


def test_bulk_stops_when_all_columns_have_ended_and_names_the_last() -> None:
    manager = Manager("public")
    request = manager.get_bulk(names("2.4.16384", "8"), max_repetitions=2**31 - 1)
    response = ask(agent(), manager, request)
    end = ber.END_OF_MIB_VIEW
    assert [(item.name, item.tag == end) for item in response.varbinds] == [
        (names("2.4.2097152")[0], False),
        (names("8")[0], True),
        (names("3.0")[0], False),
        (names("8")[0], True),
        (names("3.0")[0], True),
        (names("8")[0], True),
    ]


def test_an_answer_that_does_not_fit_is_too_big_and_has_no_bindings() -> None:
    manager = Manager("public")
    response = ask(agent(100), manager, manager.get(names("1.0", "2.2.1", "2.2.2", "2.2.127", "2.2.128")))
    assert (response.status, response.error_index, response.varbinds) == (Status.TOO_BIG, 0, ())


# setting


def test_a_set_acts_and_answers_with_what_was_set() -> None:
    manager, device = Manager("private"), agent()
    text, number = names("2.2.2", "2.1.127")
    response = ask(device, manager, manager.set([(text, ber.octets("new")), (number, ber.integer(9))]))
    assert response.status == Status.NO_ERROR
    assert [item.value() for item in response.varbinds] == [b"new", 9]
    assert device.state.texts[1] == b"new"
    assert device.state.numbers[2] == 9


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("7.0", ber.integer(1), Status.NOT_WRITABLE),
        ("1.0", ber.octets("x"), Status.NOT_WRITABLE),
        ("2.4.1", ber.gauge32(1), Status.NOT_WRITABLE),
        ("2.1.1", ber.octets("1"), Status.WRONG_TYPE),
        ("2.1.1", ber.gauge32(1), Status.WRONG_TYPE),
        ("2.2.1", ber.octets("too long a text"), Status.WRONG_LENGTH),
        ("2.1.1", b"\x02\x02\x00\x01", Status.WRONG_ENCODING),
        ("2.1.1", b"\x02\x00", Status.WRONG_ENCODING),
        ("2.1.1", ber.integer(10), Status.WRONG_VALUE),
        ("2.1.1", ber.integer(-1), Status.WRONG_VALUE),
        ("2.1.99", ber.integer(1), Status.NO_CREATION),
        ("2.1.99", ber.integer(10), Status.WRONG_VALUE),
        ("2.1.2", ber.integer(1), Status.NOT_WRITABLE),
        ("2.1.1", ber.integer(8), Status.INCONSISTENT_VALUE),
    ],
)
def test_a_set_is_refused_in_the_order_of_the_rfc(name: str, value: bytes, status: Status) -> None:
    manager, device = Manager("private"), agent()
    device.state.texts[0] = b"busy"
    response = ask(device, manager, manager.set([(names(name)[0], value)]))
    assert (response.status, response.error_index) == (status, 1)
    assert response.varbinds[0].name == names(name)[0]


def test_five_variables_the_fourth_wrong_change_nothing() -> None:
    manager, device = Manager("private"), agent()
    wrong = [
        (names("2.2.1")[0], ber.octets("a")),
        (names("2.2.2")[0], ber.octets("b")),
        (names("2.1.127")[0], ber.integer(7)),
        (names("2.1.128")[0], ber.integer(77)),
        (names("2.2.128")[0], ber.octets("e")),
    ]
    response = ask(device, manager, manager.set(wrong))
    assert (response.status, response.error_index) == (Status.WRONG_VALUE, 4)
    assert len(response.varbinds) == 5
    assert device.state == State()


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ALL), st.integers(-3, 12)), min_size=1, max_size=6))
def test_a_set_does_all_or_nothing(bindings: list[tuple[bytes, int]]) -> None:
    manager, device = Manager("private"), agent()
    response = ask(device, manager, manager.set([(name, ber.integer(number)) for name, number in bindings]))
    if response.status:
        assert 1 <= response.error_index <= len(bindings)
        assert device.state == State()
    else:
        told = dict(bindings)
        read = ask(device, manager, manager.get(list(told)))
        assert [item.value() for item in read.varbinds] == list(told.values())


def test_a_set_whose_answer_would_not_fit_changes_nothing() -> None:
    manager, device = Manager("private"), agent(60)
    request = manager.set([(names("2.2.1")[0], ber.octets("a")), (names("2.2.2")[0], ber.octets("b"))])
    assert ask(device, manager, request).status == Status.TOO_BIG
    assert device.state == State()


# who may ask


def test_a_community_that_may_only_read_cannot_set() -> None:
    manager, device = Manager("public"), agent()
    response = ask(device, manager, manager.set([(names("2.2.1")[0], ber.octets("a"))]))
    assert (response.status, response.error_index) == (Status.NO_ACCESS, 1)
    assert device.state == State()


def test_an_unknown_community_hears_nothing() -> None:
    assert agent().handle(Manager("secret").get(names("1.0")).octets) is None


def test_what_is_no_request_hears_nothing() -> None:
    device = agent()
    answer = device.handle(Manager("public").get(names("1.0")).octets)
    assert answer is not None
    assert device.handle(answer) is None
    assert device.handle(b"hello") is None
    assert device.handle(encode_message(3, b"public", 0xA0, 1, 0, 0, ())) is None
    assert device.handle(encode_message(1, b"public", 0xA6, 1, 0, 0, ())) is None


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=80), st.integers(0, 200), st.integers(0, 255))
def test_no_octets_upset_an_agent(data: bytes, place: int, octet: int) -> None:
    device = agent()
    device.handle(data)
    request = bytearray(Manager("private").set([(names("2.1.1")[0], ber.integer(4))]).octets)
    request[place % len(request)] = octet
    answer = device.handle(bytes(request))
    if answer is not None:
        assert decode_message(answer).pdu == RESPONSE


# version 1


def test_version_1_is_answered_in_its_own_words() -> None:
    device = agent()
    old = Manager("private", version=Version.V1)
    assert [item.value() for item in ask(device, old, old.get(names("1.0"))).varbinds] == [b"fixed"]
    refused = ask(device, old, old.get(names("1.0", "7.0")))
    assert (refused.status, refused.error_index) == (Status.NO_SUCH_NAME, 2)
    assert len(refused.varbinds) == 2
    assert ask(device, old, old.get_next(names("9"))).status == Status.NO_SUCH_NAME
    assert ask(device, old, old.set([(names("1.0")[0], ber.octets("x"))])).status == Status.NO_SUCH_NAME
    assert ask(device, old, old.set([(names("2.1.1")[0], ber.octets("x"))])).status == Status.BAD_VALUE
    assert ask(device, old, old.set([(names("2.1.1")[0], ber.integer(5))])).status == Status.NO_ERROR
    assert device.state.numbers[0] == 5


def test_version_1_never_meets_a_counter64() -> None:
    device, old = agent(), Manager("public", version=Version.V1)
    assert ask(device, old, old.get(names("2.3.1"))).status == Status.NO_SUCH_NAME
    (varbind,) = ask(device, old, old.get_next(names("2.2.2097152"))).varbinds
    assert varbind.name == names("2.4.1")[0]


# templates


def test_agents_of_a_model_share_its_template_and_keep_their_own_values() -> None:
    manager, one, other = Manager("private"), agent(), agent()
    ask(one, manager, manager.set([(names("2.2.1")[0], ber.octets("mine"))]))
    assert one.template is other.template
    assert ask(other, manager, manager.get(names("2.2.1"))).varbinds[0].value() == b"one"


def test_values_are_read_only_when_asked_for() -> None:
    manager, device = Manager("public"), agent()
    ask(device, manager, manager.get(names("1.0", "2.1.1")))
    assert device.state.reads == 0


def test_a_template_refuses_to_be_ambiguous() -> None:
    one = scalar(f"{ROOT}.1", ber.integer(1))
    with pytest.raises(ValueError, match="twice"):
        Template([one, one])
    with pytest.raises(ValueError, match="neither"):
        Template([column(f"{ROOT}.1", {0: (1,)}, None)])
    with pytest.raises(ValueError, match="two rows"):
        column(f"{ROOT}.1", {0: (1,), 1: (1,)}, None)
    with pytest.raises(ValueError, match="instance is defined twice"):
        Template(
            [
                column(f"{ROOT}.1", {0: (1, 5)}, None, None, {0: b""}),
                column(f"{ROOT}.1.1", {0: (5,)}, None, None, {0: b""}),
            ]
        )
