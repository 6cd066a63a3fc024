"""Speed and duplex as a manager sees and sets them, and what the panel's driver makes of it, over a real plant."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dcim.drivers.base import DeviceRefused, DeviceUnable, SnmpAccess
from simulator.dcim.drivers.own_snmp import OwnSwitchDriver
from simulator.fabric.memory import MemoryFabric
from simulator.kernel import Streams, run
from simulator.plant.ethernet import AUTO, LinkSetting
from simulator.snmp import Manager, Status, oid
from simulator.snmp.ber import integer, object_identifier
from simulator.switch import SwitchDevice, personality, personality_names
from tests.plant.support import Hall
from tests.switch.support import serve_switch

M = 10**6
CISCO, HP = "cisco-c3560", "hp-procurve-6120"
SPEED, DUPLEX, INDEX = (f"1.3.6.1.4.1.9.5.1.4.1.1.{number}.1" for number in (9, 10, 11))
TYPE, DEFAULT = "1.3.6.1.2.1.26.2.1.1.3", "1.3.6.1.2.1.26.2.1.1.11"
NEGOTIATION = "1.3.6.1.2.1.26.5.1.1"
MAU = "1.3.6.1.2.1.26.4"
ETHER = "1.3.6.1.2.1.10.7.2.1"
PLACE = ("127.32.0.1", 1161)


class Bench:
    """The small hall with its switch's agent and a direct line to it. Server n hangs on port n; the servers are on."""

    def __init__(self, model: str) -> None:
        self.hall = Hall()
        self.hall.one.power_on()
        self.hall.two.power_on()
        self.ports = self.hall.switch.ports
        self.device = SwitchDevice(self.hall.switch, model, "private", self.hall.clock)
        self.manager = Manager("private")

    def get(self, *names: str) -> list[object]:
        answer = self.device.handle(self.manager.get(map(oid, names)).octets)
        response = self.manager.response(answer or b"")
        assert response is not None
        return [item.value() for item in response.varbinds]

    def set(self, *values: tuple[str, bytes]) -> tuple[Status, int]:
        answer = self.device.handle(self.manager.set([(oid(name), value) for name, value in values]).octets)
        response = self.manager.response(answer or b"")
        assert response is not None
        return response.status, response.error_index


@pytest.mark.requirement("HW-3")
def test_a_catalysts_port_table_sets_the_port_and_everything_follows() -> None:
    async def main() -> None:
        bench = Bench(CISCO)
        assert bench.get(f"{SPEED}.1", f"{DUPLEX}.1", f"{INDEX}.1", f"{ETHER}.19.10101") == [1, 4, 10101, 3]
        assert bench.set((f"{SPEED}.1", integer(100 * M)), (f"{DUPLEX}.1", integer(2))) == (Status.NO_ERROR, 0)
        assert bench.ports[0].setting == LinkSetting(100 * M, True)
        assert bench.hall.one.nics[0].cable.link.mismatch
        assert bench.get(f"{SPEED}.1", f"{DUPLEX}.1", "1.3.6.1.2.1.2.2.1.5.10101") == [100 * M, 2, 100 * M]
        assert bench.get("1.3.6.1.2.1.31.1.1.1.15.10101", f"{ETHER}.19.10101") == [100, 3]
        bench.hall.one.nics[0].count(3_000_000)
        fcs, late, received, sent = bench.get(
            f"{ETHER}.3.10101", f"{ETHER}.8.10101", "1.3.6.1.2.1.2.2.1.14.10101", "1.3.6.1.2.1.2.2.1.20.10101"
        )
        assert (fcs, late, received, sent) == (50, 0, 50, 0)
        assert bench.set((f"{SPEED}.1", integer(1)), (f"{DUPLEX}.1", integer(4))) == (Status.NO_ERROR, 0)
        assert bench.ports[0].setting == AUTO
        bench.hall.one.power_off()
        assert bench.get(f"{ETHER}.19.10101", "1.3.6.1.2.1.31.1.1.1.15.10101") == [1, 1000]

    run(main())


@pytest.mark.parametrize(
    ("values", "status", "place"),
    [
        ([(SPEED, 10)], Status.WRONG_VALUE, 1),
        ([(SPEED, 2)], Status.WRONG_VALUE, 1),
        ([(DUPLEX, 3)], Status.WRONG_VALUE, 1),
        ([(SPEED, 1000 * M), (DUPLEX, 1)], Status.INCONSISTENT_VALUE, 1),
        ([(SPEED, 100 * M), (DUPLEX, 7)], Status.WRONG_VALUE, 2),
    ],
)
def test_a_catalyst_refuses_what_its_hardware_cannot_do_and_then_changes_nothing(values, status, place) -> None:
    async def main() -> None:
        bench = Bench(CISCO)
        assert bench.set(*((f"{name}.1", integer(value)) for name, value in values)) == (status, place)
        assert bench.set((f"{SPEED}.99", integer(10 * M)))[0] is Status.NO_CREATION
        assert bench.set((f"{INDEX}.1", integer(10 * M)))[0] is Status.NOT_WRITABLE
        assert bench.ports[0].setting == AUTO

    run(main())


