"""A server whose BMC, switch port and outlet are real is sold, suspended and taken back, through both panels and by both stacks."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from simulator import Lab
from simulator.scenario.language import load_scenario
from simulator.scenario.runner import Session
from tests.real.support import hall, mixed, sets
from tests.recording.foreign_devices import ipmi_sim, snmpd

LIFE = {
    "settings": {
        "configuration": "E3-1230-16Gb-480SSD",
        "os": "debian-12",
        "pool": "public",
        "diagnostic_pool": "diag",
        "install_timeout": "90m",
    },
    "steps": [
        {"create": {"service": "web1", "client": "alice@example.com"}, "expect": {"ok": True, "within": "40m"}},
        {"check": [{"server": "iron", "really": {"power": "on", "os": "debian-12", "link": "up"}}]},
        {"suspend": {"service": "web1"}},
        {"check": [{"server": "iron", "has": {"ports": "down"}}, {"server": "iron", "really": {"link": "down"}}]},
        {"unsuspend": {"service": "web1"}},
        {"terminate": {"service": "web1"}, "expect": {"ok": True, "within": "61m"}},
    ],
    "expect": [{"service": "web1", "is": "closed"}],
}


@pytest.mark.requirement("HW-1")
@pytest.mark.parametrize(
    ("module", "stack"),
    [
        ("whmcs6", "own"),
        pytest.param("billmanager5", "own", marks=pytest.mark.slow),
        pytest.param("whmcs6", "foreign", marks=pytest.mark.slow),
        pytest.param("billmanager5", "foreign", marks=pytest.mark.slow),
    ],
)
async def test_a_server_with_real_parts_lives_a_whole_life(module: str, stack: str, tmp_path: Path) -> None:
    async with hall() as there:
        far = there.far.plant
        lab = mixed(there, stack=stack)
        del lab["racks"][0]["servers"][1]
        life = json.loads(json.dumps(LIFE))
        if module == "billmanager5":
            life["settings"] = {key: life["settings"][key] for key in ("configuration", "os", "install_timeout")}
        file = tmp_path / "life.yaml"
        file.write_text(json.dumps({"scenario": "A life", "lab": lab, "module": module, **life}))
        seen: dict[str, Any] = {}

        def opened(plan: Any, mode: str, seed: int) -> AbstractAsyncContextManager[Any]:
            return Lab(plan).wire(seed=seed, clock="auto")

        session = Session(load_scenario(file), 1, "wire", opened)
        await session._in_lab()
        seen["writes"] = session.stage.run.equipment.writes
        assert [f"{each.what}: {each.expected}, not {each.seen}" for each in session.failures] == []
        items = {each.item for each in seen["writes"]}
        assert {"power", "boot device", "port GigabitEthernet0/2"} <= items
        assert there.commands.count("Set System Boot Options") >= 1
        assert there.commands.count("Chassis Control") >= 2
        assert sets(there.taps["switch"])
        assert not far.servers["far"].powered  # as before
        assert far.switches["sw"].ports[1].admin_up


@pytest.mark.slow  # three programs
@pytest.mark.interop
@pytest.mark.requirement("HW-1")
@pytest.mark.parametrize(("module", "stack"), [("whmcs6", "own"), ("billmanager5", "foreign")])
async def test_a_server_of_openipmi_and_net_snmp_lives_a_whole_life(module: str, stack: str, tmp_path: Path) -> None:
    """Its BMC is OpenIPMI's ipmi_sim, its outlet one of net-snmp's snmpd, its switch port another lab's."""
    root, column = "1.3.6.1.4.1.318.1.1.4", "1.3.6.1.4.1.318.1.1.4.4.2.1.3"
    walk = "".join(f"{column}.{row}|2|1\n" for row in range(1, 9))
    for folder in ("bmc", "pdu"):
        (tmp_path / folder).mkdir()
    async with (
        hall() as there,
        ipmi_sim(tmp_path / "bmc") as bmc,
        snmpd(tmp_path / "pdu", walk, root, "1.3.6.1.4.1.318.1.3.4.1", column) as pdu,
    ):
        lab = mixed(there, stack=stack)
        rack = lab["racks"][0]
        del rack["servers"][1]
        rack["servers"][0]["bmc"] |= {"address": bmc.host, "port": bmc.port}
        rack["pdus"][0] |= {"model": "apc-ap9606", "address": pdu[0], "port": pdu[1]}
        life = json.loads(json.dumps(LIFE))
        if module == "billmanager5":
            life["settings"] = {key: life["settings"][key] for key in ("configuration", "os", "install_timeout")}
        # Somebody switches the outlet off and on while nothing runs, through leave that the file gives.
        life["steps"] += [
            {"fault": {"outlet.off": {"pdu": "pdu-real", "outlet": 3}}},
            {"wait": "1m"},
            {"clear": "all"},
        ]
        file = tmp_path / "life.yaml"
        file.write_text(json.dumps({"scenario": "A life", "lab": lab, "module": module, **life}))

        def opened(plan: Any, mode: str, seed: int) -> AbstractAsyncContextManager[Any]:
            return Lab(plan).wire(seed=seed, clock="auto")

        session = Session(load_scenario(file), 1, "wire", opened)
        await session._in_lab()
        assert [f"{each.what}: {each.expected}, not {each.seen}" for each in session.failures] == []
        assert (tmp_path / "bmc" / "power").read_text().strip() == "0"  # as before
        assert "set power 1" in (tmp_path / "bmc" / "calls").read_text()
        assert f"{column}.3|2|1" in (tmp_path / "pdu" / "table").read_text()
        outcomes = [each.outcome for each in session.stage.run.equipment.writes if each.item == "outlet 3"]
        assert outcomes[0] == "written"
        assert not session.stage.run.equipment.left
