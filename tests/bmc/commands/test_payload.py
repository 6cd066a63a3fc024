"""Serial over LAN: who may have the console."""

from __future__ import annotations

from simulator.ipmi.client import Request
from simulator.ipmi.sol import BREAK, SolPacket
from tests.ipmi.support import code, console, device


def test_sol_parameters_act_on_activation() -> None:
    bmc, _ = device()
    wire = console(bmc)
    activate = b"\x01\x01\xc0\0\0\0"
    wire.ask(Request(0x0C, 0x21, b"\x01\x01\x00"))
    assert code(wire, Request(6, 0x48, activate)) == 0x81, "disabled"
    wire.ask(Request(0x0C, 0x21, b"\x01\x01\x01"))
    assert wire.ask(Request(6, 0x48, activate))[4:10] == bytes((204, 0, 204, 0)) + (623).to_bytes(2, "little")
    assert code(wire, Request(6, 0x48, activate)) == 0x80, "active already"
    assert wire.ask(Request(6, 0x4A, b"\x01")) == b"\x02\x01\x00"
    assert wire.ask(Request(6, 0x4B, b"\x01\x01"))[:4] == bmc.sessions[0].bmc_id.to_bytes(4, "little")
    wire.ask(Request(6, 0x49, activate))
    assert code(wire, Request(6, 0x49, activate)) == 0x80
    assert code(wire, Request(0x0C, 0x22, b"\x01\x09\0\0")) == 0x80
    assert code(wire, Request(0x0C, 0x21, b"\x01\x08\x0f\x01")) == 0x82


def test_a_console_ends_with_its_session_and_another_may_have_it() -> None:
    bmc, _ = device()
    one, other = console(bmc, 5), console(bmc, 6)
    activate = b"\x01\x01\xc0\0\0\0"
    one.ask(Request(6, 0x48, activate))
    assert code(other, Request(6, 0x48, activate)) == 0x80
    one.carry(one.console.close(one.now))
    assert code(other, Request(6, 0x48, activate)) == 0


def test_several_may_have_the_console_each_with_an_instance_of_his_own() -> None:
    bmc, chassis = device()
    one, two, three = console(bmc, 5), console(bmc, 6), console(bmc, 7)
    first, second = b"\x01\x01\xc0\0\0\0", b"\x01\x02\xc0\0\0\0"
    one.ask(Request(6, 0x48, first))
    assert code(one, Request(6, 0x48, second)) == 0x82, "a session has one instance at most"
    two.ask(Request(6, 0x48, second))
    assert one.ask(Request(6, 0x4A, b"\x01")) == b"\x02\x03\x00"
    assert code(three, Request(6, 0x48, b"\x01\x03\xc0\0\0\0")) == 0xCC
    owners = [three.ask(Request(6, 0x4B, bytes((1, number))))[:4] for number in (1, 2)]
    assert owners == [session.bmc_id.to_bytes(4, "little") for session in bmc.sessions[:2]]
    # Both type, and a break reaches the host from either.
    for session, octets in zip(bmc.sessions[:2], (b"ls", b"df"), strict=True):
        bmc.receive_sol(session, SolPacket(1, 0, 0, BREAK, octets).encode(), 0.0)
    assert chassis.keys == b"<break>ls<break>df"
    # Both see what the host prints.
    chassis.printed("ok")
    for session in bmc.sessions[:2]:
        (answer,) = bmc.receive_sol(session, SolPacket(2, 0, 0, 0, b"x").encode(), 0.0)
        assert b"ok" in answer
    two.ask(Request(6, 0x49, second))
    assert bmc.consoles.active == [1]
    assert bmc.receive_sol(bmc.sessions[1], SolPacket(3, 0, 0, 0, b"y").encode(), 0.0) == []


def test_a_user_without_the_payload_gets_no_console() -> None:
    bmc, _ = device()
    wire = console(bmc)
    assert wire.ask(Request(6, 0x4D, b"\x01\x02"))[0] == 0x02
    wire.ask(Request(6, 0x4C, b"\x01\x42\x02\0\0\0"))
    assert wire.ask(Request(6, 0x4D, b"\x01\x02"))[0] == 0x00
    assert code(wire, Request(6, 0x48, b"\x01\x01\xc0\0\0\0")) == 0xD4
