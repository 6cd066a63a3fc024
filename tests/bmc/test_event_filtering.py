"""What a BMC does by itself about events: filters, policies, alerts, delays."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.bmc import Bmc
from simulator.ipmi.client import Request
from simulator.ipmi.codes import Privilege
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.framing import encode_sessionless
from simulator.ipmi.message import encode_request
from simulator.ipmi.pef import Action, EventFilter, Policy, next_of_set
from simulator.ipmi.pet import PlatformTrap
from simulator.ipmi.sel import SystemEvent
from simulator.snmp.notification import decode_notification
from tests.bmc.support import EPOCH, FakeChassis, Line, kill_fan
from tests.ipmi.support import PEER, Wire, client, device

SINK = ("127.0.0.1", 1162)
OTHER = ("127.0.0.2", 162)


def served(*sinks: tuple[str, int]) -> tuple[Bmc, FakeChassis, Line]:
    bmc, chassis = device()
    chassis.powered = True
    line = Line()
    bmc.line, bmc.address = line, ("127.16.0.1", 6230)
    if sinks:
        bmc.alert_to(sinks)
    return bmc, chassis, line


def console(bmc: Bmc) -> Wire:
    wire = Wire(bmc, client(privilege=Privilege.ADMINISTRATOR))
    wire.run(close=False)
    return wire


def code(wire: Wire, command: int, data: bytes, netfn: int = 0x04) -> int:
    try:
        wire.ask(Request(netfn, command, data))
    except CompletionError as error:
        return error.code
    return 0


def test_a_dead_fan_is_told_to_the_receiver_of_traps() -> None:
    bmc, chassis, line = served(SINK)
    kill_fan(bmc, chassis, 2)
    assert {to for _, to in line.sent} == {SINK}
    specific = [int(decode_notification(data).trap.rpartition(".")[2]) for data, _ in line.sent]
    assert specific == [0x040100, 0x040102, 0x040104]  # a fan's lower thresholds, going low
    traps = line.traps
    assert [trap.severity for trap in traps] == [0x08, 0x10, 0x20]
    assert [trap.sequence for trap in traps] == [1, 2, 3]
    worst = traps[-1]
    assert (worst.guid, worst.time, worst.entity, worst.instance) == (chassis.guid, EPOCH, 0x1D, 3)
    sensor = bmc.board.sensor(worst.sensor)
    assert sensor is not None
    assert sensor.name == "Fan 3"
    assert (worst.manufacturer, worst.system) == (7154, 1)


def test_nobody_is_told_before_filtering_and_alerting_are_switched_on() -> None:
    bmc, chassis, line = served(SINK)
    wire = console(bmc)
    wire.ask(Request(0x04, 0x12, b"\x01\x00"))
    kill_fan(bmc, chassis, 0)
    wire.ask(Request(0x04, 0x12, b"\x01\x01"))
    wire.ask(Request(0x06, 0x40, b"\x01\xa2\x00"))  # PEF alerting off for the channel
    kill_fan(bmc, chassis, 1)
    assert line.sent == []
    wire.ask(Request(0x06, 0x40, b"\x01\x82\x00"))
    kill_fan(bmc, chassis, 2)
    assert len(line.traps) == 3


def test_it_is_set_up_over_the_lan_as_an_administrator_would() -> None:
    bmc, chassis, line = served()
    wire = console(bmc)
    for netfn, command, data in (
        (0x0C, 0x01, b"\x01\x13\x01\x00\x00" + bytes((127, 0, 0, 1)) + bytes(6)),
        (0x06, 0x40, b"\x01\x42\x00"),
        (0x06, 0x40, b"\x01\x82\x00"),
        (0x04, 0x12, b"\x09\x01" + Policy(1, enabled=True, channel=1, destination=1).encode()),
        (0x04, 0x12, b"\x01\x01"),
    ):
        wire.ask(Request(netfn, command, data))
    kill_fan(bmc, chassis)
    assert [to for _, to in line.sent] == [("127.0.0.1", 162)] * 3


@pytest.mark.parametrize(
    ("actions", "called"),
    [
        (Action.POWER_DOWN | Action.RESET, "power_off"),
        (Action.POWER_CYCLE | Action.RESET, "power_cycle"),
        (Action.RESET | Action.DIAGNOSTIC, "reset"),
        (Action.DIAGNOSTIC, "interrupt"),
    ],
)
def test_the_strongest_action_of_a_filter_is_done_and_logged_where_that_is_wanted(actions: int, called: str) -> None:
    bmc, chassis, _ = served()
    wire = console(bmc)
    entry = EventFilter(enabled=True, actions=actions, sensor_type=0x0D, trigger=0x6F, offsets=0x0002)
    wire.ask(Request(0x04, 0x12, b"\x06\x10" + entry.encode()))
    wire.ask(Request(0x04, 0x12, b"\x01\x03"))
    chassis.disks[1].failed = True
    bmc.sense("drives")
    assert chassis.calls == []
    (seconds, act) = chassis.alarms.pop()
    assert seconds == 0
    act()
    assert chassis.calls == [called]
    kinds = [SystemEvent.decode(entry).sensor_type for entry in bmc.board.log.entries.values()]
    assert kinds[:2] == [0x0D, 0x12]


def test_an_action_that_is_not_permitted_is_left_undone() -> None:
    bmc, chassis, line = served(SINK)
    wire = console(bmc)
    wire.ask(Request(0x04, 0x12, b"\x02\x02"))  # all but alerts
    kill_fan(bmc, chassis)
    assert (line.sent, chassis.alarms) == ([], [])


def test_events_wait_while_filtering_is_postponed_and_none_is_looked_at_twice() -> None:
    bmc, chassis, line = served(SINK)
    wire = console(bmc)
    assert wire.ask(Request(0x04, 0x11, b"\x0a")) == b"\x0a"
    assert bmc.next_deadline == 10.0
    kill_fan(bmc, chassis, 0)
    assert line.sent == []
    bmc.on_time(9.9)
    assert line.sent == []
    bmc.on_time(10.0)
    assert len(line.traps) == 3
    assert wire.ask(Request(0x04, 0x11, b"\xfe")) == b"\xfe"
    kill_fan(bmc, chassis, 1)
    wire.ask(Request(0x04, 0x14, b"\x00" + (5).to_bytes(2, "little")))  # somebody has dealt with all but the last one
    assert wire.ask(Request(0x04, 0x11, b"\x00")) == b"\x00"
    assert [trap.severity for trap in line.traps] == [0x20]
    last = (6).to_bytes(2, "little")
    assert wire.ask(Request(0x04, 0x15, b""))[4:] == last + (5).to_bytes(2, "little") + last


def test_after_a_start_of_the_machine_there_is_time_to_step_in() -> None:
    bmc, chassis, line = served(SINK)
    wire = console(bmc)
    wire.ask(Request(0x04, 0x12, b"\x03\x1e"))
    wire.ask(Request(0x04, 0x12, b"\x01\x0d"))  # both delays
    bmc.sense("restart")
    kill_fan(bmc, chassis)
    chassis.disks[0].failed = True
    bmc.sense("drives")
    assert line.sent == []
    delays = dict(chassis.alarms)
    assert sorted(delays) == [30, 60]
    delays[30]()
    assert line.sent == []
    delays[60]()
    assert len(line.traps) == 4


def test_an_alert_is_sent_again_until_it_is_acknowledged() -> None:
    bmc, _, line = served(SINK)
    wire = console(bmc)
    wire.ask(Request(0x0C, 0x01, b"\x01\x12\x01\x80\x02\x03"))  # acknowledged, 3 s apart, 3 more tries
    immediate = Request(0x04, 0x16, b"\x01\x01\x00" + b"\x20\x04\x01\x01\x01\x57\xff\xff")
    wire.ask(immediate)
    (first,) = line.traps
    assert wire.ask(Request(0x04, 0x16, b"\x01\x41\x00")) == b"\xff"
    assert code(wire, 0x16, immediate.data) == 0x81
    assert bmc.next_deadline == 3.0
    bmc.on_time(3.0)
    assert line.traps == [first]
    body = first.encode()
    ack = body[17:15:-1] + body[21:17:-1] + bytes((0x20, 0x20, first.sensor)) + first.data
    outsider = Wire(bmc, client())
    outsider.carry([_sessionless(0x04, 0x17, ack)])
    assert wire.ask(Request(0x04, 0x16, b"\x01\x41\x00")) == b"\x01"
    assert bmc.next_deadline is None
    wire.ask(Request(0x04, 0x16, b"\x01\x81\x00"))
    assert wire.ask(Request(0x04, 0x16, b"\x01\x41\x00")) == b"\x00"


def _sessionless(netfn: int, command: int, data: bytes) -> bytes:

    return encode_sessionless(encode_request(netfn, command, 1, data))


def test_an_alert_that_nobody_acknowledges_is_given_up_and_says_so() -> None:
    bmc, _, line = served(SINK)
    wire = console(bmc)
    wire.ask(Request(0x0C, 0x01, b"\x01\x12\x01\x80\x00\x02"))
    wire.ask(Request(0x04, 0x16, b"\x01\x01\x00"))
    for now in (1.0, 2.0, 3.0, 4.0):
        bmc.on_time(now)
    assert len(line.traps) == 3
    assert wire.ask(Request(0x04, 0x16, b"\x01\x41\x00")) == b"\x03"
    wire.ask(Request(0x04, 0x16, b"\x01\x02\x00"))  # a destination that nobody has set
    assert wire.ask(Request(0x04, 0x16, b"\x01\x41\x00")) == b"\x02"


def test_an_alert_of_an_unacknowledged_kind_goes_out_as_often_as_was_set() -> None:
    bmc, _, line = served(SINK)
    wire = console(bmc)
    wire.ask(Request(0x0C, 0x01, b"\x01\x12\x01\x00\x01\x02"))
    wire.ask(Request(0x04, 0x16, b"\x01\x01\x00"))
    for now in (2.0, 4.0, 6.0):
        bmc.on_time(now)
    assert len(line.traps) == 3
    assert wire.ask(Request(0x04, 0x16, b"\x01\x41\x00")) == b"\x01"


def test_a_loss_of_standby_power_keeps_the_tables_and_ends_what_is_under_way() -> None:
    bmc, chassis, line = served(SINK)
    wire = console(bmc)
    wire.ask(Request(0x0C, 0x01, b"\x01\x12\x01\x80\x00\x07"))
    wire.ask(Request(0x04, 0x16, b"\x01\x01\x00"))
    bmc.power_lost()
    assert bmc.next_deadline is None
    line.sent.clear()
    kill_fan(bmc, chassis)
    assert len(line.traps) == 3


def test_alert_strings_are_kept_in_blocks_and_sent_with_their_policy() -> None:
    bmc, chassis, line = served(SINK)
    wire = console(bmc)
    text = b"row 7, rack 3: call the hall"
    for block in (1, 2):
        part = text[16 * block - 16 : 16 * block].ljust(16, b"\0")
        wire.ask(Request(0x04, 0x12, bytes((13, 2, block)) + part))
    assert wire.ask(Request(0x04, 0x13, b"\x0d\x02\x02"))[3:].rstrip(b"\0") == text[16:]
    wire.ask(Request(0x04, 0x12, b"\x0c\x02\x0a\x05"))  # string 2 is that of filter 10, set 5
    wire.ask(Request(0x04, 0x12, b"\x09\x01" + Policy(1, True, 0, 1, 1, 0x85).encode()))
    chassis.disks[0].failed = True
    bmc.sense("drives")
    kill_fan(bmc, chassis)
    drive, *fans = line.traps
    assert drive.text == text
    assert {fan.text for fan in fans} == {b""}


@pytest.mark.parametrize(
    ("command", "data", "expected"),
    [
        (0x13, b"\x0e\x00\x00", 0x80),
        (0x12, b"\x05\x01", 0x82),
        (0x12, b"\x0e\x01", 0x80),
        (0x12, b"\x01\x80", 0xCC),
        (0x12, b"\x02\x10", 0xCC),
        (0x12, b"\x06\x01\x00", 0xC7),
        (0x12, b"\x09\x09\x00\x00\x00", 0xC9),
        (0x13, b"\x06\x00\x00", 0xC9),
        (0x13, b"\x06\x11\x00", 0xC9),
        (0x12, b"\x00\x03", 0xCC),
        (0x16, b"\x01\x01\x00\x00", 0xC7),
        (0x16, b"\x01\xc1\x00", 0xCC),
    ],
)
def test_fields_are_checked(command: int, data: bytes, expected: int) -> None:
    bmc, _, _ = served()
    assert code(console(bmc), command, data) == expected


def test_tables_read_back_as_written() -> None:
    bmc, _, _ = served()
    wire = console(bmc)
    entry = EventFilter(True, False, 1, 3, 4, b"\x20\x00", 1, 2, 1, 0x0201, bytes(range(9))).encode()
    for data in (b"\x06\x0d" + entry, b"\x09\x08" + b"\x3a\x12\x07", b"\x0a\x01" + bytes(range(16))):
        wire.ask(Request(0x04, 0x12, data))
        assert wire.ask(Request(0x04, 0x13, data[:2] + b"\0"))[1:] == data[1:]
    wire.ask(Request(0x04, 0x12, b"\x07\x0d\x00"))
    assert wire.ask(Request(0x04, 0x13, b"\x06\x0d\x00"))[2:] == b"\0" + entry[1:]
    assert wire.ask(Request(0x04, 0x10, b"")) == b"\x51\x2f\x10"


def test_one_writer_at_a_time() -> None:
    bmc, _, _ = served()
    wire = console(bmc)
    assert [code(wire, 0x12, data) for data in (b"\0\x01", b"\0\x01", b"\0\x02", b"\0\x01", b"\0\0")] == [
        0, 0x81, 0, 0, 0,
    ]  # fmt: skip


octets = st.integers(0, 255)


@given(st.builds(
    EventFilter, st.booleans(), st.booleans(), octets, octets, octets, st.binary(min_size=2, max_size=2),
    octets, octets, octets, st.integers(0, 0xFFFF), st.binary(min_size=9, max_size=9),
))  # fmt: skip
def test_a_filter_comes_back(entry: EventFilter) -> None:
    assert EventFilter.decode(entry.encode()) == entry


@given(octets, octets, octets, octets)
def test_event_data_is_compared_bit_by_bit(octet: int, mask: int, exact: int, wanted: int) -> None:
    """Against the words of the specification, spelled out for each bit."""
    entry = EventFilter(enabled=True, offsets=0xFFFF, data=bytes(3) + bytes((mask, exact, wanted)) + bytes(3))
    event = SystemEvent(1, 0, 1, 1, 1, True, bytes((0, octet, 0)))
    bits = [1 << place for place in range(8) if mask >> place & 1]
    same = all((octet ^ wanted) & bit == 0 for bit in bits if exact & bit)
    loose = [bit for bit in bits if not exact & bit and wanted & bit]
    assert entry.matches(event) is (same and (not loose or any(octet & bit for bit in loose)))


@pytest.mark.parametrize(
    ("rules", "kinds", "chosen"),
    [
        ((0, 0, 0), {}, [1, 2, 3]),
        ((0, 1, 0), {}, [1, 3]),
        ((0, 2, 0), {}, [1]),
        ((0, 3, 0), {}, [1, 3]),
        ((0, 4, 4), {1: 0, 2: 6, 3: 0}, [1, 2, 3]),
        ((0, 4, 0), {}, [1, 3]),
    ],
)
def test_policies_say_who_else_is_told(rules: tuple[int, ...], kinds: dict[int, int], chosen: list[int]) -> None:
    policies = [Policy(2, True, rule, 1, number) for number, rule in enumerate(rules, 1)]
    policies += [Policy(3, True, 0, 1, 9), Policy(2, False, 0, 1, 8), Policy(2, True, 0, 5, 7)]
    assert [policy.destination for policy in next_of_set(policies, 2, 1, kinds)] == chosen


@given(st.data())
def test_a_trap_comes_back(data: Any) -> None:
    trap = PlatformTrap(
        data.draw(st.binary(min_size=16, max_size=16)),
        data.draw(st.integers(0, 0xFFFF)),
        data.draw(st.just(0) | st.integers(883_612_801, 883_612_800 + 0xFFFFFFFF)),
        data.draw(octets),
        data.draw(octets),
        data.draw(octets),
        data.draw(octets),
        data.draw(st.binary(min_size=3, max_size=3)),
        data.draw(st.integers(0, 0xFFFFFFFF)),
        data.draw(st.integers(0, 0xFFFF)),
        data.draw(st.none() | st.integers(-1440, 1440).filter(lambda minutes: minutes != -1)),
        data.draw(st.binary(max_size=63).filter(lambda text: len(text) != 1)),
    )
    assert PlatformTrap.decode(trap.encode()) == trap
    assert trap.encode()[-1] == 0xC1


def test_a_trap_goes_to_each_receiver() -> None:
    bmc, chassis, line = served(SINK, OTHER)
    kill_fan(bmc, chassis)
    assert [to for _, to in line.sent] == [SINK, OTHER] * 3
    assert PEER not in {to for _, to in line.sent}
