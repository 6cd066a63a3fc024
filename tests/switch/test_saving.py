"""Running and saved configuration: what a manager sets, saves, and finds after a restart."""

from __future__ import annotations

import pytest

from simulator.kernel import run
from simulator.plant.ethernet import LinkSetting
from simulator.snmp import Manager, Status, ber, oid
from simulator.switch import SwitchDevice, personality, personality_names
from tests.plant.support import Hall

ADMIN, ALIAS = "1.3.6.1.2.1.2.2.1.7", "1.3.6.1.2.1.31.1.1.1.18"
WRITE_MEM = "1.3.6.1.4.1.9.2.1.54.0"
COPY = "1.3.6.1.4.1.9.9.96.1.1.1.1"
CREATE_AND_GO, CREATE_AND_WAIT, ACTIVE, DESTROY = 4, 5, 1, 6


class Bench:
    def __init__(self, model: str = "cisco-c3560") -> None:
        self.hall = Hall()
        self.switch = self.hall.switch
        self.device = SwitchDevice(self.switch, model, "private", self.hall.clock)
        self.manager = Manager("private")
        self.index = personality(model).port_index(0)

    def set(self, *settings: tuple[str, bytes]) -> Status:
        octets = self.device.handle(self.manager.set([(oid(name), value) for name, value in settings]).octets)
        assert octets is not None
        response = self.manager.response(octets)
        assert response is not None
        return response.status

    def get(self, name: str) -> object:
        octets = self.device.handle(self.manager.get([oid(name)]).octets)
        assert octets is not None
        response = self.manager.response(octets)
        assert response is not None
        return response.varbinds[0].value()

    def shut_down(self) -> None:
        """Port 1, with a word why."""
        down, why = (f"{ADMIN}.{self.index}", ber.integer(2)), (f"{ALIAS}.{self.index}", ber.octets("unpaid"))
        assert self.set(down, why) == Status.NO_ERROR

    async def restart(self) -> tuple[bool, object]:
        """Whether port 1 is up then, and its alias."""
        self.switch.restart()
        await self.hall.clock.sleep(60)
        return self.switch.ports[0].admin_up, self.get(f"{ALIAS}.{self.index}")


LOSES = {"cisco-c3560", "cisco-c3750", "cisco-nexus-5000", "brocade-icx6430"}


@pytest.mark.parametrize("model", personality_names())
def test_what_nobody_saved_is_gone_after_a_restart_on_the_makes_that_must_be_told_to_save(model: str) -> None:
    async def main() -> None:
        bench = Bench(model)
        bench.shut_down()
        assert await bench.restart() == ((True, b"") if model in LOSES else (False, b"unpaid"))

    run(main())


def test_vlans_pvids_and_speeds_are_configuration_too() -> None:
    async def main() -> None:
        bench = Bench()
        switch = bench.switch
        before = switch.running
        switch.ports[2].set_link(LinkSetting(10**8, full=True))
        switch.define_vlan(next(iter(switch.vlans.values())).__class__(7, "seven", frozenset({3}), frozenset({3})))
        switch.ports[2].set_pvid(7)
        switch.restart()
        await bench.hall.clock.sleep(60)
        assert switch.running == before

    run(main())


@pytest.mark.parametrize(
    ("model", "save"),
    [
        ("cisco-c3560", [(WRITE_MEM, 1)]),
        ("cisco-c3750", [(f"{COPY}.3.77", 4), (f"{COPY}.4.77", 3), (f"{COPY}.14.77", CREATE_AND_GO)]),
        ("cisco-nexus-5000", [(f"{COPY}.14.77", CREATE_AND_GO), (f"{COPY}.3.77", 4), (f"{COPY}.4.77", 3)]),
        ("brocade-icx6430", [("1.3.6.1.4.1.1991.1.1.2.1.3.0", 3)]),
    ],
)
def test_what_was_saved_is_there_after_a_restart(model: str, save: list[tuple[str, int]]) -> None:
    async def main() -> None:
        bench = Bench(model)
        bench.shut_down()
        assert bench.set(*((name, ber.integer(value)) for name, value in save)) == Status.NO_ERROR
        assert await bench.restart() == (False, b"unpaid")

    run(main())


def test_a_copy_is_made_step_by_step_and_tells_how_it_went() -> None:
    async def main() -> None:
        bench = Bench()
        bench.shut_down()
        assert bench.set((f"{COPY}.3.9", ber.integer(4))) == Status.INCONSISTENT_NAME, "there is no row yet"
        for column, value in ((14, CREATE_AND_WAIT), (3, 4)):
            assert bench.set((f"{COPY}.{column}.9", ber.integer(value))) == Status.NO_ERROR
        assert bench.set((f"{COPY}.14.9", ber.integer(ACTIVE))) == Status.INCONSISTENT_VALUE, "it does not say where to"
        for column, value in ((4, 3), (14, ACTIVE)):
            assert bench.set((f"{COPY}.{column}.9", ber.integer(value))) == Status.NO_ERROR
        assert bench.get(f"{COPY}.10.9") == 3
        assert bench.set((f"{COPY}.14.9", ber.integer(DESTROY))) == Status.NO_ERROR
        assert bench.get(f"{COPY}.10.9") is None
        assert await bench.restart() == (False, b"unpaid")

    run(main())


def test_a_copy_to_a_server_fails_and_saves_nothing() -> None:
    async def main() -> None:
        bench = Bench()
        bench.shut_down()
        row = ((f"{COPY}.{column}.9", ber.integer(value)) for column, value in ((3, 4), (4, 1), (14, CREATE_AND_GO)))
        assert bench.set(*row) == Status.NO_ERROR
        assert (bench.get(f"{COPY}.10.9"), bench.get(f"{COPY}.13.9")) == (4, 3)
        assert await bench.restart() == (True, b"")

    run(main())
