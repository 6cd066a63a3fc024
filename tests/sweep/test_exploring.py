"""Stories that nobody wrote: they have a good end when nothing goes wrong, follow from the seed alone, and find what modules do wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from simulator.cli import app
from simulator.faults.catalogue import CATALOGUE
from simulator.files.lab_file import data_directory
from simulator.scenario.language import load_scenario, scenario_from_text
from simulator.scenario.runner import run_scenario
from simulator.sweep.emit import emit
from simulator.sweep.exploring import Explored, explore, shrunk_of
from simulator.sweep.playing import PersistentSession
from simulator.sweep.shrinking import Shrunk, ways_of
from simulator.sweep.stories import NOT_DRAWN, Data, Ground, faults_of, ground_of, stories
from tests.sweep.doubles import DOUBLES, LIFE, LIFE5

ROOT = data_directory("scenarios").parent
GROUND6 = ground_of(load_scenario(ROOT / LIFE))
GROUND5 = ground_of(load_scenario(ROOT / LIFE5))
DRAWN = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.generate],
}
EITHER = st.sampled_from([GROUND6, GROUND5]).flatmap(lambda ground: st.tuples(st.just(ground), stories(ground)))


def ends_well(ground: Ground, story: Data) -> None:
    calm = {key: value for key, value in story.items() if key != "faults"}
    calm["steps"] = [each for each in story["steps"] if not {"fault", "clear"} & set(each)]
    session = PersistentSession(scenario_from_text(emit(calm), ground.file), 0, trouble=0)
    session.run()
    assert session.result().verdict == "passed"
    assert session.told == []


@given(EITHER)
@settings(max_examples=3, **DRAWN)
def test_a_story_ends_well_when_nothing_goes_wrong(drawn: tuple[Ground, Data]) -> None:
    ends_well(*drawn)


@pytest.mark.slow
@given(EITHER)
@settings(max_examples=40, **DRAWN)
def test_so_do_many(drawn: tuple[Ground, Data]) -> None:
    ends_well(*drawn)


@given(EITHER)
@settings(max_examples=60, **DRAWN)
def test_a_story_is_a_scenario_file_whose_troubles_pass(drawn: tuple[Ground, Data]) -> None:
    ground, story = drawn
    scenario = scenario_from_text(emit(story), ground.file)
    assert scenario.module == ground.module
    params = [each.params for each in scenario.faults]
    params += [each.fault.params for each in scenario.steps if hasattr(each, "fault")]
    assert all(each.lasts is not None or each.nth or each.times for each in params)


@given(st.data())
@settings(max_examples=1, **DRAWN)
def test_every_kind_of_fault_is_drawn_but_for_those_that_say_why_not(data: st.DataObject) -> None:
    from simulator.sweep.stories import _kinds

    for ground in (GROUND6, GROUND5):
        assert set(_kinds(ground)) == set(CATALOGUE) - set(NOT_DRAWN)
    assert data.draw(faults_of(GROUND6))
    assert all(NOT_DRAWN.values())


def test_it_ends_when_it_has_played_enough_or_the_time_is_over() -> None:
    assert explore(GROUND6, seed=3, budget=0).stories == 0
    assert explore(GROUND6, seed=3, examples=1).stories == 1


def test_whoever_calls_it_off_keeps_what_is_known() -> None:
    def tell(explored: Explored) -> None:
        raise KeyboardInterrupt

    explored = explore(GROUND6, seed=3, examples=9, tell=tell)
    assert explored.called_off
    assert explored.stories == 1


@pytest.mark.parametrize("name", ["keeps an address", "forgets to close a second port", "clears no disks"])
@pytest.mark.slow
def test_a_module_that_does_one_thing_wrong_is_found_and_the_story_made_small(name: str, monkeypatch) -> None:
    double = DOUBLES[name]
    for owner, attribute, instead in double.patches:
        monkeypatch.setattr(owner, attribute, instead)
    monkeypatch.chdir(ROOT)
    explored = explore(GROUND6, seed=0, examples=12)
    # `unlike` is said of expectations, and a story has none.
    find = next(each for each in explored.new if each.found.name in double.found - {"unlike"})
    shrunk = shrunk_of(find, 0)
    assert isinstance(shrunk, Shrunk), shrunk
    assert len(shrunk.text.splitlines()) <= 25
    assert find.found.name in ways_of(run_scenario(scenario_from_text(shrunk.text)))
    monkeypatch.undo()
    assert find.found.name not in ways_of(run_scenario(scenario_from_text(shrunk.text)))


@pytest.mark.slow
def test_the_same_seed_comes_to_the_same_in_another_process(tmp_path: Path) -> None:
    """Another working directory, other hashes; and nothing is left behind in it."""
    files = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        files.append(folder / "out.json")
        words = ["rackloop", "explore", ROOT / LIFE, "--examples", "20", "--seed", "0", "--json", "out.json"]
        done = subprocess.run(
            [Path(sys.executable).with_name("rackloop"), *words[1:]],
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": str(number)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr
        assert [each.name for each in folder.iterdir()] == ["out.json"]
    one, other = (file.read_text() for file in files)
    assert one == other
    assert json.loads(one)["stories"] == 20


def test_the_command_writes_what_it_finds_and_a_baseline_makes_it_known(tmp_path: Path, monkeypatch) -> None:
    double = DOUBLES["forgets to close a second port"]
    for owner, attribute, instead in double.patches:
        monkeypatch.setattr(owner, attribute, instead)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("simulator.sweep.exploring.shrunk_of", lambda find, seed: emit(find.story))
    words = ["explore", str(ROOT / LIFE), "--examples", "4"]
    done = CliRunner().invoke(app, [*words, "-o", "found", "--json", "out.json"])
    assert done.exit_code == 1, done.output
    written = json.loads(Path("out.json").read_text())
    assert {each["name"] for each in written["findings"]} & double.found
    first = next(each for each in written["findings"] if each["name"] in double.found)
    assert f"repeat  rackloop run {first['file']} --persist\n" in done.stdout
    assert Path(first["file"]).read_text() == first["scenario"]
    names = {each["name"] for each in written["findings"]}
    Path("known.yaml").write_text(f"known: {json.dumps([{'violates': n, 'because': 'it is told to'} for n in names])}")
    done = CliRunner().invoke(app, [*words, "--baseline", "known.yaml"])
    assert done.exit_code == 0, done.output
    assert "no new finding" in done.stdout
    assert "it is told to" in done.stdout


def test_orders_of_other_modules_are_refused() -> None:
    done = CliRunner().invoke(app, ["explore", str(ROOT / "scenarios/billmanager6/whole-life.yaml")])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "orders of billmanager6 cannot be drawn" in done.stderr
