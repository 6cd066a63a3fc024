"""A PDU's relay moves later than its command is answered: what the panel makes of what it reads meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import Lab
from simulator.dcim.records import PowerStatus
from simulator.kernel import run

ONE = {
    "lab": "relay",
    "racks": [
        {
            "name": "A1",
            "pdus": [{"name": "pdu-a1", "model": "apc-ap8641", "outlets": 4}],
            "switches": [{"name": "sw-a1", "ports": 2}],
            "servers": [
                {
                    "name": "srv-01",
                    "configuration": "E3-1230-16Gb-2x1000SSD",
                    "cables": {"nic1": "sw-a1/1", "psu1": "pdu-a1/1"},
                }
            ],
        }
    ],
}


async def told(lab: Any) -> Any:
    """Outlet 1 has been commanded off."""
    await lab.clock.sleep(60)
    outlet = lab.panel.inventory.outlet(1, 1)
    await lab.panel.power.set_outlet(1, outlet.id, on=False)
    return lambda: lab.panel.inventory.outlet(1, 1).status


@pytest.mark.requirement("HW-2")
def test_the_old_state_read_right_after_a_command_is_not_taken_for_a_failure() -> None:
    async def main() -> None:
        async with Lab.load(ONE).simulated(seed=1) as lab:
            status = await told(lab)
            assert lab.plant.pdus["pdu-a1"].outlets[0].on, "the relay moves later"
            await lab.panel.devices.read_pdu(1)
            assert status() is PowerStatus.OFF
            await lab.clock.sleep(2)
            assert not lab.plant.pdus["pdu-a1"].outlets[0].on
            await lab.panel.devices.read_pdu(1)
            assert status() is PowerStatus.OFF
            changes = [record for record in lab.journal if record.what == "outlet changed"]
            assert changes == []

    run(main())


def test_an_outlet_that_never_moves_is_found_out() -> None:
    async def main() -> None:
        async with Lab.load(ONE).simulated(seed=1) as lab:
            lab.plant.pdus["pdu-a1"].outlets[0].stuck = True
            status = await told(lab)
            await lab.clock.sleep(6)
            await lab.panel.devices.read_pdu(1)
            assert status() is PowerStatus.ON

    run(main())


def test_off_and_on_in_a_row_is_off_and_then_on() -> None:
    async def main() -> None:
        async with Lab.load(ONE).simulated(seed=1) as lab:
            await told(lab)
            await lab.panel.power.set_outlet(1, lab.panel.inventory.outlet(1, 1).id, on=True)
            await lab.clock.sleep(3)
            moves = [record.what for record in lab.journal if record.what.startswith("outlet o")]
            assert moves == ["outlet off", "outlet on"]

    run(main())
