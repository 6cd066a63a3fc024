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
