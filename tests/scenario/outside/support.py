"""Modules of somebody's, small ones, and scenarios that they play."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from simulator.files.lab_file import data_directory
from simulator.scenario.billing.outside.plan import load_module
from simulator.scenario.language import load_scenario
from simulator.scenario.result import Result
from simulator.scenario.runner import run_scenario

__all__ = ["EXAMPLES", "LIBRARY", "described", "play", "seen"]

EXAMPLES = data_directory("scenarios").parent / "examples" / "modules"
LIBRARY = data_directory("scenarios") / "any"
ORDER = "create: {service: web1, client: alice@example.com, configuration: 2xE5-2620-64Gb-2x480SSD}"


def described(folder: Path, module: dict[str, Any], **more: Any) -> Path:
    """A module's file; YAML reads JSON."""
    file = folder / "module.yaml"
    file.write_text(json.dumps({"module": module, **more}))
    return file


def play(module: Path | str, *steps: str, expect: str = "", lab: str = "pair", folder: Path | None = None) -> Result:
    """Play these steps, or the scenario of the library that is named by the only one."""
    if len(steps) == 1 and steps[0].endswith(".yaml"):
        file = LIBRARY / steps[0]
    else:
        file = (folder or Path(module).parent) / "scenario.yaml"
        lines = "".join(f"  - {step}\n" for step in steps or (ORDER,))
        file.write_text(
            f"scenario: x\nfor: any\nlab: {lab}\nsettings: {{os: debian-12, pool: public}}\nsteps:\n{lines}{expect}"
        )
    return run_scenario(load_scenario(file, load_module(str(module))))


def seen(result: Result) -> str:
    """What was seen in place of what was expected."""
    return "\n".join(failure.seen for failure in result.failures)
