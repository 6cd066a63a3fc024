"""The scenario language: what it can say, and how it answers what it does not understand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.faults.kinds import Progress
from simulator.files.problems import FileProblems
from simulator.scenario.language import (
    Action,
    Check,
    Clear,
    Scenario,
    Strike,
    Together,
    Wait,
    load_scenario,
    scenario_from_text,
)

GOOD = """\
scenario: All the words
source: W6-A10
lab: small
module: whmcs6
settings: {os: debian-12, pool: public, install_timeout: 90m, location_id: 1}
faults:
  - installer.stall: {server: srv-03, at: 40%}
  - port.broken: {switch: sw-a1, port: 4, at: 10m, for: 5m}
steps:
  - create: {service: web1, client: alice@example.com, server: srv-03}
    expect: {error: "*time*", within: 95m}
  - together:
      - create: {service: web2, client: bob@example.com, os: alma-9}
      - suspend: {service: web1}
  - wait: 10m
  - fault: {panel.restart: {for: 40s}}
  - fault:
      panel.restart:
  - clear: all
  - clear: srv-03
  - check:
      - {server: srv-03, really: {power: on, answers_ping: true}}
  - terminate: {service: web2, by_client: true}
expect:
  - {service: web1, is: failed, error: "*time*"}
  - {server: srv-03, has: {operation: canceled, owner: none, addresses: 0}, really: {disks: used}}
  - {called: POST */os_install, times: 1}
  - never_called: POST */power_reset
  - order: [POST */owner, POST */os_install]
  - leaks: [owner of srv-02, one address, 2 addresses of srv-01]
  - journal: {layer: fault, subject: srv-03}
seed: 7
limit: 12h
"""


def problems_of(text: str) -> list[str]:
    with pytest.raises(FileProblems) as caught:
        scenario_from_text(text)
    return [str(problem) for problem in caught.value.problems]


def test_a_scenario_says_all_of_it_and_knows_its_lines() -> None:
    scenario = scenario_from_text(GOOD)
    assert isinstance(scenario, Scenario)
    assert [type(step) for step in scenario.steps] == [
        Action,
        Together,
        Wait,
        Strike,
        Strike,
        Clear,
        Clear,
        Check,
        Action,
    ]
    assert [step.line for step in scenario.steps] == [10, 12, 15, 16, 17, 19, 20, 21, 23]
    assert [expected.line for expected in scenario.expected] == [25, 26, 27, 28, 29, 30, 31]
    assert scenario.settings["install_timeout"] == 5400.0
    stall, broken = scenario.faults
    assert (stall.kind, stall.params.at, stall.line) == ("installer.stall", Progress(0.4), 7)
    assert (broken.params.at, broken.params.lasts) == (600.0, 300.0)
    assert (scenario.seed, scenario.limit, list(scenario.source)) == (7, 43200.0, ["W6-A10"])


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("  - create: {service: web1", "  - crate: {service: web1", "scenario.yaml:10:5: unknown word `crate`; did you mean `create`?"),
        ("server: srv-03}\n    expect", "server: srv-3}\n    expect", "there is no server `srv-3`; did you mean `srv-03`?"),
        ("client: alice@example.com", "client: alice", "'alice' is not a valid client"),
        ("client: alice@example.com, ", "", "`client` is missing"),
        ("within: 95m", "within: soon", "'soon' is not understood; write it as 90s, 25m or 1h"),
        ('error: "*time*", within', 'eror: "*time*", within', "unknown key `eror`; did you mean `error`?"),
        ("installer.stall", "instaler.stall", "there is no kind of fault `instaler.stall`; did you mean `installer.stall`?"),
        ("server: srv-03, at: 40%", "sever: srv-03, at: 40%", "unknown key `sever`; did you mean `server`?"),
        ("at: 40%", "at: 140%", "more than the whole"),
        ("port: 4,", "port: 40,", "sw-a1 has no port 40; it has 24"),
        ("switch: sw-a1", "switch: sw-a2", "there is no switch `sw-a2`; did you mean `sw-a1`?"),
        ("os: debian-12", "os: debian-21", "there is no os template `debian-21`; did you mean `debian-12`?"),
        ("os: alma-9", "os: Diag6", "there is no os template `Diag6`"),
        ("pool: public", "pool: pubic", "there is no pool `pubic`; did you mean `public`?"),
        ("install_timeout", "instal_timeout", "unknown setting `instal_timeout`; did you mean `install_timeout`?"),
        ("location_id: 1", "location_id: one", "location_id is the number of a location"),
        ("suspend: {service: web1}", "suspend: {service: web7}", "there is no service `web7`; services: `web1`, `web2`"),
        ("clear: srv-03", "clear: srv-33", "there is no kind of fault, server, switch or PDU `srv-33`"),
        ("is: failed", "is: fallen", "'fallen' is not possible here"),
        ("really: {disks", "realy: {disks", "unknown key `realy`; did you mean `really`?"),
        ("operation: canceled", "operation: cancelled", "'cancelled' is not possible here; did you mean `canceled`?"),
        ("never_called: POST */power_reset", "never_called: PSOT */power_reset", "there is no method `PSOT`; did you mean `POST`?"),
        ("never_called: POST */power_reset", "never_called: power_reset", "'power_reset' is not a call; write it as POST */os_install"),
        ("never_called", "never_caled", "unknown word `never_caled`; did you mean `never_called`?"),
        ("one address,", "one adress,", "the leak 'one adress' is not understood"),
        ("owner of srv-02", "owner of srv-93", "there is no server `srv-93`"),
        ("module: whmcs6", "module: whmcs5", "'whmcs5' is not possible here; did you mean `whmcs6`?"),
        ("lab: small", "lab: smal", "there is no lab `smal`; did you mean `small`?"),
        ("lab: small", "lab: 5", "the lab is a name, a path or a mapping"),
        ("source: W6-A10", "source: [W6-A10, sometimes]", "'sometimes' is not the number of a requirement"),
        ("seed: 7", "seed: -7", "seed must be at least 0, not -7"),
        ("steps:", "stepz:", "unknown key `stepz`; did you mean `steps`?"),
        ("  - wait: 10m", "  - wait", "must be a mapping, not the text 'wait'"),
        ("  - wait: 10m", "  - {}", "is empty"),
        ("journal: {layer: fault, subject: srv-03}", "journal: {}", "name at least one of layer, subject and what"),
        ("has: {operation: canceled, owner: none, addresses: 0}, really: {disks: used}", "", "say what the server `has`"),
        ('expect: {error: "*time*", within: 95m}', 'expect: {error: "*time*", ok: true}', "either `ok` or with an `error`"),
        ("  - fault: {panel.restart: {for: 40s}}", "  - fault: {}", "a fault is one kind with its parameters"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_told_with_its_place_and_the_nearest_word(old: str, new: str, problem: str) -> None:
    assert old in GOOD
    found = problems_of(GOOD.replace(old, new, 1))
    assert any(problem in each for each in found), found
    assert all(each.startswith("scenario.yaml:") for each in found)


def test_all_problems_of_a_file_are_told_at_once() -> None:
    text = GOOD.replace("port: 4,", "port: 40,").replace("pool: public", "pool: pubic").replace("seed: 7", "sede: 7")
    assert [each.split(":")[1] for each in problems_of(text)] == ["5", "8", "32"]


def test_a_lab_may_stand_in_the_scenario_and_its_problems_have_places_there() -> None:
    text = """\
