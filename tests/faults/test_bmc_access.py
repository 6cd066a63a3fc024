"""Faults of the way to a BMC: a password that somebody changed, cables that are crossed; and a BMC that shares a NIC."""

from dataclasses import replace

import pytest

from simulator.bmc.commands.table import COMMANDS_OF
from simulator.dcim.errors import DeviceFault
from simulator.dcim.records import PowerStatus
from simulator.faults import CATALOGUE, NotPossible
from simulator.kernel import run
from simulator.lab import Lab

ONE = {"configuration": "E3-1230-16Gb-480SSD", "power": "on"}


def lab_of(*servers, poll="30m"):
    named = [{"name": f"srv-{number}", **ONE, **server} for number, server in enumerate(servers, 1)]
    switch = {"name": "sw-1", "ports": 8}
    return Lab.load(
        {
            "lab": "access",
            "racks": [{"name": "A1", "switches": [switch], "servers": named}],
            "panel": {"bmc_poll": poll},
        }
    )


def in_lab(lab, scene, *, up=200):
    """Run a scene once the servers are up."""

    async def main():
        async with lab.simulated(seed=1) as here:
            await here.clock.sleep(up)
            return await scene(here, [server.id for server in here.panel.inventory.servers])

    return run(main())


def strike(lab, kind, **values):
    return lab.faults.inject(kind, CATALOGUE[kind].params.model_validate({"server": "srv-1", **values}))


def record(lab, number):
    return lab.panel.inventory.servers.get(number)


def lock_after(lab, tries):
    """Have the BMC lock a user out after so many wrong passwords, until somebody lets him in again."""
    bmc = lab.bmc("srv-1")
    bmc.settings.lan[26] = bytes((0, tries, 0, 0, 0, 0))
    bmc.apply_settings()


def test_a_changed_password_is_told_as_that_and_the_panels_polling_locks_nobody_out():
    async def scene(lab, numbers):
        number = numbers[0]
        lock_after(lab, 3)
        strike(lab, "bmc.password_changed")
        await lab.clock.sleep(48 * 3600)
        assert record(lab, number).bmc_error == "wrong password"
        assert record(lab, number).bmc_power is PowerStatus.ON, "it was so, and the BMC is not dead"
        with pytest.raises(DeviceFault, match="BMC of srv-1: wrong password"):
            await lab.panel.power.off(number)
        assert lab.plant.servers["srv-1"].powered
        assert not any(user.locked for user in lab.bmc("srv-1").users)
        lab.faults.clear()
        await lab.panel.power.off(number)
        assert record(lab, number).bmc_error is None
        assert not lab.plant.servers["srv-1"].powered
        # Once it is in again it polls again.
        lab.plant.servers["srv-1"].power_on()
        await lab.clock.sleep(3600)
        assert record(lab, number).bmc_power is PowerStatus.ON

    in_lab(lab_of({}), scene)


def test_whoever_goes_on_trying_is_locked_out_until_he_is_let_in_again():
    async def scene(lab, numbers):
        lock_after(lab, 3)
        strike(lab, "bmc.password_changed")
        for said in ("wrong password", "wrong password", "wrong password", "unknown user"):
            with pytest.raises(DeviceFault, match=said):
                await lab.panel.devices.read_power(numbers[0])
        lab.faults.clear()
        with pytest.raises(DeviceFault, match="unknown user"):
            await lab.panel.devices.read_power(numbers[0])

    in_lab(lab_of({}), scene)


def test_a_password_that_is_set_anew_stays_when_the_fault_ends():
    async def scene(lab, numbers):
        bmc = lab.bmc("srv-1")
        before = list(bmc.users)
        strike(lab, "bmc.password_changed", user="ADMIN")
        assert list(bmc.users) != before
        lab.faults.clear()
        assert list(bmc.users) == before
        strike(lab, "bmc.password_changed")
        bmc.users = tuple(replace(user, key=b"another".ljust(20, b"\0")) for user in bmc.users)
        lab.faults.clear()
        assert bmc.users[0].key.startswith(b"another")

    in_lab(lab_of({}), scene)
    with pytest.raises(NotPossible, match="no user carol"):
        in_lab(lab_of({}), lambda lab, numbers: strike(lab, "bmc.password_changed", user="carol"))


