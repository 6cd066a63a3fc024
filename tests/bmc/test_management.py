"""Users, channels, LAN and SOL parameters, the inventory, counters and DCMI."""

from __future__ import annotations

import pytest

from simulator.bmc import load_personality
from simulator.ipmi.client import Request
from simulator.ipmi.codes import Privilege
from simulator.ipmi.message import checksum
from simulator.ipmi.sol import BREAK, SolPacket
from tests.bmc.test_commands import code, console
from tests.ipmi.support import Wire, client, device


def log_in(wire_bmc: Wire, name: str, password: str, privilege: Privilege = Privilege.USER) -> str:
    late = Wire(wire_bmc.bmc, client(name, password, privilege=privilege, seed=9))
    late.run()
    return str(late.console.error or "")


def new_user(wire: Wire) -> None:
    wire.ask(Request(6, 0x45, b"\x05" + b"carol".ljust(16, b"\0")))
    wire.ask(Request(6, 0x47, b"\x05\x02" + b"sesame".ljust(16, b"\0")))
    wire.ask(Request(6, 0x43, b"\x91\x05\x03\x00"))


def test_a_new_user_logs_in_once_enabled_and_no_higher_than_allowed() -> None:
    bmc, _ = device()
    wire = console(bmc)
    new_user(wire)
    assert "unknown user" in log_in(wire, "carol", "sesame")
    wire.ask(Request(6, 0x47, b"\x05\x01"))
    assert log_in(wire, "carol", "sesame", Privilege.OPERATOR) == ""
    assert "privilege level not allowed" in log_in(wire, "carol", "sesame", Privilege.ADMINISTRATOR)
    assert wire.ask(Request(6, 0x44, b"\x01\x05"))[3] == 0x13
    wire.ask(Request(6, 0x43, b"\x81\x05\x03\x00"))
    assert "privilege level not allowed" in log_in(wire, "carol", "sesame"), "no IPMI messaging"
    wire.ask(Request(6, 0x47, b"\x05\x00"))
    assert "unknown user" in log_in(wire, "carol", "sesame")


def test_a_password_is_changed_and_tested() -> None:
    bmc, _ = device()
    wire = console(bmc)
    new_user(wire)
    wire.ask(Request(6, 0x47, b"\x05\x01"))
    assert code(wire, Request(6, 0x47, b"\x05\x03" + b"sesame".ljust(16, b"\0"))) == 0
    assert code(wire, Request(6, 0x47, b"\x05\x03" + b"seasam".ljust(16, b"\0"))) == 0x80
    wire.ask(Request(6, 0x47, b"\x85\x02" + b"twenty octets long !"))
    assert code(wire, Request(6, 0x47, b"\x05\x03" + b"twenty octets lo")) == 0x81
    assert "wrong password" in log_in(wire, "carol", "sesame")
    assert log_in(wire, "carol", "twenty octets long !") == ""


def test_a_model_of_sixteen_octets_refuses_longer_passwords() -> None:
    bmc, _ = device()
    bmc.personality = load_personality("lenovo-imm2")
    assert code(console(bmc), Request(6, 0x47, b"\x82\x02" + b"twenty octets long !")) == 0xC8


def test_names_are_unique_and_slots_have_bounds() -> None:
    bmc, _ = device()
    wire = console(bmc)
    assert code(wire, Request(6, 0x45, b"\x05" + b"ADMIN".ljust(16, b"\0"))) == 0xCC
    assert code(wire, Request(6, 0x45, b"\x11" + b"x".ljust(16, b"\0"))) == 0xC9
    assert code(wire, Request(6, 0x47, b"\x07\x02" + bytes(16))) == 0xCC, "nobody is in this slot"


def test_channel_access_is_kept() -> None:
    bmc, _ = device()
    wire = console(bmc)
    assert wire.ask(Request(6, 0x41, b"\x01\x40")) == b"\x22\x04"
    wire.ask(Request(6, 0x40, b"\x01\x82\x83"))
    assert wire.ask(Request(6, 0x41, b"\x01\x80")) == b"\x02\x03"
    assert code(wire, Request(6, 0x40, b"\x01\x83\x00")) == 0x83


def test_lan_parameters_are_read_and_written_where_they_may_be() -> None:
    bmc, _ = device()
    bmc.address = ("127.16.0.9", 6230)
    wire = console(bmc)
    assert wire.ask(Request(0x0C, 2, b"\x01\x03\0\0")) == b"\x11\x7f\x10\x00\x09"
    assert wire.ask(Request(0x0C, 2, b"\x01\x16\0\0"))[1] == len(bmc.personality.channel.suites)
    wire.ask(Request(0x0C, 1, b"\x01\x0c\x7f\x00\x00\x01"))
    assert wire.ask(Request(0x0C, 2, b"\x01\x0c\0\0")) == b"\x11\x7f\x00\x00\x01"
    assert code(wire, Request(0x0C, 1, b"\x01\x03\x7f\x00\x00\x01")) == 0x82
    assert code(wire, Request(0x0C, 1, b"\x01\x0c\x7f")) == 0xC7
    assert code(wire, Request(0x0C, 2, b"\x01\x63\0\0")) == 0x80
    assert code(wire, Request(0x0C, 1, b"\x01\x00\x01")) == 0
    assert code(wire, Request(0x0C, 1, b"\x01\x00\x01")) == 0x81
    assert wire.ask(Request(0x0C, 2, b"\x81\x00\0\0")) == b"\x11"


