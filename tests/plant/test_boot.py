"""What a server does between the power button and a running system follows from cables, links, disks and power."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.kernel import run
from simulator.plant import BootState
from simulator.plant.disk import InstalledOs
from simulator.plant.network import Vlan
from tests.plant.support import Hall, diagnose, install


def start(hall, task):
    """The first server runs this over the network."""
    hall.boot.task = task
    hall.one.set_boot_override(("pxe", False, False))
    hall.one.power_on()


def test_an_installation_ends_with_a_system_that_answers_pings():
    async def main():
        hall = Hall()
        start(hall, install())
        await hall.clock.sleep(1000)
        assert hall.one.state is BootState.RUNNING
        assert hall.plant.answering("192.0.2.10") == "srv-01"
        assert hall.boot.heard[:3] == ["discover", "loader", "image debian-12"]
        assert hall.boot.ends() == ["first_boot", "done"]
        assert hall.one.boot_override is None
        hall.switch.ports[0].set_admin(False)
        assert hall.plant.answering("192.0.2.10") is None
        hall.switch.ports[0].set_admin(True)
        assert hall.plant.answering("192.0.2.10") == "srv-01"

    run(main())


@pytest.mark.parametrize(
    ("image", "work", "link", "seconds"),
    [
        (900_000_000, 600.0, 10**9, 95 + 20 + 7.2 + 600 + 95 + 60),
        (9_000_000_000, 0.0, 10**8, 95 + 20 + 720 + 0 + 95 + 60),
        (420_000_000_000, 0.0, 10**10, 95 + 20 + 1000 + 0 + 95 + 60),
    ],
    ids=["work decides", "the link decides", "the disk decides"],
)
def test_how_long_an_installation_takes_is_physics(image, work, link, seconds):
    async def main():
        hall = Hall()
        hall.boot.task = install(octets=image, work=work)
        hall.one.nics[0].speed = link
        hall.switch.ports[0].nominal_speed = link
        hall.one.set_boot_override(("pxe", False, False))
        hall.one.power_on()
        await hall.clock.sleep(seconds - 1)
        assert hall.one.state is not BootState.RUNNING
        await hall.clock.sleep(2)
        assert hall.one.state is BootState.RUNNING

    run(main())


@pytest.mark.requirement("HW-8")
@pytest.mark.parametrize("cut", ["port down", "no cable", "switch dead", "nic dead", "nic silent", "cable pulled"])
def test_without_a_path_no_dhcp_request_is_heard_and_the_server_halts(cut):
    async def main():
        hall = Hall()
        hall.boot.task = install()
        nic = hall.one.nics[0]
        if cut == "port down":
            hall.switch.ports[0].set_admin(False)
        elif cut == "no cable":
            nic.cable = None
        elif cut == "switch dead":
            hall.switch.failed = True
            hall.switch.state_changed()
        elif cut == "cable pulled":
            nic.cable.plugged = False
        else:
            setattr(nic, cut.split()[1], True)
        hall.one.set_boot_override(("pxe", False, False))
        hall.one.power_on()
        await hall.clock.sleep(400)
        assert hall.boot.heard == []
        assert hall.one.state is BootState.HALTED
        assert hall.one.hint == "No bootable device"
        tries = 4 if cut == "nic silent" else 0
        assert hall.said("srv-01").count("DHCP without answer") == tries
        assert hall.said("srv-01").count("media test failed") == (not tries)

    run(main())


def pressed(hall, server):
    """Boot from the network, as an operation has it."""
    server.set_boot_override(("pxe", False, False))
    server.power_on()


@pytest.mark.parametrize(
    ("cables", "bend", "failed", "nic"),
    [
        ({1: 3}, None, "media test failed", 1),
        ({0: 4, 1: 3}, "dead", "media test failed", 1),
        ({0: 4, 1: 3}, "silent", "DHCP without answer", 1),
        ({0: 4, 1: 3}, "other VLAN", "DHCP without answer", 1),
        ({0: None, 1: 3}, None, "", 0),
    ],
    ids=[
        "only nic2 has a cable",
        "nic1 is dead",
        "nic1 is silent",
        "nic1 in another VLAN",
        "nic1 on an unmanaged switch",
    ],
)
def test_the_firmware_tries_its_nics_in_turn_and_the_system_has_its_address_where_it_came_from(
    cables, bend, failed, nic
):
    async def main():
        hall = Hall()
        server = hall.with_nics(cables)
        hall.boot.task = install()
        if bend == "other VLAN":
            hall.switch.define_vlan(Vlan(7, "other", frozenset(), frozenset()))
            hall.switch.ports[3].set_access(7)
        elif bend:
            setattr(server.nics[0], bend, True)
        pressed(hall, server)
        await hall.clock.sleep(1000)
        assert server.state is BootState.RUNNING
        assert hall.boot.ends() == ["first_boot", "done"]
        assert set(hall.boot.macs) == {server.nics[nic].mac}
        waits = [failed] * (4 if "DHCP" in failed else 1) if failed else []
        assert [what for what in hall.said("srv-03") if what in ("media test failed", "DHCP without answer")] == waits
        assert server.os.nics == (nic,)
        assert hall.plant.answering("192.0.2.10") == "srv-03"
        server.nics[1 - nic].dead = True
        assert server.answers_ping("192.0.2.10")
        server.nics[nic].silent = True
        assert not server.answers_ping("192.0.2.10")

    run(main())


def test_a_loader_that_says_disk_is_not_asked_again_over_the_next_nic():
    async def main():
        hall = Hall()
        server = hall.with_nics({0: 3, 1: 4})
        server.disks[0].os = InstalledOs("debian-12", ("192.0.2.10",))
        hall.boot.lease = True
        pressed(hall, server)
        await hall.clock.sleep(400)
        assert server.state is BootState.RUNNING
        assert hall.boot.heard == ["discover", "loader"]

    run(main())


@pytest.mark.parametrize("booted_over", [0, 1])
def test_a_bond_is_reached_while_one_of_its_ports_is(booted_over):
    async def main():
        hall = Hall()
        server = hall.with_nics({0: 3, 1: 4}, bond=(0, 1))
        first, second = hall.switch.ports[2:4]
        hall.boot.task = install()
        server.nics[0].dead = booted_over == 1
        pressed(hall, server)
        await hall.clock.sleep(1000)
        server.nics[0].dead = False
        assert server.os.nics == (0, 1)
        for up in ((True, False), (False, True), (False, False), (True, True)):
            first.set_admin(up[0])
            second.set_admin(up[1])
            assert server.answers_ping("192.0.2.10") is any(up)

    run(main())


@pytest.mark.parametrize(("after", "gone"), [(0.1, False), (1.0, True)], ids=["announced", "begun"])
def test_a_system_leaves_its_disk_when_it_is_overwritten_and_not_when_that_is_announced(after, gone):
    async def main():
        hall = Hall()
        hall.one.disks[0].os = InstalledOs("alma-9", ("192.0.2.10",))
        hall.one.disks[1].os = InstalledOs("data", ())
        hall.boot.task = install(octets=9_000_000_000)
        pressed(hall, hall.one)
        await hall.clock.sleep(95 + 20 + 5 * after)
        assert "image debian-12" in hall.boot.heard
        hall.one.power_off()
        assert (hall.one.disks[0].os is None) == gone
        assert hall.one.disks[0].used is gone
        assert hall.one.disks[1].os is not None

    run(main())


def test_a_clearing_leaves_the_systems_alone_until_it_writes():
    async def main():
        hall = Hall()
        for disk in hall.one.disks:
            disk.os, disk.used = InstalledOs("alma-9", ()), True
        hall.boot.task = diagnose(clear=True)
        pressed(hall, hall.one)
        await hall.clock.sleep(95 + 20 + 290)
        assert hall.one.state is BootState.DIAGNOSING
        assert all(disk.os for disk in hall.one.disks)
        await hall.clock.sleep(4 + 20 + 500_000 / 420 / 20)
        assert [disk.os for disk in hall.one.disks] == [None, None]
        assert not hall.one.disks_clean

    run(main())


@pytest.mark.parametrize(
    "task",
    [diagnose(clear=True), diagnose(clear=False), install(octets=900_000_000_000, os="alma-9")],
    ids=lambda t: t.image,
)
def test_a_system_that_comes_up_because_an_image_was_cut_off_reports_nothing(task):
    """Its report was made after its own installation: the boot service must not take its start for the end of the image's work."""

    async def main():
        hall = Hall()
        start(hall, install())
        await hall.clock.sleep(1000)
        assert hall.boot.ends() == ["first_boot", "done"]
        hall.boot.heard.clear()
        hall.boot.task = task
        hall.one.set_boot_override(("pxe", False, False))
        hall.one.reset()
        await hall.clock.sleep(95 + 20 + 1)
        assert hall.one.state in (BootState.DIAGNOSING, BootState.INSTALLING)
        hall.one.reset()
        await hall.clock.sleep(600)
        assert hall.one.system.name == "debian-12"
        assert hall.boot.ends() == []

    run(main())


