"""One scenario through DCImanager 5 and 6: what is told to each module, and what is different after each step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator.cli import app
from simulator.files.lab_file import data_directory
from simulator.scenario.language import load_scenario, scenario_from_text
from simulator.scenario.versions.comparing import Comparison, NotComparable, compare
from simulator.scenario.versions.translation import translate

SCENARIOS = data_directory("scenarios")
HEAD = "scenario: As told\nlab: small\n"
LIFE6 = """\
settings: {configuration: E3-1230-16Gb-2x1000SSD, os: debian-12, pool: public, install_timeout: 90m, suspend_on_termination: true}
faults:
  - http.lost: {call: POST *os_install}
steps:
  - create: {service: web1, client: alice@example.com, os: alma-9, options: {ip: 2}}
    expect: {within: 2h}
  - together:
      - suspend: {service: web1, by_client: true}
  - wait: 5m
  - check: [{service: web1, is: suspended}]
  - clear: all
"""


def test_a_module_is_told_what_it_has_words_for_and_the_rest_is_listed() -> None:
    scenario = scenario_from_text(HEAD + LIFE6)
    five, six = translate(scenario, 5), translate(scenario, 6)
    assert five.scenario.module == "billmanager5"
    assert five.scenario.settings == {
        "configuration": "E3-1230-16Gb-2x1000SSD",
        "os": "debian-12",
        "install_timeout": 5400.0,
        "templates": ("debian-12", "alma-9"),
    }
    assert five.left_out == (
        "`options: {'ip': 2}` of `create web1`",
        "the setting `pool: public`",
        "the setting `suspend_on_termination: true`",
    )
    assert five.assumed == ("templates: debian-12, alma-9 (all that orders ask for)",)
    assert six.scenario.settings == scenario.settings
    assert (six.left_out, six.assumed) == ((), ())
    assert [len(each.scenario.steps) for each in (five, six)] == [4, 4], "all but what is checked"
    assert five.scenario.faults == six.scenario.faults == scenario.faults


def test_version_6_has_to_be_told_a_pool() -> None:
    text = """\
module: billmanager5
settings: {configuration: E3-1230-16Gb-2x1000SSD, templates: [alma-9, debian-12], alias_addresses: 2}
steps:
  - add_panel: {}
  - create: {service: web1, client: alice@example.com, period: month}
"""
    six = translate(scenario_from_text(HEAD + text), 6)
    assert six.scenario.settings == {"configuration": "E3-1230-16Gb-2x1000SSD", "os": "alma-9", "pool": "public"}
    assert six.assumed == ("os: alma-9 (the first of the templates)", "pool: public (the lab's first)")
    assert six.left_out == (
        "the step `add_panel`: not every version has `add_panel`",
        "`period: month` of `create web1`",
        "the setting `templates: [alma-9, debian-12]`",
        "the setting `alias_addresses: 2`",
    )


@pytest.fixture(scope="module")
def sold_on() -> Comparison:
    return compare(load_scenario(SCENARIOS / "life" / "sold-on.yaml"))


def test_what_is_different_after_a_life_is_what_the_documents_leave_so(sold_on: Comparison) -> None:
    """B5-9 and B5-11 leave disks, power and the main address; W6-D4 to D8 clear, switch off and free."""
    named = {step.step: {(d.place, d.subject, d.aspect): d.values for d in step.differences} for step in sold_on.steps}
    assert list(named) == ["create web1", "suspend web1", "unsuspend web1", "terminate web1", "create web2"]
    assert named["create web1"] == {
        ("panel", "web1", "owner"): ("aliceexamplecom", "alice@example.com"),
        ("panel", "web1", "hostname"): ("aliceexamplecom-1.example.com", "free.ds"),
    }
    ended = named["terminate web1"]
    assert ended["plant", "web1", "disks"] == ("used", "clean")
    assert ended["plant", "web1", "power"] == ended["panel", "web1", "power"] == ("on", "off")
    assert ended["panel", "web1", "addresses"] == ("192.0.2.10", "none")
    assert ended["panel", "web1", "disabled"] == ("yes", "no")
    assert {subject for _, subject, _ in named["create web2"]} == {"web2"}, "the server is web1's no longer"
    assert sold_on.differs
    assert not sold_on.broken


def test_differences_that_were_there_before_are_not_new(sold_on: Comparison) -> None:
    suspended = sold_on.steps[1]
    assert suspended.new == []
    assert len(suspended.differences) == 2


def test_a_service_without_a_server_is_compared_by_what_became_of_the_others() -> None:
    """Version 5's module gives a dead server up and sets it aside; version 6's fails with it."""
    step = compare(load_scenario(SCENARIOS / "hardware" / "dead-bmc.yaml")).steps[0]
    found = {(each.place, each.aspect): each.values for each in step.differences if each.subject == "web1"}
    assert found["panel", "server"] == ("none", "srv-03")
    assert found["panel", "owner"] == ("admin@example.com", "alice@example.com")
    assert found["devices", "nic1 switch port"] == ("down", "up")
    five, six = step.played
    assert five is not None
    assert six is not None
    assert "tried and given up: srv-03" in five.ends["create web1"]
    assert "9503" in six.ends["create web1"]


def test_a_fault_that_bends_only_one_version_is_told() -> None:
    text = LIFE6.replace("POST *os_install}", "POST *os_install, panel: dci6, nth: 1}")
    compared = compare(scenario_from_text(HEAD + text))
    assert [list(side.unmet) for side in compared.sides] == [["http.lost on panel"], []]


def test_it_comes_out_the_same_again(sold_on: Comparison) -> None:
    again = compare(load_scenario(SCENARIOS / "life" / "sold-on.yaml"))
    assert [side.journal_hash for side in again.sides] == [side.journal_hash for side in sold_on.sides]
    assert again.steps == sold_on.steps


def test_nothing_that_both_can_do_is_not_comparable() -> None:
    with pytest.raises(NotComparable):
        compare(scenario_from_text(HEAD + "module: billmanager5\nsteps: [add_panel: {}]\n"))


def test_the_command(tmp_path: Path) -> None:
    runner, file = CliRunner(), SCENARIOS / "hardware" / "dead-bmc.yaml"
    words = ["compare-versions", str(file), "--json", str(tmp_path / "out.json")]
    done = runner.invoke(app, words, env={"COLUMNS": "120"})
    assert done.exit_code == 0, done.output
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "panel web1: owner admin@example.com alice@example.com" in lines
    assert "DCImanager 5 (billmanager5) was not told: the setting `pool: public`" in lines
    written = json.loads((tmp_path / "out.json").read_text())
    (step,) = written["steps"]
    assert {"place": "devices", "of": "web1", "aspect": "nic1 switch port", "5": "down", "6": "up"} in step[
        "differences"
    ]
    assert written["versions"]["5"]["left_out"] == ["the setting `pool: public`"]
    other = tmp_path / "panel.yaml"
    other.write_text(HEAD + "module: billmanager5\nsteps: [add_panel: {}]\n")
    done = runner.invoke(app, ["compare-versions", str(other)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
