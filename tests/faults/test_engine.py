"""When faults strike and end."""

import pytest

from simulator.faults import CATALOGUE, BadFault, FaultEngine
from simulator.faults.kinds import Progress
from simulator.kernel import run
from tests.plant.support import Hall, install


class World:
    def __init__(self, hall):
        self.plant = hall.plant
        self.management = None
        self.panel_services = None

    def may_bend(self, kind, params):
        pass

    def switch_outlet(self, pdu, outlet, on):
        hand = self.plant.pdus[pdu].outlets[outlet - 1]
        hand.turn_on() if on else hand.turn_off()

    def bmc_address(self, server):
        raise AssertionError(server)


def engine(hall):
    return FaultEngine(World(hall), hall.clock, hall.journal)


def params(kind, **values):
    return CATALOGUE[kind].params.model_validate(values)


def test_a_fault_strikes_at_its_time_and_ends_after_its_while():
    async def main():
        hall = Hall()
        faults = engine(hall)
        faults.inject("bmc.dead", params("bmc.dead", server="srv-01", at="10m", **{"for": "2m"}))
        assert hall.one.bmc_alive
        assert [str(fault) for fault in faults.pending()] == ["bmc.dead on srv-01"]
        await hall.clock.sleep(601)
        assert not hall.one.bmc_alive
        assert faults.pending() == []
        await hall.clock.sleep(120)
        assert hall.one.bmc_alive

    run(main())


def test_a_fault_at_a_share_of_the_work_strikes_when_the_image_has_come_so_far():
    async def main():
        hall = Hall()
        faults = engine(hall)
        faults.inject("installer.stall", params("installer.stall", server="srv-01", at="40%"))
        hall.boot.task = install()
        hall.one.set_boot_override(("pxe", False, False))
        hall.one.power_on()
        await hall.clock.sleep(3000)
        assert hall.one.frozen
        assert 40 <= hall.one.progress <= 45

    run(main())


def test_a_fault_that_is_cleared_before_its_time_never_strikes():
    async def main():
        hall = Hall()
        faults = engine(hall)
        faults.inject("bmc.dead", params("bmc.dead", server="srv-01", at=100))
        faults.inject("bmc.dead", params("bmc.dead", server="srv-01", at="10%"))
        assert faults.clear("bmc.dead") == 2
        await hall.clock.sleep(200)
        assert hall.one.bmc_alive
        assert faults.pending() == []

    run(main())


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_faults_clear_in_any_order(order):
    async def main():
        hall = Hall()
        hall.one.power_on()
        faults = engine(hall)
        kinds = [
            ("nic.dead", {"server": "srv-01"}),
            ("cable.unplugged", {"server": "srv-01"}),
            ("port.broken", {"switch": "sw-a1", "port": 1}),
        ]
        for kind, values in kinds:
            faults.inject(kind, params(kind, **values))
        for index in order:
            assert not hall.one.nics[0].link_up
            faults.clear(kinds[index][0])
        assert hall.one.nics[0].link_up

    run(main())


def test_every_kind_says_what_it_hits_and_what_it_does():
    for name, kind in CATALOGUE.items():
        assert kind.name == name
        assert kind.summary
        assert kind.target == "panel" or all(each in kind.params.model_fields for each in kind.target.split(" or "))


@pytest.mark.parametrize("bad", ["140%", "soon", True, "-3m"])
def test_a_moment_is_a_time_or_a_share(bad):
    with pytest.raises(ValueError, match="at"):
        params("bmc.dead", server="srv-01", at=bad)
    assert params("bmc.dead", server="srv-01", at="40%").at == Progress(0.4)


def test_what_two_faults_bend_alike_stays_bent_until_the_second_ends():
    async def main():
        hall = Hall()
        faults = engine(hall)
        faults.inject("bmc.dead", params("bmc.dead", server="srv-01", **{"for": "1m"}))
        faults.inject("bmc.dead", params("bmc.dead", server="srv-01", at="30s", **{"for": "5m"}))
        await hall.clock.sleep(120)
        assert not hall.one.bmc_alive
        await hall.clock.sleep(300)
        assert hall.one.bmc_alive

    run(main())


@pytest.mark.requirement("HW-3")
def test_speeds_set_by_hand_at_both_ends_leave_no_link_until_one_is_as_it_was():
    async def main():
        hall = Hall()
        hall.one.power_on()
        port, nic = hall.switch.ports[0], hall.one.nics[0]
        faults = engine(hall)
        faults.inject("port.speed", params("port.speed", switch="sw-a1", port=1, speed="10 Mbit/s"))
        assert (port.speed, port.full_duplex) == (10**7, True)
        faults.inject("nic.speed", params("nic.speed", server="srv-01", speed="100 Mbit/s", duplex="full"))
        assert not nic.link_up
        faults.clear("port.speed")
        assert (port.speed, port.full_duplex, nic.cable.link.mismatch) == (10**8, False, True)
        faults.clear("nic.speed")
        assert (port.speed, port.full_duplex) == (10**9, True)

    run(main())


def test_a_fault_is_asked_for_in_words_as_files_have_them():
    async def main():
        hall = Hall()
        faults = engine(hall)
        fault = faults.inject("bmc.dead", server="srv-01", at="10m", lasts="2m")
        assert (fault.params.at, fault.params.lasts) == (600, 120)
        await hall.clock.sleep(601)
        assert not hall.one.bmc_alive

    run(main())


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        ("bmc.deed", {"server": "srv-01"}, "there is no kind of fault `bmc.deed`; did you mean `bmc.dead`?"),
        ("bmc.dead", {}, "bmc.dead: `server` is missing"),
        ("bmc.dead", {"server": "srv-01", "fro": "5m"}, "bmc.dead: fro: unknown key `fro`; did you mean `for`?"),
        ("bmc.dead", {"server": "srv-1"}, "bmc.dead: server: there is no server `srv-1`; did you mean `srv-01`?"),
        ("bmc.dead", {"server": "srv-01", "lasts": "5 moons"}, "bmc.dead: for: '5 moons' is not understood"),
    ],
)
def test_words_that_mean_nothing_are_told_with_the_nearest_and_nothing_happens(kind, given, words):
    async def main():
        hall = Hall()
        faults = engine(hall)
        with pytest.raises(BadFault) as refused:
            faults.inject(kind, **given)
        assert words in str(refused.value)
        assert faults.pending() == []
        assert len(hall.journal) == 0

    run(main())
