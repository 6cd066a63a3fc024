"""Real equipment in a lab: nothing is written without leave, every write is told, and all of it is as it was at the end."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime
from typing import Any

import pytest

from simulator import Lab
from simulator.dcim.errors import DeviceFault
from simulator.dcim.records import PowerStatus
from simulator.faults import CATALOGUE, NotPossible
from simulator.files.problems import FileProblems
from simulator.kernel import Journal, LoopClock
from simulator.lab.real_equipment import put_back
from simulator.real import RealDevice, RealEquipment
from tests.real.support import hall, mixed, sets


def of(records: Any, name: str) -> int:
    return next(each.id for each in records if each.name == name)


def port_of(run: Any, server: str) -> int:
    return next(each for each in run.panel.inventory.servers if each.name == server).ports[0]


def outlet_of(run: Any, server: str) -> int:
    return next(each for each in run.panel.inventory.servers if each.name == server).outlets[0]


async def poll(run: Any) -> None:
    panel = run.panel
    await panel.devices.read_power(of(panel.inventory.servers, "iron"))
    await panel.devices.read_switch(of(panel.inventory.switches, "sw-real"))
    await panel.devices.read_pdu(of(panel.inventory.pdus, "pdu-real"))


@pytest.mark.requirement("HW-1")
@pytest.mark.parametrize("stack", ["own", pytest.param("foreign", marks=pytest.mark.slow)])
async def test_what_is_written_with_leave_is_told_and_set_back(stack: str) -> None:
    async with hall() as there:
        far = there.far.plant
        far.servers["far"].power_on()
        async with Lab.load(mixed(there, stack=stack)).wire(seed=1) as run:
            devices = run.panel.devices
            await poll(run)
            assert run.plant.servers["iron"].powered  # as the real BMC says
            await devices.set_port(port_of(run, "iron"), False)
            await devices.set_outlet(outlet_of(run, "iron"), False)
            assert not far.switches["sw"].ports[1].admin_up
            assert not run.plant.switches["sw-real"].ports[1].admin_up
            assert not far.pdus["pdu"].outlets[2].on
            assert not run.plant.pdus["pdu-real"].outlets[2].on
            assert [(each.device, each.item, each.was, each.value) for each in run.equipment.writes] == [
                ("switch sw-real", "port GigabitEthernet0/2", "up", "down"),
                ("PDU pdu-real", "outlet 3", "on", "off"),
            ]
        assert far.switches["sw"].ports[1].admin_up
        assert far.pdus["pdu"].outlets[2].on
        assert [each.outcome for each in run.equipment.writes] == ["written", "written", "set back", "set back"]
        told = [(each.subject, each.what, each.detail["value"]) for each in run.journal if each.layer == "real"]
        assert told == [
            ("sw-real", "write", "down"),
            ("pdu-real", "write", "off"),
            ("pdu-real", "set back", "on"),
            ("sw-real", "set back", "up"),
        ]
        assert len(sets(there.taps["switch"])) == len(sets(there.taps["pdu"])) == 2


@pytest.mark.requirement("HW-1")
async def test_a_server_is_on_again_at_the_end_though_it_was_switched_off_twice() -> None:
    async with hall() as there:
        far = there.far.plant.servers["far"]
        far.power_on()
        async with Lab.load(mixed(there)).wire(seed=1) as run:
            iron = of(run.panel.inventory.servers, "iron")
            await run.panel.devices.power(iron, "off")
            await run.panel.devices.power(iron, "on")
            await run.panel.devices.set_boot_device(iron, "pxe")
            await run.panel.devices.power(iron, "off")
            assert not far.powered
            assert not run.plant.servers["iron"].powered
            assert far.boot_override is not None
        assert far.powered
        assert far.boot_override is None
        assert there.commands.count("Chassis Control") == 4
        assert not run.equipment.left


@pytest.mark.parametrize("stack", ["own", pytest.param("foreign", marks=pytest.mark.slow)])
async def test_without_leave_nothing_but_questions_is_sent(stack: str) -> None:
    async with hall() as there:
        async with Lab.load(mixed(there, stack=stack, allow=False)).wire(seed=1) as run:
            devices, iron = run.panel.devices, of(run.panel.inventory.servers, "iron")
            await poll(run)
            for work in (
                devices.power(iron, "on"),
                devices.set_boot_device(iron, "pxe"),
                devices.set_bmc_user(iron, None, "eve", "secret", 4),
                devices.set_port(port_of(run, "iron"), False),
                devices.set_vlan(port_of(run, "iron"), 20, "clients"),
                devices.set_outlet(outlet_of(run, "iron"), False),
            ):
                with pytest.raises(DeviceFault, match=r"it is a real one, and .* unless the lab file says `allow: \["):
                    await work
        assert there.commands == []
        assert sets(there.taps["switch"]) == sets(there.taps["pdu"]) == []
        assert run.equipment.writes == []
        assert sum(each.what == "write refused" for each in run.journal) == 6


async def test_only_ports_and_outlets_that_a_cable_names_are_written() -> None:
    async with hall() as there:
        async with Lab.load(mixed(there)).wire(seed=1) as run:
            await poll(run)
            inventory = run.panel.inventory
            other = inventory.switch_port(of(inventory.switches, "sw-real"), 1)
            with pytest.raises(DeviceFault, match="no cable of this lab is in port 1 of it"):
                await run.panel.devices.set_port(other.id, False)
            outlet = inventory.outlet(of(inventory.pdus, "pdu-real"), 1)
            with pytest.raises(DeviceFault, match="no cable of this lab is in outlet 1 of it"):
                await run.panel.devices.set_outlet(outlet.id, False)
        assert sets(there.taps["switch"]) == sets(there.taps["pdu"]) == []


async def test_a_dry_run_sends_nothing_and_goes_on_as_if_it_had() -> None:
    async with hall() as there:
        async with Lab.load(mixed(there)).wire(seed=1, dry_run=True) as run:
            devices, iron = run.panel.devices, of(run.panel.inventory.servers, "iron")
            await devices.power(iron, "on")
            await devices.set_port(port_of(run, "iron"), False)
            await devices.set_outlet(outlet_of(run, "iron"), False)
            await poll(run)
            server = run.panel.inventory.servers.get(iron)
            assert server.bmc_power is PowerStatus.ON
            assert not run.plant.switches["sw-real"].ports[1].admin_up
        assert there.commands == []
        assert sets(there.taps["switch"]) == sets(there.taps["pdu"]) == []
        lines = run.equipment.report()
        assert lines[0] == "what a run would write to real equipment: 3"
        assert all(line.endswith("not sent (dry run)") for line in lines[1:])


async def test_a_device_that_the_lab_file_does_not_name_is_only_read() -> None:
    async with hall() as there, Lab.load(mixed(there)).wire(seed=1) as run:
        inventory = run.panel.inventory
        server = inventory.servers.get(of(inventory.servers, "srv-2"))
        from dataclasses import replace

        inventory.servers.change(server.id, bmc=replace(server.bmc, host="192.0.2.77"))
        await run.panel.devices.forget_bmc(server.id)
        with pytest.raises(DeviceFault, match=r"192\.0\.2\.77:\d+ is no device of this lab: it is only read"):
            await run.panel.devices.power(server.id, "off")


async def test_a_lab_for_other_machines_writes_to_its_own_devices() -> None:
    host = own_address()
    async with Lab.load("one").wire(seed=1, host=host) as run:
        assert run.bmcs["srv-1"][0] == host
        await run.panel.devices.power(1, "on")
        assert run.plant.servers["srv-1"].powered
        assert run.equipment.writes == []


def own_address() -> str:
    """One of this machine that is no loopback address; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback")
        found: str = probe.getsockname()[0]
    if found.startswith("127."):
        pytest.skip("this machine has no address but loopback")
    return found


