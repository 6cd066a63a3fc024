"""What a scenario with real equipment will do, told before it does it: played in virtual time with emulated devices in its place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from simulator.files.emulated import emulated
from simulator.files.plan import LabPlan
from simulator.scenario.plan import Scenario
from simulator.scenario.reports.formatting import lab_time
from simulator.scenario.runner import run_scenario

__all__ = ["Forecast", "forecast"]

_WRITES = {
    "power command": ("power", "action"),
    "boot device": ("boot device", "device"),
    "outlet set": ("outlet", "status"),
    "port set": ("port", "status"),
    "port VLAN set": ("VLAN of", "vlan"),
    "port speed set": ("speed of", "speed"),
    "BMC user set": ("user", "level"),
    "BMC user removed": ("user in slot", "slot"),
    "VLAN removed": ("VLAN", "vlan"),
}
"""What the panel's journal says of a write: the thing, and which detail is its new value."""
_THING = ("outlet", "port", "user", "vlan")


@dataclass(frozen=True, slots=True)
class Forecast:
    seconds: float
    """How long it takes, in lab time; with real equipment that is real time."""
    writes: Sequence[str]
    """What would be written to real equipment, a line each."""
    trouble: str = ""
    """What would not be as the file says; empty where all would."""

    def __str__(self) -> str:
        count = len(self.writes)
        said = (
            f"about {lab_time(self.seconds)} of real time, {count} write{'' if count == 1 else 's'} to real equipment"
        )
        return f"{said}; in virtual time it does not pass: {self.trouble}" if self.trouble else said


def forecast(scenario: Scenario, seed: int | None = None) -> Forecast | None:
    """None where it cannot be told: somebody's own program drives it, which needs real sockets and its own time."""
    if scenario.outside is not None and scenario.outside.on_wire:
        return None
    result = run_scenario(replace(scenario, plan=emulated(scenario.plan)), seed=seed, keep_journal=True)
    writes = [line for record in result.journal if (line := _write(json.loads(record), scenario.plan))]
    first = result.failures[0] if result.failures else None
    trouble = f"{first.what}: expected {first.expected}, seen {first.seen}".partition("\n")[0] if first else ""
    return Forecast(result.simulated_s, writes, trouble)


def _write(record: dict[str, object], plan: LabPlan) -> str:
    """What the panel wrote to a device that is real; empty for any other record."""
    known = _WRITES.get(str(record["what"])) if record["layer"] == "panel" else None
    name = str(record["subject"])
    if known is None:
        return ""
    bmc = known[0] in ("power", "boot device", "user", "user in slot")
    if bmc:
        device = f"BMC of {name}" if name in plan.servers and plan.servers[name].bmc.driver else ""
    elif name in plan.pdus:
        device = f"PDU {name}" if plan.pdus[name].driver else ""
    else:
        device = f"switch {name}" if name in plan.switches and plan.switches[name].driver else ""
    if not device:
        return ""
    detail = record.get("detail")
    assert isinstance(detail, dict)
    thing = next((str(detail[key]) for key in _THING if key in detail and key != known[1]), "")
    time = record["time"]
    assert isinstance(time, int | float)
    return f"{lab_time(time):>9}  {device:<18} {f'{known[0]} {thing}'.strip():<24} -> {detail.get(known[1], '')}"
