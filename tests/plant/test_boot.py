"""What a server does between the power button and a running system follows from cables, links, disks and power."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.kernel import run
from simulator.plant import BootState
from tests.plant.support import Hall, diagnose, install


def test_an_installation_ends_with_a_system_that_answers_pings():
    async def main():
        hall = Hall()
        hall.boot.task = install()
        hall.one.set_boot_override(("pxe", False, False))
        hall.one.power_on()
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
        assert hall.said("srv-01").count("DHCP without answer") == 4

    run(main())


def test_a_disk_that_fails_stops_the_installer_with_an_error_that_reaches_the_boot_service():
    async def main():
        hall = Hall()
        hall.boot.task = install()
        hall.one.set_boot_override(("pxe", False, False))
        hall.one.power_on()
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
        hall.boot.task = install()
        hall.one.set_boot_override(("pxe", False, False))
        hall.one.power_on()
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
        hall.boot.task = diagnose(clear=True)
        hall.one.set_boot_override(("pxe", False, False))
        hall.one.power_on()
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
        hall.boot.task = diagnose(clear=False)
        hall.one.set_boot_override(("pxe", False, False))
        hall.one.power_on()
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
