"""The console's machine joined to the BMC's by a wire: log-in, refusals, loss, duplicates, ends."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.ipmi.client import Patience, Phase, Request
from simulator.ipmi.codes import PayloadType, Privilege, Status
from simulator.ipmi.commands import ChassisStatus, DeviceId, chassis_control, get_chassis_status, get_device_id
from simulator.ipmi.crypto import SUITES
from simulator.ipmi.errors import CompletionError, NoAnswer, SessionError, SessionRefused, WrongPassword, WrongUser
from simulator.ipmi.framing import Packet, Sessionless, decode, encode_sessionless, seal
from simulator.ipmi.message import decode_message, encode_request
from simulator.ipmi.setup import NAME_ONLY, OpenRequest, OpenResponse, Rakp1, Rakp2, Rakp3, Rakp4
from tests.ipmi.support import PEER, USERS, Wire, client, device


def kind(data: bytes) -> int | None:
    packet = decode(data)
    return packet.payload_type if isinstance(packet, Packet) else None


def payload(data: bytes) -> bytes:
    packet = decode(data)
    assert isinstance(packet, Packet)
    return packet.payload


@pytest.mark.requirement("HW-1")
@pytest.mark.parametrize("number", sorted(SUITES))
def test_a_session_does_its_work_in_every_suite(number: int) -> None:
    bmc, chassis = device()
    wire = Wire(bmc, client(suites=[SUITES[number]]))
    identity, status, on = get_device_id(), get_chassis_status(), chassis_control("on")
    wire.run(identity, status, on)
    assert wire.console.state is Phase.CLOSED
    assert DeviceId.decode(identity.result()).manufacturer == 7154
    assert ChassisStatus.decode(status.result()) == ChassisStatus(False, "previous", "none")
    assert chassis.calls == ["power_on"]
    assert bmc.sessions == []


def test_a_status_takes_five_packets_each_way() -> None:
    bmc, _ = device()
    wire = Wire(bmc, client(privilege=Privilege.USER))
    wire.run(get_chassis_status())
    assert (len(wire.sent), len(wire.answers)) == (5, 5)
    assert wire.now == 0


def test_a_wrong_password_and_a_wrong_user_are_told_apart() -> None:
    bmc, _ = device()
    for name, password, expected, text in (
        ("ADMIN", "guess", WrongPassword, "wrong password"),
        ("nobody", "secret", WrongUser, "unknown user"),
    ):
        wire = Wire(bmc, client(name, password))
        wire.run(get_device_id())
        assert wire.console.state is Phase.FAILED
        assert type(wire.console.error) is expected
        assert text in str(wire.console.error)
    assert bmc.sessions == []


def test_a_privilege_above_the_users_is_refused_at_log_in() -> None:
    bmc, _ = device()
    wire = Wire(bmc, client("guest", "look", privilege=Privilege.OPERATOR))
    wire.run(get_device_id())
    assert isinstance(wire.console.error, SessionRefused)
    assert wire.console.error.status == Status.UNAUTHORIZED_ROLE


def test_a_user_may_look_and_not_touch() -> None:
    bmc, chassis = device()
    wire = Wire(bmc, client("guest", "look", privilege=Privilege.USER))
    look, touch, after = get_chassis_status(), chassis_control("on"), get_chassis_status()
    wire.run(look, touch, after)
    assert look.result()
    with pytest.raises(CompletionError, match=r"Chassis Control \(on\): insufficient privilege .*D4h"):
        touch.result()
    with pytest.raises(SessionError, match="not answered"):
        after.result()
    assert chassis.calls == []
    assert wire.console.state is Phase.CLOSED


def test_silence_is_believed_after_five_tries() -> None:
    bmc, chassis = device()
    chassis.bmc_alive = False
    wire = Wire(bmc, client())
    wire.run(get_device_id())
    assert isinstance(wire.console.error, NoAnswer)
    assert str(wire.console.error) == "no answer to Open Session after 5 tries in 4.5 s"
    assert (wire.now, len(wire.sent)) == (pytest.approx(4.5), 5)


def test_the_next_suite_is_proposed_when_the_first_is_not_offered() -> None:
    bmc, _ = device(suites=(SUITES[3],))
    wire = Wire(bmc, client())
    wire.run(get_device_id())
    assert wire.console.state is Phase.CLOSED
    assert wire.console.suite is SUITES[3]


def test_a_refusal_of_two_octets_is_understood() -> None:
    """OpenIPMI's simulator leaves out all but tag and status."""
    console = client(suites=(SUITES[17], SUITES[3]))
    console.start(0.0)
    (again,) = console.receive(seal(PayloadType.OPEN_RESPONSE, 0, 0, bytes((1, Status.INVALID_AUTHENTICATION))), 0.0)
    assert console.suite is SUITES[3]
    assert console.receive(seal(PayloadType.OPEN_RESPONSE, 0, 0, bytes((9, Status.NO_RESOURCES))), 0.0) == []
    assert OpenRequest.decode(again[16:]).algorithms == (1, 1, 1)
    console.receive(seal(PayloadType.OPEN_RESPONSE, 0, 0, bytes((2, Status.NO_RESOURCES))), 0.0)
    assert "no free session slot" in str(console.error)


