"""What a violation does to a scenario's verdict, and what declares one."""

from __future__ import annotations

import re
from functools import cache

import pytest

from simulator.files.lab_file import data_directory
from simulator.files.problems import FileProblems
from simulator.invariants.catalogue import BY_NAME
from simulator.scenario.batch import find_scenarios
from simulator.scenario.language import load_scenario, scenario_from_text
from simulator.scenario.result import Result
from simulator.scenario.runner import run_scenario

SCENARIOS = data_directory("scenarios")
DECLARING = [file for file in find_scenarios([SCENARIOS]) if load_scenario(file).known]
HEAD = """\
scenario: A test
lab: one
settings: {{configuration: E3-1230-16Gb-480SSD, os: debian-12, pool: public{settings}}}
steps:
  - create: {{service: web1, client: alice@example.com}}
"""
OPEN = "  - suspend: {service: web1}\n  - fault: {switch.dead: {switch: sw-1}}\n  - wait: 1m\n"


@cache
def run(text: str) -> Result:
    return run_scenario(scenario_from_text(text, "s.yaml"))


def told(result: Result) -> list[tuple[str, str, str]]:
    return [(each.what, each.expected, each.seen) for each in result.failures]


@pytest.mark.parametrize("file", [pytest.param(each, id=each.stem) for each in DECLARING])
def test_a_shipped_scenario_fails_naming_what_it_declares_when_it_does_not_declare_it(file: object) -> None:
    text = str(file.read_text())  # type: ignore[attr-defined]
    declared = {each.violates for each in load_scenario(file).known}  # type: ignore[arg-type]
    result = run(re.sub(r"\nknown:\n(  - .*\n?)+", "\n", text))
    assert result.verdict == "failed"
    assert {each.invariant for each in result.violations} >= declared
    assert {each.what for each in result.failures} <= {f"violates {name}" for name in declared}
    for failure in result.failures:
        invariant = BY_NAME[failure.what.removeprefix("violates ")]
        assert failure.expected.casefold() == f"{invariant.title} ({invariant.source})".casefold()


def two_clients(settings: str, known: str = "") -> Result:
    """Alice has a server, gives it back, and Bob gets it."""
    head = HEAD.format(settings=f", diagnostic_pool: diag{settings}")
    steps = "  - terminate: {service: web1}\n  - create: {service: web2, client: bob@example.com}\n"
    return run(head + steps + known)


def test_what_the_modules_document_permits_is_violated_and_no_failure() -> None:
    result = two_clients(", disable_disk_clearing: true")
    assert result.failures == ()
    assert "others-data" in {each.invariant for each in result.violations}
    assert "others-data" not in {each.invariant for each in two_clients("").violations}


def test_the_report_of_a_run_has_all_violations_with_what_they_are_about() -> None:
    (found,) = [
        each for each in two_clients(", disable_disk_clearing: true").violations if each.invariant == "others-data"
    ]
    assert found.subjects == ("web2", "srv-1")
    assert found.text == ("web2 of bob@example.com has srv-1, whose disks still hold data of alice@example.com")


def test_a_declared_violation_that_does_not_come_fails_with_its_line() -> None:
    (failure,) = two_clients("", "known:\n  - {violates: one-machine, because: it is a test}\n").failures
    assert (failure.what, failure.line) == ("known: one-machine", 9)
    assert (failure.expected, failure.seen) == ("to be violated", "it held: nothing came of what is declared")


def test_what_is_permitted_may_be_declared_too() -> None:
    known = "known:\n  - {violates: others-data, of: srv-*, because: it is a test}\n"
    assert two_clients(", disable_disk_clearing: true", known).failures == ()


SHARED = (SCENARIOS / "billmanager5" / "same-user.yaml").read_text()


@pytest.mark.parametrize("of", ["web2", "web*", "srv-0[12]", None])
def test_a_pattern_covers_any_subject_of_the_violation(of: str | None) -> None:
    line = f"of: '{of}', " if of else ""
    assert run(SHARED.replace("of: web2, ", line)).failures == ()


def test_a_pattern_that_covers_no_subject_leaves_the_violation_undeclared() -> None:
    result = run(SHARED.replace("of: web2, ", "of: web1, "))
    assert [each.what for each in result.failures] == ["violates bought-once"]


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ("{violates: sold-onse, because: x}", "did you mean `sold-once`"),
        ("{violates: owned}", "because"),
        ("{violates: owned, because: ''}", "at least 1 character"),
        ("{violate: owned, because: x}", "did you mean `violates`"),
    ],
)
def test_a_declaration_that_is_not_understood_is_told_with_its_place(known: str, text: str) -> None:
    with pytest.raises(FileProblems, match=re.escape(text)) as raised:
        scenario_from_text(f"{HEAD.format(settings='')}known:\n  - {known}\n", "s.yaml")
    assert "s.yaml:7" in str(raised.value)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_no_shipped_scenario_gives_a_false_alarm_whatever_its_seed(seed: int) -> None:
    alarms = {}
    for file in find_scenarios([SCENARIOS]):
        result = run_scenario(file, seed=seed)
        violated = [each.seen for each in result.failures if each.what.startswith("violates ")]
        if violated:
            alarms[file.stem] = violated
    assert alarms == {}


def test_a_fault_that_mends_itself_within_the_grace_is_no_violation() -> None:
    result = run(HEAD.format(settings="") + OPEN.replace("1m", "5m") + "  - clear: all\n  - wait: 20m\n")
    assert told(result) == []
    assert result.violations == ()