def test_a_fresh_system_that_is_cut_off_before_its_report_makes_it_when_it_is_up():
    async def main():
        hall = Hall()
        start(hall, install())
        while "first_boot" not in hall.boot.heard:
            await hall.clock.sleep(1)
        for _ in range(2):
            hall.one.reset()
            await hall.clock.sleep(20)
        assert hall.boot.ends() == ["first_boot"]
        await hall.clock.sleep(600)
        hall.one.reset()
        await hall.clock.sleep(600)
        assert hall.boot.ends() == ["first_boot", "done"]

    run(main())


def test_a_disk_that_fails_stops_the_installer_with_an_error_that_reaches_the_boot_service():
    async def main():
        hall = Hall()
        start(hall, install())
        await hall.clock.sleep(400)
        assert hall.one.state is BootState.INSTALLING
        hall.one.disks[0].failed = True
        await hall.clock.sleep(60)
        assert hall.one.state is BootState.HALTED
        assert hall.boot.ends() == ["error I/O error: disk 1 does not take the data"]
        assert hall.one.os is None

    run(main())


@pytest.mark.parametrize(("outage", "state"), [(60, BootState.RUNNING), (300, BootState.HALTED)])
def test_a_short_outage_delays_an_installation_and_a_long_one_ends_it(outage, state):
    async def main():
        hall = Hall()
        start(hall, install())
        await hall.clock.sleep(400)
        hall.switch.ports[0].set_admin(False)
        await hall.clock.sleep(outage)
        hall.switch.ports[0].set_admin(True)
        await hall.clock.sleep(1200)
        assert hall.one.state is state

    run(main())


