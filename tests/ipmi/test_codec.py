"""Whatever the octets are, a decoder gives a record or raises Malformed."""

from __future__ import annotations

import contextlib
import hmac
import random
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.ipmi.client import CONSOLE
from simulator.ipmi.commands import BOOT_DEVICES, BootFlags, ChassisStatus, DeviceId
from simulator.ipmi.crypto import SUITES, SessionKeys, match_suite, password_key, suite_records
from simulator.ipmi.errors import BadChecksum, BadIntegrity, Malformed
from simulator.ipmi.framing import (
    Packet,
    Ping,
    Pong,
    Sessionless,
    decode,
    encode_pong,
    encode_sessionless,
    seal,
    unseal,
)
from simulator.ipmi.lan15 import Packet15, password16, verify15
from simulator.ipmi.message import decode_message, encode_answer, encode_request
from simulator.ipmi.session import SESSION
from simulator.ipmi.setup import OpenRequest, OpenResponse, Rakp1, Rakp2, Rakp3, Rakp4
from simulator.ipmi.window import Window

octet = st.integers(0, 255)
id32 = st.integers(0, 2**32 - 1)
sixteen = st.binary(min_size=16, max_size=16)
algorithms = st.tuples(*[st.integers(0, 63)] * 3)
SUITE_LIST = list(SUITES.values())


def keys(number: int) -> SessionKeys:
    return SessionKeys(SUITES[number], bytes(range(20)))


def arrive(data: bytes, number: int) -> object:
    """What a machine makes of a datagram: the payload of a session packet in the clear, or another record."""
    packet = decode(data)
    if isinstance(packet, Packet15):
        verify15(packet, password16(b"secret"))
    return unseal(packet, keys(number)) if isinstance(packet, Packet) else packet


DECODERS: list[Any] = [
    decode,
    decode_message,
    OpenRequest.decode,
    OpenResponse.decode,
    Rakp1.decode,
    Rakp2.decode,
    Rakp3.decode,
    Rakp4.decode,
    DeviceId.decode,
    ChassisStatus.decode,
    BootFlags.decode,
]


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.__qualname__)
@settings(deadline=None, max_examples=60)
@given(data=st.binary(max_size=80))
def test_any_octets_are_decoded_or_malformed(decoder: Any, data: bytes) -> None:
    with contextlib.suppress(Malformed):
        decoder(data)


@settings(deadline=None, max_examples=150)
@given(
    head=st.sampled_from([b"\x06\x00\xff\x07", b"\x06\x00\xff\x06", b"\x06\x00\xff\x07\x06", b"\x06\x00\xff\x07\x00"]),
    tail=st.binary(max_size=60),
    number=st.sampled_from(sorted(SUITES)),
)
def test_any_rmcp_packet_is_decoded_and_unsealed_or_malformed(head: bytes, tail: bytes, number: int) -> None:
    with contextlib.suppress(Malformed):
        arrive(head + tail, number)


@settings(deadline=None, max_examples=150)
@given(payload=st.binary(max_size=70), iv=sixteen, number=st.sampled_from(sorted(SUITES)), session=id32, sequence=id32)
def test_what_was_sealed_is_unsealed(payload: bytes, iv: bytes, number: int, session: int, sequence: int) -> None:
    packet = decode(seal(0, session, sequence, payload, keys(number), iv))
    assert isinstance(packet, Packet)
    assert (packet.session_id, packet.sequence, packet.payload_type) == (session, sequence, 0)
    assert unseal(packet, keys(number)) == payload