async def refused(run: Any, kind: str, **params: Any) -> str:
    with pytest.raises(NotPossible) as error:
        run.faults.inject(kind, CATALOGUE[kind].params.model_validate(params))
    return str(error.value)


async def test_faults_that_would_bend_what_is_real_are_refused_by_name() -> None:
    async with hall() as there, Lab.load(mixed(there, allow=False)).wire(seed=1) as run:
        assert "bmc.dead would bend the BMC of iron" in await refused(run, "bmc.dead", server="iron")
        assert "port.broken would bend switch sw-real" in await refused(run, "port.broken", switch="sw-real", port=2)
        assert "snmp.drop would bend PDU pdu-real" in await refused(run, "snmp.drop", pdu="pdu-real")
        assert "port 2 of switch sw-real" in await refused(run, "cable.unplugged", server="iron")
        said = await refused(run, "outlet.off", pdu="pdu-real", outlet=3)
        assert "outlet.off would bend PDU pdu-real, which is real: `allow: [power]` lets" in said
        for kind, params in (
            ("disk.fails", {"server": "iron"}),
            ("nic.silent", {"server": "iron"}),
            ("bmc.dead", {"server": "srv-2"}),
            ("outlet.off", {"pdu": "pdu-here", "outlet": 3}),
        ):
            run.faults.inject(kind, CATALOGUE[kind].params.model_validate(params))