def test_with_crossed_cables_power_off_of_one_server_switches_the_other():
    async def scene(lab, numbers):
        one, two = lab.plant.servers["srv-1"], lab.plant.servers["srv-2"]
        strike(lab, "bmc.cables_crossed", **{"with": "srv-2"})
        await lab.panel.power.off(numbers[0])
        assert (one.powered, two.powered) == (True, False)
        await lab.panel.devices.read_power(numbers[1])
        assert record(lab, numbers[0]).bmc_power is PowerStatus.OFF
        assert record(lab, numbers[1]).bmc_power is PowerStatus.ON
        with pytest.raises(NotPossible, match="crossed with another one already"):
            strike(lab, "bmc.cables_crossed", **{"with": "srv-3"})
        lab.faults.clear()
        for number, status in zip(numbers, (PowerStatus.ON, PowerStatus.OFF, PowerStatus.ON), strict=True):
            assert await lab.panel.devices.read_power(number) is status

    in_lab(lab_of({}, {}, {}), scene)


def test_a_cable_needs_another_one_to_be_crossed_with():
    lab = lab_of({}, {"bmc": {"shared": "nic1"}, "cables": {"nic1": "sw-1/1"}})
    for other in ("srv-1", "srv-2"):
        with pytest.raises(NotPossible, match=r"with itself|no cable of its own"):
            in_lab(lab, lambda lab, numbers, other=other: strike(lab, "bmc.cables_crossed", **{"with": other}))
    with pytest.raises(KeyError):
        in_lab(lab, lambda lab, numbers: strike(lab, "bmc.cables_crossed", **{"with": "srv-9"}))


SHARED = {"bmc": {"shared": "nic1"}, "cables": {"nic1": "sw-1/1"}}


@pytest.mark.parametrize(
    "fault",
    [
        ("cable.unplugged", {"nic": "nic1"}),
        ("nic.dead", {"nic": "nic1"}),
        ("nic.silent", {"nic": "nic1"}),
    ],
)
def test_a_bmc_that_shares_a_nic_goes_with_its_link(fault):
    async def scene(lab, numbers):
        kind, values = fault
        assert await lab.panel.devices.read_power(numbers[0]) is PowerStatus.ON
        strike(lab, kind, **values)
        with pytest.raises(DeviceFault, match="no answer"):
            await lab.panel.devices.read_power(numbers[0])
        lab.faults.clear()
        assert await lab.panel.devices.read_power(numbers[0]) is PowerStatus.ON

    in_lab(lab_of(SHARED), scene)


def test_a_bmc_that_shares_a_nic_goes_with_the_switch_port_and_its_vlan_and_is_there_while_the_machine_is_off():
    async def scene(lab, numbers):
        port = lab.plant.switches["sw-1"].ports[0]
        lab.plant.servers["srv-1"].power_off()
        assert port.link_up, "on standby power"
        assert await lab.panel.devices.read_power(numbers[0]) is PowerStatus.OFF
        port.set_admin(False)
        with pytest.raises(DeviceFault, match="no answer"):
            await lab.panel.devices.read_power(numbers[0])
        port.set_admin(True)
        assert await lab.panel.devices.read_power(numbers[0]) is PowerStatus.OFF

    in_lab(lab_of(SHARED), scene)


def test_a_bmc_with_a_cable_of_its_own_does_not_care_for_the_hosts():
    async def scene(lab, numbers):
        strike(lab, "cable.unplugged", nic="nic1")
        assert await lab.panel.devices.read_power(numbers[0]) is PowerStatus.ON

    in_lab(lab_of({"cables": {"nic1": "sw-1/1"}}), scene)


@pytest.mark.parametrize(("mode", "answers"), [("dedicated", False), ("shared", True), ("failover", True)])
def test_a_bmc_looks_for_its_network_by_the_port_that_it_was_told(mode, answers):
    async def scene(lab, numbers):
        server = lab.plant.servers["srv-1"]
        server.dedicated_cable = False
        server.set_lan_mode(mode)
        if answers:
            assert await lab.panel.devices.read_power(numbers[0]) is PowerStatus.ON
        else:
            with pytest.raises(DeviceFault, match="no answer"):
                await lab.panel.devices.read_power(numbers[0])

    in_lab(lab_of({"cables": {"nic1": "sw-1/1"}}), scene)


def test_supermicros_lan_mode_moves_the_bmc_over_to_the_hosts_nic():
    async def scene(lab, numbers):
        bmc = lab.bmc("srv-1")
        command = COMMANDS_OF["supermicro"][0x3070]
        command.handler(bmc, None, b"\x0c\x01\x01")
        await lab.clock.sleep(1)
        assert await lab.panel.devices.read_power(numbers[0]) is PowerStatus.ON
        strike(lab, "cable.unplugged", nic="nic1")
        with pytest.raises(DeviceFault, match="no answer"):
            await lab.panel.devices.read_power(numbers[0])

    in_lab(lab_of({"cables": {"nic1": "sw-1/1"}, "model": "supermicro-x10"}), scene)
