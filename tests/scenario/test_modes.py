"""Every shipped scenario gives the same verdict in virtual time, on the wire, and on the wire with foreign drivers."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.files.lab_file import data_directory
from simulator.scenario.batch import find_scenarios
from simulator.scenario.labs import MODES
from simulator.scenario.runner import run_scenario

SCENARIOS = data_directory("scenarios")
# One of each kind. The rest are slow: with a device that is silent, the panel waits for the time-outs of real protocols.
QUICK = {
    "installation/not-waited-for",
    "stock/no-free-server",
    "whmcs6/temporary-ipv4",
}


ABOUT_DEVICES = ("any/hardware", "any/network")


def _name(file: Path) -> str:
    return str(file.relative_to(SCENARIOS).with_suffix(""))


FILES = [
    pytest.param(file, id=_name(file), marks=[] if _name(file) in QUICK else [pytest.mark.slow])
    for file in find_scenarios([SCENARIOS])
]


@pytest.mark.interop
@pytest.mark.requirement("HW-6")
@pytest.mark.parametrize("file", FILES)
def test_the_verdict_is_the_same_in_all_three_ways(file: Path) -> None:
    # Of the library for any module those that are about devices: the others differ in what is asked of the panel only.
    own = _name(file).startswith("any/") and not _name(file).startswith(ABOUT_DEVICES)
    modes = [mode for mode in MODES if not (own and mode == "wire-foreign")]
    results = {mode: run_scenario(file, mode=mode) for mode in modes}
    assert {mode: result.failures for mode, result in results.items()} == dict.fromkeys(modes, ())
    assert {result.verdict for result in results.values()} == {"passed"}


def test_another_seed_gives_another_journal() -> None:
    file = SCENARIOS / "installation" / "not-waited-for.yaml"
    one, again, other = (run_scenario(file, seed=seed) for seed in (1, 1, 2))
    assert one.journal_hash == again.journal_hash
    assert one.journal_hash != other.journal_hash
    assert other.verdict == "passed"
