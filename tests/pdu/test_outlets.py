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
        ("servertech-sentry4", f"{E}.1718.4.1.8.5.1.2.1.1.3", 2, f"{E}.1718.4.1.8.5.1.1.1.1.3", [11, 9, 10]),
        ("aten-pe", f"{E}.21317.1.3.2.2.2.2.3.0", 1, f"{E}.21317.1.3.2.2.2.2.3.0", [2, 3, 1]),
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
