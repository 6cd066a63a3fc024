"""The sample handler, a program over net-snmp's tools, in a lab on the wire: the panel drives a switch through it."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.dcim.errors import RefusedByDevice
from simulator.dcim.records import LinkStatus
from simulator.files.lab_file import data_directory
from simulator.lab import Lab
from tests.interop.programs import need

pytestmark = pytest.mark.interop

SAMPLE = str(data_directory("fixtures") / "handlers" / "ifmib-switch")
SECRET = {
    "version": 3,
    "user": "ann",
    "auth": "sha256",
    "auth_key": "maplesyrup",
    "priv": "aes",
    "priv_key": "maplesyrup",
}


@pytest.mark.parametrize("snmp", [pytest.param({"version": "2c"}, marks=pytest.mark.slow), SECRET], ids=["v2c", "v3"])
@pytest.mark.requirement("HW-3")
async def test_the_panel_drives_a_switch_through_a_handler_of_one_s_own(snmp: dict[str, Any]) -> None:
    need("snmpset")
    rack = {
        "name": "A1",
        "switches": [{"name": "sw-1", "ports": 4, "model": "dlink-des3200", "snmp": snmp}],
        "servers": [{"name": "srv-1", "configuration": "E3-1230-16Gb-480SSD", "cables": {"nic1": "sw-1/2"}}],
    }
    rack["switches"][0]["handler"] = {"executable": SAMPLE}  # type: ignore[index]
    plan = {"lab": "x", "racks": [rack], "panel": {"switch_poll": 0}}
    async with Lab.load(plan).wire(clock="real") as lab:
        devices, inventory = lab.panel.devices, lab.panel.inventory
        await devices.read_switch(1)
        ports = inventory.ports_of_switch(1)
        named = [port.description for port in ports]
        assert named == [f"D-Link DES-3200-18 R4.04.004 Port {n}" for n in range(1, 5)]
        await devices.set_port(ports[1].id, up=False)
        assert not lab.plant.switches["sw-1"].ports[1].admin_up
        await devices.read_switch(1)
        assert inventory.ports_of_switch(1)[1].admin_status is LinkStatus.DOWN
        await devices.set_port(ports[1].id, up=True)
        assert lab.plant.switches["sw-1"].ports[1].admin_up
        lab.plant.servers["srv-1"].power_on()
        await devices.read_switch(1)
        seen = inventory.ports_of_switch(1)[1]
        assert (seen.oper_status, seen.speed, seen.duplex) == (LinkStatus.UP, 10**9, "full")
        with pytest.raises(
            RefusedByDevice, match="ifmib-switch cannot do port_speed; it can do port_off, port_on, status"
        ):
            await devices.set_link(seen.id, 10**8, "full")
        assert lab.plant.switches["sw-1"].ports[1].setting == (None, None)