def test_alert_destinations_are_kept_by_number() -> None:
    bmc, _ = device()
    wire = console(bmc)
    wire.ask(Request(0x0C, 1, b"\x01\x13\x02\x00\x00\x7f\x00\x00\x05" + bytes(6)))
    assert wire.ask(Request(0x0C, 2, b"\x01\x13\x02\x00"))[4:8] == b"\x7f\x00\x00\x05"
    assert code(wire, Request(0x0C, 2, b"\x01\x13\x09\x00")) == 0xC9


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


def test_the_inventory_has_sound_areas_and_can_be_written() -> None:
    bmc, _ = device()
    wire = console(bmc)
    size = int.from_bytes(wire.ask(Request(0x0A, 0x10, b"\0"))[:2], "little")
    octets = b""
    while len(octets) < size:
        octets += wire.ask(Request(0x0A, 0x11, b"\0" + len(octets).to_bytes(2, "little") + b"\x20"))[1:]
    assert checksum(octets[:7]) == octets[7]
    for place in octets[2:5]:
        area = octets[8 * place : 8 * place + 8 * octets[8 * place + 1]]
        assert sum(area) & 0xFF == 0
    assert octets.count(b"S-0001") == 3
    wire.ask(Request(0x0A, 0x12, b"\0\xf0\x00hello"))
    assert wire.ask(Request(0x0A, 0x11, b"\0\xf0\x00\x05"))[1:] == b"hello"
    assert code(wire, Request(0x0A, 0x11, b"\0\x00\x01\x05")) == 0xC9
    assert code(wire, Request(0x0A, 0x11, b"\x01\x00\x00\x05")) == 0xCB


def test_identify_restart_cause_and_hours() -> None:
    bmc, chassis = device()
    wire = console(bmc)
    wire.ask(Request(0, 4))
    assert chassis.identified == 15
    assert wire.ask(Request(0, 1))[2] & 0x30 == 0x10
    wire.ask(Request(0, 4, b"\x00"))
    assert chassis.identified == 0
    wire.ask(Request(0, 4, b"\x00\x01"))
    assert chassis.identified == float("inf")
    chassis.restart_cause = "watchdog"
    assert wire.ask(Request(0, 7)) == b"\x04\x01"
    chassis.restart_cause = "restore policy"
    assert wire.ask(Request(0, 7)) == b"\x07\x01"
    chassis.seconds_on = 3 * 3600 + 59
    assert wire.ask(Request(0, 0x0F)) == b"\x3c\x03\0\0\0"


def test_initiator_and_mailbox_are_kept() -> None:
    bmc, _ = device()
    wire = console(bmc)
    wire.ask(Request(0, 8, b"\x07\x01hello"))
    assert wire.ask(Request(0, 9, b"\x07\x01\0"))[3:8] == b"hello"
    wire.ask(Request(0, 8, b"\x06" + bytes(range(9))))
    assert wire.ask(Request(0, 9, b"\x06\0\0"))[2:] == bytes(range(9))
    assert code(wire, Request(0, 9, b"\x07\x09\0")) == 0xC9


def test_dcmi_tells_power_and_keeps_the_asset_tag() -> None:
    bmc, chassis = device()
    wire = console(bmc)
    power = Request(0x2C, 2, b"\xdc\x01\0\0")
    assert wire.ask(power)[1:3] == b"\x0c\x00"
    chassis.powered = True
    assert wire.ask(Request(0x2C, 2, b"\xdc\x01\0\0"))[1:3] == b"\x78\x00"
    assert wire.ask(Request(0x2C, 8, b"\xdc\x00\x05A-113")) == b"\xdc\x05"
    assert wire.ask(Request(0x2C, 6, b"\xdc\x00\x10")) == b"\xdc\x05A-113"
    assert wire.ask(Request(0x2C, 9, b"\xdc\x00\x10"))[2:8] == b"srv-01"
    assert code(wire, Request(0x2C, 3, b"\xdc\0\0")) == 0x80
    assert code(wire, Request(0x2C, 2, b"\x00\x01\0\0")) == 0xC1


def test_system_texts_are_told_and_set() -> None:
    bmc, _ = device()
    wire = console(bmc)
    assert wire.ask(Request(6, 0x59, b"\0\x02\0\0"))[4:10] == b"srv-01"
    wire.ask(Request(6, 0x58, b"\x02\x00\x00\x03abc"))
    assert wire.ask(Request(6, 0x59, b"\0\x02\0\0"))[4:7] == b"abc"
    assert code(wire, Request(6, 0x59, b"\0\x20\0\0")) == 0x80


@pytest.mark.parametrize(("request_", "expected"), [((6, 0x43, b"\x91\x02\x07\0"), 0xCC), ((6, 0x2E, b"\xff"), 0xCC)])
def test_fields_are_checked(request_: tuple[int, int, bytes], expected: int) -> None:
    bmc, _ = device()
    assert code(console(bmc), Request(*request_)) == expected
