"""The report over the bundled modules' lives, and over doubles of them that do one thing wrong: exactly what this table says.

What a call does not show is no finding of the report: that a service is suspended, or for whom an order is, only the billing side knows.
Scenarios know it, and find those doubles (`tests/sweep/test_doubles.py`). Doubles that go wrong only when something else does are clean
here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from simulator.files.lab_file import data_directory
from simulator.files.plan import LabPlan
from simulator.invariants.watch import Watch
from simulator.lab import Run
from simulator.review import Finding, Recorder, findings_of, review
from simulator.scenario import labs
from simulator.scenario.labs import LabRun, Mode
from simulator.scenario.runner import run_scenario
from tests.sweep.doubles import DOUBLES, LIFE, LIFE5

TABLE: dict[str, set[str]] = {
    "forgets to close a second port": {"suspended-but-connected"},
    "keeps an address": {"address-left-behind"},
    "repeats a POST blindly": set(),
    "takes a gateway's page for success": set(),
    "counts by a stale list": set(),
    "sells what is faulty": {"sold-unfit", "for-sale"},
    "gives up at the first 503": set(),
    "takes the first hit of a look-up": set(),
    "does not wait for the operation": set(),
    "leaves a BMC user": {"bmc-left-open"},
    "clears no disks": {"others-data"},
    "suspends by power only": set(),
}


def reported(file: str) -> set[str]:
    """What a lab that is up would report of this scenario: findings of rules, and of what does not hold in the hall."""
    found: list[Finding] = []

    @asynccontextmanager
    async def reviewed(plan: LabPlan, mode: Mode, seed: int) -> AsyncIterator[LabRun]:
        async with labs.OPEN(plan, mode, seed) as run:
            assert isinstance(run, Run)
            recorder, watch = Recorder(run), Watch.alone(run)
            recorder.watch()
            try:
                yield run
            finally:
                found.extend((*review(recorder), *findings_of(watch.finish())))
                watch.close()

    run_scenario(data_directory("scenarios").parent / file, open_lab=reviewed)
    return {each.rule for each in found}


@pytest.mark.parametrize("file", [LIFE, LIFE5, "scenarios/billmanager6/whole-life.yaml"])
def test_a_bundled_module_is_clean(file: str) -> None:
    assert reported(file) == set()


@pytest.mark.parametrize("name", DOUBLES)
def test_a_double_is_found_to_do_what_its_calls_show(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, attribute, instead in DOUBLES[name].patches:
        monkeypatch.setattr(owner, attribute, instead)
    assert reported(DOUBLES[name].file) == TABLE[name]


def test_every_double_stands_in_the_table() -> None:
    assert set(TABLE) == set(DOUBLES)
