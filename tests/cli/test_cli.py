"""The command line: exit status, what it prints, what it writes; never a traceback for bad input."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator.cli import app
from simulator.scenario import labs
from simulator.scenario.json_schema import schema_text
from tests.scenario.support import fake_lab

GOOD = """\
scenario: One order
source: W6-A1
lab: one
settings: {configuration: E3-1230-16Gb-480SSD, os: debian-12, pool: public}
steps:
  - create: {service: web1, client: alice@example.com}
"""
BAD = GOOD.replace("One order", "Another order") + "expect: [{service: web1, is: failed}]\n"


@pytest.fixture
def rackloop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Runs the command in a directory of its own, with the small lab of the runner's tests behind it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(labs, "OPEN", fake_lab())
    runner = CliRunner()
    return lambda *words: runner.invoke(app, [str(word) for word in words], catch_exceptions=False)


def write(name: str, text: str) -> Path:
    file = Path(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_all_passed_is_0_and_a_failure_is_1(rackloop) -> None:
    write("scenarios/good.yaml", GOOD)
    result = rackloop("run")
    assert result.exit_code == 0
    assert "1 passed" in result.stdout
    write("scenarios/bad.yaml", BAD)
    result = rackloop("run", "scenarios")
    assert result.exit_code == 1
    assert "1 passed, 1 failed" in result.stdout
    assert "scenarios/bad.yaml:7: service web1 is" in result.stdout
    assert "rackloop run scenarios/bad.yaml --seed 0" in result.stdout
    assert "\x1b" not in result.stdout


def test_a_bad_file_is_2_and_nothing_runs(rackloop) -> None:
    write("scenarios/good.yaml", GOOD)
    write("scenarios/odd.yaml", GOOD.replace("steps", "stepz"))
    result = rackloop("run", "--json", "out.json")
    assert result.exit_code == 2
    assert "scenarios/odd.yaml:5:1: unknown key `stepz`; did you mean `steps`?" in result.stderr
    assert result.stdout == ""
    assert not Path("out.json").exists()


@pytest.mark.parametrize("words", [("nowhere",), ("empty",), (".", "-k", "nothing like it"), ("a.bin",)])
def test_no_scenario_is_2(rackloop, words) -> None:
    Path("empty").mkdir()
    write("good.yaml", GOOD)
    Path("a.bin").write_bytes(bytes(range(256)))
    result = rackloop("run", *words)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


def test_scenarios_are_chosen_by_name_file_or_requirement(rackloop) -> None:
    write("a/good.yaml", GOOD)
    write("a/bad.yaml", BAD)
    for word in ("ONE ORDER", "good", "one o"):
        assert rackloop("run", "a", "-k", word).exit_code == 0
    assert rackloop("run", "a", "-k", "w6-a1").exit_code == 1


def test_the_run_stops_at_the_first_failure_when_asked(rackloop) -> None:
    write("a/1.yaml", BAD)
    write("a/2.yaml", GOOD)
    assert "1 passed" not in rackloop("run", "a", "-x").stdout
    assert "1 passed" in rackloop("run", "a").stdout


def test_reports_are_written_with_the_seed_that_was_asked_for(rackloop) -> None:
    write("a/good.yaml", GOOD)
    write("a/bad.yaml", BAD)
    result = rackloop(
        "run", "a", "--seed", 9, "--junit", "r/j.xml", "--json", "r/j.json", "--html", "r/p.html"
    )  # fmt: skip
    assert result.exit_code == 1
    document = json.loads(Path("r/j.json").read_text())
    assert (document["seed"], document["mode"]) == (9, "simulated")
    assert [each["verdict"] for each in document["scenarios"]] == ["failed", "passed"]
    assert ET.parse("r/j.xml").getroot().get("tests") == "2"
    assert "Another order" in Path("r/p.html").read_text()


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_journal_is_written_with_its_causes(rackloop, jobs) -> None:
    write("a/one.yaml", GOOD)
    write("a/two.yaml", GOOD)
    result = rackloop("run", "a", "-j", jobs, "--journal", "j.jsonl")
    lines = [json.loads(line) for line in Path("j.jsonl").read_text().splitlines()]
    assert result.exit_code == (1 if any(line.get("verdict") == "failed" for line in lines) else 0)
    heads = [place for place, line in enumerate(lines) if "scenario" in line]
    assert [Path(lines[place]["scenario"]).name for place in heads] == ["one.yaml", "two.yaml"]
    for start, end in zip(heads, [*heads[1:], len(lines)], strict=True):
        records = lines[start + 1 : end]
        assert [record["number"] for record in records] == list(range(1, len(records) + 1))
        assert records[0]["what"] == "create begins"
        assert all(record["cause"] < record["number"] for record in records if "cause" in record)
        assert sum("cause" in record for record in records) > len(records) / 2


def test_a_report_that_cannot_be_written_is_2(rackloop) -> None:
    write("a/good.yaml", GOOD)
    result = rackloop("run", "a", "--json", "a")
    assert result.exit_code == 2
    assert "a: cannot be written" in result.stderr


def test_foreign_drivers_need_the_wire(rackloop) -> None:
    result = rackloop("run", "--drivers", "foreign")
    assert result.exit_code == 2
    assert "add --wire" in result.stderr


def test_validate_tells_labs_from_scenarios_and_collects_problems(rackloop) -> None:
    write("s.yaml", GOOD)
    write("l.yaml", "lab: x\nracks: [{name: A, servers: [{name: s, configuration: E3-1230-16Gb-480SSD}]}]\n")
    result = rackloop("validate", "s.yaml", "l.yaml")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "s.yaml: a scenario, 1 step, lab one",
        "l.yaml: a lab, 1 server, 0 switches, 0 PDUs",
    ]
    write("x.yaml", "labb: x\n")
    write("y.yaml", GOOD.replace("public", "pubic"))
    result = rackloop("validate", "x.yaml", "y.yaml", "z.yaml")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "x.yaml:1:1: neither a lab, a scenario nor a module; did you mean `lab`?",
        "y.yaml:4:69: there is no pool `pubic`; did you mean `public`?",
        "z.yaml: cannot be read: No such file or directory",
    ]


@pytest.mark.parametrize("kind", ["lab", "scenario"])
def test_schema_prints_the_schema(rackloop, kind) -> None:
    result = rackloop("schema", kind)
    assert result.exit_code == 0
    assert result.stdout == schema_text(kind)


def test_an_unknown_command_or_option_is_2(rackloop) -> None:
    assert rackloop("rum").exit_code == 2
    assert rackloop("run", "--sede", "1").exit_code == 2
    assert rackloop("schema", "rack").exit_code == 2
    assert rackloop("up", "--stat", "x").exit_code == 2


def test_up_with_a_lab_that_there_is_not_is_2(rackloop) -> None:
    result = rackloop("up", "smal")
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_the_version_is_shown(rackloop) -> None:
    result = rackloop("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("rackloop ")


def test_the_program_starts_as_a_module_of_its_own(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    file = tmp_path / "bad.yaml"
    file.write_bytes(b"lab: \xff\n")
    done = subprocess.run(
        [sys.executable, "-m", "simulator.cli", "validate", str(file)],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == f"{file}:1:6: the file is not UTF-8 text (octet 0xff)\n"
