"""A PDU as a manager sees it: the trees of a make are views of the same outlets, and commands take lab time."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.kernel import LoopClock, run
from simulator.kernel.pages import UnknownPage
from simulator.pdu import PduDevice, personality, personality_names
from simulator.snmp import Manager, Response, Status, ber, oid
from tests.pdu.support import FakePdu

APC = "1.3.6.1.4.1.318.1.1"
SPDU = f"{APC}.4.4.2.1.3"
RPDU_COMMAND, RPDU_STATUS = f"{APC}.12.3.3.1.1.4", f"{APC}.12.3.5.1.1.4"
RPDU2_COMMAND, RPDU2_STATUS = f"{APC}.26.9.2.4.1.5", f"{APC}.26.9.2.3.1.5"
SPDU_PENDING, RPDU_PENDING, RPDU2_PENDING = f"{APC}.4.4.2.1.2", f"{APC}.12.3.5.1.1.5", f"{APC}.26.9.2.3.1.6"
RARITAN = "1.3.6.1.4.1.13742.6"


class Bench:
    def __init__(self, model: str = "apc-ap8641", outlets: int = 24) -> None:
        self.clock = LoopClock()
        self.hardware = FakePdu(self.clock, outlets)
        self.device = PduDevice(self.hardware, model, "private", self.clock, read_community="public")
        self.manager = Manager("private")

    def response(self, octets: bytes) -> Response:
        answer = self.device.handle(octets)
        assert answer is not None
        response = self.manager.response(answer)
        assert response is not None
        return response

    def get(self, *names: str) -> list[Any]:
        return [item.value() for item in self.response(self.manager.get(map(oid, names)).octets).varbinds]

    def set(self, *values: tuple[str, bytes]) -> Status:
        return self.response(self.manager.set([(oid(name), value) for name, value in values]).octets).status

    def command(self, name: str, value: int) -> Status:
        return self.set((name, ber.integer(value)))

    def states(self, n: int) -> list[int]:
        """The outlet in every object that shows it."""
        trees = (SPDU, RPDU_COMMAND, RPDU_STATUS, RPDU2_COMMAND, RPDU2_STATUS)
        return self.get(*(f"{tree}.{n}" for tree in trees))

    def pending(self, n: int) -> list[int]:
        return self.get(*(f"{tree}.{n}" for tree in (SPDU_PENDING, RPDU_PENDING, RPDU2_PENDING)))


RELAY = 1.1
"""Seconds after which a relay has moved."""
ON = [1, 1, 1, 1, 2]
OFF = [2, 2, 2, 2, 1]


@pytest.mark.parametrize("control", [SPDU, RPDU_COMMAND, RPDU2_COMMAND])
@pytest.mark.requirement("HW-2")
def test_a_command_in_one_apc_tree_is_seen_in_all_three(control: str) -> None:
    async def main() -> None:
        bench = Bench()
        assert bench.states(7) == ON
        assert bench.command(f"{control}.7", 2) == Status.NO_ERROR
        assert (bench.states(7), bench.pending(7)) == (ON, [1, 1, 1]), "the relay moves later"
        await bench.clock.sleep(RELAY)
        assert (bench.states(7), bench.pending(7)) == (OFF, [2, 2, 2])
        assert bench.states(6) == bench.states(8) == ON
        assert [outlet.number for outlet in bench.hardware.outlets if not outlet.on] == [7]
        assert bench.command(f"{control}.7", 1) == Status.NO_ERROR
        await bench.clock.sleep(RELAY)
        assert bench.states(7) == ON

    run(main())


def test_what_happens_to_an_outlet_by_hand_is_seen_too() -> None:
    async def main() -> None:
        bench = Bench()
        bench.hardware.outlets[2].turn_off()
        assert bench.states(3) == OFF
        assert bench.get(f"{APC}.4.2.2.0") == [b"On  On  Off " + b"On  " * 21]

    run(main())


@pytest.mark.parametrize("control", [SPDU, RPDU_COMMAND, RPDU2_COMMAND])
@pytest.mark.requirement("HW-2")
def test_a_reboot_is_off_and_pending_for_its_seconds_and_then_on(control: str) -> None:
    async def main() -> None:
        bench = Bench()
        assert bench.set((f"{APC}.12.3.4.1.1.6.7", ber.integer(20))) == Status.NO_ERROR
        assert bench.get(f"{APC}.4.5.2.1.5.7", f"{APC}.26.9.2.1.1.7.7") == [20, 20]
        assert bench.command(f"{control}.7", 3) == Status.NO_ERROR
        await bench.clock.sleep(RELAY)
        assert bench.hardware.outlets[6].rebooted_for == [20]
        assert bench.states(7) == OFF
        assert bench.pending(7) == [1, 1, 1]
        assert bench.pending(8) == [2, 2, 2]
        await bench.clock.sleep(19.8)
        assert bench.states(7) == OFF
        await bench.clock.sleep(0.2)
        assert bench.states(7) == ON
        assert bench.pending(7) == [2, 2, 2]

    run(main())


def test_delayed_commands_wait_and_can_be_cancelled_or_overtaken() -> None:
    async def main() -> None:
        bench = Bench()
        for n in (1, 2, 3, 4):
            assert bench.set((f"{APC}.4.5.2.1.4.{n}", ber.integer(-1 if n == 4 else 60))) == Status.NO_ERROR
            assert bench.command(f"{RPDU_COMMAND}.{n}", 5) == Status.NO_ERROR
        assert [bench.pending(n)[0] for n in (1, 2, 3, 4)] == [1, 1, 1, 2]
        assert bench.command(f"{RPDU_COMMAND}.2", 7) == Status.NO_ERROR
        assert bench.command(f"{SPDU}.3", 1) == Status.NO_ERROR
        await bench.clock.sleep(61)
        assert [outlet.on for outlet in bench.hardware.outlets[:4]] == [False, True, True, True]
        assert bench.pending(1) == [2, 2, 2]

    run(main())


def test_a_delay_of_nothing_acts_at_once() -> None:
    async def main() -> None:
        bench = Bench()
        assert bench.command(f"{RPDU2_COMMAND}.1", 6) == Status.NO_ERROR
        await bench.clock.sleep(RELAY)
        assert bench.states(1) == OFF
        assert bench.command(f"{RPDU2_COMMAND}.1", 5) == Status.NO_ERROR
        await bench.clock.sleep(RELAY)
        assert bench.states(1) == ON

    run(main())


def test_a_delayed_reboot_is_a_delay_and_then_a_reboot() -> None:
    async def main() -> None:
        bench = Bench()
        assert bench.set((f"{APC}.4.5.2.1.4.1", ber.integer(30))) == Status.NO_ERROR
        assert bench.command(f"{SPDU}.1", 7) == Status.NO_ERROR
        await bench.clock.sleep(29)
        assert bench.states(1) == ON
        await bench.clock.sleep(2)
        assert bench.states(1) == OFF
        assert bench.pending(1) == [1, 1, 1]
        await bench.clock.sleep(5)
        assert bench.states(1) == ON

    run(main())


def test_commands_that_wait_are_lost_with_the_card_s_power() -> None:
    async def main() -> None:
        bench = Bench()
        assert bench.set((f"{APC}.4.5.2.1.4.1", ber.integer(60))) == Status.NO_ERROR
        assert bench.command(f"{SPDU}.1", 6) == Status.NO_ERROR
        bench.hardware.alive = False
        await bench.clock.sleep(10)
        bench.hardware.alive = True
        bench.hardware.booted_at = bench.clock.now()
        assert bench.pending(1) == [2, 2, 2]
        await bench.clock.sleep(60)
        assert bench.hardware.outlets[0].on
        assert bench.get(f"{APC}.4.5.2.1.4.1") == [60]

    run(main())


@pytest.mark.parametrize(("name", "off", "on"), [("4.2.1.0", 3, 1), ("12.3.1.1.0", 3, 2), ("26.4.4.1.4.1", 3, 1)])
def test_all_outlets_at_once(name: str, off: int, on: int) -> None:
    async def main() -> None:
        bench = Bench()
        idle = bench.get(f"{APC}.{name}")
        assert bench.command(f"{APC}.{name}", off) == Status.NO_ERROR
        await bench.clock.sleep(RELAY)
        assert not any(outlet.on for outlet in bench.hardware.outlets)
        assert bench.get(f"{APC}.{name}") == idle
        assert bench.command(f"{APC}.{name}", on) == Status.NO_ERROR
        await bench.clock.sleep(RELAY)
        assert all(outlet.on for outlet in bench.hardware.outlets)

    run(main())


def test_a_name_given_in_one_tree_is_the_name_in_all() -> None:
    async def main() -> None:
        bench = Bench()
        shown = (
            "4.4.2.1.4",
            "4.5.2.1.3",
            "12.3.3.1.1.2",
            "12.3.4.1.1.2",
            "12.3.5.1.1.2",
            "26.9.2.1.1.3",
            "26.9.2.3.1.3",
        )
        names = [f"{APC}.{column}.7" for column in shown]
        assert bench.get(*names) == [b"Outlet 7"] * 7
        assert bench.set((f"{APC}.26.9.2.1.1.3.7", ber.octets("srv-07 psu1"))) == Status.NO_ERROR
        assert bench.get(*names) == [b"srv-07 psu1"] * 7
        assert bench.get(f"{APC}.4.4.2.1.4.8") == [b"Outlet 8"]

    run(main())


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        (f"{SPDU}.1", ber.integer(4), Status.WRONG_VALUE),
        (f"{RPDU_COMMAND}.1", ber.integer(9), Status.WRONG_VALUE),
        (f"{RPDU_STATUS}.1", ber.integer(2), Status.NOT_WRITABLE),
        (f"{SPDU}.25", ber.integer(2), Status.NO_CREATION),
        (f"{APC}.4.5.2.1.5.1", ber.integer(61), Status.WRONG_VALUE),
        (f"{APC}.4.5.2.1.3.1", ber.octets("x" * 24), Status.WRONG_LENGTH),
        (f"{APC}.4.4.2.1.4.1", ber.octets("x"), Status.NOT_WRITABLE),
    ],
)
def test_what_cannot_be_set_switches_nothing(name: str, value: bytes, status: Status) -> None:
    async def main() -> None:
        bench = Bench()
        assert bench.set((f"{SPDU}.2", ber.integer(2)), (name, value)) == status
        assert all(outlet.on for outlet in bench.hardware.outlets)

    run(main())


@pytest.mark.requirement("HW-2")
def test_a_raritan_is_switched_by_one_column_and_shows_its_state_as_a_sensor_s() -> None:
    async def main() -> None:
        bench = Bench("raritan-px3", 20)
        control, state, sensor = f"{RARITAN}.4.1.2.1.2.1.3", f"{RARITAN}.4.1.2.1.3.1.3", f"{RARITAN}.5.4.3.1.3.1.3.14"
        assert bench.get(control, state, sensor, f"{RARITAN}.3.2.2.1.4.1") == [1, 7, 7, 20]
        assert bench.command(control, 0) == Status.NO_ERROR
        assert bench.get(control, state, sensor) == [0, 8, 8]
        assert bench.command(control, 2) == Status.NO_ERROR
        await bench.clock.sleep(10.1)
        assert bench.get(control, state, sensor) == [1, 7, 7]
        assert bench.set((f"{RARITAN}.3.5.3.1.3.1.3", ber.octets("db-1"))) == Status.NO_ERROR
        assert bench.get(f"{RARITAN}.3.5.3.1.3.1.3", f"{RARITAN}.3.5.3.1.2.1.3") == [b"db-1", b"3"]
        assert bench.command(state, 8) == Status.NOT_WRITABLE

    run(main())


def test_the_system_group_tells_the_make_and_the_up_time() -> None:
    async def main() -> None:
        bench = Bench()
        await bench.clock.sleep(12.5)
        assert bench.get("1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.1.5.0") == [
            "1.3.6.1.4.1.318.1.3.4.6",
            1250,
            b"pdu-a1",
        ]
        assert bench.get("1.3.6.1.2.1.1.1.0")[0].startswith(b"APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.7.2 ")
        assert bench.set(("1.3.6.1.2.1.1.5.0", ber.octets("left strip"))) == Status.NO_ERROR
        assert bench.get("1.3.6.1.2.1.1.5.0") == [b"left strip"]

    run(main())


def test_every_model_walks_in_order_from_beginning_to_end() -> None:
    async def main() -> None:
        for model in personality_names():
            bench = Bench(model, 42)
            name, numbers, ended = "0.0", [], False
            while not ended:
                response = bench.response(bench.manager.get_bulk([oid(name)], max_repetitions=60).octets)
                for item in response.varbinds:
                    if item.missing:
                        ended = True
                        break
                    name = item.oid
                    numbers.append(tuple(map(int, name.split("."))))
                    assert item.value() is not None
            assert numbers == sorted(set(numbers))
            assert len(numbers) > 42

    run(main())


def test_a_pdu_whose_card_is_dead_is_deaf() -> None:
    async def main() -> None:
        bench = Bench()
        bench.hardware.alive = False
        assert bench.device.handle(bench.manager.set([(oid(f"{SPDU}.1"), ber.integer(2))]).octets) is None
        assert bench.hardware.outlets[0].on

    run(main())


def test_an_unknown_model_is_told_with_the_nearest_one() -> None:
    with pytest.raises(UnknownPage, match="no PDU personality 'apc-8641'; did you mean 'apc-ap8641'"):
        personality("apc-8641")
