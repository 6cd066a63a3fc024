"""What a module does wrong is found without being told where, explained, and made small."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.files.lab_file import data_directory
from simulator.scenario.language import load_scenario, scenario_from_text
from simulator.scenario.runner import run_scenario
from simulator.sweep.baseline import NO_BASELINE, load_baseline
from simulator.sweep.findings import findings
from simulator.sweep.points import learn
from simulator.sweep.shrinking import shrink_scenario, shrink_trial, ways_of
from simulator.sweep.sweeping import here, parse_kinds, plan, sweep
from tests.sweep.doubles import DOUBLES, Double

ROOT = data_directory("scenarios").parent
SIMPLE = [name for name, double in DOUBLES.items() if not double.needs_trouble]
TROUBLED = [name for name, double in DOUBLES.items() if double.needs_trouble]


def put_in_place(double: Double, monkeypatch: pytest.MonkeyPatch) -> Path:
    for owner, name, instead in double.patches:
        monkeypatch.setattr(owner, name, instead)
    monkeypatch.chdir(ROOT)
    return Path(double.file)


@pytest.mark.parametrize("name", SIMPLE)
def test_what_goes_wrong_by_itself_fails_a_scenario_that_says_nothing_of_it(name, monkeypatch):
    double = DOUBLES[name]
    result = run_scenario(put_in_place(double, monkeypatch))
    assert double.found & set(ways_of(result)), result.failures


@pytest.mark.slow
@pytest.mark.parametrize("name", SIMPLE)
def test_it_is_made_small(name, monkeypatch):
    double = DOUBLES[name]
    file = put_in_place(double, monkeypatch)
    way = next(iter(double.found & set(ways_of(run_scenario(file)))))
    shrunk = shrink_scenario(file, None, way=way)
    assert len(shrunk.text.splitlines()) <= 25
    assert way in ways_of(run_scenario(scenario_from_text(shrunk.text)))
    monkeypatch.undo()
    assert way not in ways_of(run_scenario(scenario_from_text(shrunk.text)))


@pytest.mark.slow
@pytest.mark.parametrize("name", TROUBLED)
def test_what_goes_wrong_when_something_else_does_is_found_by_a_sweep_explained_and_made_small(name, monkeypatch):
    double = DOUBLES[name]
    file = put_in_place(double, monkeypatch)
    scenario = load_scenario(file)
    learned = learn(scenario, 0)
    assert learned.result.verdict == "passed", "it is wrong by itself"
    outcomes, _ = sweep(plan(scenario, 0, learned, kinds=parse_kinds("http"), choose="kinds"), here)
    baseline = load_baseline(ROOT / "fixtures" / "sweeps" / "bundled.yaml") if double.file != "" else NO_BASELINE
    new = [each for each in findings(outcomes, baseline, scenario.module) if each.known is None]
    mine = [each for each in new if each.found.name in double.found]
    assert mine, [(each.found.name, each.found.text) for each in new]
    first = mine[0]
    assert first.found.why, first.found
    assert "wire" in first.found.why[0] or "fault" in first.found.why[0]
    shrunk = shrink_trial(first.example.trial, first.found.name)
    assert len(shrunk.text.splitlines()) <= 25
    assert ways_of(run_scenario(scenario_from_text(shrunk.text, str(file))))
