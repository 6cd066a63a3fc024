"""A port that somebody else sets down over SNMP: what it does to the server, and when and how the panel learns of it."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.dcim.records import LinkStatus
from simulator.files.lab_file import find_lab
from simulator.files.reader import read
from simulator.kernel import run
from simulator.lab import Lab
from simulator.snmp import Manager, ber, oid

ADMIN = "1.3.6.1.2.1.2.2.1.7"


@pytest.mark.parametrize("traps", [False, True], ids=["by polling", "by a trap"])
@pytest.mark.requirement("HW-3")
def test_the_panel_learns_that_a_port_was_set_down_only_by_its_own_polling_or_a_trap(traps: bool) -> None:
    async def main() -> None:
        file = find_lab("small")
        assert file is not None
        data: dict[str, Any] = read(file).data
        data["panel"]["traps"] = traps
        async with Lab.load(data).simulated(seed=3) as lab:
            lab.plant.servers["srv-03"].power_on()
            await lab.clock.sleep(310)
            port = lab.panel.inventory.switch_port(1, 3)
            assert (port.admin_status, port.oper_status) == (LinkStatus.UP, LinkStatus.UP)
            command = Manager("private").set([(oid(f"{ADMIN}.10103"), ber.integer(2))])
            assert lab.station("sw-a1").handle(command.octets)
            assert not lab.plant.servers["srv-03"].nics[0].link_up
            await lab.clock.sleep(5)
            port = lab.panel.inventory.switch_port(1, 3)
            assert port.oper_status is (LinkStatus.DOWN if traps else LinkStatus.UP)
            assert port.admin_status is LinkStatus.UP, "a trap tells of the link only here"
            await lab.clock.sleep(300)
            port = lab.panel.inventory.switch_port(1, 3)
            assert (port.admin_status, port.oper_status) == (LinkStatus.DOWN, LinkStatus.DOWN)

    run(main())
