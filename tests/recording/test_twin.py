"""Twin mode: whatever an emulated device is asked to read, a real one is asked too, and only that."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import Lab
from simulator.files.problems import FileProblems
from simulator.kernel import run as run_simulated
from simulator.lab import NotSimulated
from tests.real.support import CONFIGURATION, Hall, hall, sets


def lab(there: Hall, *twins: dict[str, Any], ports: int = 4, model: str = "raritan-px3") -> Lab:
    rack = {
        "name": "A1",
        "switches": [{"name": "sw-a1", "model": "cisco-c3560", "ports": ports}],
        "pdus": [{"name": "pdu-a1", "model": model, "outlets": 8}],
        "servers": [
            {"name": "srv-1", "configuration": CONFIGURATION, "cables": {"nic1": "sw-a1/2", "psu1": "pdu-a1/3"}}
        ],
    }
    names = {"pdu-a1": "pdu", "sw-a1": "switch", "srv-1": "bmc"}
    twin = []
    for each in twins:
        host, port = there.taps[names[each["of"]]].address
        twin.append({"address": host, "port": port, **each})
    return Lab.load({"lab": "x", "racks": [rack], "twin": twin})


SNMP = {"community": "private"}
BMC = {"of": "srv-1", "username": "root", "password": "calvin"}


@pytest.mark.requirement("HW-1")
async def test_a_twin_that_is_alike_answers_alike_and_is_only_read() -> None:
    async with hall("stepped") as there:
        twins = ({"of": "pdu-a1", **SNMP}, {"of": "sw-a1", **SNMP}, BMC)
        async with lab(there, *twins).wire(seed=1) as run:
            inventory, devices = run.panel.inventory, run.panel.devices
            await devices.read_pdu(1)
            await devices.read_switch(1)
            await devices.read_power(1)
            await devices.set_outlet(inventory.outlets_of_pdu(1)[0].id, False)
            await devices.set_port(inventory.ports_of_switch(1)[0].id, False)
            await devices.power(1, "on")
            for twin in run.twins:
                await twin.settled()
            reports = [twin.report() for twin in run.twins]
            assert run.plant.servers["srv-1"].powered
        assert [len(report) for report in reports] == [1, 1, 1], reports
        assert "ifAdminStatus" in reports[1][0]  # a port was set down here, and not there: a value, and no finding
        assert all(report[0].endswith(", 0 in kind") for report in reports)
        assert sets(there.taps["switch"]) == sets(there.taps["pdu"]) == []
        assert "Chassis Control" not in there.commands
        assert not there.far.plant.servers["far"].powered


async def test_a_twin_of_another_model_is_found_out() -> None:
    async with hall("stepped") as there, lab(there, {"of": "pdu-a1", **SNMP}, model="apc-ap7920").wire(seed=1) as run:
        await run.panel.devices.read_pdu(1)
        (twin,) = run.twins
        await twin.settled()
        assert twin.comparison.findings
        told = [each for each in run.journal if each.layer == "twin"]
        assert told[0].what == "differs"
        assert told[0].subject == "pdu-a1"


def test_a_twin_needs_real_sockets() -> None:
    async def main() -> None:
        data = {"lab": "x", "racks": [{"name": "A1", "pdus": [{"name": "p"}]}]}
        async with Lab.load({**data, "twin": {"of": "p", "address": "192.0.2.7"}}).simulated():
            pass

    with pytest.raises(NotSimulated, match="twin of p: what is real is reached over real sockets only"):
        run_simulated(main())


@pytest.mark.parametrize(
    ("twin", "said"),
    [
        ({"of": "q", "address": "192.0.2.7"}, "there is no device `q`"),
        ({"of": "p", "address": "there"}, "'there' is not an IP address"),
        ({"of": "p"}, "address"),
    ],
)
def test_what_a_lab_file_says_of_a_twin_makes_sense(twin: dict[str, Any], said: str) -> None:
    with pytest.raises(FileProblems, match=said):
        Lab.load({"lab": "x", "racks": [{"name": "A1", "pdus": [{"name": "p"}]}], "twin": twin})