@pytest.mark.parametrize(
    ("algorithms", "status"),
    [
        ((2, 1, 1), Status.INVALID_AUTHENTICATION),
        ((1, 2, 1), Status.INVALID_INTEGRITY),
        ((1, 1, 2), Status.INVALID_CONFIDENTIALITY),
        ((1, 4, 1), Status.NO_SUITE_MATCH),
    ],
)
def test_algorithms_that_are_no_suite_are_refused_by_name(algorithms: tuple[int, int, int], status: Status) -> None:
    bmc, _ = device()
    (answer,) = bmc.receive(seal(PayloadType.OPEN_REQUEST, 0, 0, OpenRequest(9, 4, 77, algorithms).encode()), PEER, 0)
    assert OpenResponse.decode(payload(answer)) == OpenResponse(9, status, 4, 77)


@pytest.mark.parametrize("lost", range(6))
@pytest.mark.parametrize("way", ["there", "back"])
def test_any_one_lost_packet_costs_time_and_nothing_else(lost: int, way: str) -> None:
    bmc, chassis = device()
    wire = Wire(bmc, client())
    count = iter(range(1000))
    setattr(wire, way, lambda data: int(next(count) != lost))
    on = chassis_control("on")
    wire.run(on)
    assert on.result() == b""
    assert wire.console.state is Phase.CLOSED
    assert wire.now >= 0.3
    assert chassis.calls == ["power_on"]


def test_a_lost_answer_does_not_make_a_command_run_twice() -> None:
    bmc, chassis = device()
    chassis.powered = True
    wire = Wire(bmc, client())
    wire.run(close=False)
    losses = iter([0, 0])
    wire.back = lambda data: next(losses, 1)
    assert wire.ask(chassis_control("cycle")) == b""
    assert chassis.calls == ["power_cycle"]
    assert wire.ask(chassis_control("cycle")) == b""
    assert chassis.calls == ["power_cycle", "power_cycle"]


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32), loss=st.floats(0, 0.4), duplication=st.floats(0, 0.5))
def test_on_a_bad_wire_a_command_runs_once_or_the_console_says_why(seed: int, loss: float, duplication: float) -> None:
    chance = random.Random(seed)

    def copies(data: bytes) -> int:
        return 0 if chance.random() < loss else 2 if chance.random() < duplication else 1

    bmc, chassis = device()
    wire = Wire(bmc, client())
    wire.there = wire.back = copies
    on = chassis_control("on")
    wire.run(on)
    if on.code is None:
        assert isinstance(wire.console.error, SessionError)
        assert chassis.calls in ([], ["power_on"])
    else:
        assert chassis.calls == ["power_on"]


def handshake() -> tuple[Any, list[bytes], list[bytes]]:
    """A BMC after a log-in, with the three set-up packets and their answers."""
    bmc, _ = device()
    wire = Wire(bmc, client(privilege=Privilege.USER))
    wire.run(close=False)
    return bmc, wire.sent[:3], wire.answers[:3]


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_set_up_packet_that_comes_again_gets_the_same_answer(steps: int) -> None:
    _, sent, answers = handshake()
    bmc, _ = device()  # the same seed: the same ids and nonces
    for data, answer in zip(sent[:steps], answers, strict=False):
        assert bmc.receive(data, PEER, 0) == [answer]
    again = bytearray(sent[steps - 1])
    again[16] = 0x55  # a new tag
    expected = bytearray(answers[steps - 1])
    expected[16] = 0x55
    assert bmc.receive(bytes(again), PEER, 1) == [bytes(expected)]
    assert bmc.receive(sent[steps - 1], PEER, 2) == [answers[steps - 1]]


def test_an_open_request_of_another_console_is_another_session() -> None:
    bmc, _ = device()
    request = seal(PayloadType.OPEN_REQUEST, 0, 0, OpenRequest(0, 4, 77, (1, 1, 1)).encode())
    ids = {OpenResponse.decode(payload(bmc.receive(request, ("10.0.0.1", port), 0)[0])).bmc_id for port in range(4)}
    assert len(ids) == 4


