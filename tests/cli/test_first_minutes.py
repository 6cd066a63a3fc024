"""What somebody meets first: help, completion, `doctor`, `init`."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from simulator.cli import app
from simulator.commands import doctor
from tests.pytest_plugin.suites import run_pytest

RACKLOOP = Path(sys.executable).with_name("rackloop")


@pytest.fixture
def rackloop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    runner = CliRunner(env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    return lambda *words: runner.invoke(app, [str(word) for word in words], catch_exceptions=False)


def commands() -> list[tuple[str, ...]]:
    """All there are, groups and their commands too."""
    root = typer.main.get_command(app)
    found: list[tuple[str, ...]] = [()]
    for name, command in root.commands.items():
        found += [(name,), *((name, below) for below in getattr(command, "commands", {}))]
    return found


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_help_is_whole_and_fits_80_columns(rackloop, words) -> None:
    told = rackloop(*words, "--help")
    assert told.exit_code == 0
    assert [line for line in told.stdout.splitlines() if len(line) > 80] == []
    said = told.stdout.partition("\n\n")[2]  # behind the usage, where dots mean more of the same
    assert [line for line in said.splitlines() if line.endswith("...")] == []
    assert "int range" not in told.stdout


def test_the_list_of_commands_says_whole_sentences(rackloop) -> None:
    told = " ".join(rackloop("--help").stdout.split())
    assert "Make a failure small: fewer steps, faults and machines, and it still fails in the same way." in told


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("rackloop compare-", ["compare-versions"]), ("rackloop up sm", ["small"]), ("rackloop run --ju", ["--junit"])],
)
def test_a_shell_completes_commands_options_and_labs(typed: str, offered: list[str]) -> None:
    words = typed.split()
    env = {"_RACKLOOP_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run([RACKLOOP], env={**os.environ, **env}, capture_output=True, text=True, check=False)
    assert done.stdout.split() == offered, done.stderr


@pytest.mark.parametrize("command", [("up", "one"), ("exec", "one", "--", "true")])
@pytest.mark.parametrize("word", ["auto", "scaled", "fast"])
def test_a_clock_that_a_program_outside_could_not_use_is_refused(rackloop, command, word) -> None:
    told = rackloop(command[0], command[1], "--clock", word, *command[2:])
    assert told.exit_code == 2
    assert f"'{word}' is no clock: write real, stepped, or scaled:N" in " ".join(told.output.split())


def test_doctor_says_what_there_is_and_that_a_lab_runs(rackloop) -> None:
    told = rackloop("doctor", "one", "--json", "doctor.json")
    assert told.exit_code == 0, told.stdout
    found = {each["about"]: each for each in json.loads(Path("doctor.json").read_text())}
    assert found["Python"]["level"] == found["lab"]["level"] == "ok"
    assert "an hour of one in virtual time took" in found["lab"]["text"]
    assert {"packages", "this folder", "ports", "devices", "ipmitool", "snmpwalk", "php", "faketime"} <= set(found)
    assert "labs run here" in told.stdout


def test_doctor_notes_a_port_that_is_taken_and_programs_that_are_missing(
    rackloop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulator.control import up

    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        monkeypatch.setattr(up, "DCI6_PORT", port)
        monkeypatch.setenv("PATH", "")
        told = rackloop("doctor", "one")
    assert told.exit_code == 0
    # others may be taken by a lab that is up on this machine
    assert re.search(rf"taken: {port} \(DCImanager 6\)[^;\n]*; `rackloop up` answers on free ones instead", told.stdout)
    for line in (
        "note   ipmitool       not installed, for asking BMCs by hand",
        "note   faketime       not installed: modules that are programs need `time: told` or `real`",
    ):
        assert line in told.stdout


def test_doctor_ends_with_1_where_no_lab_can_run(rackloop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_bound", lambda kind, host, port: "Operation not permitted")
    told = rackloop("doctor", "one")
    assert told.exit_code == 1
    assert "wrong  loopback       nothing can listen on 127.0.0.1 (Operation not permitted)" in told.stdout
    assert "1 wrong" in told.stdout


def test_doctor_of_a_lab_that_there_is_not(rackloop) -> None:
    told = rackloop("doctor", "smal")
    assert told.exit_code == 2
    assert "there is no lab `smal`; did you mean `small`?" in told.output


def test_what_init_writes_runs_as_it_is(rackloop) -> None:
    told = rackloop("init", ".")
    assert told.exit_code == 0
    assert "wrote scenarios/first.yaml" in told.stdout
    checked = rackloop("validate", "fixtures/first.yaml", "scenarios/first.yaml")
    assert "scenarios/first.yaml: a scenario, 1 step, lab first" in checked.stdout, checked.output
    assert "1 passed" in rackloop("run").stdout
    scenario = Path("scenarios/first.yaml")
    scenario.write_text(scenario.read_text().rsplit("\n", 2)[0] + "\n")
    failed = rackloop("run")
    assert failed.exit_code == 1
    assert "psu.dead" in failed.stdout.partition("why ")[2].splitlines()[0]


@pytest.mark.slow
def test_the_tests_that_init_writes_pass(rackloop, tmp_path: Path) -> None:
    rackloop("init")
    said = run_pytest(tmp_path, "tests")
    assert "2 passed" in said, said


def test_init_does_not_write_over_what_is_there(rackloop) -> None:
    Path("scenarios").mkdir()
    Path("scenarios/first.yaml").write_text("mine")
    told = rackloop("init")
    assert told.exit_code == 2
    assert "scenarios/first.yaml: there already; --force writes over it" in told.output
    assert Path("scenarios/first.yaml").read_text() == "mine"
    assert not Path("tests").exists()
    Path("a-file").write_text("")
    assert "a-file" in rackloop("init", "a-file").output
