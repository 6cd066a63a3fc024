"""What a lab file can say of a BMC: its key, receivers of its alerts, that it is a real one."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import Lab
from simulator.dcim.errors import DeviceFault
from simulator.dcim.records import PowerStatus
from simulator.faults import CATALOGUE
from simulator.files.problems import FileProblems
from simulator.ipmi.pet import PlatformTrap
from simulator.kernel import run
from simulator.snmp.notification import decode_notification

SINK = ("10.0.0.9", 1162)


def lab_with(*bmcs: dict[str, Any]) -> Lab:
    servers = [
        {"name": f"srv-{number}", "configuration": "E3-1230-16Gb-480SSD", "power": "on", "bmc": bmc}
        for number, bmc in enumerate(bmcs, 1)
    ]
    return Lab.load({"lab": "keys", "racks": [{"name": "A1", "servers": servers}]})


def test_the_panel_knows_the_key_of_a_bmc_and_nobody_gets_in_without_it() -> None:
    async def main() -> None:
        async with lab_with({"kg": "hall"}).simulated(seed=1) as lab:
            number = next(iter(lab.panel.inventory.servers)).id
            assert await lab.panel.devices.read_power(number) is PowerStatus.ON
            lab.bmc("srv-1").kg = b"another"
            with pytest.raises(DeviceFault, match=r"^BMC of srv-1: .*key"):
                await lab.panel.devices.read_power(number)

    run(main())


@pytest.mark.requirement("HW-1")
def test_a_fan_that_dies_in_the_plant_is_told_to_the_receiver_that_the_file_names() -> None:
    async def main() -> None:
        async with lab_with({"alerts": [f"{SINK[0]}:{SINK[1]}"]}).simulated(seed=1) as lab:
            heard: list[PlatformTrap] = []

            def receive(data: bytes, source: tuple[str, int]) -> None:
                assert source == lab.bmcs["srv-1"]
                value = decode_notification(data).varbinds[0].value()
                assert isinstance(value, bytes)
                heard.append(PlatformTrap.decode(value))

            endpoint = await lab.fabric.open(SINK, receive)
            await lab.clock.sleep(300)
            assert heard == []
            lab.faults.inject("fan.dead", CATALOGUE["fan.dead"].params.model_validate({"server": "srv-1", "fan": 2}))
            await lab.clock.sleep(1)
            assert heard
            assert {(trap.guid, trap.entity, trap.instance) for trap in heard} == {
                (lab.plan.servers["srv-1"].guid, 0x1D, 2)
            }
            endpoint.close()

    run(main())


@pytest.mark.parametrize(
    ("bmc", "said"),
    [
        ({"driver": "ipmi"}, "needs the `address` of that BMC"),
        ({"driver": "pyghmi"}, "driver"),
        ({"kg": "x" * 21}, "kg"),
        ({"alerts": ["999.1.1.1:162"]}, "'999.1.1.1:162' is not an IPv4 address and a port"),
        ({"alerts": ["somewhere"]}, "alerts"),
        ({"port": 0}, "port"),
    ],
)
def test_what_makes_no_sense_is_said(bmc: dict[str, Any], said: str) -> None:
    with pytest.raises(FileProblems, match=said):
        lab_with(bmc)


def test_several_real_bmcs_may_be_behind_one_address() -> None:
    real = {"driver": "ipmi", "address": "192.0.2.7"}
    plan = lab_with({**real, "port": 6231}, {**real, "port": 6232}, real).plan
    assert [server.bmc.port for server in plan.servers.values()] == [6231, 6232, 623]
    with pytest.raises(FileProblems, match=r"the address 192\.0\.2\.7:623 is taken"):
        lab_with(real, real)


def test_the_panel_believes_a_slow_chassis_when_it_sees_the_light() -> None:
    async def main() -> None:
        server = {"name": "srv-1", "model": "lenovo-imm2", "configuration": "E3-1230-16Gb-480SSD"}
        lab_of_one = Lab.load({"lab": "slow", "racks": [{"name": "A1", "servers": [server]}]})
        async with lab_of_one.simulated(seed=1) as lab:
            number = next(iter(lab.panel.inventory.servers)).id
            await lab.panel.devices.power(number, "on")
            assert await lab.panel.devices.read_power(number) is PowerStatus.OFF
            await lab.clock.sleep(5)
            assert lab.plant.servers["srv-1"].powered
            assert await lab.panel.devices.read_power(number) is PowerStatus.ON

    run(main())