def opened(bmc: Any, now: float = 0.0, console: int = 77) -> int:
    request = OpenRequest(0, 4, console, (1, 1, 1))
    (answer,) = bmc.receive(seal(PayloadType.OPEN_REQUEST, 0, 0, request.encode()), PEER, now)
    response = OpenResponse.decode(payload(answer))
    assert response.status == 0
    return response.bmc_id


def rakp1(bmc: Any, packet: Rakp1, now: float = 0.0) -> Rakp2:
    (answer,) = bmc.receive(seal(PayloadType.RAKP1, 0, 0, packet.encode()), PEER, now)
    return Rakp2.decode(payload(answer))


@pytest.mark.parametrize(
    ("role", "name", "status"),
    [
        (4, b"x" * 17, Status.INVALID_NAME_LENGTH),
        (4, b"nobody", Status.UNAUTHORIZED_NAME),
        (4, b"guest", Status.UNAUTHORIZED_ROLE),
        (0, b"ADMIN", Status.INVALID_ROLE),
        (5, b"ADMIN", Status.INVALID_ROLE),
    ],
)
def test_log_in_is_refused_with_the_right_status(role: int, name: bytes, status: Status) -> None:
    bmc, _ = device()
    packet = Rakp1(1, opened(bmc), bytes(16), role | NAME_ONLY, name)
    assert rakp1(bmc, packet) == Rakp2(1, status, 77)
    assert rakp1(bmc, packet) == Rakp2(1, status, 77), "a resend gets the same answer"
    other = packet._replace(random=bytes(range(16)))
    assert rakp1(bmc, other).status == Status.INVALID_SESSION, "what was refused is over"


def test_a_session_that_is_not_there_has_an_invalid_id() -> None:
    bmc, _ = device()
    assert rakp1(bmc, Rakp1(3, 12345, bytes(16), 4, b"ADMIN")).status == Status.INVALID_SESSION
    (answer,) = bmc.receive(seal(PayloadType.RAKP3, 0, 0, Rakp3(3, 0, 12345, bytes(20)).encode()), PEER, 0)
    assert Rakp4.decode(payload(answer)).status == Status.INVALID_SESSION


def test_a_wrong_code_in_rakp_3_is_refused_again_and_again() -> None:
    bmc, _ = device()
    number = opened(bmc)
    assert rakp1(bmc, Rakp1(1, number, bytes(16), 4, b"ADMIN")).status == 0
    packet = seal(PayloadType.RAKP3, 0, 0, Rakp3(1, 0, number, bytes(20)).encode())
    for _ in range(2):
        (answer,) = bmc.receive(packet, PEER, 0)
        assert Rakp4.decode(payload(answer)).status == Status.INVALID_CHECK_VALUE
    assert bmc.sessions == []


def test_an_open_request_with_odd_records_is_an_illegal_parameter() -> None:
    bmc, _ = device()
    octets = bytearray(OpenRequest(0, 4, 77, (1, 1, 1)).encode())
    octets[8] = 2
    (answer,) = bmc.receive(seal(PayloadType.OPEN_REQUEST, 0, 0, bytes(octets)), PEER, 0)
    assert OpenResponse.decode(payload(answer)) == OpenResponse(0, Status.ILLEGAL_PARAMETER, 0, 77)


def test_half_open_sessions_give_way_to_a_new_log_in() -> None:
    bmc, _ = device(session_limit=4)
    for console in range(40):
        opened(bmc, console=console)
    wire = Wire(bmc, client())
    wire.run(get_device_id())
    assert wire.console.state is Phase.CLOSED


def test_where_half_open_sessions_stay_the_bmc_is_locked_until_they_run_out() -> None:
    bmc, _ = device(session_limit=4, evicts_half_open=False)
    for console in range(4):
        opened(bmc, console=console)
    wire = Wire(bmc, client())
    wire.run()
    assert isinstance(wire.console.error, SessionRefused)
    assert wire.console.error.status == Status.NO_RESOURCES
    late = Wire(bmc, client())
    late.now = 30.0
    late.run(get_device_id())
    assert late.console.state is Phase.CLOSED


def test_active_sessions_never_give_way() -> None:
    bmc, _ = device(session_limit=4)
    wires = [Wire(bmc, client(seed=seed)) for seed in range(10, 14)]
    for wire in wires:
        wire.run(close=False)
    late = Wire(bmc, client())
    late.run()
    assert isinstance(late.console.error, SessionRefused)
    assert all(wire.ask(get_chassis_status()) for wire in wires)