@settings(deadline=None, max_examples=150)
@given(payload=st.binary(max_size=40), number=st.sampled_from([2, 3, 16, 17]), data=st.data())
def test_a_signed_packet_that_was_touched_never_comes_through(payload: bytes, number: int, data: Any) -> None:
    sealed = bytearray(seal(0, 7, 9, payload, keys(number), bytes(16)))
    place = data.draw(st.integers(4, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Malformed):
        arrive(bytes(sealed), number)


@settings(deadline=None, max_examples=60)
@given(number=st.sampled_from([2, 3, 16, 17]), data=st.data())
def test_a_truncated_packet_never_comes_through(number: int, data: Any) -> None:
    sealed = seal(0, 7, 9, b"payload", keys(number), bytes(16))
    cut = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
    with pytest.raises(Malformed):
        arrive(cut, number)


def test_an_unprotected_packet_is_no_packet_of_a_protected_session() -> None:
    packet = decode(seal(0, 7, 9, b"payload"))
    assert isinstance(packet, Packet)
    with pytest.raises(BadIntegrity, match="otherwise than was agreed"):
        unseal(packet, keys(3))


@settings(deadline=None, max_examples=60)
@given(payload=st.binary(max_size=64), number=st.sampled_from([3, 17]))
def test_decrypting_anything_gives_octets_or_an_error(payload: bytes, number: int) -> None:
    with contextlib.suppress(BadIntegrity):
        keys(number).decrypt(payload)


@settings(deadline=None)
@given(st.integers(0, 0x3E), octet, st.integers(0, 63), st.binary(max_size=40))
def test_a_message_and_its_answer_come_back(netfn: int, command: int, sequence: int, body: bytes) -> None:
    request = decode_message(encode_request(netfn, command, sequence, body))
    assert (request.netfn, request.command, request.sequence, request.data) == (netfn, command, sequence, body)
    assert (request.target, request.source) == (0x20, 0x81)
    answer = decode_message(encode_answer(request, b"\0" + body))
    assert (answer.target, answer.source, answer.netfn) == (0x81, 0x20, netfn | 1)
    assert (answer.sequence, answer.command, answer.data) == (sequence, command, b"\0" + body)


@pytest.mark.parametrize("place", [0, 2, 5, -1])
def test_a_message_with_a_wrong_octet_fails_its_checksum(place: int) -> None:
    message = bytearray(encode_request(0, 1, 5, b"ab"))
    message[place] ^= 0x10
    with pytest.raises(BadChecksum):
        decode_message(bytes(message))


@settings(deadline=None)
@given(octet, st.integers(0, 15), id32, algorithms)
def test_open_request_comes_back(tag: int, privilege: int, console: int, chosen: tuple[int, int, int]) -> None:
    packet = OpenRequest(tag, privilege, console, chosen)
    assert OpenRequest.decode(packet.encode()) == packet


@settings(deadline=None)
@given(octet, st.integers(0, 0x12), id32, id32, algorithms)
def test_open_response_comes_back(tag: int, status: int, console: int, bmc: int, chosen: tuple[int, int, int]) -> None:
    packet = OpenResponse(tag, status, 4, console, bmc, chosen) if not status else OpenResponse(tag, status, 4, console)
    assert OpenResponse.decode(packet.encode()) == packet
    assert len(packet.encode()) == (8 if status else 36)


@settings(deadline=None)
@given(octet, id32, sixteen, octet, st.binary(max_size=16), st.binary(max_size=32))
def test_rakp_messages_come_back(tag: int, session: int, nonce: bytes, role: int, name: bytes, code: bytes) -> None:
    for packet in (
        Rakp1(tag, session, nonce, role, name),
        Rakp2(tag, 0, session, nonce, bytes(16), code),
        Rakp2(tag, 0x0D, session),
        Rakp3(tag, 0, session, code),
        Rakp4(tag, 0, session, code),
    ):
        assert type(packet).decode(packet.encode()) == packet


def test_ping_is_understood_and_pong_says_ipmi() -> None:
    assert decode(bytes.fromhex("0600ff06 000011be 80 2a 00 00")) == Ping(0x2A)
    assert decode(encode_pong(0x2A)) == Pong(0x2A, ipmi=True)


def test_sessionless_message_comes_back_with_and_without_the_legacy_pad() -> None:
    message = encode_request(6, 0x38, 0, b"\x8e\x04")
    assert decode(encode_sessionless(message)) == Sessionless(message)
    assert decode(encode_sessionless(message) + b"\0") == Sessionless(message)
    with pytest.raises(Malformed):
        decode(encode_sessionless(message) + b"\0\0")
    with pytest.raises(Malformed, match="255"):
        encode_sessionless(bytes(256))


def test_device_id_comes_back_with_its_bcd_version() -> None:
    device = DeviceId(32, 1, True, 2, 70, 0x80, 674, 256, b"\0\x2d\x46\x46")
    assert device.encode() == bytes.fromhex("20 81 02 70 02 80 a20200 0001 002d4646")
    assert DeviceId.decode(device.encode()) == device
    assert DeviceId.decode(device.encode()[:11]) == device._replace(auxiliary=b"")


@given(st.booleans(), st.sampled_from(["off", "previous", "on"]), st.sampled_from(["none", "ac_lost", "command"]))
def test_chassis_status_comes_back(on: bool, policy: str, event: str) -> None:
    status = ChassisStatus(on, policy, event)
    assert ChassisStatus.decode(status.encode()) == status


@given(st.booleans(), st.booleans(), st.booleans(), st.sampled_from(sorted(BOOT_DEVICES)))
def test_boot_flags_come_back(valid: bool, persistent: bool, efi: bool, device: str) -> None:
    flags = BootFlags(valid, persistent, efi, device, b"\x01\x02\x03")
    assert BootFlags.decode(flags.encode()) == flags


def test_suites_are_matched_as_a_set() -> None:
    offered = [SUITES[3], SUITES[16]]
    assert match_suite(offered, (1, 1, 1)) is SUITES[3]
    assert match_suite(offered, (3, 4, 1)) is None
    assert suite_records([SUITES[3], SUITES[17]]).hex() == "c003014181" + "c011034481"


def test_a_password_has_at_most_20_octets() -> None:
    assert password_key("secret") == b"secret" + bytes(14)
    with pytest.raises(ValueError, match="20"):
        password_key("x" * 21)


@settings(deadline=None)
@given(st.lists(st.integers(-20, 20), max_size=60), id32)
def test_no_sequence_number_is_admitted_twice(steps: list[int], start: int) -> None:
    window = Window()
    window._highest = start  # anywhere, so that the wrap at 32 bits is met too
    number, admitted = start, set()
    for step in steps:
        number = (number + step) & 0xFFFFFFFF
        if window.admit(number):
            assert number not in admitted
            assert number
            admitted.add(number)


def test_the_window_is_15_ahead_and_16_behind() -> None:
    window = Window()
    assert window.admit(3)
    assert not window.admit(3)
    assert window.admit(18)
    assert not window.admit(34)
    assert window.admit(17)
    assert window.admit(2)
    assert not window.admit(1)
    assert not window.admit(0)


def test_lifecycles_are_drawn_from_their_tables() -> None:
    assert "challenged --> active: RAKP 3" in SESSION.mermaid()
    assert "proving --> ready: proved" in CONSOLE.mermaid()


def test_random_garbage_of_every_length_is_malformed() -> None:
    chance = random.Random(5)
    for length in range(64):
        with pytest.raises(Malformed):
            decode(b"\x07" + chance.randbytes(length))


@given(st.binary(min_size=20, max_size=20), st.binary(max_size=300), st.binary(min_size=16, max_size=16))
def test_a_payload_is_encrypted_as_the_library_does_in_cbc_mode(sik: bytes, payload: bytes, iv: bytes) -> None:
    keys = SessionKeys(SUITES[3], sik)
    key = hmac.digest(sik, b"\x02" * 20, "sha1")[:16]
    pad = -(len(payload) + 1) % 16
    encryptor = Cipher(AES(key), CBC(iv)).encryptor()
    sealed = iv + encryptor.update(payload + bytes(range(1, pad + 1)) + bytes((pad,))) + encryptor.finalize()
    assert keys.encrypt(payload, iv) == sealed
    assert keys.decrypt(sealed) == payload
