"""The README is a screen or so, and what it says is so."""

from __future__ import annotations

import re
import subprocess

from simulator.cli import app
from simulator.files.lab_file import data_directory
from simulator.scenario.runner import run_scenario
from tests.docs.pages import ROOT, play

README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")


def test_it_is_a_first_screen():
    assert len(TEXT.splitlines()) < 85


def test_its_examples_do_what_it_says(tmp_path):
    play(README, tmp_path, slow=False)


def test_its_two_commands_are_there_and_run_what_it_says():
    for target, what in (("run", "rackloop run scenarios/"), ("test", "pytest")):
        assert f"$ make {target} " in TEXT
        done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True)
        assert what in done.stdout


def test_the_programs_it_names_are_driven_by_tests():
    tests = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests" / "interop").glob("*.py"))
    for program in ("ipmitool", "ipmipower", "snmpget", "pyghmi", "pysnmp"):
        assert program in tests


def test_its_links_and_places_are_there():
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert len(links) > 8
    assert [link for link in links if not (ROOT / link).is_file()] == []
    for path in (
        "provisioner",
        *(f"simulator/{room}" for room in ("api6", "api5", "dcim", "fabric", "bmc", "switch", "pdu", "plant")),
    ):
        assert (ROOT / path).is_dir()


def test_the_commands_it_names_are_there():
    known = {
        command.name or command.callback.__name__.rstrip("_").replace("_", "-") for command in app.registered_commands
    }
    named = set(re.findall(r"rackloop ([a-z]+)", TEXT))
    assert named <= known, named - known


def test_the_same_seed_gives_the_same_journal():
    file = data_directory("scenarios") / "installation" / "never-ends.yaml"
    one, other = (run_scenario(file, seed=3, keep_journal=True) for _ in range(2))
    assert one.journal == other.journal
    assert one.journal_hash == other.journal_hash