async def test_an_outlet_that_a_fault_may_switch_is_really_off_and_on_again_when_it_is_mended() -> None:
    async with hall() as there, Lab.load(mixed(there)).wire(seed=1) as run:
        outlet = there.far.plant.pdus["pdu"].outlets[2]
        params = CATALOGUE["outlet.off"].params.model_validate({"pdu": "pdu-real", "outlet": 3})
        run.faults.inject("outlet.off", params)
        await run.equipment.done()
        assert not outlet.on
        assert not run.plant.pdus["pdu-real"].outlets[2].on
        run.faults.clear("outlet.off")
        await run.equipment.done()
        assert outlet.on


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"driver": "snmp"}, "needs the `address`"),
        ({"address": "10.0.0.1"}, "`address` is of real equipment"),
        ({"allow": ["power"]}, "`allow` is of real equipment"),
        ({"driver": "snmp", "address": "pdu.example.com"}, "is not an IP address"),
        ({"driver": "snmp", "address": "10.0.0.1", "allow": ["ports"]}, "power"),
        ({"driver": "snmp", "address": "10.0.0.1", "name": "p-{n}", "count": 2}, "a real device is one"),
    ],
)
def test_what_a_lab_file_says_of_real_equipment_makes_sense(given: dict[str, Any], said: str) -> None:
    rack = {"name": "A1", "pdus": [{"name": "p", **given}]}
    with pytest.raises(FileProblems, match=said):
        Lab.load({"lab": "x", "racks": [rack]})


async def test_a_real_one_that_is_gone_at_the_end_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.real.equipment.TRIES", 1)
    monkeypatch.setattr("simulator.dcim.drivers.own_snmp.TIMEOUT", 0.05)
    async with hall() as there:
        async with Lab.load(mixed(there)).wire(seed=1) as run:
            await run.panel.devices.set_outlet(outlet_of(run, "iron"), False)
            there.taps["pdu"].close()
        (line,) = run.equipment.left
        assert line.startswith("PDU pdu-real: outlet 3 is left off, and was on: no answer to SNMP")
        assert run.equipment.report()[-1].startswith("  NOT SET BACK  PDU pdu-real: outlet 3")


async def test_being_cancelled_again_and_again_does_not_stop_the_way_back() -> None:
    going, come = asyncio.Event(), asyncio.Event()
    clock = LoopClock()
    device = RealDevice("pdu", "PDU", ("192.0.2.7", 161), frozenset({"power"}), frozenset({1}))
    equipment = RealEquipment({}, clock, clock, Journal(clock), lambda: datetime(2026, 1, 1, tzinfo=UTC))

    async def was() -> str:
        return "on"

    async def back(state: str) -> None:
        going.set()
        await come.wait()

    await equipment.write(device, "outlet 1", "off", nothing, was=was, back=back)
    work = asyncio.ensure_future(put_back(equipment))
    await going.wait()
    for _ in range(3):
        work.cancel()
        await asyncio.sleep(0)
    come.set()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert [each.outcome for each in equipment.writes] == ["written", "set back"]


async def nothing() -> None:
    """A device that takes whatever comes."""
