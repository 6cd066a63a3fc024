"""Power by BMC and PDU, switch ports, blocking, polling: what the panel believes, and when it learns better."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dcim.equipment.power_table import any_on, server_power
from simulator.dcim.errors import (
    Invalid,
    NoAnswer,
    NoSwitchPorts,
    NotFound,
    PortsFailed,
    Protected,
    RefusedByDevice,
    WrongState,
)
from simulator.dcim.records import PowerStatus
from tests.dcim.support import World, in_world

STATUSES = list(PowerStatus)


@given(st.sampled_from(STATUSES), st.sampled_from(STATUSES))
@settings(deadline=None)
def test_a_servers_power_follows_the_documented_table(pdu, bmc):
    expected = PowerStatus.OFF if pdu == "off" else bmc
    assert server_power(pdu, bmc) is expected


@given(st.lists(st.sampled_from(STATUSES), max_size=4))
@settings(deadline=None)
def test_several_outlets_are_off_only_when_all_of_them_are(outlets):
    together = any_on(outlets)
    assert (together == "on") == ("on" in outlets)
    assert (together == "off") == (bool(outlets) and set(outlets) == {"off"})


def test_the_first_polls_fill_the_records():
    async def scene(world: World) -> None:
        world.bmcs["srv-01"].on = True
        await world.panel.start()
        await world.clock.sleep(1)
        assert [world.power(number) for number in (1, 2)] == ["on", "off"]
        ports = world.panel.inventory.ports_of_switch(1)
        assert len(ports) == 8
        assert [port.description for port in ports][:2] == ["GigabitEthernet0/1", "GigabitEthernet0/2"]
        assert ports[4].server == 1

    in_world(scene)


def test_the_panel_is_wrong_about_the_world_until_its_next_poll():
    async def scene(world: World) -> None:
        world.bmcs["srv-02"].on = True
        world.switch.admin[1] = True
        assert world.power(2) == "off"
        await world.clock.sleep(898)
        assert world.power(2) == "off"
        await world.clock.sleep(4)
        assert world.power(2) == "on"
        assert world.wrote("power changed")[-1].detail == {"was": "off", "now": "on"}
        assert any(record.detail["admin"] == "up" for record in world.wrote("port changed"))

    in_world(scene, started=True)


def test_polls_keep_to_their_intervals_and_end_with_the_panel():
    async def scene(world: World) -> None:
        await world.clock.sleep(3600)
        assert world.bmcs["srv-01"].heard.count("status") == 1 + 4
        assert world.switch.reads == 1 + 12
        await world.panel.stop()
        await world.clock.sleep(3600)
        assert world.switch.reads == 13
        assert world.bmcs["srv-01"].heard[-1] == "closed"

    in_world(scene, started=True)


@pytest.mark.requirement("HW-7")
def test_a_silent_bmc_makes_the_power_unknown_and_is_told_once():
    async def scene(world: World) -> None:
        world.bmcs["srv-01"].silent = True
        await world.clock.sleep(2000)
        assert world.power(1) == "unknown"
        assert world.server(1).bmc_error == "no answer in 10 s"
        assert len(world.wrote("device error")) == 1
        world.bmcs["srv-01"].silent = False
        await world.clock.sleep(900)
        assert (world.power(1), world.server(1).bmc_error) == ("off", None)

    in_world(scene, started=True)


@pytest.mark.requirement("W6-A5")
@pytest.mark.requirement("W6-D7")
def test_power_commands_go_to_the_bmc_and_show_at_once():
    async def scene(world: World) -> None:
        await world.panel.power.on(1)
        assert world.power(1) == "on"
        with pytest.raises(WrongState, match="srv-01 is on already"):
            await world.panel.power.on(1)
        await world.panel.power.reset(1)
        await world.panel.power.off(1)
        assert world.power(1) == "off"
        with pytest.raises(WrongState, match="srv-01 is not on"):
            await world.panel.power.off(1)
        await world.panel.power.reset(1)
        assert world.power(1) == "on"

    in_world(scene)


def test_power_commands_see_what_the_records_missed():
    async def scene(world: World) -> None:
        world.bmcs["srv-01"].on = True
        with pytest.raises(WrongState):
            await world.panel.power.on(1)
        assert world.power(1) == "on"

    in_world(scene, started=True)


def test_with_its_outlet_off_a_server_gets_power_first_and_the_bmc_when_it_is_up():
    async def scene(world: World) -> None:
        world.pdu.on[0] = False
        world.bmcs["srv-01"].silent = True
        began = world.clock.now()
        await world.panel.power.on(1)
        assert world.clock.now() == began
        assert world.pdu.on[0]
        assert world.power(1) == "unknown"
        await world.clock.sleep(45)
        world.bmcs["srv-01"].silent = False
        await world.clock.sleep(20)
        assert world.power(1) == "on"

    in_world(scene, started=True)


def test_a_bmc_that_never_comes_up_is_given_up():
    async def scene(world: World) -> None:
        world.pdu.on[0] = False
        world.bmcs["srv-01"].silent = True
        await world.panel.power.on(1)
        await world.clock.sleep(600)
        assert len(world.wrote("power on given up")) == 1

    in_world(scene, started=True)


def test_a_power_off_calls_off_a_power_on_that_still_waits():
    async def scene(world: World) -> None:
        world.pdu.on[0] = False
        world.bmcs["srv-01"].silent = True
        await world.panel.power.on(1)
        with pytest.raises(NoAnswer):
            await world.panel.power.off(1)
        world.bmcs["srv-01"].silent = False
        await world.clock.sleep(100)
        assert not world.bmcs["srv-01"].on

    in_world(scene, started=True)


def test_a_silent_bmc_with_power_is_the_devices_fault():
    async def scene(world: World) -> None:
        world.bmcs["srv-01"].silent = True
        for command in (world.panel.power.on, world.panel.power.off, world.panel.power.reset):
            with pytest.raises(NoAnswer, match="BMC of srv-01: no answer"):
                await command(1)
        world.bmcs["srv-01"].silent = False
        world.bmcs["srv-01"].says_no = "insufficient privilege"
        with pytest.raises(RefusedByDevice, match="insufficient privilege"):
            await world.panel.power.on(1)

    in_world(scene)


def test_a_protected_server_is_not_powered_off_or_reset():
    async def scene(world: World) -> None:
        await world.panel.power.on(1)
        world.panel.edit_server(1, {"protected": True})
        for command in (world.panel.power.off, world.panel.power.reset):
            with pytest.raises(Protected):
                await command(1)
        with pytest.raises(Protected):
            world.panel.edit_server(1, {"name": "mine"})
        world.panel.edit_server(1, {"protected": False})
        await world.panel.power.off(1)

    in_world(scene)


@pytest.mark.requirement("W6-A4")
@pytest.mark.requirement("W6-L1")
@pytest.mark.requirement("W6-L2")
def test_all_ports_of_a_server_are_switched_and_the_records_show_it():
    async def scene(world: World) -> None:
        await world.panel.ports.set(1, True)
        assert world.switch.admin == [True, False, False, False, True, False, False, False]
        assert [port.admin_status for port in world.panel.inventory.ports_of(world.server(1))] == ["up", "up"]
        first = world.server(1).ports[0]
        await world.panel.ports.set(1, False, [first])
        assert world.switch.admin[:5] == [False, False, False, False, True]
        with pytest.raises(Invalid):
            await world.panel.ports.set(1, False, [world.server(2).ports[0]])

    in_world(scene)


@pytest.mark.requirement("HW-8")
@pytest.mark.requirement("W6-L1")
def test_a_server_without_ports_cannot_have_them_switched_or_be_suspended():
    async def scene(world: World) -> None:
        for attempt in (world.panel.ports.set(4, False), world.panel.ports.suspend(4)):
            with pytest.raises(NoSwitchPorts, match="server srv-04 has no switch ports"):
                await attempt
        assert world.server(4).state == "active"

    in_world(scene)


def test_when_one_of_two_ports_fails_the_error_says_which_and_the_other_is_set():
    async def scene(world: World) -> None:
        world.switch.stuck = {1}
        with pytest.raises(PortsFailed) as caught:
            await world.panel.ports.set(1, True)
        assert str(caught.value) == (
            "sw-a1: GigabitEthernet0/1 of sw-a1 failed (SNMP error genErr); 1 of 2 ports were set"
        )
        assert [port.admin_status for port in world.panel.inventory.ports_of(world.server(1))] == ["down", "up"]

    in_world(scene, started=True)


def test_suspending_blocks_the_server_and_leaves_its_power():
    async def scene(world: World) -> None:
        await world.panel.power.on(2)
        await world.panel.ports.set(2, True)
        await world.panel.ports.suspend(2)
        assert (world.server(2).state, world.switch.admin[1], world.power(2)) == ("suspended", False, "on")
        with pytest.raises(WrongState, match="it is suspended"):
            await world.panel.ports.suspend(2)
        await world.panel.ports.resume(2)
        assert (world.server(2).state, world.switch.admin[1]) == ("active", True)
        assert [record.detail["state"] for record in world.wrote("state")] == [
            "suspending", "suspended", "resuming", "active",
        ]  # fmt: skip

    in_world(scene)


def test_a_suspension_that_the_switch_refuses_leaves_the_server_active():
    async def scene(world: World) -> None:
        world.switch.silent = True
        with pytest.raises(PortsFailed):
            await world.panel.ports.suspend(2)
        assert world.server(2).state == "active"
        assert "no answer in 3 s" in world.server(2).state_info

    in_world(scene, started=True)


def test_a_silent_switch_or_pdu_leaves_its_ports_unknown():
    async def scene(world: World) -> None:
        world.switch.silent = world.pdu.silent = True
        await world.clock.sleep(301)
        port = world.panel.inventory.ports_of_switch(1)[0]
        assert (port.admin_status, port.oper_status) == ("unknown", "unknown")
        assert world.panel.inventory.outlets_of_pdu(1)[0].status == "unknown"

    in_world(scene, started=True)


def test_single_ports_and_outlets_are_switched_under_their_own_device_only():
    async def scene(world: World) -> None:
        outlet = world.panel.inventory.outlets_of_pdu(1)[7]
        await world.panel.power.set_outlet(1, outlet.id, False)
        assert world.pdu.on[7] is False
        port = world.panel.inventory.ports_of_switch(1)[6]
        await world.panel.ports.set_one(1, port.id, True)
        assert world.switch.admin[6] is True
        for attempt in (world.panel.power.set_outlet(2, outlet.id, True), world.panel.ports.set_one(1, 99, True)):
            with pytest.raises(NotFound):
                await attempt

    in_world(scene, started=True)


def test_two_equal_runs_write_equal_journals():
    async def scene(world: World) -> None:
        world.give_ip(1)
        world.panel.operations.install(1, "debian-12")
        await world.install(1)
        world.bmcs["srv-03"].silent = True
        await world.clock.sleep(2000)

    assert in_world(scene, started=True).journal.hash() == in_world(scene, started=True).journal.hash()