def test_a_frozen_machine_stands_still_until_it_is_reset():
    async def main():
        hall = Hall()
        hall.boot.task = install()
        hall.one.set_boot_override(("pxe", True, False))
        hall.one.power_on()
        await hall.clock.sleep(400)
        hall.one.freeze()
        await hall.clock.sleep(7200)
        assert hall.one.state is BootState.INSTALLING
        hall.one.soft_shutdown()
        assert hall.one.powered
        hall.one.reset()
        await hall.clock.sleep(1000)
        assert hall.boot.ends()[:1] == ["first_boot"]

    run(main())


def test_diagnostics_name_the_hardware_and_clear_every_disk():
    async def main():
        hall = Hall()
        for disk in hall.one.disks:
            disk.used = True
        start(hall, diagnose(clear=True))
        await hall.clock.sleep(1500)
        assert "hardware E3-1230-16Gb-2x500SSD" in hall.boot.heard
        assert not hall.one.disks_clean
        await hall.clock.sleep(300)
        assert hall.one.disks_clean
        assert hall.boot.ends() == ["done"]

    run(main())


def test_diagnostics_see_only_the_disks_that_answer():
    async def main():
        hall = Hall(disks=((500, "SSD"), (500, "SSD"), (2000, "HDD")))
        hall.one.disks[1].failed = True
        start(hall, diagnose(clear=False))
        await hall.clock.sleep(800)
        assert "hardware E3-1230-16Gb-500SSD-2000HDD" in hall.boot.heard

    run(main())


EVENTS = ["power_on", "power_off", "power_cycle", "reset", "soft_shutdown", "outlet_off", "outlet_on", "wait", "port"]


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 400)), max_size=25), st.integers(0, 5))
def test_whatever_is_pressed_power_and_state_stay_consistent(presses, seed):
    async def main():
        hall = Hall(jitter=0.1, seed=seed)
        hall.boot.task = install(work=100)
        server, outlet = hall.one, hall.pdu.outlets[0]
        for press, seconds in presses:
            if press == "outlet_off":
                outlet.turn_off()
            elif press == "outlet_on":
                outlet.turn_on()
            elif press == "port":
                hall.switch.ports[0].set_admin(not hall.switch.ports[0].admin_up)
            elif press != "wait":
                getattr(server, press)()
            await hall.clock.sleep(seconds)
            assert (server.state is BootState.NO_AC) == (not outlet.live)
            assert not (server.bmc_alive and not outlet.live)
            assert server.powered == (server.state not in (BootState.NO_AC, BootState.OFF))
            assert not (hall.switch.ports[0].link_up and not server.powered)
        hall.plant.close()
        await hall.clock.sleep(10_000)

    run(main())


@pytest.mark.parametrize("device", ["floppy", "cdrom", "diagnostic", "remote_disk", "bios"])
@pytest.mark.parametrize("persistent", [False, True])
def test_a_device_that_there_is_not_is_asked_for_in_vain_once_or_at_every_start(device, persistent):
    async def main():
        hall = Hall()
        hall.one.disks[0].os = InstalledOs("debian-12", ("192.0.2.10",), ())
        hall.one.set_boot_override((device, persistent, False))
        hall.one.power_on()
        await hall.clock.sleep(400)
        assert hall.one.state is BootState.RUNNING
        assert (hall.one.boot_override is not None) == persistent

    run(main())


@pytest.mark.parametrize(("limit", "watts"), [(None, 107.0), (90.0, 90.0), (10.0, 74.9)])
def test_a_server_is_slowed_down_to_its_power_limit_as_far_as_it_goes(limit, watts):
    async def main():
        hall = Hall()
        hall.one.disks[0].os = InstalledOs("debian-12", ("192.0.2.10",), ())
        hall.one.power_on()
        await hall.clock.sleep(400)
        hall.one.limit_power(limit)
        assert hall.one.watts == pytest.approx(watts)

    run(main())
