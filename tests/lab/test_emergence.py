"""Errors emerge: what breaks in the plant, a device or a wire travels up the same chain as in a real hall."""

import pytest

from simulator.dcim.errors import DeviceFault
from simulator.dcim.records import LinkStatus, PowerStatus
from simulator.faults import CATALOGUE, NotPossible
from simulator.kernel import run
from simulator.lab import Lab, NotSimulated

SMALL = Lab.load("small")


def params(kind, **values):
    return CATALOGUE[kind].params.model_validate(values)


def in_lab(scene, seed=1, lab=SMALL):
    async def main():
        async with lab.simulated(seed=seed) as lab_run:
            await lab_run.clock.sleep(30)
            return await scene(lab_run)

    return run(main())


def power(lab_run, server):
    record = next(one for one in lab_run.panel.inventory.servers if one.name == server)
    return record.id, lambda: lab_run.panel.inventory.power_status(lab_run.panel.inventory.servers.get(record.id))


@pytest.mark.requirement("HW-2")
def test_an_outlet_that_goes_off_starves_the_bmc_and_the_panel_learns_it_only_by_its_polls():
    async def scene(lab):
        number, status = power(lab, "srv-04")
        await lab.panel.power.on(number)
        assert status() is PowerStatus.ON
        lab.faults.inject("outlet.off", params("outlet.off", pdu="pdu-a1", outlet=4))
        assert not lab.plant.servers["srv-04"].bmc_alive
        assert status() is PowerStatus.ON
        await lab.clock.sleep(320)
        assert status() is PowerStatus.OFF
        with pytest.raises(DeviceFault, match=r"BMC of srv-04: no answer from 127\.16\.0\.4:6230"):
            await lab.panel.devices.read_power(number)

    in_lab(scene)


@pytest.mark.requirement("HW-1")
def test_a_dead_bmc_makes_power_unknown_and_mending_it_makes_it_known_again():
    async def scene(lab):
        number, status = power(lab, "srv-01")
        assert status() is PowerStatus.OFF
        fault = params("bmc.dead", server="srv-01")
        lab.faults.inject("bmc.dead", fault)
        with pytest.raises(DeviceFault):
            await lab.panel.devices.read_power(number)
        assert status() is PowerStatus.UNKNOWN
        assert lab.faults.clear("bmc.dead", "srv-01") == 1
        await lab.panel.devices.read_power(number)
        assert status() is PowerStatus.OFF

    in_lab(scene)


@pytest.mark.requirement("HW-3")
def test_a_port_set_down_through_the_panel_takes_the_link_and_one_set_up_brings_it_back():
    async def scene(lab):
        number, _ = power(lab, "srv-02")
        await lab.panel.power.on(number)
        nic = lab.plant.servers["srv-02"].nics[0]
        assert nic.link_up
        await lab.panel.ports.set(number, False)
        assert not nic.link_up
        await lab.panel.ports.set(number, True)
        assert nic.link_up

    in_lab(scene)


def test_a_pulled_cable_shows_at_the_switch_after_its_next_poll_and_not_before():
    async def scene(lab):
        number, _ = power(lab, "srv-02")
        await lab.panel.power.on(number)
        await lab.clock.sleep(310)
        port = next(port for port in lab.panel.inventory.switch_ports if port.description == "GigabitEthernet0/2")
        seen = lambda: lab.panel.inventory.switch_ports.get(port.id).oper_status  # noqa: E731
        assert seen() is LinkStatus.UP
        lab.faults.inject("cable.unplugged", params("cable.unplugged", server="srv-02"))
        assert seen() is LinkStatus.UP
        await lab.clock.sleep(310)
        assert seen() is LinkStatus.DOWN

    in_lab(scene)


@pytest.mark.parametrize(
    ("kind", "values", "why"),
    [
        ("cable.unplugged", {"server": "srv-01", "nic": "nic2"}, "srv-01 has no nic2"),
        ("disk.fails", {"server": "srv-01", "disk": 3}, "has 2 disks, no disk 3"),
        ("psu.dead", {"server": "srv-01", "psu": 2}, "has 1 power supplies, no power supply 2"),
        ("outlet.off", {"pdu": "pdu-a1", "outlet": 25}, "has 24 outlets, no outlet 25"),
        ("port.broken", {"switch": "sw-a1", "port": 25}, "has 24 ports, no port 25"),
        (
            "port.speed",
            {"switch": "sw-a1", "port": 1, "speed": "10 Gbit/s"},
            "hardware of 1000 Mbit/s cannot do 10 Gbit/s",
        ),
        ("nic.speed", {"server": "srv-01", "speed": "1 Gbit/s", "duplex": "half"}, "cannot do 1 Gbit/s, half duplex"),
    ],
)
def test_a_fault_on_a_part_that_is_not_there_is_refused(kind, values, why):
    async def scene(lab):
        with pytest.raises(NotPossible, match=why):
            lab.faults.inject(kind, params(kind, **values))

    in_lab(scene)


TARGETS = {
    "server": {"server": "srv-09"},
    "switch": {"switch": "sw-b1"},
    "pdu": {"pdu": "pdu-b1"},
    "switch or pdu": {"switch": "sw-b1"},
    "panel": {},
}


def _truth(lab):
    plant = lab.plant
    return (
        [
            (
                s.name,
                s.bmc_alive,
                s.main_board_failed,
                s.frozen,
                s.thermal.inlet,
                s.thermal.dead_fans,
                [n.link_up for n in s.nics],
            )
            for s in plant.servers.values()
        ],
        [(s.name, s.alive, [port.ready for port in s.ports]) for s in plant.switches.values()],
        [(p.name, p.alive, [outlet.live for outlet in p.outlets]) for p in plant.pdus.values()],
        [[(d.failed, d.slowdown) for d in s.disks] for s in plant.servers.values()],
    )


@pytest.mark.parametrize("kind", sorted(CATALOGUE))
def test_every_fault_bends_something_and_clearing_it_restores_the_truth(kind):
    async def scene(lab):
        values = dict(TARGETS[CATALOGUE[kind].target])
        fields = CATALOGUE[kind].params.model_fields
        values |= {name: 1 for name in ("port", "outlet") if name in fields}
        values |= {"loss": 1.0} if "loss" in fields else {}
        values |= {"with": "srv-10"} if kind == "bmc.cables_crossed" else {}
        number, _ = power(lab, "srv-09")
        await lab.panel.power.on(number)
        before = _truth(lab)
        assert lab.faults.inject(kind, params(kind, **values)).struck
        assert lab.faults.waiting() == []
        assert len(lab.faults.active()) == 1
        lab.faults.clear()
        await lab.clock.sleep(120)
        assert _truth(lab) == before
        assert lab.faults.active() == []

    in_lab(scene)


def test_a_simulated_lab_wants_virtual_time():
    import asyncio

    async def main():
        async with SMALL.simulated():
            pass

    with pytest.raises(NotSimulated, match=r"simulator\.kernel\.run"):
        asyncio.run(main())


def test_a_lab_that_is_not_there_is_named_with_its_nearest():
    with pytest.raises(FileNotFoundError, match=r"smal.*small"):
        Lab.load("smal")