def test_an_idle_session_ends_after_sixty_seconds() -> None:
    bmc, _ = device()
    wire = Wire(bmc, client())
    wire.run(close=False)
    wire.now = 59.0
    assert wire.ask(get_chassis_status())
    wire.now = 118.0
    assert wire.ask(get_chassis_status())
    wire.now = 178.5
    with pytest.raises(SessionError):
        wire.ask(get_chassis_status())
    assert isinstance(wire.console.error, NoAnswer)
    assert wire.console.error.what == "Get Chassis Status"
    assert bmc.sessions == []


def test_a_session_outlives_a_new_address_of_its_console() -> None:
    bmc, _ = device()
    wire = Wire(bmc, client())
    wire.run(close=False)
    wire.peer = ("10.9.9.9", 1)
    assert wire.ask(get_chassis_status())


def test_one_address_can_hold_many_sessions() -> None:
    bmc, _ = device()
    wires = [Wire(bmc, client(seed=seed)) for seed in range(3)]
    for wire in wires:
        wire.run(close=False)
    assert len(bmc.sessions) == 3
    for wire in wires:
        assert wire.ask(get_chassis_status())


def test_lost_power_loses_every_session() -> None:
    bmc, chassis = device()
    wire = Wire(bmc, client())
    wire.run(close=False)
    chassis.bmc_alive = False
    assert bmc.receive(wire.sent[-1], PEER, 1) == []
    chassis.bmc_alive = True
    with pytest.raises(SessionError):
        wire.ask(get_chassis_status())
    again = Wire(bmc, client())
    again.run(close=False)
    bmc.power_lost()
    assert bmc.sessions == []


def test_a_repeated_packet_is_dropped_without_a_word() -> None:
    bmc, chassis = device()
    wire = Wire(bmc, client())
    wire.run(close=False)
    wire.ask(chassis_control("on"))
    assert bmc.receive(wire.sent[-1], PEER, wire.now) == []
    assert chassis.calls == ["power_on"]


def sessionless(bmc: Any, netfn: int, command: int, data: bytes) -> bytes:
    (answer,) = bmc.receive(encode_sessionless(encode_request(netfn, command, 0, data)), PEER, 0)
    packet = decode(answer)
    assert isinstance(packet, Sessionless)
    return decode_message(packet.message).data


def test_capabilities_are_told_without_a_session() -> None:
    bmc, _ = device(authentication=())
    assert sessionless(bmc, 6, 0x38, b"\x8e\x04").hex() == "000180040200000000"
    assert sessionless(bmc, 6, 0x38, b"\x85\x04") == b"\xcc"
    assert sessionless(bmc, 6, 0x54, b"\x0e\x00\x80")[:7].hex() == "0001c000004080"
    assert sessionless(bmc, 6, 0x37, b"")[1:] == bmc.guid
    plus = seal(PayloadType.IPMI, 0, 0, encode_request(6, 0x38, 0, b"\x8e\x04"))
    (answer,) = bmc.receive(plus, PEER, 0)
    assert decode_message(payload(answer)).data.hex() == "000180040200000000"


def test_requests_are_checked_for_command_then_privilege_then_length() -> None:
    bmc, _ = device()
    assert sessionless(bmc, 0, 0x77, b"") == b"\xc1"
    assert sessionless(bmc, 0, 0x02, b"") == b"\xd4"
    assert sessionless(bmc, 6, 0x38, b"\x8e") == b"\xc7"
    lun = bytearray(encode_request(6, 0x38, 0, b"\x8e\x04"))
    lun[1] |= 1
    lun[2] = -(lun[0] + lun[1]) & 0xFF
    (answer,) = bmc.receive(encode_sessionless(bytes(lun)), PEER, 0)
    packet = decode(answer)
    assert isinstance(packet, Sessionless)
    assert decode_message(packet.message).data == b"\xc2"


def test_a_ping_is_answered() -> None:
    bmc, _ = device()
    (answer,) = bmc.receive(bytes.fromhex("0600ff06000011be80070000"), PEER, 0)
    assert answer[8:10].hex() == "4007"


@pytest.mark.parametrize(
    ("data", "answer"),
    [(b"\x00", "02"), (b"\x03", "03"), (b"\x05", "80"), (b"\x04", "81")],
)
def test_privilege_is_asked_for_within_limits(data: bytes, answer: str) -> None:
    bmc, _ = device((USERS[0],))
    wire = Wire(bmc, client(privilege=Privilege.OPERATOR))
    wire.run(close=False)
    request = Request(6, 0x3B, b"\x02")
    wire.ask(request)
    request = Request(6, 0x3B, data)
    wire.carry(wire.console.request(request, wire.now))
    told = request.reply if request.code == 0 else bytes((request.code or 0,))
    assert told.hex() == answer


