"""Users, their passwords and what they may do on the channel."""

from __future__ import annotations

from dataclasses import replace

from simulator.bmc import load_personality
from simulator.ipmi.client import Request
from simulator.ipmi.codes import Privilege
from simulator.ipmi.commands import (
    get_chassis_status,
)
from tests.ipmi.support import USERS, Wire, client, code, console, device


def log_in(wire_bmc: Wire, name: str, password: str, privilege: Privilege = Privilege.USER) -> str:
    late = Wire(wire_bmc.bmc, client(name, password, privilege=privilege, seed=9))
    late.run()
    return str(late.console.error or "")


def new_user(wire: Wire) -> None:
    wire.ask(Request(6, 0x45, b"\x05" + b"carol".ljust(16, b"\0")))
    wire.ask(Request(6, 0x47, b"\x05\x02" + b"sesame".ljust(16, b"\0")))
    wire.ask(Request(6, 0x43, b"\x91\x05\x03\x00"))


def test_users_are_shown_with_their_limits() -> None:
    bmc, _ = device()
    wire = console(bmc)
    assert wire.ask(Request(6, 0x44, b"\x0e\x02")) == bytes((16, 0x42, 0, 0x14))
    assert wire.ask(Request(6, 0x44, b"\x0e\x05")) == bytes((16, 0x02, 0, 0x0F))
    assert wire.ask(Request(6, 0x46, b"\x03")) == b"guest".ljust(16, b"\0")
    assert wire.ask(Request(6, 0x46, b"\x05")) == bytes(16)
    assert code(wire, Request(6, 0x46, b"\x11")) == 0xC9
    assert code(wire, Request(6, 0x44, b"\x03\x02")) == 0xCC


def test_a_disabled_user_cannot_log_in() -> None:
    bmc, _ = device((replace(USERS[0], enabled=False),))
    wire = Wire(bmc, client())
    wire.run()
    assert "unknown user" in str(wire.console.error)


def test_a_new_password_is_for_new_sessions() -> None:
    bmc, _ = device()
    wire = console(bmc)
    bmc.users = (replace(USERS[0], key=b"other".ljust(20, b"\0")),)
    assert wire.ask(get_chassis_status())
    late = Wire(bmc, client())
    late.run()
    assert "wrong password" in str(late.console.error)


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
