"""Makes of PDUs: what is pending, times that are written, and loads as the plant draws them."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.kernel import LoopClock, run
from simulator.pdu import PduDevice
from simulator.plant.power import Strip
from simulator.snmp import Manager, Response, Status, ber, oid
from tests.pdu.support import FakePdu
from tests.plant.support import Hall

E = "1.3.6.1.4.1"
LOAD, LOAD_STATE = f"{E}.318.1.1.12.2.3.1.1.2", f"{E}.318.1.1.12.2.3.1.1.3"


class Bench:
    def __init__(self, model: str, hardware: Any = None, clock: Any = None) -> None:
        self.clock = clock or LoopClock()
        self.hardware = hardware or FakePdu(self.clock, 8)
        self.device = PduDevice(self.hardware, model, "private", self.clock)
        self.manager = Manager("private")

    def response(self, octets: bytes) -> Response:
        answer = self.device.handle(octets)
        assert answer is not None
        response = self.manager.response(answer)
        assert response is not None
        return response

    def get(self, name: str) -> Any:
        return self.response(self.manager.get([oid(name)]).octets).varbinds[0].value()

    def set(self, name: str, value: int) -> Status:
        return self.response(self.manager.set([(oid(name), ber.integer(value))]).octets).status


@pytest.mark.parametrize(
    ("model", "control", "off", "status", "states"),
    [
        ("servertech-sentry3", f"{E}.1718.3.2.3.1.11.1.1.3", 2, f"{E}.1718.3.2.3.1.5.1.1.3", [1, 2, 0]),
        ("servertech-sentry4", f"{E}.1718.4.1.8.5.1.2.1.1.3", 2, f"{E}.1718.4.1.8.5.1.1.1.1.3", [3, 9, 10]),
        ("aten-pe", f"{E}.21317.1.3.2.2.2.2.4.0", 1, f"{E}.21317.1.3.2.2.2.2.4.0", [2, 3, 1]),
    ],
)
def test_an_outlet_that_is_commanded_says_first_that_it_waits(
    model: str, control: str, off: int, status: str, states: list[int]
) -> None:
    async def main() -> None:
        bench = Bench(model)
        seen = [bench.get(status)]
        assert bench.set(control, off) == Status.NO_ERROR
        seen.append(bench.get(status))
        assert bench.hardware.outlets[2].on
        await bench.clock.sleep(1.5)
        seen.append(bench.get(status))
        assert seen == states
        assert not bench.hardware.outlets[2].on

    run(main())


def test_an_eaton_takes_times_for_commands_and_tells_what_is_left() -> None:
    async def main() -> None:
        bench = Bench("eaton-epdu-g3")
        tree = f"{E}.534.6.6.7.6.6.1"
        assert bench.get(f"{tree}.3.0.2") == -1
        assert bench.set(f"{tree}.3.0.2", 30) == Status.NO_ERROR
        await bench.clock.sleep(10)
        assert (bench.get(f"{tree}.2.0.2"), bench.get(f"{tree}.3.0.2")) == (2, 20)
        assert bench.set(f"{tree}.3.0.2", -1) == Status.NO_ERROR
        await bench.clock.sleep(30)
        assert (bench.get(f"{tree}.2.0.2"), bench.get(f"{tree}.3.0.2")) == (1, -1)
        assert bench.set(f"{tree}.5.0.2", 0) == Status.NO_ERROR
        assert (bench.get(f"{tree}.2.0.2"), bench.hardware.outlets[1].on) == (3, False)
        await bench.clock.sleep(10.1)
        assert bench.get(f"{tree}.2.0.2") == 1
        assert bench.set(f"{tree}.3.0.2", -2) == Status.WRONG_VALUE

    run(main())


@pytest.mark.requirement("HW-2")
def test_a_load_is_what_the_plant_draws() -> None:
    async def main() -> None:
        hall = Hall()
        bench = Bench("apc-ap7920", hall.pdu, hall.clock)
        standby = hall.pdu.whole.watts
        assert 0 < standby < 60
        hall.one.power_on()
        assert hall.pdu.outlets[0].watts > 100
        await hall.clock.sleep(3600)
        amperes = hall.pdu.whole.amperes
        assert bench.get(f"{LOAD}.1") == round(amperes * 10) > 0
        assert bench.get(f"{E}.318.1.1.12.1.16.0") == round(hall.pdu.whole.watts)
        assert hall.pdu.kilowatt_hours == pytest.approx(hall.pdu.whole.watts / 1000, rel=0.3)
        # The second server shares its load with a supply on the mains.
        hall.two.power_on()
        assert hall.pdu.outlets[1].watts == pytest.approx(hall.two.watts / 2)
        hall.pdu.outlets[0].turn_off()
        assert hall.pdu.outlets[0].watts == 0

    run(main())


@pytest.mark.requirement("HW-2")
def test_a_bank_over_its_rating_trips_and_takes_its_servers_away_until_it_is_reset() -> None:
    async def main() -> None:
        hall = Hall(strip=Strip(banks=2, bank_rating=1.0, phases=1, volts=230))
        bench = Bench("apc-ap8641", hall.pdu, hall.clock)
        assert bench.get(f"{LOAD_STATE}.2") == 1
        hall.one.power_on()
        assert bench.get(f"{LOAD_STATE}.2") in (1, 3)
        kettle = [200.0]
        hall.pdu.outlets[2].feeds(lambda: None, lambda: kettle[0])
        hall.pdu.outlets[2].load_changed()
        assert (bench.get(f"{LOAD_STATE}.2"), bench.get(f"{LOAD_STATE}.3")) == (4, 1)
        await hall.clock.sleep(29)
        assert hall.one.powered
        await hall.clock.sleep(2)
        assert not hall.one.powered
        assert not hall.one.bmc_alive
        assert hall.pdu.outlets[4].live
        assert hall.pdu.outlets[0].on
        assert hall.pdu.alive
        assert bench.get(f"{LOAD}.2") == 0
        hall.pdu.banks[0].reset()
        await hall.clock.sleep(60)
        assert hall.pdu.banks[0].tripped, "what was too much is too much again"
        kettle[0] = 0.0
        hall.pdu.banks[0].reset()
        await hall.clock.sleep(60)
        assert hall.one.bmc_alive

    run(main())


def test_a_load_that_falls_in_time_trips_nothing() -> None:
    async def main() -> None:
        hall = Hall(strip=Strip(banks=1, bank_rating=0.5))
        hall.one.power_on()
        await hall.clock.sleep(20)
        hall.one.power_off()
        await hall.clock.sleep(60)
        assert not hall.pdu.banks[0].tripped

    run(main())


@pytest.mark.parametrize(
    ("model", "name_of", "off", "on"),
    [
        ("eaton-switched", lambda n: f"{E}.20677.2.6.2.{n + 1}.0", 2, 1),
        ("aten-pe", lambda n: f"{E}.21317.1.3.2.2.2.2.{n + 1 if n < 9 else n + 2}.0", 1, 2),
        ("eaton-managed", lambda n: f"{E}.534.6.6.6.1.2.2.1.3.{n - 1}", 0, 1),
        ("vertiv-mph", lambda n: f"{E}.476.1.42.3.8.50.20.1.100.1.1.{n}", 0, 1),
        ("tripplite-lx", lambda n: f"{E}.850.1.1.3.2.3.3.1.1.6.1.{n}", 1, 2),
    ],
)
def test_a_command_reaches_the_outlet_that_its_make_means_by_it(model: str, name_of: Any, off: int, on: int) -> None:
    async def main() -> None:
        bench = Bench(model, FakePdu(LoopClock(), 12))
        for outlet in range(1, 13):
            assert bench.set(name_of(outlet), off) == Status.NO_ERROR
            await bench.clock.sleep(1.5)
            assert [each.number for each in bench.hardware.outlets if not each.on] == [outlet]
            assert bench.set(name_of(outlet), on) == Status.NO_ERROR
            await bench.clock.sleep(1.5)

    run(main())


def test_one_scalar_of_a_pulizzi_switches_all_outlets() -> None:
    async def main() -> None:
        bench = Bench("eaton-switched")
        assert bench.set(f"{E}.20677.2.6.2.1.0", 2) == Status.NO_ERROR
        assert not any(each.on for each in bench.hardware.outlets)
        assert bench.get(f"{E}.20677.2.6.3.8.0") == 2

    run(main())


def test_an_aten_has_no_more_outlets_than_its_module_has_scalars() -> None:
    async def main() -> None:
        with pytest.raises(ValueError, match="at most 42"):
            Bench("aten-pe", FakePdu(LoopClock(), 43))

    run(main())


def test_a_liebert_tells_off_and_on_apart_from_unknown_and_is_configured_on_while_it_cycles() -> None:
    async def main() -> None:
        bench = Bench("vertiv-mph")
        state, control = (f"{E}.476.1.42.3.8.50.20.1.{number}.1.1.2" for number in (95, 100))
        assert (bench.get(state), bench.get(control)) == (2, 1)
        bench.set(control, 0)
        assert (bench.get(state), bench.get(control)) == (1, 0)
        bench.set(control, 2)
        assert (bench.get(state), bench.get(control)) == (3, 2), "off, and about to come on"
        assert bench.get(f"{E}.476.1.42.3.8.50.20.1.10.1.1.2") == b"Outlet 2"

    run(main())


def test_a_sentry_tells_who_has_set_an_outlet() -> None:
    async def main() -> None:
        bench = Bench("servertech-sentry3")
        state, action = (f"{E}.1718.3.2.3.1.{number}.1.1.2" for number in (10, 11))
        seen = [bench.get(state)]
        for command, waits in ((2, (0.0, 1.5)), (1, (0.0, 1.5)), (3, (1.5, 20.0))):
            bench.set(action, command)
            for seconds in waits:
                await bench.clock.sleep(seconds)
                seen.append(bench.get(state))
        # idleOn; pendOff, off; pendOn, on; reboot, on
        assert seen == [1, 11, 4, 10, 5, 8, 5]

    run(main())


@pytest.mark.parametrize(
    ("model", "object_id", "known_by"),
    [
        ("tripplite-lx", "850.1.1.1", {}),
        ("eaton-epdu-g3", "534.6.6.7", {"534.6.6.7.1.2.1.2.0": b"EPDU MA 1P IN:C14 10A OUT:8XC13"}),
        ("aten-pe", "21317.1.3.2", {"21317.1.3.2.2.2.1.1.0": b"PE8208G", "21317.1.3.2.2.2.1.13.0": 8}),
        ("cyberpower", "3808.1.1.3", {"3808.1.1.3.1.5.0": b"PDU81005"}),
        ("eaton-switched", "20677.1", {"20677.2.1.1.0": b"IPV3600"}),
        ("raritan-px1", "13742.1", {"13742.1.1.12.0": b"DPXS20A-16"}),
    ],
)
def test_clients_recognise_a_device_by_its_object_id_and_its_identification(
    model: str, object_id: str, known_by: dict[str, Any]
) -> None:
    async def main() -> None:
        bench = Bench(model)
        assert bench.get("1.3.6.1.2.1.1.2.0") == f"{E}.{object_id}"
        assert {name: bench.get(f"{E}.{name}") for name in known_by} == known_by

    run(main())


@pytest.mark.requirement("HW-2")
def test_every_reading_of_one_load_agrees_with_the_others() -> None:
    async def main() -> None:
        hall = Hall()
        bench = Bench("raritan-px3", hall.pdu, hall.clock)
        hall.one.power_on()
        await hall.clock.sleep(600)
        sensor = f"{E}.13742.6.5.4.3.1"
        milliamperes, volts, watts, apparent, factor = (bench.get(f"{sensor}.4.1.1.{n}") for n in (1, 4, 5, 6, 7))
        assert watts == round(hall.pdu.outlets[0].watts) > 0
        assert apparent == pytest.approx(milliamperes / 1000 * volts, abs=1)
        assert factor == pytest.approx(100 * watts / apparent, abs=1)

    run(main())
