"""Logging in, beyond the usual: K_g, suite 0, names that stand for several users, lock-out, and IPMI 1.5 sessions."""

import contextlib
import hashlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.ipmi.channel import user
from simulator.ipmi.client import Client, Request
from simulator.ipmi.codes import Completion, Privilege
from simulator.ipmi.crypto import SUITES
from simulator.ipmi.errors import Malformed, WrongKey, WrongPassword, WrongUser
from simulator.ipmi.framing import decode
from simulator.ipmi.lan15 import AuthType, encode15, verify15
from tests.ipmi.support import PEER, Console15, Wire, client, device

STATUS = (0, 0x01)


def status(wire):
    request = Request(*STATUS)
    wire.run(request)
    return wire.console.error or request.code


@pytest.mark.parametrize("number", [1, 3, 17])
def test_with_a_key_of_the_bmc_only_consoles_that_know_it_log_in(number):
    bmc, _ = device()
    bmc.kg = b"hall"

    def login(kg):
        console = Client("ADMIN", "secret", random.Random(2).randbytes, suites=[SUITES[number]], kg=kg)
        return status(Wire(bmc, console))

    assert login(b"hall") == 0
    assert isinstance(login(b"wrong"), WrongKey)
    assert isinstance(login(b""), WrongKey)
    bmc.kg = b""
    assert login(b"") == 0


def test_suite_0_lets_anybody_in_who_knows_a_name_where_it_is_open():
    bmc, _ = device()
    assert status(Wire(bmc, client(password="whatever", suites=[SUITES[0]]))) == 0
    closed, _ = device(suites=(SUITES[3],))
    assert "invalid authentication algorithm" in str(status(Wire(closed, client(suites=[SUITES[0]]))))


NAMESAKES = (
    user(2, "root", "looks", Privilege.USER),
    user(3, "root", "works", Privilege.OPERATOR),
    user(4, "root", "rules", Privilege.ADMINISTRATOR),
)


@pytest.mark.parametrize(
    ("privilege", "password", "well"),
    [
        (Privilege.USER, "looks", True),
        (Privilege.OPERATOR, "works", True),
        (Privilege.ADMINISTRATOR, "rules", True),
        (Privilege.OPERATOR, "looks", False),
    ],
)
def test_by_name_and_privilege_one_name_stands_for_several_users(privilege, password, well):
    bmc, _ = device(users=NAMESAKES)
    console = client("root", password, privilege=privilege)
    console._role = privilege  # without NAME_ONLY
    result = status(Wire(bmc, console))
    assert result == 0 if well else isinstance(result, WrongPassword)


def test_by_name_alone_the_first_of_that_name_counts():
    bmc, _ = device(users=NAMESAKES)
    assert status(Wire(bmc, client("root", "looks", privilege=Privilege.USER))) == 0
    refused = status(Wire(bmc, client("root", "rules", privilege=Privilege.ADMINISTRATOR)))
    assert "privilege level not allowed" in str(refused)


def test_three_wrong_passwords_lock_a_user_out_for_a_while_and_no_other_user():
    bmc, _ = device(bad_logins=3, lock_out=60.0)
    told = []
    bmc.observer = lambda what, detail: told.append(what)
    for _ in range(3):
        assert isinstance(status(Wire(bmc, client(password="wrong"))), WrongPassword)
    assert "locked out" in told
    wire = Wire(bmc, client())
    assert isinstance(status(wire), WrongUser)
    assert status(Wire(bmc, client("guest", "look", privilege=Privilege.USER))) == 0
    later = Wire(bmc, client())
    later.now = 61.0
    assert status(later) == 0


def test_a_good_login_makes_bad_ones_before_it_forgotten():
    bmc, _ = device(bad_logins=2)
    for _ in range(3):
        assert isinstance(status(Wire(bmc, client(password="wrong"))), WrongPassword)
        assert status(Wire(bmc, client())) == 0


# IPMI 1.5

ALL = (AuthType.NONE, AuthType.MD5, AuthType.STRAIGHT)


@pytest.mark.parametrize("kind", ALL)
def test_an_old_console_logs_in_commands_and_logs_out(kind):
    bmc, chassis = device(authentication=ALL)
    console = Console15(bmc, kind)
    assert console.login()[0] == 0
    assert console.ask(0, 2, b"\x01") == b"\xd4"
    assert console.ask(6, 0x3B, b"\x04") == b"\0\x04"
    assert console.ask(0, 2, b"\x01") == b"\0"
    assert chassis.powered
    assert console.heard.sequence == 10
    assert console.ask(6, 0x3D, b"\0")[6] == 1  # channel 1, IPMI 1.5
    assert console.ask(6, 0x3C, console.session.to_bytes(4, "little")) == b"\0"
    assert console.ask(0, 1) is None
    assert bmc.sessions == []


def test_what_is_not_offered_is_refused():
    bmc, _ = device(authentication=(AuthType.MD5,))
    assert Console15(bmc, AuthType.STRAIGHT).login() == bytes((Completion.INVALID_FIELD,))
    newer, _ = device(authentication=())
    assert Console15(newer, AuthType.MD5).login() == bytes((Completion.INVALID_FIELD,))


