"""Records, the log and the inventory as consoles read and write them."""

from __future__ import annotations

from simulator.bmc import Bmc
from simulator.ipmi.client import Request
from simulator.ipmi.message import checksum
from simulator.ipmi.sel import SystemEvent
from tests.bmc.support import EPOCH
from tests.ipmi.support import Wire, code, console, device


def log(bmc: Bmc) -> list[tuple[str, bool, int]]:
    events = [SystemEvent.decode(entry) for entry in bmc.board.log.entries.values()]
    names = {sensor.number: sensor.name for sensor in bmc.board.sensors}
    return [(names.get(event.sensor, "?"), event.asserted, event.data[0] & 0x0F) for event in events]


def add(wire: Wire, offset: int = 7) -> int:
    body = SystemEvent(0, 0, 0x01, 0x30, 0x01, True, bytes((0x50 | offset, 60, 50))).encode()
    return code(wire, Request(0x0A, 0x44, body))


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


def test_records_are_read_whole_and_in_parts_with_a_reservation() -> None:
    bmc, _ = device()
    wire = console(bmc)
    count = int.from_bytes(wire.ask(Request(0x0A, 0x20))[1:3], "little")
    seen, following = [], 0
    while following != 0xFFFF:
        answer = wire.ask(Request(0x0A, 0x23, bytes(2) + following.to_bytes(2, "little") + b"\x00\xff"))
        following = int.from_bytes(answer[:2], "little")
        record = answer[2:]
        assert record[4] == len(record) - 5
        seen.append(int.from_bytes(record[:2], "little"))
    assert seen == list(range(1, count + 1))
    reservation = wire.ask(Request(0x0A, 0x22))
    part = Request(0x0A, 0x23, reservation + b"\x03\x00\x05\x08")
    assert len(wire.ask(part)) == 10
    assert code(wire, Request(0x0A, 0x23, bytes(2) + b"\x03\x00\x05\x08")) == 0xC5
    wire.ask(Request(0x0A, 0x22))
    assert code(wire, Request(0x0A, 0x23, reservation + b"\x03\x00\x05\x08")) == 0xC5, "an older reservation"
    assert code(wire, Request(0x0A, 0x23, bytes(2) + b"\xf0\x00\x00\xff")) == 0xCB


def test_the_log_is_added_to_read_deleted_from_and_cleared() -> None:
    bmc, chassis = device()
    chassis.lab_time = 100.0
    wire = console(bmc)
    assert code(wire, Request(0x0A, 0x43, bytes(2) + b"\x00\x00\x00\xff")) == 0xCB, "empty"
    assert [add(wire), add(wire, 9)] == [0, 0]
    answer = wire.ask(Request(0x0A, 0x43, bytes(2) + b"\x00\x00\x00\xff"))
    assert answer[:2] == b"\x02\x00"
    assert SystemEvent.decode(answer[2:]).time == EPOCH + 100
    assert code(wire, Request(0x0A, 0x47, bytes(2) + b"CLR\xaa")) == 0xC5
    reservation = wire.ask(Request(0x0A, 0x42))
    assert wire.ask(Request(0x0A, 0x46, reservation + b"\x01\x00")) == b"\x01\x00"
    assert code(wire, Request(0x0A, 0x46, reservation + b"\x02\x00")) == 0xC5, "a deletion cancels reservations"
    reservation = wire.ask(Request(0x0A, 0x42))
    assert code(wire, Request(0x0A, 0x47, reservation + b"CLX\xaa")) == 0xCC
    assert wire.ask(Request(0x0A, 0x47, reservation + b"CLR\xaa")) == b"\x01"
    assert log(bmc) == [("Event Log", True, 2)]


def test_a_full_log_takes_no_more_and_says_so() -> None:
    bmc, _ = device()
    bmc.board.log.capacity = 2
    wire = console(bmc)
    assert [add(wire) for _ in range(3)] == [0, 0, 0xC4]
    assert wire.ask(Request(0x0A, 0x40))[13] & 0x80
    reservation = wire.ask(Request(0x0A, 0x42))
    wire.ask(Request(0x0A, 0x47, reservation + b"CLR\xaa"))
    assert not wire.ask(Request(0x0A, 0x40))[13] & 0x80


def test_the_logs_clock_is_set_and_runs_on() -> None:
    bmc, chassis = device()
    wire = console(bmc)
    wire.ask(Request(0x0A, 0x49, (1_000_000_000).to_bytes(4, "little")))
    chassis.lab_time = 5.0
    assert int.from_bytes(wire.ask(Request(0x0A, 0x48)), "little") == 1_000_000_005
    assert wire.ask(Request(0x0A, 0x5C)) == b"\xff\x07"
    wire.ask(Request(0x0A, 0x5D, (-60).to_bytes(2, "little", signed=True)))
    assert wire.ask(Request(0x0A, 0x5C)) == (-60).to_bytes(2, "little", signed=True)
