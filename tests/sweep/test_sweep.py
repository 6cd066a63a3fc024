"""A sweep as a user meets it: what is tried, what is said of it, what is kept, and how it is called off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from simulator.commands.sweep import _tried
from simulator.files.lab_file import data_directory
from simulator.files.problems import FileProblems
from simulator.invariants.invariant import Harm
from simulator.scenario.language import load_scenario
from simulator.sweep.baseline import NO_BASELINE, load_baseline
from simulator.sweep.findings import findings, matrix
from simulator.sweep.playing import play, with_faults
from simulator.sweep.points import chosen, learn
from simulator.sweep.reports import Report, as_json, as_junit, as_markdown, as_page, read_json
from simulator.sweep.sweeping import here, parse_kinds, plan, sweep
from simulator.sweep.trial import Found, Outcome, Place, Trial

ROOT = data_directory("scenarios").parent
FILE = "scenarios/ispmanager/life-of-an-account.yaml"
"""The quickest life that there is."""


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture(scope="module")
def learned():
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        yield learn(load_scenario(Path(FILE)), 0)
    finally:
        os.chdir(before)


def planned(learned, kinds="http,lost,answer", choose="kinds", **named):
    return plan(load_scenario(Path(FILE)), 0, learned, kinds=parse_kinds(kinds), choose=choose, **named)


def test_every_message_of_the_life_is_learned_with_its_step(learned):
    assert learned.result.verdict == "passed"
    steps = [(noted.step, noted.point.what) for noted in chosen(learned.points, "kinds", ("http",))]
    assert ("1 Delete the user", "POST /ispmgr?func=user.delete") in steps
    assert len(chosen(learned.points, "every")) == len(learned.points) > len(steps)


def test_every_way_is_tried_at_every_message_and_pairs_at_every_two(learned):
    singles = planned(learned).trials
    messages = {each.places[0].message for each in singles}
    assert len(singles) == 2 * len(messages)
    pairs = planned(learned, pairs=True).trials
    assert len(pairs) == 2 * 2 * len(messages) * (len(messages) - 1) // 2
    assert len({each.id for each in (*singles, *pairs)}) == len(singles) + len(pairs)


def test_a_bundled_life_comes_to_the_same_end_whatever_is_lost(learned):
    outcomes, untried = sweep(planned(learned), here)
    assert {each.verdict for each in outcomes} == {"same"}
    assert untried == 0


def test_the_same_trial_has_the_same_journal(learned):
    trial = planned(learned).trials[0]
    assert play(trial).journal_hash == play(trial).journal_hash != learned.result.journal_hash


def test_there_is_no_time_for_what_comes_after_the_budget(learned):
    outcomes, untried = sweep(planned(learned), here, budget=0.0)
    assert (outcomes, untried) == ([], len(planned(learned).trials))


def test_what_is_known_is_not_played_again(learned):
    what = planned(learned)
    known = {what.trials[0].id: Outcome(what.trials[0], "told", ("as it was kept",))}
    outcomes, _ = sweep(what, lambda trials, servers: iter([Outcome(each, "same") for each in trials]), known=known)
    assert [each.verdict for each in outcomes] == ["told"] + ["same"] * (len(what.trials) - 1)


def test_kinds_that_there_are_not_are_refused():
    with pytest.raises(ValueError, match="htp"):
        parse_kinds("htp,lost")


# findings


def outcome(fate: str, message: str, *texts: str, name: str = "owned", harm: Harm = Harm.MONEY) -> Outcome:
    place = Place("A3", message, "http", fate)
    trial = Trial("x.yaml", 0, ((f"http.{fate}", {"call": message}),), (place,))
    found = tuple(Found(name, harm, text, ("srv-1",), why=("8:00 fault",)) for text in texts)
    return Outcome(trial, "found" if texts else "same", (), found)


def test_trials_that_read_the_same_and_share_a_message_or_a_way_are_one_finding():
    outcomes = [
        outcome("lost", "POST a", "srv-1 is lost"),
        outcome("cut", "POST a", "srv-2 is lost"),
        outcome("cut", "POST b", "srv-3 is lost"),
        outcome("late", "POST c", "srv-4 is lost"),
        outcome("late", "POST c", "another thing", name="belief", harm=Harm.MESS),
    ]
    found = findings(outcomes, NO_BASELINE, "whmcs6")
    assert [(each.number, len(each.outcomes), each.found.harm) for each in found] == [
        (1, 3, Harm.MONEY),
        (2, 1, Harm.MONEY),
        (3, 1, Harm.MESS),
    ]
    assert found[0].cause == "lost, cut of POST a, POST b"


def test_a_baseline_makes_findings_known_by_name_subject_text_and_module(tmp_path):
    file = tmp_path / "baseline.yaml"
    file.write_text(
        "known:\n  - {violates: owned, of: srv-*, text: '*is lost', module: whmcs6, because: the document}\n"
    )
    baseline = load_baseline(file)
    outcomes = [outcome("lost", "POST a", "srv-1 is lost")]
    assert [each.number for each in findings(outcomes, baseline, "whmcs6")] == [0]
    assert [each.number for each in findings(outcomes, baseline, "billmanager5")] == [1]
    assert [each.number for each in findings([outcome("lost", "POST a", "srv-1 is sold")], baseline, "whmcs6")] == [1]


def test_an_entry_without_a_reason_is_refused_with_its_place(tmp_path):
    file = tmp_path / "baseline.yaml"
    file.write_text("known:\n  - {violates: owned}\n")
    with pytest.raises(FileProblems) as refused:
        load_baseline(file)
    assert "because" in str(refused.value.problems[0])
    assert refused.value.problems[0].line == 2


# reports


@pytest.fixture
def report(learned):
    what = planned(learned)
    outcomes = [outcome("lost", "POST <a>", "srv-1 is & lost"), outcome("late", "POST <a>"), outcome("cut", "POST b")]
    found = findings(outcomes, NO_BASELINE, "whmcs6")
    return Report(what, outcomes, found, matrix(outcomes, found), 4, 1.5)


def test_the_report_for_machines_is_read_back_as_it_was(report, tmp_path):
    file = tmp_path / "sweep.json"
    file.write_text(as_json([report]))
    (back,) = read_json(file)
    assert back["trials"] == list(report.outcomes)
    assert back["findings"][0]["example"] == report.outcomes[0].trial.id


@pytest.mark.parametrize(
    "text", ["", "[]", '{"format": "other"}', '{"format": "rackloop sweep 1", "sweeps": [{"trials": 1}]}']
)
def test_a_file_that_is_no_report_is_refused_in_one_line(text, tmp_path):
    file = tmp_path / "x.json"
    file.write_text(text)
    with pytest.raises(FileProblems) as refused:
        read_json(file)
    assert str(refused.value.problems[0]).startswith(str(file))


def test_junit_has_a_case_for_each_message_failed_by_its_finding(report):
    root = ET.fromstring(as_junit([report]))
    cases = {case.get("name"): case.find("failure") is not None for case in root.iter("testcase")}
    assert cases == {"A3: POST <a>": True, "A3: POST b": False}


def test_the_page_needs_nothing_else_and_escapes_what_it_shows(report):
    page = as_page([report])
    assert "srv-1 is &amp; lost" in page
    assert "<a>" not in page
    for elsewhere in ("http://", "https://", "src="):
        assert elsewhere not in page


def test_markdown_has_the_finding_its_chain_and_its_command(report):
    text = as_markdown([report])
    assert "srv\\-1" not in text
    for part in ("**MONEY** `owned`", "8:00 fault", "rackloop run x.yaml --seed 0 --persist --fault"):
        assert part in text


# the command


def command(*words: str, **named):
    program = [sys.executable, "-m", "simulator.cli", *words]
    return subprocess.run(program, capture_output=True, text=True, check=False, **named)


def test_the_command_says_what_it_did_and_ends_well(tmp_path):
    done = command("sweep", FILE, "--kinds", "http,lost", "--points", "kinds", "--json", str(tmp_path / "s.json"))
    assert done.returncode == 0, done.stderr
    assert "no new finding" in done.stdout
    kept = json.loads((tmp_path / "s.json").read_text())["sweeps"][0]
    assert {each["verdict"] for each in kept["trials"]} == {"same"}
    again = command(
        "sweep",
        FILE,
        "--kinds",
        "http,lost",
        "--points",
        "kinds",
        "--resume",
        str(tmp_path / "s.json"),
        "--budget",
        "0s",
    )
    assert f"tried     {len(kept['trials'])} of {len(kept['trials'])}" in again.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--kinds", "htp"), "did you mean 'http'"),
        (("--points", "step"), "did you mean 'steps'"),
        (("--budget", "soon"), "--budget"),
        (("--baseline", "nothing.yaml"), "nothing.yaml"),
    ],
)
def test_bad_words_are_refused_before_anything_runs(words, says):
    done = command("sweep", FILE, *words)
    assert done.returncode == 2
    assert says.replace("'", "`") in done.stderr.replace("'", "`")
    assert "Traceback" not in done.stderr


def test_who_calls_it_off_keeps_what_is_known(learned):
    def called_off(trials, servers):
        yield Outcome(trials[0], "same")
        raise KeyboardInterrupt

    report, status = _tried(planned(learned), called_off, None, {}, NO_BASELINE)
    assert status == 130
    assert (len(report.outcomes), report.untried) == (1, len(planned(learned).trials) - 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "file",
    [
        "scenarios/life/whole-life.yaml",
        "scenarios/life/sold-on.yaml",
        "scenarios/billmanager5/whole-life.yaml",
        "scenarios/billmanager6/whole-life.yaml",
        FILE,
    ],
)
def test_whole_singles_of_bundled_lives_find_nothing_that_is_not_known(file, tmp_path):
    baseline = ROOT / "fixtures" / "sweeps" / "bundled.yaml"
    done = command("sweep", file, "--baseline", str(baseline))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_entry_of_the_bundled_baseline_cites_its_document():
    for entry in load_baseline(ROOT / "fixtures" / "sweeps" / "bundled.yaml").known:
        number = entry.because.partition(":")[0]
        assert f"**{number}**" in (ROOT / "docs" / "requirements.md").read_text()


@pytest.mark.parametrize("file", ["scenarios/life/whole-life.yaml", "scenarios/billmanager5/whole-life.yaml"])
def test_every_fate_of_every_message_is_a_fault_that_there_is(file):
    scenario = load_scenario(Path(file))
    lived = learn(scenario, 0)
    networks = {noted.point.network for noted in lived.points}
    assert networks == {"http", "data", "ipmi", "snmp"}
    for trial in plan(scenario, 0, lived, kinds=parse_kinds(""), choose="kinds").trials:
        assert len(with_faults(scenario, trial).faults) == len(scenario.faults) + 1