scenario: An own lab
lab:
  lab: own
  racks:
    - name: A
      servers: [{name: box, configuration: E3-1230-16Gb-2x1000SSD, cables: {nic1: sw-1/1}}]
steps: [{wait: 1m}]
"""
    assert problems_of(text) == ["scenario.yaml:6:83: there is no switch `sw-1`"]
    assert list(scenario_from_text(text.replace("sw-1/1", "unmanaged")).plan.servers) == ["box"]


def test_a_lab_may_be_a_path_beside_the_scenario(tmp_path: Path) -> None:
    lab = "lab: near\nracks: [{name: A, servers: [{name: box, configuration: E3-1230-16Gb-2x1000SSD}]}]\n"
    (tmp_path / "near.yaml").write_text(lab)
    file = tmp_path / "s.yaml"
    file.write_text("scenario: x\nlab: near.yaml\nsteps: [{wait: 1m}]\n")
    assert load_scenario(file).plan.name == "near"
    (tmp_path / "near.yaml").write_text(lab.replace("SSD", "SDD"))
    with pytest.raises(FileProblems, match=r"near\.yaml:2:56: disk '2x1000SDD'"):
        load_scenario(file)


_LINES = GOOD.splitlines()


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_mutilation_is_a_scenario_or_problems(data: st.DataObject) -> None:
    lines = list(_LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        index = data.draw(st.integers(0, len(lines) - 1))
        line = lines[index]
        start = data.draw(st.integers(0, len(line)))
        end = data.draw(st.integers(start, len(line)))
        lines[index] = (
            line[:start] + data.draw(st.sampled_from(["", " ", ":", "{", "- ", "x", "~", "[]", "1"])) + line[end:]
        )
    try:
        scenario_from_text("\n".join(lines))
    except FileProblems as caught:
        assert all(problem.message for problem in caught.problems)  # noqa: PT017 - either outcome is right