def test_an_unknown_name_gets_81h_a_missing_one_82h_and_too_much_privilege_86h():
    bmc, _ = device(authentication=ALL)
    assert Console15(bmc, AuthType.MD5, name="nobody").login() == b"\x81"
    assert Console15(bmc, AuthType.MD5, name="").login() == b"\x82"
    guest = Console15(bmc, AuthType.MD5, "look", "guest")
    assert guest.login() == b"\x86"
    assert guest.login(Privilege.USER)[0] == 0


def test_a_wrong_password_is_met_with_silence_and_counts():
    bmc, _ = device(authentication=ALL, bad_logins=2)
    for port in (1, 2):
        console = Console15(bmc, AuthType.MD5, "wrong")
        console.peer = ("10.0.0.1", port)
        assert console.login() is None
        assert console.deliver(console.last) is None  # sent again, which is no second try
    assert Console15(bmc, AuthType.MD5).login() == b"\x81"


def test_a_challenge_and_an_activation_that_are_asked_again_are_answered_alike():
    bmc, _ = device(authentication=ALL)
    console = Console15(bmc, AuthType.MD5)
    first = console.ask(6, 0x39, b"\x02" + console.name, kind=0, session=0)
    assert console.ask(6, 0x39, b"\x02" + console.name, kind=0, session=0) == first
    answer = console.login()
    assert console.deliver(console.last) == answer
    assert len(bmc.sessions) == 1


def test_a_number_that_was_seen_and_a_code_that_does_not_hold_get_no_answer():
    bmc, _ = device(authentication=ALL)
    console = Console15(bmc, AuthType.MD5)
    console.login()
    assert console.ask(0, 1)[0] == 0
    assert console.deliver(console.last) is None
    console.key = bytes(16)
    assert console.ask(0, 1) is None


def test_old_sessions_take_slots_and_run_out():
    bmc, _ = device(authentication=ALL, session_limit=4, evicts_half_open=False)
    consoles = [Console15(bmc, AuthType.MD5) for _ in range(4)]
    for console in consoles:
        console.login()
    assert len(bmc.sessions) == 4
    assert Console15(bmc, AuthType.MD5).login() == bytes((Completion.NODE_BUSY,))
    assert consoles[0].deliver(consoles[0].last, now=61.0) is None
    assert bmc.sessions == []


def test_rakp_on_a_session_of_ipmi_15_is_refused():
    bmc, _ = device(authentication=ALL)
    console = Console15(bmc, AuthType.MD5)
    number = console.ask(6, 0x39, b"\x02" + console.name, kind=0, session=0)[1:5]
    rakp1 = b"\x06\0\xff\x07\x06\x12" + bytes(8) + b"\x1c\0" + bytes(4) + number + bytes(20)
    assert bmc.receive(rakp1, PEER, 0.0)[0][17] == 0x02


def test_the_md5_code_covers_password_id_message_and_number():
    packet = encode15(2, 5, 9, b"hello", b"p" * 16)
    covered = b"p" * 16 + b"\x09\0\0\0" + b"hello" + b"\x05\0\0\0" + b"p" * 16
    assert packet[13:29] == hashlib.md5(covered, usedforsecurity=False).digest()


@settings(deadline=None, max_examples=60)
@given(
    kind=st.sampled_from([0, 2, 4]),
    sequence=st.integers(0, 2**32 - 1),
    number=st.integers(1, 2**32 - 1),
    message=st.binary(max_size=255),
    key=st.binary(min_size=16, max_size=16),
)
def test_what_is_encoded_is_decoded_and_verified(kind, sequence, number, message, key):
    packet = decode(encode15(kind, sequence, number, message, key))
    assert packet[:3] == (kind, sequence, number)
    assert packet.message == message
    verify15(packet, key)


@settings(deadline=None, max_examples=100)
@given(rest=st.binary(max_size=60), kind=st.sampled_from([0, 2, 4, 1, 5]))
def test_any_octets_are_decoded_or_malformed(rest, kind):
    with contextlib.suppress(Malformed):
        decode(b"\x06\0\xff\x07" + bytes((kind,)) + rest)


@pytest.mark.requirement("HW-1")
@pytest.mark.parametrize(
    ("name", "password", "kg", "privilege", "said", "packets"),
    [
        ("nobody", "secret", b"hall", Privilege.USER, "unknown user (status 0Dh)", 2),
        ("guest", "look", b"hall", Privilege.OPERATOR, "privilege level not allowed for this user (status 0Ah)", 2),
        ("ADMIN", "wrong", b"hall", Privilege.USER, "wrong password", 3),
        ("ADMIN", "secret", b"wrong", Privilege.USER, "wrong key K_g", 3),
    ],
)
def test_what_is_wrong_is_refused_in_the_answer_to_that_very_packet(name, password, kg, privilege, said, packets):
    bmc, _ = device()
    bmc.kg = b"hall"
    console = Client(name, password, random.Random(2).randbytes, privilege=privilege, suites=[SUITES[3]], kg=kg)
    wire = Wire(bmc, console)
    wire.run(Request(*STATUS))
    assert said in str(console.error)
    assert len(wire.sent) == packets  # with a wrong password the third one says so to the BMC
    assert wire.now == 0.0