def test_one_session_can_be_asked_about_and_closed_by_another() -> None:
    bmc, _ = device()
    one, other = Wire(bmc, client(seed=5)), Wire(bmc, client(seed=6, privilege=Privilege.ADMINISTRATOR))
    one.run(close=False)
    other.run(close=False)
    first, second = bmc.sessions
    info = other.ask(Request(6, 0x3D, b"\x01"))
    assert (info[0], info[1], info[2], info[3]) == (first.handle, 16, 2, 2)
    assert other.ask(Request(6, 0x3D, b"\x00"))[0] == second.handle
    assert other.ask(Request(6, 0x3D, bytes((0xFE, first.handle))))[0] == first.handle
    assert other.ask(Request(6, 0x3D, b"\xff" + first.bmc_id.to_bytes(4, "little")))[0] == first.handle
    assert other.ask(Request(6, 0x3D, b"\x05")) == bytes((0, 16, 2))
    with pytest.raises(CompletionError, match="insufficient privilege"):
        one.ask(Request(6, 0x3C, second.bmc_id.to_bytes(4, "little")))
    with pytest.raises(CompletionError, match="87h"):
        other.ask(Request(6, 0x3C, b"\x01\x02\x03\x04"))
    other.ask(Request(6, 0x3C, bytes((0, 0, 0, 0, first.handle))))
    assert bmc.sessions == [second]


def test_a_lost_answer_to_close_counts_as_closed() -> None:
    bmc, _ = device()
    wire = Wire(bmc, client())
    wire.run(close=False)
    wire.back = lambda data: 0
    wire.carry(wire.console.close(wire.now))
    wire.settle()
    assert wire.console.state is Phase.CLOSED
    assert bmc.sessions == []
    assert wire.now == Patience().first * 3


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_no_datagram_can_upset_a_bmc(data: Any) -> None:
    """Whatever is sent at whatever stage: nothing is raised, and an honest console can still log in."""
    bmc, chassis = device()
    wire = Wire(bmc, client())
    wire.run(close=data.draw(st.booleans()))
    now = wire.now
    for _ in range(data.draw(st.integers(1, 8))):
        if data.draw(st.booleans()):
            datagram = bytearray(data.draw(st.sampled_from(wire.sent)))
            for _ in range(data.draw(st.integers(1, 3))):
                datagram[data.draw(st.integers(0, len(datagram) - 1))] = data.draw(st.integers(0, 255))
            packet = (
                bytes(datagram[: data.draw(st.integers(0, len(datagram)))])
                if data.draw(st.booleans())
                else bytes(datagram)
            )
        else:
            payload_type = data.draw(st.sampled_from(sorted(PayloadType)))
            number = data.draw(st.sampled_from([0, *(session.bmc_id for session in bmc.sessions)]))
            packet = seal(payload_type, number, data.draw(st.integers(0, 5)), data.draw(st.binary(max_size=60)))
        now += data.draw(st.sampled_from([0.0, 0.1, 31.0]))
        assert isinstance(bmc.receive(packet, PEER, now), list)
    honest = Wire(bmc, client(seed=99), ("10.0.0.2", 9))
    honest.now = now
    honest.run(get_chassis_status())
    assert honest.console.state is Phase.CLOSED
    assert chassis.calls == []


@settings(deadline=None, max_examples=150)
@given(netfn=st.sampled_from([0, 2, 4, 6, 8, 10, 12, 0x2C]), command=st.integers(0, 255), body=st.binary(max_size=20))
def test_every_command_of_every_body_is_answered(netfn: int, command: int, body: bytes) -> None:
    bmc, _ = device()
    wire = Wire(bmc, client(privilege=Privilege.ADMINISTRATOR))
    wire.run(close=False)
    request = Request(netfn, command, body)
    wire.carry(wire.console.request(request, wire.now))
    assert request.code is not None


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_no_answer_can_upset_a_console(data: Any) -> None:
    bmc, _ = device()
    wire = Wire(bmc, client())
    wire.run(get_device_id())
    console = client(seed=2)
    sent = console.start(0.0)
    for answer in wire.answers[: data.draw(st.integers(0, len(wire.answers)))]:
        mutated = bytearray(answer)
        mutated[data.draw(st.integers(0, len(mutated) - 1))] ^= data.draw(st.integers(0, 255))
        sent += console.receive(bytes(mutated[: data.draw(st.integers(0, len(mutated)))]), 0.0)
        sent += console.receive(data.draw(st.binary(max_size=50)), 0.0)
    assert all(isinstance(datagram, bytes) for datagram in sent)