@pytest.mark.requirement("HW-3")
def test_a_procurves_mau_has_a_default_type_that_counts_once_negotiation_is_off() -> None:
    async def main() -> None:
        bench = Bench(HP)
        assert bench.get(f"{TYPE}.1.1", f"{DEFAULT}.1.1", f"{NEGOTIATION}.1.1.1", f"{NEGOTIATION}.4.1.1") == [
            f"{MAU}.30", f"{MAU}.30", 1, 3,
        ]  # fmt: skip
        assert bench.get(f"{NEGOTIATION}.9.1.1", f"{NEGOTIATION}.10.1.1") == [b"\x6c\x01", b"\x6c\x01"]
        assert bench.set((f"{DEFAULT}.1.1", object_identifier(f"{MAU}.16"))) == (Status.NO_ERROR, 0)
        assert bench.ports[0].setting == AUTO
        assert bench.set((f"{NEGOTIATION}.1.1.1", integer(2))) == (Status.NO_ERROR, 0)
        assert bench.ports[0].setting == LinkSetting(100 * M, True)
        assert bench.get(f"{TYPE}.1.1", f"{NEGOTIATION}.4.1.1", f"{NEGOTIATION}.10.1.1") == [
            f"{MAU}.16",
            4,
            b"\x04\x00",
        ]
        assert bench.set((f"{DEFAULT}.1.1", object_identifier(f"{MAU}.10"))) == (Status.NO_ERROR, 0)
        assert bench.ports[0].setting == LinkSetting(10 * M, False)
        assert bench.set((f"{NEGOTIATION}.1.1.1", integer(1))) == (Status.NO_ERROR, 0)
        assert bench.ports[0].setting == AUTO
        assert bench.get(f"{TYPE}.1.1", f"{DEFAULT}.1.1") == [f"{MAU}.30", f"{MAU}.10"]
        bench.hall.one.nics[0].set_link(LinkSetting(100 * M, True))
        assert bench.get(f"{TYPE}.1.1", f"{NEGOTIATION}.2.1.1", f"{NEGOTIATION}.4.1.1") == [f"{MAU}.15", 2, 1]
        bench.hall.one.power_off()
        assert bench.get(f"{NEGOTIATION}.4.1.1") == [2]
        for kind in (f"{MAU}.54", f"{MAU}.29", "1.3.6.1"):
            status = bench.set((f"{NEGOTIATION}.1.2.1", integer(2)), (f"{DEFAULT}.2.1", object_identifier(kind)))
            assert status == (Status.WRONG_VALUE, 2)
        assert bench.set((f"{DEFAULT}.2.1", integer(16)))[0] is Status.WRONG_TYPE
        assert bench.ports[1].setting == AUTO

    run(main())


STEPS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from([None, 0, 10 * M, 100 * M, 1000 * M, 10_000 * M, 123]),
        st.sampled_from([None, "auto", "half", "full"]),
    ),
    max_size=8,
)
FULL = {"auto": None, "half": False, "full": True}


@pytest.mark.requirement("HW-3")
@pytest.mark.parametrize("model", [CISCO, HP])
@given(STEPS)
@settings(deadline=None, max_examples=40)
def test_the_panels_driver_sets_a_port_as_it_was_told_or_says_no_and_leaves_it(model, steps) -> None:
    async def main() -> None:
        hall = Hall()
        fabric = MemoryFabric(Streams(7))
        end = await serve_switch(hall.switch, model, "private", fabric, PLACE, hall.clock)
        driver = OwnSwitchDriver(SnmpAccess("sw-a1", *PLACE, "private", personality(model).handler), fabric)
        rows = [port.identity for port in await driver.ports()]
        for place, speed, duplex in steps:
            port = hall.switch.ports[place]
            was = port.setting
            wanted = LinkSetting(
                was.speed if speed is None else speed or None, was.full if duplex is None else FULL[duplex]
            )
            try:
                await driver.set_link(rows[place], speed, duplex)
            except (DeviceRefused, DeviceUnable):
                assert port.setting == was
                assert not port.can_be(wanted) or (model == HP and (wanted.speed is None) != (wanted.full is None))
            else:
                assert port.setting == wanted
        await driver.close()
        end.close()

    run(main())


@pytest.mark.parametrize("model", sorted({*personality_names()} - {CISCO, HP, "cisco-c3750"}))
def test_other_makes_show_what_was_agreed_and_their_handlers_say_that_they_cannot_set_it(model: str) -> None:
    async def main() -> None:
        hall = Hall()
        hall.one.power_on()
        hall.switch.ports[0].set_link(LinkSetting(100 * M, False))
        fabric = MemoryFabric(Streams(7))
        end = await serve_switch(hall.switch, model, "private", fabric, PLACE, hall.clock)
        driver = OwnSwitchDriver(SnmpAccess("sw-a1", *PLACE, "private", personality(model).handler), fabric)
        first, second, *_ = await driver.ports()
        assert (first.speed, first.duplex, second.duplex) == (100 * M, "half", "unknown")
        with pytest.raises(DeviceUnable, match="cannot set speed and duplex"):
            await driver.set_link(first.identity, 10 * M, None)
        await driver.close()
        end.close()

    run(main())
