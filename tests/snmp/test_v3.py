"""SNMPv3: the RFC's own keys, discovery, time windows, and what becomes of messages that are damaged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.snmp import DecodeError, Engine, User, oid
from simulator.snmp.engine import Answer, Opened, Stat
from simulator.snmp.errors import EncodeError
from simulator.snmp.message import GET, Status, encode_varbind
from simulator.snmp.usm import CFB, Keys, PrivProtocol, _localized
from simulator.snmp.v3 import (
    AUTH,
    PRIV,
    REPORTABLE,
    Header,
    Scoped,
    _read_header,
    _read_scoped,
    decode_header,
    decode_scoped,
    encode,
    scoped,
)

ENGINE = bytes(11) + b"\x02"
PASSWORD = "maplesyrup"
USER = User("ann", "SHA-256", PASSWORD, "AES", PASSWORD)


class Bench:
    def __init__(self, user: User = USER) -> None:
        self.user = user
        self.time = (3, 1000)
        self.engine = Engine(ENGINE, [user], lambda: self.time)
        self.keys = Keys(user, ENGINE)

    def request(self, *, boots: int = 3, time: int = 1000, engine: bytes = ENGINE, name: bytes = b"ann") -> bytes:
        body = scoped(engine, b"", GET, 77, 0, 0, [encode_varbind(oid("1.3.6.1.2.1.1.5.0"), b"\x05\x00")])
        if not engine:
            return encode(Header(5, 65507, REPORTABLE, b"", 0, 0, b"", b"", 0, b"", body))[0]
        secret, salt = self.keys.encrypt(body, boots, time, 9)
        blank = self.keys.blank
        header = Header(5, 65507, AUTH | PRIV | REPORTABLE, engine, boots, time, name, blank, 0, salt, secret)
        return self.keys.signed(*encode(header))

    def reported(self, data: bytes) -> str:
        answer = self.engine.open(data)
        assert isinstance(answer, bytes)
        return decode_scoped(decode_header(answer).data).request.varbinds[0].oid


def test_the_keys_are_those_of_the_rfc() -> None:
    """RFC 3414, A.3."""
    assert _localized("md5", PASSWORD, ENGINE).hex() == "526f5eed9fcce26f8964c2930787d82b"
    assert _localized("sha1", PASSWORD, ENGINE).hex() == "6695febc9288e36282235fc7151f128497b38f3f"


def test_a_request_is_opened_and_its_answer_sealed_for_the_same_user() -> None:
    bench = Bench()
    opened = bench.engine.open(bench.request())
    assert isinstance(opened, Opened)
    assert (opened.request.request_id, opened.request.varbinds[0].oid) == (77, "1.3.6.1.2.1.1.5.0")
    header = decode_header(bench.engine.seal(opened, Answer(Status.NO_ERROR, 0, ())))
    assert (header.message_id, header.flags, header.boots, header.time) == (5, AUTH | PRIV, 3, 1000)
    plain = bench.keys.decrypt(header.data, header.boots, header.time, header.salt)
    assert decode_scoped(plain).request.request_id == 77


def test_a_manager_that_knows_nothing_is_told_who_the_engine_is() -> None:
    bench = Bench()
    answer = bench.engine.open(bench.request(engine=b""))
    assert isinstance(answer, bytes)
    header = decode_header(answer)
    assert (header.engine_id, header.boots, header.time, header.flags) == (ENGINE, 3, 1000, 0)
    assert bench.engine.stats[Stat.UNKNOWN_ENGINE] == 1


@pytest.mark.parametrize(
    ("boots", "time", "stat"), [(3, 1151, 2), (3, 849, 2), (2, 1000, 2), (4, 1000, 2), (3, 1150, 0), (3, 850, 0)]
)
def test_a_request_outside_the_time_window_is_reported(boots: int, time: int, stat: int) -> None:
    bench = Bench()
    data = bench.request(boots=boots, time=time)
    if not stat:
        assert isinstance(bench.engine.open(data), Opened)
        return
    assert bench.reported(data) == f"1.3.6.1.6.3.15.1.1.{stat}.0"
    answer = bench.engine.open(data)
    assert isinstance(answer, bytes)
    assert decode_header(answer).flags == AUTH, "a time is believed only when it is authenticated"


def test_a_wrong_digest_and_an_unknown_user_are_reported() -> None:
    bench = Bench()
    data = bytearray(bench.request())
    data[-1] ^= 1
    assert bench.reported(bytes(data)) == "1.3.6.1.6.3.15.1.1.5.0"
    assert bench.reported(bench.request(name=b"bob")) == "1.3.6.1.6.3.15.1.1.3.0"


def test_users_that_cannot_be_are_refused() -> None:
    with pytest.raises(EncodeError, match="no privacy without authentication"):
        User("x", None, "", "DES", PASSWORD)
    with pytest.raises(EncodeError, match="at least eight characters"):
        User("x", "MD5", "short")
    with pytest.raises(ValueError, match="5 to 32 octets"):
        Engine(b"abc", [], lambda: (1, 1))


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 200), st.integers(0, 255), st.booleans())
def test_a_damaged_message_is_never_taken_for_a_good_one(place: int, octet: int, cut: bool) -> None:
    bench = Bench()
    data = bytearray(bench.request())
    place %= len(data)
    damaged = bytes(data[:place]) if cut else bytes(data[:place] + bytes((octet,)) + data[place + 1 :])
    if damaged == data:
        return
    try:
        opened = bench.engine.open(damaged)
    except DecodeError:
        return
    assert not isinstance(opened, Opened) or hashlib.sha256(damaged).digest() != hashlib.sha256(data).digest()
    assert not (
        isinstance(opened, Opened)
        and opened.header.flags & AUTH
        and opened.header.digest != decode_header(bytes(data)).digest
    )


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=120))
def test_octets_are_a_message_or_a_decode_error(data: bytes) -> None:
    for decode in (decode_header, decode_scoped):
        try:
            decode(data)
        except DecodeError:
            continue


def outcome(decode: Callable[[bytes], Header | Scoped], data: bytes) -> Header | Scoped | type[DecodeError]:
    try:
        return decode(data)
    except DecodeError as error:
        return type(error)


@settings(deadline=None, max_examples=500)
@given(
    st.integers(0, 2**31 - 1), st.integers(0, 2**24), st.integers(0, 2**20), st.binary(max_size=40),
    st.sampled_from([0, REPORTABLE, AUTH, AUTH | PRIV | REPORTABLE]), st.integers(0, 10**6), st.integers(0, 255),
)  # fmt: skip
def test_a_header_of_a_known_layout_is_what_reading_each_element_gives(
    number: int, boots: int, time: int, user: bytes, flags: int, place: int, octet: int
) -> None:
    digest, salt = bytes(24 if flags & AUTH else 0), bytes(8 if flags & PRIV else 0)
    body = bytes(50) if flags & PRIV else scoped(ENGINE, b"", GET, 1, 0, 0, ())
    message = encode(Header(number, 65507, flags, ENGINE, boots, time, user, digest, 0, salt, body))[0]
    outcome(decode_header, message)
    place %= len(message)
    damaged = message[:place] + bytes((octet,)) + message[place + 1 :]
    for data in (message, damaged, message):
        assert outcome(decode_header, data) == outcome(_read_header, data)
    whole = scoped(ENGINE, user, GET, number, 0, boots, [encode_varbind(oid("1.3.6.1.2.1.1.5.0"), b"\x05\x00")])
    place %= len(whole)
    for data in (whole, whole[:place] + bytes((octet,)) + whole[place + 1 :], whole, whole + bytes(3)):
        assert outcome(decode_scoped, data) == outcome(_read_scoped, data)


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from(["AES", "AES-192", "AES-256"]),
    st.binary(max_size=400),
    st.integers(0, 2**31),
    st.integers(0, 2**64),
)
def test_what_is_encrypted_is_what_the_library_s_own_mode_makes_of_it(
    priv: PrivProtocol, plain: bytes, boots: int, salt: int
) -> None:
    keys = Keys(User("ann", "SHA-512", PASSWORD, priv, PASSWORD), ENGINE)
    secret, sent = keys.encrypt(plain, boots, 1000, salt)
    assert keys.decrypt(secret, boots, 1000, sent) == plain
    vector = boots.to_bytes(4, "big") + (1000).to_bytes(4, "big") + sent
    encryptor = Cipher(AES(keys._priv), CFB(vector)).encryptor()
    assert secret == encryptor.update(plain) + encryptor.finalize()
