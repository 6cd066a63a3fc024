"""The manager's end of SNMPv3 against the agent's: discovery, time, what is not believed, what is reported."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.snmp import Access, Agent, Engine, Report, Request, Response, SecureManager, Status, Template, User, oid
from simulator.snmp.ber import integer, octets
from simulator.snmp.message import encode_varbind
from simulator.snmp.mib import scalar, writes_octets
from simulator.snmp.usm import AUTH_PROTOCOLS, PRIV_PROTOCOLS
from simulator.snmp.v3 import AUTH, decode_header, encode

PASSWORD = "maplesyrup"
USER = User("ann", "SHA-256", PASSWORD, "AES", PASSWORD)
NAME = oid("1.3.6.1.2.1.1.5.0")


class Card:
    name = b"sw-a1"


def _rename(card: Card, row: int, content: bytes) -> None:
    card.name = content


TEMPLATE: Template[Card] = Template(
    [
        scalar("1.3.6.1.2.1.1.5", lambda card, row: octets(card.name), writes_octets(255, _rename)),
        scalar("1.3.6.1.2.1.1.7", integer(6)),
    ]
)


class Bench:
    """A manager and an agent, each with a clock of its own."""

    def __init__(self, user: User = USER, theirs: User | None = None) -> None:
        self.now = 50.0
        self.boots, self.seconds = 3, 1000
        self.card = Card()
        self.engine_id = b"\x80\x00\x00\x09\x04sw-a1"
        self.agent = Agent(TEMPLATE, self.card, {b"unused": Access.WRITE}, security=None)
        self.install(theirs or user)
        self.manager = SecureManager(user, lambda: self.now)
        self.exchanges = 0

    def install(self, user: User) -> None:
        self.agent.security = Engine(self.engine_id, [user], lambda: (self.boots, self.seconds))

    def settle(self, request: Request) -> Response | Report | None:
        """Carry datagrams to and fro until there is an answer, or nothing any more."""
        data: bytes | None = request.octets
        for _ in range(8):
            self.exchanges += 1
            data = self.agent.handle(data) if data is not None else None
            if data is None:
                return None
            heard = self.manager.take(data)
            if not isinstance(heard, Request):
                self.manager.done(request)
                return heard
            data = heard.octets
        raise AssertionError("they go round in circles")

    def get(self) -> Any:
        response = self.settle(self.manager.get([NAME]))
        assert isinstance(response, Response)
        assert response.status == Status.NO_ERROR
        return response.varbinds[0].value()


@pytest.mark.parametrize("auth", AUTH_PROTOCOLS)
@pytest.mark.parametrize("priv", [None, *PRIV_PROTOCOLS])
def test_an_engine_is_met_in_three_exchanges_and_asked_in_one_from_then_on(auth: Any, priv: Any) -> None:
    bench = Bench(User("ann", auth, PASSWORD, priv, PASSWORD if priv else ""))
    assert bench.get() == b"sw-a1"
    assert (bench.exchanges, bench.manager.engine_id) == (3, bench.engine_id)
    assert bench.get() == b"sw-a1"
    assert bench.exchanges == 4
    assert bench.manager.engine_time() == (3, 1000)
    answer = bench.settle(bench.manager.set([(NAME, octets("renamed"))]))
    assert isinstance(answer, Response)
    assert bench.get() == b"renamed"


def test_without_authentication_there_is_no_time_to_learn() -> None:
    bench = Bench(User("guest"))
    assert bench.get() == b"sw-a1"
    assert bench.exchanges == 2


def test_time_goes_on_between_requests_and_a_clock_that_drifts_is_set_right() -> None:
    bench = Bench()
    bench.get()
    bench.now += 5000
    bench.seconds += 5000
    bench.get()
    assert bench.exchanges == 4, "no news, no Report"
    bench.now += 1000
    bench.seconds += 2000
    assert bench.get() == b"sw-a1"
    assert bench.exchanges == 6, "one Report, and the request again"
    assert bench.manager.engine_time() == (3, 8000)


def test_a_start_of_the_engine_is_learnt_from_its_report() -> None:
    bench = Bench()
    bench.get()
    bench.boots, bench.seconds = 4, 7
    assert bench.get() == b"sw-a1"
    assert (bench.exchanges, bench.manager.engine_time()) == (5, (4, 7))


@pytest.mark.parametrize(("boots", "seconds"), [(2, 1000), (3, 800)])
def test_an_engine_that_falls_back_in_time_is_not_believed_and_its_answer_never_comes(boots: int, seconds: int) -> None:
    """RFC 3414, 3.2 step 7b: only what is newer sets the time."""
    bench = Bench()
    bench.get()
    bench.boots, bench.seconds = boots, seconds
    assert bench.settle(bench.manager.get([NAME])) is None
    bench.boots, bench.seconds = 3, 1001
    assert bench.get() == b"sw-a1"


def test_another_card_in_the_same_place_is_met_anew() -> None:
    bench = Bench()
    bench.get()
    bench.engine_id, bench.boots, bench.seconds = b"\x80\x00\x00\x09\x04other", 1, 5
    bench.install(USER)
    assert bench.get() == b"sw-a1"
    assert (bench.manager.engine_id, bench.manager.engine_time()) == (bench.engine_id, (1, 5))


@pytest.mark.parametrize(
    ("theirs", "counter"),
    [
        (replace(USER, name="bob"), 3),
        (replace(USER, priv=None, priv_password=""), 1),
        (replace(USER, auth_password="another password"), 5),
        (replace(USER, auth="SHA"), 5),
    ],
)
def test_what_the_engine_holds_against_a_request_is_told(theirs: User, counter: int) -> None:
    bench = Bench(USER, theirs)
    report = bench.settle(bench.manager.get([NAME]))
    assert isinstance(report, Report)
    assert report.counter == f"1.3.6.1.6.3.15.1.1.{counter}.0"


def test_an_answer_below_the_level_that_was_asked_for_is_none() -> None:
    bench = Bench(User("ann", "SHA", PASSWORD))
    bench.get()
    request = bench.manager.get([NAME])
    answer = bench.agent.handle(request.octets)
    assert answer is not None
    header = decode_header(answer)
    bare = encode(header._replace(flags=header.flags & ~AUTH, digest=b""))[0]
    assert bench.manager.take(bare) is None
    assert isinstance(bench.manager.take(answer), Response)


def test_reports_cannot_make_a_manager_send_for_ever() -> None:
    bench = Bench()
    request, sent = bench.manager.get([NAME]), 0
    for turn in range(10):
        bench.engine_id = b"\x80\x00\x00\x09\x04" + bytes((65 + turn,))
        bench.install(USER)
        answer = bench.agent.handle(bench.manager.again(request).octets)
        assert answer is not None
        sent += isinstance(bench.manager.take(answer), Request)
    assert sent == 3


def test_what_was_given_up_is_answered_to_nobody() -> None:
    bench = Bench()
    bench.get()
    request = bench.manager.get([NAME])
    bench.manager.done(request)
    answer = bench.agent.handle(request.octets)
    assert answer is not None
    assert bench.manager.take(answer) is None


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 400), st.integers(0, 255), st.booleans())
def test_a_damaged_answer_is_no_answer(place: int, octet: int, cut: bool) -> None:
    bench = Bench()
    bench.get()
    request = bench.manager.get([NAME])
    answer = bench.agent.handle(request.octets)
    assert answer is not None
    place %= len(answer)
    damaged = answer[:place] if cut else answer[:place] + bytes((octet,)) + answer[place + 1 :]
    if damaged != answer:
        assert not isinstance(bench.manager.take(damaged), Response)
    assert isinstance(bench.manager.take(answer), Response)


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=200))
def test_no_octets_upset_a_manager(data: bytes) -> None:
    bench = Bench()
    bench.manager.get([NAME])
    assert bench.manager.take(data) is None


def test_a_report_without_a_counter_says_nothing() -> None:
    bench = Bench()
    bench.get()
    security = bench.agent.security
    assert security is not None
    request = bench.manager.get([NAME])
    header = decode_header(request.octets)
    engine = Engine(bench.engine_id, [USER], lambda: (3, 1000))
    body = engine._report_body(1, NAME, 1).replace(encode_varbind(NAME, b"\x41\x01\x01"), b"")
    assert bench.manager.take(encode(header._replace(flags=0, digest=b"", salt=b"", data=body))[0]) is None
