"""Power: outlets, supplies, standby power for the BMC, and what comes back by itself."""

import pytest

from simulator.kernel import run
from simulator.plant import BootState
from tests.plant.support import Hall


@pytest.mark.requirement("HW-2")
def test_an_outlet_that_is_off_starves_server_and_bmc():
    async def main():
        hall = Hall()
        assert hall.one.bmc_alive
        hall.pdu.outlets[0].turn_off()
        assert not hall.one.bmc_alive
        assert hall.one.state is BootState.NO_AC
        hall.one.power_on()
        assert not hall.one.powered
        hall.pdu.outlets[0].turn_on()
        assert not hall.one.bmc_alive
        await hall.clock.sleep(46)
        assert hall.one.bmc_alive
        assert hall.one.state is BootState.OFF

    run(main())


def test_a_second_supply_on_another_feed_keeps_the_server_up():
    async def main():
        hall = Hall()
        hall.two.power_on()
        hall.pdu.mains.set_live(False)
        assert hall.two.powered
        assert not hall.pdu.alive
        hall.two.psus[1].failed = True
        hall.two.psu_changed()
        assert hall.two.state is BootState.NO_AC

    run(main())


@pytest.mark.parametrize(
    ("policy", "was_on", "comes_back"),
    [("previous", True, True), ("previous", False, False), ("on", False, True), ("off", True, False)],
)
def test_the_restore_policy_decides_what_happens_when_ac_returns(policy, was_on, comes_back):
    async def main():
        hall = Hall()
        hall.one.set_restore_policy(policy)
        if was_on:
            hall.one.power_on()
        hall.pdu.outlets[0].turn_off()
        await hall.clock.sleep(60)
        hall.pdu.outlets[0].turn_on()
        assert hall.one.powered is comes_back
        assert hall.one.last_power_event in ("command", "ac_lost")

    run(main())


def test_an_outlet_reboot_comes_back_unless_a_later_command_says_otherwise():
    async def main():
        hall = Hall()
        outlet = hall.pdu.outlets[0]
        outlet.reboot(5)
        assert not outlet.on
        await hall.clock.sleep(6)
        assert outlet.on
        outlet.reboot(5)
        outlet.turn_off()
        await hall.clock.sleep(60)
        assert not outlet.on

    run(main())


def test_a_stuck_relay_takes_commands_and_does_not_move():
    async def main():
        hall = Hall()
        hall.pdu.outlets[0].stuck = True
        hall.pdu.outlets[0].turn_off()
        assert hall.pdu.outlets[0].on
        assert "relay stuck" in hall.said("pdu-a1")

    run(main())


def test_a_power_cycle_pauses_and_a_dead_board_never_comes_up():
    async def main():
        hall = Hall()
        hall.one.power_on()
        hall.one.power_cycle()
        assert not hall.one.powered
        await hall.clock.sleep(6)
        assert hall.one.powered
        hall.one.power_off()
        hall.one.main_board_failed = True
        hall.one.power_on()
        assert not hall.one.powered
        assert "power on without effect" in hall.said("srv-01")

    run(main())


def test_a_switch_without_power_has_no_link_and_comes_back_after_its_start():
    async def main():
        hall = Hall()
        hall.one.power_on()
        port = hall.switch.ports[0]
        assert port.link_up
        hall.plant.mains.set_live(False)
        assert not port.link_up
        hall.plant.mains.set_live(True)
        await hall.clock.sleep(29)
        assert not port.link_up
        await hall.clock.sleep(2)
        assert port.link_up
        assert port.last_change == 30
        assert hall.switch.booted_at == 30

    run(main())
